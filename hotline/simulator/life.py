"""A call from its first ring to its end, in either direction."""

from collections.abc import Sequence

from hotline.simulator.calls import Act, Call, Callback, Destination, HungUp
from hotline.simulator.exchange import Exchange
from hotline.simulator.stage import APOLOGY, ApplicationError, Finished, Stage
from hotline.simulator.twiml import TwimlError
from hotline.simulator.verbs import CALL

UNOBTAINABLE = "unobtainable"


class InUse(RuntimeError):
    """The telephone is already in a call."""


def dial_in(exchange: Exchange, from_: str, to: str, plan: Sequence[Act] | None = None) -> Call:
    """Somebody calls one of the lines. With a plan nobody else acts in that call.

    Raises InUse.
    """
    handset, found = exchange.handset(from_), exchange.line_entry(to)
    if handset is not None and handset.call is not None:
        raise InUse(from_)
    number, line = found or (to, None)
    call = exchange.new_call(from_, number, "inbound", status="ringing")
    if handset is not None:
        exchange.connect(handset, call)
    if line is None or not line.voice_url:
        call.hears("note", UNOBTAINABLE)
        exchange.finish(call, "failed")
        return call
    call.callback = Callback(line.status_callback)
    call.fallback = Destination(line.fallback_url)
    if plan is not None:
        call.unattended = True
        call.inbox.extend(plan)
    exchange.begin(_perform, exchange, call, Destination(line.voice_url))
    return call


def dial_out(exchange: Exchange, call: Call, destination: Destination, seconds: float) -> None:
    """The account calls somebody; when they answer the destination is performed."""
    exchange.begin(_ring_then_perform, exchange, call, destination, seconds)


def _ring_then_perform(
    exchange: Exchange, call: Call, destination: Destination, seconds: float
) -> None:
    exchange.progress(call, "initiated", "queued")
    try:
        outcome = exchange.ring(call, seconds)
    except HungUp:
        outcome = "canceled"
    if outcome != "answered":
        exchange.finish(call, outcome)
        return
    exchange.progress(call, "answered", "in-progress")
    _perform(exchange, call, destination)


def _perform(exchange: Exchange, call: Call, destination: Destination) -> None:
    exchange.finish(call, _outcome(exchange, call, destination))


def _outcome(exchange: Exchange, call: Call, destination: Destination) -> str:
    try:
        Stage(exchange, call, CALL).perform(destination)
    except HungUp:
        return "completed" if call.started else "canceled"
    except Finished as finished:
        return finished.status
    except (ApplicationError, TwimlError):
        call.hears("voice", APOLOGY, "en")
        return "failed"
    except Exception as fault:  # noqa: BLE001 - a fault of this network must be seen
        exchange.journal.error(0, f"the pocket network itself failed: {fault!r}", call.sid)
        return "failed"
    return "completed"
