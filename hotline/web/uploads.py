"""Files that are sent to the console: held in memory until they are sealed, never in a file in the clear."""

import io
from typing import IO

from flask import Request


class InMemory(Request):
    """A request whose files lie in memory only. How large one may be is limited before it is read."""

    def _get_file_stream(
        self,
        total_content_length: int | None,
        content_type: str | None,
        filename: str | None = None,
        content_length: int | None = None,
    ) -> IO[bytes]:
        return io.BytesIO()
