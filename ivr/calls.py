"""What each webhook means: given what the network posted and a session, what to write and what to say.

Plain data in, a document out; the HTTP around it is `ivr.webhooks`, and the same functions run again
when a webhook is replayed from the spool. Each may come twice, late, and in any order.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from sqlalchemy import orm
from twilio.twiml.voice_response import VoiceResponse

from hotline import config, delivery, live, outbox, phones
from hotline.outbox import OutboxMessage
from ivr import session as ivr_session
from ivr import steps, timing, transcription
from ivr.flow import DEFAULT_FLOW, load, load_all
from ivr.nodes import Audience, Effect, Entry, Flow, Node, Wait
from ivr.outbound import message_of
from ivr.resume import after_failure
from ivr.session import Event, Heard, Move, Where, advance, heard_from_form, where_from_args
from ivr.steps import Turn
from ivr.twiml import render
from triage.alerts import replies
from triage.callers import service as callers
from triage.conversations import service as conversations
from triage.conversations.statements import LEG
from triage.intake import service as intake
from triage.intake.service import Arrival, Step
from triage.intake.states import CallEvent, RecordingEvent


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as it came: the query of our own URL, the network's parameters, and when (UTC)."""

    args: Mapping[str, str]
    form: Mapping[str, str]
    at: dt.datetime

    @property
    def call_sid(self) -> str:
        """The network's name for the call, or for the SMS, it tells of."""
        return self.form.get("CallSid") or self.form.get("MessageSid") or "unknown"


EMPTY = str(VoiceResponse())

ENDS = {"completed": CallEvent.ended} | dict.fromkeys(
    ("failed", "busy", "no-answer", "canceled"), CallEvent.broke
)
"""The network's words for the end of a caller's call."""


def voice(session: orm.Session, hook: Hook) -> str:
    """A telephone rings at the line: the call and its report exist from here on."""
    flow = load(_flow_name(hook))
    number = intake.file_report(session, _arrival(hook, flow.name))
    begun = ivr_session.start(flow, report=number)
    return steps.take(session, Turn(flow, hook.call_sid), begun, Heard(Event.start))


def step(session: orm.Session, hook: Hook) -> str:
    """The caller did something, or nothing: write it down, carry out what follows, say what is next."""
    where = where_from_args(hook.args)
    flow = load(where.flow)
    heard = heard_from_form(hook.args, hook.form)
    if flow.audience is Audience.staff:
        return _step_of_ours(session, hook, flow, where, heard)
    if heard.event is Event.answered and not conversations.somebody_there(session, hook.call_sid):
        # Whoever had accepted has gone meanwhile: a further round, not a room with nobody in it.
        heard = Heard(Event.timeout)
    move = advance(flow, where, heard)
    number = _written_down(session, hook, _step(hook, flow.nodes[where.node], where, heard, move))
    _announce_recording(session, hook)
    if heard.event is Event.hangup:
        return EMPTY
    if _leaves_the_queue(flow, where, heard, move):
        conversations.leave_queue(session, hook.call_sid)
    move = replace(move, where=replace(move.where, report=number))
    return steps.take(session, Turn(flow, hook.call_sid), move, heard)


def _leaves_the_queue(flow: Flow, where: Where, heard: Heard, move: Move) -> bool:
    """Whether a key leads out of the waiting: nobody more is rung for this caller, and nobody waits behind
    them. In danger a person is still looked for: that is worth more than the recording."""
    node = flow.nodes[where.node]
    if not isinstance(node, Wait) or Effect.emergency in node.effects:
        return False
    by_key = heard.event is Event.digits and heard.value in node.keys
    return by_key and not isinstance(flow.nodes[move.where.node], Wait)


def _step_of_ours(session: orm.Session, hook: Hook, flow: Flow, where: Where, heard: Heard) -> str:
    message = message_of(session, hook.call_sid)
    if message and message.topic == LEG and heard.event in {Event.over, Event.hangup}:
        # The call's own status may be lost: whoever has left the conversation is told of here as well.
        conversations.leg_ended(session, message)
    if message is None or heard.event is Event.hangup:
        return _hang_up()
    turn = Turn(flow, hook.call_sid, message)
    return steps.take(session, turn, advance(flow, where, heard), heard)


