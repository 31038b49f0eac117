"""Static files, under addresses that change with their content: browsers keep them for good."""

import functools
import hashlib
from pathlib import Path

from flask import Blueprint, Flask, request, send_from_directory
from flask.typing import ResponseReturnValue

from hotline.accounts.guard import public

FOLDER = Path(__file__).parent / "static"
PATH = "/static/"
blueprint = Blueprint("static_files", __name__)


def static_url(name: str) -> str:
    """The address of `static/<name>`, carrying the digest of its content.

    Raises:
        FileNotFoundError: no such file (for `vendor/…`: run `python -m hotline.web.assets`).
    """
    # Written out, because a page names hundreds: the same through url_for was a fifth of its time.
    return f"{PATH}{name}?v={_version(name)}"


def _version(name: str) -> str:
    path = FOLDER / name
    return _digest(path, path.stat().st_mtime_ns)


@functools.cache
def _digest(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


@blueprint.get(f"{PATH}<path:name>")
@public("scripts, styles and pictures hold nothing personal")
def send(name: str) -> ResponseReturnValue:
    """One static file."""
    response = send_from_directory(FOLDER, name)
    response.cache_control.no_cache = None
    response.cache_control.public = True
    if request.args.get("v") == _version(name):
        response.cache_control.max_age = 31_536_000
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    return response


def install(app: Flask) -> None:
    """Serve static files, and name them in templates with `static_url(…)`."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["static_url"] = static_url
