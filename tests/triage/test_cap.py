"""An alert as messages of CAP 1.2, and which of them are handed on, in which order."""

import datetime as dt
import xml.etree.ElementTree as ET

import pytest
import sqlalchemy as sa

from hotline import audit, config, db
from hotline.audit import AuditEntry
from hotline.outbox import Channel, Lane, MessageStatus, OutboxMessage
from tests.triage.cap_schema import NAMESPACE, faults
from tests.triage.people import at_once, claimed, do, officer, place, seconds
from triage.alerts import service as alerts
from triage.alerts.models import Alert, Notice
from triage.alerts.states import AcknowledgedHow, AlertStatus, Finding, NoticeKind, Purpose
from triage.cap import service
from triage.cap.document import Message, Thread, document, messages
from triage.intake.states import Situation
from triage.places.models import Agency, AgencyKind

URL = "https://cap.example.test/in"
AT = dt.datetime(2026, 11, 22, 1, 5, 30, 700_000, tzinfo=dt.UTC)


def thread_of(number: int) -> Thread:
    found = do(service.thread, number)
    assert found
    return found


def written(number: int) -> list[ET.Element]:
    """Every message of an alert, checked against the standard."""
    thread = thread_of(number)
    texts = [document(thread, message) for message in thread.messages]
    assert [faults(text) for text in texts] == [[]] * len(texts)
    assert all(text.startswith('<?xml version="1.0" encoding="UTF-8"?>') for text in texts)
    return [ET.fromstring(text) for text in texts]


def value(message: ET.Element, path: str) -> str | None:
    return message.findtext("/".join(f"{NAMESPACE}{tag}" for tag in path.split("/")))


def values(found: list[ET.Element], path: str) -> list[str | None]:
    return [value(message, path) for message in found]


def raised() -> int:
    number = claimed(
        place_id=place("990101001"), child_name="李小雨", address="幸福里3号楼", child_age=8
    )
    return do(alerts.raise_alert, number, officer()).id


def acknowledged(number: int) -> None:
    do(alerts.acknowledge, number, "王建国", AcknowledgedHow.keypress, audit.NETWORK)


@pytest.fixture
def told() -> int:
    """An alert that was raised, corrected, acknowledged and called off, a minute apart each."""
    number = raised()
    seconds(60)
    do(alerts.correct, number, officer(), "楼号应为5号楼")
    seconds(60)
    acknowledged(number)
    seconds(60)
    do(alerts.cancel, number, officer("daiban"), "孩子已平安到家")
    return number


def test_every_message_of_a_thread_is_valid_and_refers_to_those_before(district, told):
    found = written(told)
    assert values(found, "msgType") == ["Alert", "Update", "Ack", "Cancel"]
    assert values(found, "status") == ["Actual"] * 4
    assert values(found, "sender") == ["hotline@127.0.0.1"] * 4
    assert values(found, "incidents") == [str(told)] * 4
    assert len(set(values(found, "identifier"))) == 4
    assert all(str(sent).endswith("+08:00") for sent in values(found, "sent"))
    this = [
        ",".join(str(value(one, tag)) for tag in ("sender", "identifier", "sent")) for one in found
    ]
    both = f"{this[0]} {this[1]}"
    assert values(found, "references") == [None, this[0], both, both]


def test_a_message_says_what_the_sms_said_and_what_is_to_be_done(district, told):
    first, update, ack, cancel = written(told)
    with db.transaction() as session:
        said = session.scalars(sa.select(Notice).order_by(Notice.id)).all()
        alert = session.get_one(Alert, told)
    assert values([first, update, cancel], "info/description") == [one.text for one in said]
    assert value(first, "info/event") == "未成年人紧急警情"
    assert value(first, "info/headline") == f"紧急警情，代码{alert.code}"
    assert "请立即处警" in str(value(first, "info/instruction"))
    assert "请停止处警" in str(value(cancel, "info/instruction"))
    assert value(first, "info/contact") == config.current().police_number
    assert values([first, update], "info/urgency") == ["Immediate"] * 2
    assert values([first, update], "info/certainty") == ["Likely"] * 2
    assert (value(cancel, "info/urgency"), value(cancel, "info/responseType")) == ("Past", "None")
    assert value(first, "info/area/areaDesc") == "长桥街道杏花社区"
    assert value(first, "info/area/geocode/value") == "990101001"
    assert value(ack, "note") == "长桥派出所已签收"
    assert ack.find(f"{NAMESPACE}info") is None