def outbound(session: orm.Session, hook: Hook) -> str:
    """A telephone that we rang ourselves was picked up: the message's own flow begins."""
    number = _number(hook.args.get("message"))
    message = session.get(OutboxMessage, number, with_for_update=True) if number else None
    if message is None or message.flow not in load_all():
        return _hang_up()
    # The answer to our own request may not have come, or a second call was placed because the first
    # answer was lost: this is the one somebody has picked up, and whose keys count.
    outbox.is_carried_by(session, message, hook.call_sid)
    if message.topic == LEG and not conversations.is_wanted(session, message):
        return _hang_up()
    flow = load(message.flow)
    turn = Turn(flow, hook.call_sid, message)
    return steps.take(session, turn, ivr_session.start(flow), Heard(Event.start))


def fallback(session: orm.Session, hook: Hook) -> str:
    """Our own answer failed or came too late, and the network asks here: what the caller did is written
    down and carried out all the same, and then straight to the recording. Whoever we rang ourselves hears
    the beginning that failed."""
    resumed = after_failure(hook.form, _flow_name(hook))
    if "message" in hook.args and resumed.heard is None:
        return outbound(session, hook)
    if resumed.flow.audience is not Audience.caller:
        return _hang_up()
    number = intake.file_report(session, _arrival(hook, resumed.flow.name))
    if resumed.heard is not None:
        node = resumed.flow.nodes[resumed.failed.node]
        done = _step(hook, node, resumed.failed, resumed.heard, resumed.move)
        intake.note_step(session, hook.call_sid, done)
        _announce_recording(session, hook)
    turn = Turn(resumed.flow, hook.call_sid)
    move = Move(replace(resumed.where, report=number), resumed.move.effects)
    return steps.take(session, turn, move, resumed.heard or Heard(Event.start))


def status(session: orm.Session, hook: Hook) -> str:
    """The network tells how a call fares: one of ours on its way out, or a caller's that has ended."""
    word = hook.form.get("CallStatus", "")
    if "message" in hook.args:
        _message_status(session, hook, hook.call_sid, word)
    elif event := ENDS.get(word):
        if not intake.end_call(session, hook.call_sid, event):
            file_if_unknown(session, hook)
            intake.end_call(session, hook.call_sid, event)
        conversations.call_ended(session, hook.call_sid)
        callers.settle_enquiry(session, hook.call_sid)
    return EMPTY


def message_status(session: orm.Session, hook: Hook) -> str:
    """The network tells what became of an SMS."""
    sid = hook.form.get("MessageSid") or hook.form.get("SmsSid", "")
    word = hook.form.get("MessageStatus") or hook.form.get("SmsStatus", "")
    _message_status(session, hook, sid, word)
    return EMPTY


def recording(session: orm.Session, hook: Hook) -> str:
    """The network announces a recording, or that there is none; with or without the call's own
    webhooks having come (network fact)."""
    if not (sid := hook.form.get("RecordingSid")):
        return EMPTY
    # What is recorded on a leg of ours belongs to the caller's call, which our own URL names.
    of_ours = hook.args.get("call")
    if not of_ours:
        file_if_unknown(session, hook)
    there = hook.form.get("RecordingStatus", "completed") not in {"absent", "failed"}
    event = RecordingEvent.announce if there else RecordingEvent.nothing_there
    source = hook.form.get("RecordingSource", "")
    intake.attach_recording(session, sid, of_ours or hook.call_sid, event, source)
    return EMPTY


def sms(session: orm.Session, hook: Hook) -> str:
    """Somebody texts the line: a contact of the police who names the code of an alert acknowledges it; all
    else is a report like any other. Nothing is texted back to a caller: the telephone it would reach may be
    in the wrong hands (DOMAIN: never text a caller who did not ask for it)."""
    sender = phones.normalise(hook.form.get("From"))
    if replies.came(session, hook.call_sid, sender, hook.form.get("Body", "")):
        return EMPTY
    arrival = _arrival(hook, "sms", channel="sms")
    intake.file_text(session, arrival, hook.form.get("Body", ""))
    return EMPTY


def transcription_came(session: orm.Session, hook: Hook) -> str:
    """The network tells what it has understood of a call."""
    transcription.came(session, hook.call_sid, hook.form)
    return EMPTY


HANDLERS: dict[str, Callable[[orm.Session, Hook], str]] = {
    "voice": voice,
    "step": step,
    "outbound": outbound,
    "fallback": fallback,
    "status": status,
    "message-status": message_status,
    "recording": recording,
    "sms": sms,
    "transcription": transcription_came,
}


