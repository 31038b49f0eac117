"""Pages and files travel compressed: a district office's line is not a data centre's."""

import gzip
import io
import secrets

from flask import Flask, Response, request

LEVEL = 5
SMALLEST = 1000
"""Bytes below which the packing costs more than it saves."""
PADDING = 100
KINDS = {
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "text/csv",
    "application/json",
    "image/svg+xml",
}


def is_worth_it(content_type: str | None, size: int) -> bool:
    """Whether content of this kind and size in bytes becomes smaller."""
    return content_type in KINDS and size >= SMALLEST


def is_wanted() -> bool:
    """Whether the browser behind this request takes gzip."""
    return request.accept_encodings["gzip"] > 0


def packed(content: bytes, level: int = LEVEL) -> bytes:
    """`content` as gzip, of a length that varies by chance.

    A page holds the forgery token beside words that somebody else may have chosen; a length that depended
    on both alone would give the token away letter by letter (BREACH, 2013). The padding stands in the
    header's file name, as in Django ("Heal the Breach", IEEE Access 2022).
    """
    out = io.BytesIO()
    name = "x" * secrets.randbelow(PADDING)
    with gzip.GzipFile(name, "wb", level, out, mtime=0) as file:
        file.write(content)
    return out.getvalue()


def install(app: Flask) -> None:
    """Pack the pages of `app`. Streams and recordings go as they are; files: `static_files`."""

    @app.after_request
    def pack(response: Response) -> Response:
        if response.is_streamed or "Content-Encoding" in response.headers:
            return response
        content = response.get_data()
        if is_worth_it(response.mimetype, len(content)):
            response.vary.add("Accept-Encoding")
            if is_wanted():
                response.set_data(packed(content))
                response.headers["Content-Encoding"] = "gzip"
        return response