def test_nobodys_name_is_in_it(district, told):
    thread = thread_of(told)
    whole = "".join(document(thread, message) for message in thread.messages)
    assert "李小雨" not in whole
    assert "王建国" not in whole
    assert "值班" not in whole.replace("值班员已研判", "")


def test_what_nobody_has_verified_is_only_possible(district):
    number = do(alerts.raise_alert, claimed(), officer(), verified=False).id
    [message] = written(number)
    assert value(message, "info/certainty") == "Possible"
    assert value(message, "info/area/areaDesc") == "地点待核实"
    assert value(message, "info/area/geocode/value") is None


def test_the_code_of_a_place_that_is_no_longer_named_is_left_out(district):
    number = raised()
    with db.transaction() as session:
        session.get_one(Alert, number).place_name = "别处"
    [message] = written(number)
    assert value(message, "info/area/areaDesc") == "别处"
    assert value(message, "info/area/geocode/value") is None


def test_an_exercise_says_so_wherever_somebody_looks(district):
    with db.transaction() as session:
        station = session.scalars(sa.select(Agency).where(Agency.name == "长桥派出所")).one().id
    where, what = place("990101001"), Situation.missing
    number = do(alerts.raise_exercise, officer("daiban"), station, what, where).id
    acknowledged(number)
    first, ack = written(number)
    assert values([first, ack], "status") == ["Exercise"] * 2
    assert value(first, "note") == f"演练 {number}"
    assert value(ack, "note") == f"演练 {number}，长桥派出所已签收"
    assert str(value(first, "info/headline")).startswith("【演练】")
    assert str(value(first, "info/instruction")).startswith("演练，请勿出警")


def test_what_an_office_is_told_belongs_to_the_same_incident(district):
    with db.transaction() as session:
        street = place("990101001")
        office = Agency(kind=AgencyKind.street_office, name="长桥街道办", place_id=street)
        session.add(office)
    number = raised()
    acknowledged(number)
    do(alerts.resolve, number, officer(), "已带离", Finding.domestic_violence)
    with db.transaction() as session:
        told = session.scalars(sa.select(Alert.id).where(Alert.purpose == Purpose.office)).one()
    [message] = written(told)
    assert value(message, "incidents") == str(number)
    assert value(message, "msgType") == "Alert"
    assert value(message, "info/responseType") == "Assess"
    assert (value(message, "info/urgency"), value(message, "info/certainty")) == (
        "Expected",
        "Observed",
    )


def bare(**more) -> Alert:
    usual = {
        "id": 3001, "code": "0138", "status": AlertStatus.raised, "purpose": Purpose.police,
        "exercise": False, "agency_name": "长桥\x00派出所", "place_name": "杏花\x0b社区 <&>",
        "acknowledged_at": None,
    }  # fmt: skip
    return Alert(**{**usual, **more})


def notice(number: int, kind: NoticeKind, minutes: int) -> Notice:
    return Notice(id=number, kind=kind, at=AT + dt.timedelta(minutes=minutes), text="值班 <b>&\x01")


def test_a_reminder_is_no_message_and_all_stand_in_the_order_of_time(settings):
    alert = bare(acknowledged_at=AT + dt.timedelta(minutes=2))
    said = [
        notice(7, NoticeKind.alert, 0),
        notice(8, NoticeKind.update, 1),
        notice(9, NoticeKind.reminder, 3),
        notice(10, NoticeKind.cancel, 4),
    ]
    assert [message.name for message in messages(alert, said)] == ["7", "8", "ack", "10"]


