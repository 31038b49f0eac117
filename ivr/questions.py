"""What a decide node asks: from the flow's question to a service, and back as one of its words."""

from collections.abc import Callable

from sqlalchemy import orm

from hotline import clock, config
from ivr.effects import Context, speaker_of
from ivr.flow import load
from ivr.nodes import Question
from triage.alerts import police_line
from triage.callers import police
from triage.callers import service as callers
from triage.conversations import service as conversations


def ask(session: orm.Session, question: Question, context: Context) -> str:
    """The answer, one of the question's words in `ivr.nodes.ANSWERS`."""
    return _ASKED[question](session, context)


def to_say(session: orm.Session, question: Question, word: str, context: Context) -> dict[str, str]:
    """What an answer brings along for the prompts that follow (`ivr.wording.FIELDS`)."""
    found = _TO_SAY.get((question, word))
    return found(session, context) if found else {}


def _open_hours(session: orm.Session, context: Context) -> str:
    hours = load(context.where.flow).hours
    return "open" if hours.open_at(clock.now(), config.current().zone) else "closed"


def _opens(session: orm.Session, context: Context) -> dict[str, str]:
    opens = load(context.where.flow).hours.opens_next(clock.now(), config.current().zone)
    return {"opens": opens.isoformat()} if opens else {}


def _office(session: orm.Session, context: Context) -> dict[str, str]:
    return {"office": callers.office_of(session, context.call_sid)}


def _flagged(session: orm.Session, context: Context) -> str:
    return _yes(callers.flagged(session, context.call_sid))


def _text_possible(session: orm.Session, context: Context) -> str:
    return _yes(callers.text_possible(session, context.call_sid))


def _enquiry_allowed(session: orm.Session, context: Context) -> str:
    return _yes(callers.enquiry_allowed(session, context.call_sid))


def _enquiry(session: orm.Session, context: Context) -> str:
    return callers.enquire(session, context.call_sid, context.heard.value)


def _take_call(session: orm.Session, context: Context) -> str:
    return conversations.take(session, context.message) if context.message else "gone"


def _callback_possible(session: orm.Session, context: Context) -> str:
    return _yes(conversations.callback_possible(session, context.call_sid))


def _asks_badge(session: orm.Session, context: Context) -> str:
    speaker = speaker_of(session, context)
    return _yes(speaker is not None and police_line.asks_badge(session, speaker.alert_id))


def _police_code(session: orm.Session, context: Context) -> str:
    return police.enter_code(session, context.call_sid, context.heard.value)


def _police_pin(session: orm.Session, context: Context) -> str:
    return police.enter_pin(session, context.call_sid, context.heard.value)


def _yes(fact: bool) -> str:  # noqa: FBT001 - a word for a fact
    return "yes" if fact else "no"


_ASKED: dict[Question, Callable[[orm.Session, Context], str]] = {
    Question.open_hours: _open_hours,
    Question.flagged: _flagged,
    Question.text_possible: _text_possible,
    Question.enquiry_allowed: _enquiry_allowed,
    Question.enquiry: _enquiry,
    Question.take_call: _take_call,
    Question.callback_possible: _callback_possible,
    Question.asks_badge: _asks_badge,
    Question.police_code: _police_code,
    Question.police_pin: _police_pin,
}

_TO_SAY: dict[tuple[Question, str], Callable[[orm.Session, Context], dict[str, str]]] = {
    (Question.open_hours, "closed"): _opens,
    (Question.enquiry, "handed_over"): _office,
}
