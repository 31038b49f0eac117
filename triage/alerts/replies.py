"""What the police text back, where the network lets them: the code of an alert, and what becomes of it.

Only the telephone of a contact counts, and no text that may mean that they do not come. What is understood of
free text is little and cautious, and is texted back; what they wrote stands in the alert's log.
"""

import datetime as dt
import re
import unicodedata

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock, live, outbox, phones
from hotline.outbox import Channel, Lane, OutboxMessage
from triage.alerts import police_line, wording
from triage.alerts.models import FOR_CHANGE, Alert, LogKind
from triage.alerts.police_line import Speaker
from triage.alerts.sending import FEEDBACK_TOPIC, log
from triage.alerts.states import AcknowledgedHow, AlertStatus, Feedback
from triage.alerts.texts import EXERCISE, SIGNATURE
from triage.intake import service as intake
from triage.places.models import Contact

CONFIRMED_FOR = dt.timedelta(minutes=10)
NOT_COUNTED = "短信提到代码，号码未登记，不计入签收"
NOT_TAKEN = "短信不像是签收，未计入"

_CODE = re.compile(r"(?<!\d)\d{4}(?!\d)")
_KEY = re.compile(r"(?<!\d)\d{4}(?!\d)\D*([1-5])\W*$")
"""The digit comes last: in "1234 5分钟后到" the 5 is none."""
_DOUBT = re.compile("[不未没无否吗?]|并?非我|谁")
_ELSEWHERE = re.compile(
    "[转归拒退错]|辖区.*[不非]|[不非].*(辖区|管辖|[去来管接])|[不没无].*(出警|警力)"
)
"""Somebody else's matter, or nobody comes: whatever else is said, that is no acknowledgement."""
_CERTAIN = {
    Feedback.on_the_way: re.compile("在途|途中|出警|路上"),
    Feedback.on_the_spot: re.compile("到场|到达|现场"),
    Feedback.safe: re.compile("安全"),
}
_NEGATIVE = {
    Feedback.not_found: re.compile("[未没]有?找到|找不到"),
    Feedback.needs_others: re.compile("协助|其他部门"),
}


def came(session: orm.Session, sid: str, sender: phones.Number, text: str) -> bool:
    """Somebody has texted the line; whether it was a contact of the police about an alert of theirs. The same
    message again changes nothing."""
    plain = unicodedata.normalize("NFKC", text)
    codes = dict.fromkeys(_CODE.findall(plain))
    counted = [_about(session, sid, sender, code, plain, alone=len(codes) == 1) for code in codes]
    return any(counted)


def understood(text: str) -> Feedback | None:
    """What a reply says besides the code. Of several things the last in the order of the keys; what stands
    beside a negation or a question ("不安全", "到现场了吗") is not taken as said."""
    if key := _KEY.search(text):
        return list(Feedback)[int(key[1]) - 1]
    meant = _NEGATIVE if _DOUBT.search(text) else _CERTAIN | _NEGATIVE
    said = [feedback for feedback, words in meant.items() if words.search(text)]
    return said[-1] if said else None


def acknowledges(text: str) -> bool:
    """Whether whoever names the code takes the matter. A refusal, a question or a negation that is not
    feedback ("1234不是我们辖区", "1234 什么事?") stops nothing: the next contact is reached all the same."""
    if _ELSEWHERE.search(text):
        return False
    return not _DOUBT.search(text) or understood(text) is not None


def _about(
    session: orm.Session, sid: str, sender: phones.Number, code: str, text: str, *, alone: bool
) -> bool:
    """`alone`: no other code is named, so that what else is said is said of this one."""
    alerts = police_line.meant_by(session, code)
    if found := police_line.known(session, alerts, sender):
        _count(session, sid, *found, text, alone=alone)
        return True
    if alerts and not intake.is_known(session, sid):
        log(session, alerts[0], LogKind.step, sender.masked, details=Channel.sms, note=NOT_COUNTED)
    return False


def _count(
    session: orm.Session, sid: str, alert: Alert, contact: Contact, text: str, *, alone: bool
) -> None:
    # Whoever holds the alert is the only one who looks whether this message has been counted.
    session.refresh(alert, with_for_update=FOR_CHANGE)
    key = f"sms_reply:{sid}:{alert.id}"
    if session.scalar(sa.select(OutboxMessage.id).where(OutboxMessage.dedupe_key == key)):
        return
    speaker = police_line.by_contact(session, alert.id, contact, AcknowledgedHow.sms)
    if not acknowledges(text):
        _not_taken(session, alert, speaker, text)
        _answer(session, key, alert, contact, speaker, _to_be_said(alert))
        return
    police_line.acknowledge(session, speaker, note=text)
    said = understood(text) if alone else None
    if said:
        police_line.report_back(session, speaker, said, note=text)
    noted = f"已记录反馈：{wording.FEEDBACK[said]}。" if said else ""
    _answer(session, key, alert, contact, speaker, f"已签收，代码{alert.code}。{noted}")


def _not_taken(session: orm.Session, alert: Alert, speaker: Speaker, text: str) -> None:
    """The next step follows at once, and every console is told: they may have to be talked to."""
    note = f"{NOT_TAKEN}：{text}"
    log(session, alert, LogKind.step, speaker.who, details=Channel.sms, note=note)
    if alert.status is AlertStatus.raised:
        alert.next_step_at = clock.now()
    live.announce(session, "alert", alert.id)
    live.announce(session, "emergency", alert.report_id)


def _to_be_said(alert: Alert) -> str:
    return (
        f"代码{alert.code}的回复未计入签收，已提醒值班员。"
        f"受理请只回复代码，其他情况请立即回电{wording.callback()}。"
    )


def _answer(
    session: orm.Session, key: str, alert: Alert, contact: Contact, speaker: Speaker, words: str
) -> None:
    mark = EXERCISE if alert.exercise else ""
    outbox.add(
        session,
        dedupe_key=key,
        topic=FEEDBACK_TOPIC,
        ref=alert.id,
        lane=Lane.page,
        channel=Channel.sms,
        to=contact.number,
        to_name=speaker.who,
        body=f"{mark}{SIGNATURE}{words}",
        valid_for=CONFIRMED_FOR,
    )