@pytest.mark.parametrize(
    ("zone", "sent"),
    [("Asia/Shanghai", "2026-11-22T09:05:30+08:00"), ("UTC", "2026-11-22T01:05:30-00:00")],
)
def test_times_have_an_offset_and_what_xml_cannot_hold_is_left_out(
    settings, monkeypatch, zone, sent
):
    monkeypatch.setattr(config, "_current", settings.model_copy(update={"timezone": zone}))
    alert = bare()
    [message] = said = messages(alert, [notice(7, NoticeKind.alert, 0)])
    text = document(Thread(alert, said), message)
    assert faults(text) == []
    found = ET.fromstring(text)
    assert value(found, "sent") == sent
    assert value(found, "info/area/areaDesc") == "杏花 社区 <&>"
    assert value(found, "info/description") == "值班 <b>&"


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("<status>Actual</status>", "<status>Real</status>"),
        ("<status>Actual</status>", ""),
        ("<scope>Restricted</scope>", "<scope>Private</scope>"),
        ("+08:00</sent>", "Z</sent>"),
        ("<category>Safety</category>", ""),
        ("<sender>", "<sender>a b,"),
        ("<language>zh-CN</language>", "<language>zh-CN</language><web>x</web>"),
        ("<references>", "<references>x "),
        ("<incidents>", "<incidents/><incidents>"),
        ("cap:1.2", "cap:1.1"),
    ],
)
def test_the_check_itself_notices_what_the_standard_forbids(district, told, said, instead):
    thread = thread_of(told)
    text = document(thread, thread.messages[1])
    assert said in text
    assert faults(text) == []
    assert faults(text.replace(said, instead, 1)) != []


@pytest.fixture
def receiver(district, monkeypatch):
    """Somebody wants to know."""
    secret = "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    settings = config.current().model_copy(
        update={"cap_webhook_url": URL, "cap_webhook_secret": secret}
    )
    monkeypatch.setattr(config, "_current", settings)


def handed_on() -> list[OutboxMessage]:
    with db.transaction() as session:
        found = sa.select(OutboxMessage).where(OutboxMessage.topic == service.TOPIC)
        return list(session.scalars(found.order_by(OutboxMessage.id)))


def settled(status: MessageStatus = MessageStatus.delivered) -> None:
    with db.transaction() as session:
        session.execute(
            sa.update(OutboxMessage)
            .where(OutboxMessage.topic == service.TOPIC)
            .values(status=status, settled_at=AT)
        )


def names() -> list[str]:
    return [message.dedupe_key.rsplit("-", 1)[1] for message in handed_on()]


def test_nothing_is_handed_on_where_nobody_wants_to_know(district):
    raised()
    assert service.sweep() == 0
    assert handed_on() == []


def test_a_message_is_handed_on_once_and_the_next_when_it_has_arrived(receiver):
    number = raised()
    assert service.sweep() == 1
    acknowledged(number)
    assert service.sweep() == 0
    [first] = handed_on()
    assert (first.channel, first.to, first.lane) == (Channel.webhook, URL, Lane.other)
    thread = thread_of(number)
    assert first.body == document(thread, thread.messages[0])

    settled()
    assert service.sweep() == 1
    assert names()[1:] == ["ack"]
    settled()
    assert service.sweep() == 0
    with db.transaction() as session:
        seen = sa.select(sa.func.count()).where(AuditEntry.action == "export")
        assert session.scalar(seen) == 2


def test_one_that_nobody_took_holds_up_the_next_no_longer_than_itself(receiver):
    number = raised()
    service.sweep()
    do(alerts.correct, number, officer(), "楼号应为5号楼")
    settled(MessageStatus.failed)
    assert service.sweep() == 1
    assert len(handed_on()) == 2


def test_two_sweepers_at_once_hand_a_message_on_once(receiver):
    raised()
    assert not any(isinstance(one, Exception) for one in at_once(service.sweep, service.sweep))
    assert names() == [thread_of(handed_on()[0].ref).messages[0].name]


def test_a_receiver_is_not_told_what_was_over_before_it_was_there(receiver):
    number = raised()
    seconds(service.NEW.total_seconds() + 1)
    acknowledged(number)
    assert service.sweep() == 0


def test_a_thread_that_has_begun_goes_on_however_late(receiver):
    number = raised()
    service.sweep()
    settled()
    seconds(service.NEW.total_seconds() + 1)
    acknowledged(number)
    assert service.sweep() == 1
    assert names()[1:] == ["ack"]


def test_the_message_asked_for_or_the_latest(district):
    number = raised()
    thread = thread_of(number)
    assert service.named(thread, None) is thread.messages[-1]
    assert service.named(thread, "ack") is None
    acknowledged(number)
    latest = service.named(thread_of(number), None)
    assert isinstance(latest, Message)
    assert latest.name == "ack"
    assert do(service.thread, 1) is None
