"""One step of a call with the database at hand: what a move means is done, what the flow asks is
answered, and what comes next is said."""

from dataclasses import dataclass

from sqlalchemy import orm

from hotline import config
from hotline.outbox import OutboxMessage
from ivr import effects, played, questions
from ivr.effects import Context
from ivr.nodes import Decide, Flow, Talk, Wait
from ivr.outbound import conversation_of, fields_for, fields_of_police
from ivr.session import Event, Heard, Move, Where, advance
from ivr.twiml import Values, render, step_url
from ivr.wording import fields_of
from triage.callers import service as callers
from triage.conversations import service as conversations

OF_ALERT = frozenset({"place", "situation", "exercise"})
"""Blanks that a caller hears filled in on the police line alone; for all others nothing is asked."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The call whose turn it is: a caller's, or one of ours with the message it carries."""

    flow: Flow
    call_sid: str
    message: OutboxMessage | None = None


def take(session: orm.Session, turn: Turn, move: Move, heard: Heard) -> str:
    """Carry out a move and all that follows from it without the caller, and say what is next."""
    fields: dict[str, str] = {}
    while True:
        context = Context(turn.call_sid, move.where, heard, turn.message)
        for effect in move.effects:
            effects.carry_out(session, effect, context)
        follows = _without_the_caller(session, turn, context, fields)
        if follows is None:
            return _say(session, turn, move.where, fields)
        heard = follows
        move = advance(turn.flow, move.where, heard)


def _without_the_caller(
    session: orm.Session, turn: Turn, context: Context, fields: dict[str, str]
) -> Heard | None:
    """What happens at this place by itself; None where it is the caller's turn. What is found on the
    way and may be said goes into `fields`."""
    node = turn.flow.nodes[context.where.node]
    if isinstance(node, Decide):
        word = questions.ask(session, node.question, context)
        fields |= questions.to_say(session, node.question, word, context)
        return Heard(Event.decided, word)
    if isinstance(node, Wait):
        return _wait(session, turn, context.where, fields)
    if isinstance(node, Talk) and node.caller:
        conversations.joined(session, turn.call_sid, _url(context.where, Event.over))
    return None


def _wait(session: orm.Session, turn: Turn, where: Where, fields: dict[str, str]) -> Heard | None:
    waiting = conversations.wait(
        session,
        turn.call_sid,
        round_=where.tries,
        in_turn=turn.flow.in_turn,
        next_url=_url(where, Event.answered),
    )
    if waiting.accepted:
        return Heard(Event.answered)
    if not waiting.anybody:
        return Heard(Event.unanswered)
    fields["ahead"] = str(waiting.ahead or "")
    return None


def _url(where: Where, event: Event) -> str:
    return step_url(config.current().public_url, where, event)


def _say(session: orm.Session, turn: Turn, where: Where, fields: dict[str, str]) -> str:
    if turn.message is not None:
        known = fields_for(session, turn.message)
        conference, call_sid = conversation_of(session, turn.message)
    else:
        known = _known_of_caller(session, turn, where)
        conference, call_sid = conversations.conference(turn.call_sid), ""
    return render(turn.flow, where, values(known | fields, conference, call_sid))


def _known_of_caller(session: orm.Session, turn: Turn, where: Where) -> dict[str, str]:
    known = {"pin": callers.pin_of(where.report)} if where.report else {}
    if _blanks(turn.flow, where) & OF_ALERT:
        known |= fields_of_police(session, turn.call_sid)
    return known


def _blanks(flow: Flow, where: Where) -> frozenset[str]:
    """What the sentences of this place need to know."""
    texts = (flow.wordings[where.lang].say.get(key, "") for key in flow.nodes[where.node].prompts)
    return frozenset().union(*(fields_of(text) or () for text in texts))


def values(fields: dict[str, str], conference: str = "", call_sid: str = "") -> Values:
    """What every document needs from the settings, with what this one needs."""
    settings = config.current()
    return Values(
        base_url=settings.public_url,
        fields=fields,
        recording_max_seconds=settings.recording_max_seconds,
        room_seconds=settings.room_recording_seconds,
        conference=conference,
        call_sid=call_sid,
        transcribe=settings.transcription == "network",
        recorded=played.url_of,
    )
