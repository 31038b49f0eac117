"""The browser page with the telephones."""

from flask import Blueprint, Response, make_response, render_template

from hotline.simulator.rest.api import exchange

blueprint = Blueprint("page", __name__)
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self'; media-src 'self' blob:; form-action 'none'; base-uri 'none'; "
    "frame-ancestors 'none'"
)


@blueprint.get("/")
def telephones() -> Response:
    """The telephones, the log and the fault switches."""
    response = make_response(render_template("simulator.html", account=exchange().config))
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["Cache-Control"] = "no-store"
    return response
