"""Static files, under addresses that change with their content: browsers keep them for good."""

import functools
import hashlib
from pathlib import Path

from flask import Blueprint, Flask, Response, g, request, send_from_directory, session
from flask.typing import ResponseReturnValue

from hotline.accounts.guard import public
from hotline.web import compression

FOLDER = Path(__file__).parent / "static"
PATH = "/static/"
blueprint = Blueprint("static_files", __name__)


def static_url(name: str) -> str:
    """The address of `static/<name>`, carrying the digest of its content.

    Raises:
        FileNotFoundError: no such file (for `vendor/…`: run `python -m hotline.web.assets`).
    """
    # Written out, because through url_for it was a fifth of a page's time; and looked at once in each
    # request, because a page names the icons hundreds of times.
    named: dict[str, str] = g.setdefault("static_urls", {})
    if name not in named:
        named[name] = f"{PATH}{name}?v={_version(name)}"
    return named[name]


def _version(name: str) -> str:
    path = FOLDER / name
    return _digest(path, path.stat().st_mtime_ns)


@functools.cache
def _digest(path: Path, changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:16]


@functools.cache
def _packed(path: Path, changed: int) -> bytes:
    return compression.packed(path.read_bytes(), level=9)


@blueprint.get(f"{PATH}<path:name>")
@public("scripts, styles and pictures hold nothing personal")
def send(name: str) -> ResponseReturnValue:
    """One static file."""
    response = send_from_directory(FOLDER, name)
    _pack(response, FOLDER / name)
    response.cache_control.no_cache = None
    response.cache_control.public = True
    if request.args.get("v") == _version(name):
        response.cache_control.max_age = 31_536_000
        response.cache_control.immutable = True
    else:
        response.cache_control.no_cache = True
    return response


def _pack(response: Response, path: Path) -> None:
    """Packed once in each process: the largest takes some 50 ms."""
    size = response.content_length or 0
    if response.status_code != 200 or not compression.is_worth_it(response.mimetype, size):
        return
    # The same address, in two forms: neither is the other byte for byte.
    etag, _weak = response.get_etag()
    response.set_etag(str(etag), weak=True)
    response.vary.add("Accept-Encoding")
    if compression.is_wanted():
        response.close()
        response.direct_passthrough = False
        response.set_data(_packed(path, path.stat().st_mtime_ns))
        response.headers["Content-Encoding"] = "gzip"


def install(app: Flask) -> None:
    """Serve static files, and name them in templates with `static_url(…)`. Call before Flask-Login is set up,
    whose look at the session would make every file one for each cookie."""

    @app.after_request
    def same_for_everybody(response: Response) -> Response:
        if request.endpoint == "static_files.send":
            session.accessed = False
        return response

    app.register_blueprint(blueprint)
    app.jinja_env.globals["static_url"] = static_url
