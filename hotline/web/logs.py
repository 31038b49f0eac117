"""Logs: one JSON object a line on standard error (plain to read on a terminal), no personal data.

Numbers are masked where they are logged; the processor here is the net below that.
"""

import logging
import re
import sys
import uuid
from typing import Any

import structlog
from flask import Flask, Response, g, request
from structlog.typing import EventDict, Processor

from hotline import phones

NUMBER = re.compile(
    r"""(?<![\w.])(?:
        \+?\d{7,15}                                 # written in one piece
        | (?:\+?86[ -]?)?1\d{2}[ -]\d{4}[ -]\d{4}   # a mobile number in groups
        | \(?0\d{2,3}\)?[ -]\d{7,8}                 # an area code and a landline
    )(?!\w)""",
    re.VERBOSE,
)


def mask_numbers(logger: Any, method: str, event: EventDict) -> EventDict:
    """Masks whatever looks like a telephone number, in any value at any depth."""
    return {key: _masked(value) for key, value in event.items()}


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return NUMBER.sub(lambda found: phones.mask(re.sub(r"[ ()-]", "", found[0])), value)
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_masked(item) for item in value]
    if isinstance(value, int | float | bool | None):
        return value
    return _masked(str(value))


def configure() -> None:
    """Send every log line of this process, the libraries' too, through the same processors."""
    before: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(foreign_pre_chain=before, processors=_last_steps())
    )
    logging.basicConfig(handlers=[handler], level=logging.INFO, force=True)


def _last_steps() -> list[Processor]:
    shown: Processor = structlog.processors.JSONRenderer(ensure_ascii=False)
    if sys.stderr.isatty():
        shown = structlog.dev.ConsoleRenderer()
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        mask_numbers,
        shown,
    ]


def install(app: Flask) -> None:
    """Give each request of `app` a number, in every log line and in the answer."""

    @app.before_request
    def begin() -> None:
        g.request_id = uuid.uuid4().hex[:12]
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_id, path=request.path)

    @app.after_request
    def name(response: Response) -> Response:
        response.headers["X-Request-ID"] = g.get("request_id", "")
        return response
