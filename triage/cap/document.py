"""An alert as messages of the Common Alerting Protocol 1.2 (OASIS Standard, 1 July 2010; ITU-T X.1303 bis),
for other systems of the police and the emergency offices.

A message says no more about anybody than the SMS did: the same words, and who has acknowledged by the name
of the agency alone.
"""

import datetime as dt
import enum
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from hotline import config
from triage.alerts import wording
from triage.alerts.fitting import plain
from triage.alerts.models import Alert, Notice
from triage.alerts.states import NoticeKind, Purpose
from triage.alerts.texts import EXERCISE, SIGNATURE, TEMPLATES, UNVERIFIED

NAMESPACE = "urn:oasis:names:tc:emergency:cap:1.2"
MEDIA_TYPE = "application/cap+xml"
ACKNOWLEDGEMENT = "ack"
RESTRICTION = "仅限负责处置的公安机关和儿童保护工作单位"
CODES = "统计用区划代码"

Node = tuple[str, "str | list[Node]"]
"""An element: its tag, and its text or what stands in it. An empty text is left out."""


class Type(enum.StrEnum):
    """`msgType`."""

    alert = "Alert"
    update = "Update"
    cancel = "Cancel"
    ack = "Ack"


TYPES: dict[NoticeKind, Type] = {
    NoticeKind.alert: Type.alert,
    NoticeKind.office: Type.alert,
    NoticeKind.update: Type.update,
    # What a correction says takes the place of what was said before: that is an Update.
    NoticeKind.correction: Type.update,
    NoticeKind.cancel: Type.cancel,
}
"""What each kind of notice is; a reminder says nothing new and is none."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a thread. `name` tells it from the others: the number of its notice, or `ack`."""

    name: str
    type: Type
    sent: dt.datetime
    notice: Notice | None = None


@dataclass(frozen=True, slots=True)
class Thread:
    """An alert and its messages in the order in which they were said. `place_code` is the official code of
    the place that its words name; empty if there is none."""

    alert: Alert
    messages: Sequence[Message]
    place_code: str = ""


def messages(alert: Alert, notices: Iterable[Notice]) -> list[Message]:
    """Everything that was said, and the acknowledgement, in the order of time."""
    said = [
        Message(str(one.id), TYPES[one.kind], one.at, one) for one in notices if one.kind in TYPES
    ]
    if alert.acknowledged_at:
        said.append(Message(ACKNOWLEDGEMENT, Type.ack, alert.acknowledged_at))
    return sorted(said, key=lambda message: message.sent)


def identifier(alert: Alert, message: Message) -> str:
    """Unique among all messages of this sender, and the same whenever it is written."""
    return f"{alert.number}-{message.name}"


def document(thread: Thread, message: Message) -> str:
    """One message as XML, to be encoded as UTF-8."""
    alert = thread.alert
    root = _element("alert", _head(thread, message), xmlns=NAMESPACE)
    if message.notice:
        root.append(_element("info", _info(alert, message.notice, thread.place_code)))
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode")


def _head(thread: Thread, message: Message) -> list[Node]:
    alert = thread.alert
    return [
        ("identifier", identifier(alert, message)),
        ("sender", _sender()),
        ("sent", _moment(message.sent)),
        ("status", "Exercise" if alert.exercise else "Actual"),
        ("msgType", message.type),
        # Not Private, which wants the address of each recipient: whoever is entitled may receive it.
        ("scope", "Restricted"),
        ("restriction", RESTRICTION),
        ("note", _note(alert, message)),
        ("references", _references(thread, message)),
        ("incidents", str(alert.parent_id or alert.id)),
    ]


def _info(alert: Alert, notice: Notice, place_code: str) -> list[Node]:
    over = notice.kind is NoticeKind.cancel
    told = alert.purpose is Purpose.office
    mark = EXERCISE if alert.exercise else ""
    return [
        ("language", "zh-CN"),
        ("category", "Safety"),
        ("event", "未成年人情况通报" if told else "未成年人紧急警情"),
        # AllClear would say that the child is safe; that an alert was called off does not.
        ("responseType", "None" if over else "Assess" if told else "Execute"),
        ("urgency", "Past" if over else "Expected" if told else "Immediate"),
        ("severity", "Unknown" if over else "Severe"),
        ("certainty", "Unknown" if over else _certainty(notice, told=told)),
        ("senderName", SIGNATURE.strip("【】")),
        ("headline", f"{mark}{TEMPLATES[notice.kind].title}，代码{alert.code}"),
        ("description", plain(notice.text)),
        ("instruction", wording.asking(notice.kind, None, exercise=alert.exercise)),
        ("contact", wording.callback()),
        ("parameter", [("valueName", "代码"), ("value", alert.code)]),
        ("area", [("areaDesc", plain(alert.place_name)), *_geocode(place_code)]),
    ]


def _certainty(notice: Notice, *, told: bool) -> str:
    """The police have seen it themselves; an officer has judged a report; or nobody has."""
    if told:
        return "Observed"
    # The words that went out, and not the alert as it stands now: news may be better known.
    return "Possible" if UNVERIFIED in notice.text else "Likely"


def _note(alert: Alert, message: Message) -> str:
    """An exercise is named here (the standard asks for it)."""
    told = [
        f"演练 {alert.parent_id or alert.id}" if alert.exercise else "",
        f"{plain(alert.agency_name)}已签收" if message.type is Type.ack else "",
    ]
    return "，".join(part for part in told if part)


def _references(thread: Thread, message: Message) -> str:
    """Every earlier message that this one takes the place of, calls off or acknowledges."""
    earlier = thread.messages[: thread.messages.index(message)]
    return " ".join(
        f"{_sender()},{identifier(thread.alert, one)},{_moment(one.sent)}"
        for one in earlier
        if one.type in (Type.alert, Type.update)
    )


def _geocode(place_code: str) -> list[Node]:
    return [("geocode", [("valueName", CODES), ("value", place_code)])] if place_code else []


def _sender() -> str:
    return f"hotline@{urlsplit(config.current().public_url).hostname}"


def _moment(when: dt.datetime) -> str:
    """With the offset of the line's zone; UTC is -00:00 and never Z (the standard, 3.3.2)."""
    local = when.astimezone(config.current().zone)
    return local.isoformat(timespec="seconds").replace("+00:00", "-00:00")


def _element(tag: str, content: str | list[Node], **attributes: str) -> ET.Element:
    element = ET.Element(tag, attributes)
    if isinstance(content, str):
        element.text = content
    else:
        element.extend(_element(name, inner) for name, inner in content if inner)
    return element
