"""The network's way in: check the signature, hand over, answer. Nothing is decided here.

If the database is away, the webhook is kept on disk before the caller is answered, and the caller goes
on to the recording all the same (`ivr.calls.without_database`). If it is slow, the caller is asked to wait
a moment first (`ivr.patience`). Neither the database nor Redis is touched before or after, so nothing of
theirs can hold up an answer.
"""

import time
from collections.abc import Mapping

import structlog
from flask import Blueprint, Response, abort, request
from sqlalchemy import exc

from hotline import clock, db
from hotline.accounts import csrf
from hotline.accounts.guard import public
from hotline.accounts.limits import limiter
from ivr import calls, patience, spool, timing
from ivr.calls import Hook
from ivr.signature import genuine

log = structlog.get_logger()
blueprint = Blueprint("ivr", __name__, url_prefix="/ivr")
csrf.exempt(blueprint)

signed_by_network = public("signed by the network")


@limiter.request_filter
def _unlimited() -> bool:
    # While Redis is away the limiter keeps asking for it, before every request it is to look at; recorded
    # prompts (`ivr.played`) are fetched while the caller listens.
    return request.path.startswith(f"{blueprint.url_prefix}/")


@blueprint.before_request
def _only_the_network() -> None:
    if not genuine(request):
        log.warning("webhook_refused", path=request.path, address=request.remote_addr)
        abort(403)


@blueprint.post("/voice")
@signed_by_network
def voice() -> Response:
    """A call comes in."""
    return _answer("voice")


@blueprint.post("/step")
@signed_by_network
def step() -> Response:
    """The next step of any call."""
    return _answer("step")


@blueprint.post("/outbound")
@signed_by_network
def outbound() -> Response:
    """A call of our own was picked up."""
    return _answer("outbound")


@blueprint.post("/fallback")
@signed_by_network
def fallback() -> Response:
    """An answer of ours failed."""
    return _answer("fallback")


@blueprint.post("/status")
@signed_by_network
def status() -> Response:
    """How a call fares."""
    return _answer("status")


@blueprint.post("/recording")
@signed_by_network
def recording() -> Response:
    """A recording is there, or is not."""
    return _answer("recording")


@blueprint.post("/message-status")
@signed_by_network
def message_status() -> Response:
    """How an SMS fares."""
    return _answer("message-status")


@blueprint.post("/sms")
@signed_by_network
def sms() -> Response:
    """An SMS comes in."""
    return _answer("sms")


@blueprint.post("/transcription")
@signed_by_network
def transcription() -> Response:
    """What the network has understood of a call."""
    return _answer("transcription")


def _answer(route: str) -> Response:
    args = _plain(request.args)
    if route in patience.CALLERS_ROUTES:
        args = timing.first_asked(args)
    hook = Hook(args, patience.as_posted(args, _plain(request.form)), clock.now())
    began = time.monotonic()
    try:
        document = patience.within(patience.SECONDS, lambda: _handled(route, hook))
    except (exc.DBAPIError, exc.TimeoutError, patience.Overdue) as fault:
        log.error("database_away", route=route, error=type(fault).__name__)
        _keep(route, hook)
        document = _without_database(route, hook, time.monotonic() - began)
    except Exception as fault:
        # A fault of our own costs no caller the recording, and loses nothing that was told us.
        log.exception("webhook_failed", route=route, error=type(fault).__name__)
        _keep(route, hook)
        document = _by_itself(route, hook)
    return Response(document, mimetype="text/xml")


def _handled(route: str, hook: Hook) -> str:
    with db.transaction() as session:
        document = calls.HANDLERS[route](session, hook)
    return timing.told(document, hook.args)


def _without_database(route: str, hook: Hook, took: float) -> str:
    if took < patience.AWAY_SECONDS:
        return _by_itself(route, hook)
    moment = patience.one_moment(route, hook)
    return moment or patience.asked_enough(_by_itself(route, hook))


def _by_itself(route: str, hook: Hook) -> str:
    return timing.told(calls.without_database(route, hook), hook.args)


def _plain(fields: Mapping[str, str]) -> dict[str, str]:
    # A text column takes no NUL, and no caller is refused for one.
    return {name: value.replace("\0", "") for name, value in fields.items()}


def _keep(route: str, hook: Hook) -> None:
    try:
        spool.keep(route, hook)
    except OSError as fault:
        # The caller still gets to the recording, which the network keeps and tells of.
        log.critical("webhook_not_kept", route=route, error=type(fault).__name__)