def file_if_unknown(session: orm.Session, hook: Hook) -> bool:
    """File a call whose first webhook never came; whether it was unknown."""
    if intake.is_known(session, hook.call_sid):
        return False
    intake.file_report(session, _arrival(hook, _flow_name(hook)))
    return True


def without_database(route: str, hook: Hook) -> str:
    """The answer when the database is away: the call goes on by itself, because where it stands is in
    the URL. Nobody can be rung, so it leads to the recording; the receipt number is left out."""
    if route == "voice":
        flow = load(_flow_name(hook))
        begun = ivr_session.by_itself(flow, ivr_session.start(flow))
        return _unless_ours(hook, flow, begun.where)
    if route == "fallback":
        resumed = after_failure(hook.form, _flow_name(hook))
        return _unless_ours(hook, resumed.flow, resumed.where)
    if route != "step":
        return EMPTY
    where = where_from_args(hook.args)
    flow = load(where.flow)
    heard = heard_from_form(hook.args, hook.form)
    if heard.event is Event.hangup:
        return EMPTY
    return _unless_ours(hook, flow, ivr_session.by_itself(flow, advance(flow, where, heard)).where)


def _unless_ours(hook: Hook, flow: Flow, where: Where) -> str:
    """Nothing can be said to those whom we rang ourselves without knowing why. A caller whom somebody
    has come for still finds them: the name of their conversation needs no database."""
    if flow.audience is not Audience.caller or "message" in hook.args:
        return _hang_up()
    return render(flow, where, steps.values({}, conversations.conference(hook.call_sid)))


def _arrival(hook: Hook, flow: str, channel: str = "phone") -> Arrival:
    return Arrival(
        call_sid=hook.call_sid,
        caller=hook.form.get("From", ""),
        line_number=phones.normalise(hook.form.get("To", "")).text,
        flow=flow,
        at=hook.at,
        channel=channel,
    )


def _flow_name(hook: Hook) -> str:
    """The flow of the dialled number; of the first line, if the number is not one of ours: an unknown
    number refuses no call, and neither does a setting that names no flow for callers."""
    by_number = config.current().flows_by_number
    dialled = phones.normalise(hook.form.get("To", "")).text
    ours = (flow for number, flow in by_number.items() if phones.normalise(number).text == dialled)
    name = next(ours, next(iter(by_number.values())))
    flow = load_all().get(name)
    return name if flow and flow.audience is Audience.caller else DEFAULT_FLOW


def _written_down(session: orm.Session, hook: Hook, done: Step) -> str | None:
    """Puts the step into the call's trace; the receipt number as far as it is known. If the step cannot be
    written and the place says no number, the call's first webhook was lost: the report is filed now."""
    where = where_from_args(hook.args)
    if intake.note_step(session, hook.call_sid, done) or where.report:
        return where.report
    number = intake.file_report(session, _arrival(hook, where.flow))
    intake.note_step(session, hook.call_sid, done)
    return number


def _step(hook: Hook, node: Node, where: Where, heard: Heard, move: Move) -> Step:
    keys, took = _keys(node, heard), timing.took(hook.args)
    return Step(where.step, where.node, heard.event, keys, took, move.answer)


def _keys(node: Node, heard: Heard) -> str:
    """What of it is kept in the trace: keys, but no secret ones."""
    secret = isinstance(node, Entry) and node.question is None
    return heard.value if heard.event is Event.digits and not secret else ""


def _announce_recording(session: orm.Session, hook: Hook) -> None:
    """The recording's own callback may be lost; the step that follows a recording names it as well."""
    if sid := hook.form.get("RecordingSid"):
        source = "DialVerb" if "DialCallStatus" in hook.form else "RecordVerb"
        intake.attach_recording(session, sid, hook.call_sid, RecordingEvent.announce, source)


def _message_status(session: orm.Session, hook: Hook, sid: str, word: str) -> None:
    error = hook.form.get("ErrorCode", "")
    number = _number(hook.args.get("message"))
    message = delivery.status_came(
        session, message_id=number, sid=sid, status=word, error_code=error
    )
    if message:
        live.announce(session, message.topic, message.ref)
        if message.topic == LEG and message.settled_at:
            conversations.leg_ended(session, message)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None


def _hang_up() -> str:
    answer = VoiceResponse()
    answer.hangup()
    return str(answer)
