"""The police line, from a caller's side: the code of an alert, and the PIN of a station from a telephone that
is not known. Every wrong try is written down, so that guessing ends.

A known telephone is never shut out, or whoever guesses could keep a station from its own alert; nor is
anybody without a code, who comes to a duty officer.
"""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import audit, clock, crypto, outbox, phones
from hotline.accounts.permissions import Role
from hotline.outbox import Channel, Lane
from triage.alerts import police_line
from triage.alerts.models import Alert
from triage.alerts.police_line import Speaker
from triage.alerts.states import AcknowledgedHow
from triage.callers.models import Answer, EnquiryTry
from triage.callers.statements import (
    ALERT_CODE,
    POLICE_AGENCY,
    POLICE_ALERT,
    POLICE_CONTACT,
)
from triage.intake.models import Call, CallAnswer, Report
from triage.places import service as places
from triage.places.models import Agency, Contact

MOST_WRONG = 10
WRONG_COUNT_FOR = dt.timedelta(hours=1)
"""So many wrong PINs for one code, or wrong codes, from whatever telephones within that time: from then on
no PIN for it, or no code, is looked at from a telephone that is not known."""
Caller = sa.Row[int, str, int | None]
"""The call's id, the number it comes from, and what the same caller is found again by."""
LOCKED_TOPIC = "police_line"
TOLD_FOR = dt.timedelta(minutes=30)
LOCKED = "【儿童保护热线】公安专线一小时内多次输错{what}，已暂停凭密码签收，请核实是否有人冒用。"


def enter_code(session: orm.Session, call_sid: str, code: str) -> str:
    """Whose telephone it is that asks for the alert with this code: `known`, `unknown` (the PIN decides),
    `wrong` if there is no such alert, `locked` after too many wrong ones."""
    call = _call(session, call_sid)
    alerts = police_line.meant_by(session, code)
    if found := police_line.known(session, alerts, phones.normalise(call.caller)):
        alert, contact = found
        _remember(session, call, code, {POLICE_ALERT: alert.id, POLICE_CONTACT: contact.id})
        return "known"
    if _wrong(session, _codes()) >= MOST_WRONG:
        return "locked"
    if alerts:
        return "unknown"
    _note(session, call, code, "", Answer.wrong)
    if _wrong(session, _codes()) >= MOST_WRONG:
        _tell_supervisors(session, call, "警情编码")
    return "wrong"


def enter_pin(session: orm.Session, call_sid: str, pin: str) -> str:
    """Whether it is the PIN of a station that the alert asked for is for, or of the one above: `right`,
    `wrong`, or `locked` after too many wrong ones for this code."""
    call = _call(session, call_sid)
    code = _answers(session, call_sid).get(ALERT_CODE, "")
    if _wrong(session, _pins(code)) >= MOST_WRONG:
        return "locked"
    for alert in police_line.meant_by(session, code):
        for agency in police_line.agencies(session, alert):
            if places.pin_matches(agency, pin):
                _remember(session, call, code, {POLICE_ALERT: alert.id, POLICE_AGENCY: agency.id})
                return "right"
    _note(session, call, code, pin, Answer.wrong)
    if _wrong(session, _pins(code)) >= MOST_WRONG:
        _tell_supervisors(session, call, f"警情{code}的密码")
    return "wrong"


def speaker(session: orm.Session, call_sid: str) -> Speaker | None:
    """Who is on the telephone and about which alert, once a code was accepted."""
    said = _answers(session, call_sid)
    if POLICE_ALERT not in said:
        return None
    alert_id = int(said[POLICE_ALERT])
    if POLICE_CONTACT in said:
        contact = session.get_one(Contact, int(said[POLICE_CONTACT]))
        return police_line.by_contact(session, alert_id, contact, AcknowledgedHow.called_in)
    return police_line.by_pin(alert_id, session.get_one(Agency, int(said[POLICE_AGENCY])))


def alert_of(session: orm.Session, call_sid: str) -> Alert | None:
    """The alert that the call is about, once a code was accepted."""
    number = _answers(session, call_sid).get(POLICE_ALERT)
    return session.get_one(Alert, int(number)) if number else None


def _call(session: orm.Session, call_sid: str) -> Caller:
    wanted = sa.select(Call.id, Call.caller, Report.caller_index)
    of_call = wanted.join(Report, Report.call_id == Call.id).where(Call.call_sid == call_sid)
    return session.execute(of_call).one()


def _answers(session: orm.Session, call_sid: str) -> dict[str, str]:
    wanted = sa.select(CallAnswer.question, CallAnswer.value).join(
        Call, Call.id == CallAnswer.call_id
    )
    return dict(session.execute(wanted.where(Call.call_sid == call_sid)).all())


def _remember(session: orm.Session, call: Caller, code: str, found: dict[str, int]) -> None:
    """What the rest of the call is about. As an enquiry that was answered, so that its own report is no work
    for the queue, unless more is said (`service.settle_enquiry`)."""
    _note(session, call, code, "", Answer.handed_over)
    now = clock.now()
    rows = [
        {"call_id": call.id, "question": question, "value": str(number), "at": now}
        for question, number in found.items()
    ]
    session.execute(postgresql.insert(CallAnswer).values(rows).on_conflict_do_nothing())


def _note(session: orm.Session, call: Caller, code: str, pin: str, answer: Answer) -> None:
    typed = postgresql.insert(EnquiryTry).values(
        call_id=call.id,
        number=code,
        pin_index=_tried(pin),
        caller_index=call.caller_index,
        answer=answer,
        at=clock.now(),
    )
    session.execute(typed.on_conflict_do_nothing())


def _tried(pin: str) -> int:
    return crypto.blind_index("pin tried", pin)


def _codes() -> sa.ColumnElement[bool]:
    return EnquiryTry.pin_index == _tried("")


def _pins(code: str) -> sa.ColumnElement[bool]:
    return sa.and_(EnquiryTry.number == code, EnquiryTry.pin_index != _tried(""))


def _wrong(session: orm.Session, which: sa.ColumnElement[bool]) -> int:
    since = clock.now() - WRONG_COUNT_FOR
    tries = sa.select(sa.func.count()).select_from(EnquiryTry)
    wrong = tries.where(EnquiryTry.answer == Answer.wrong, EnquiryTry.at > since, which)
    return session.scalar(wrong) or 0


def _tell_supervisors(session: orm.Session, call: Caller, what: str) -> None:
    """Once an hour."""
    audit.record(session, audit.NETWORK, "lock_police_line", "call", call.id)
    for account in places.on_duty(session, Role.supervisor):
        outbox.add(
            session,
            dedupe_key=f"{LOCKED_TOPIC}:{what}:{clock.now():%Y%m%d%H}:{account.id}",
            topic=LOCKED_TOPIC,
            ref=call.id,
            lane=Lane.page,
            channel=Channel.sms,
            to=account.phone or "",
            to_name=account.name,
            body=LOCKED.format(what=what),
            valid_for=TOLD_FOR,
        )
