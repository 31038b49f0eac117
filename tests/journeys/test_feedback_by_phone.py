"""What is said in calls to the police and to offices, and what they answer by keys."""

import pytest
import sqlalchemy as sa

from hotline import audit, db
from tests.journeys.on_police_line import (
    BADGED,
    FIRST,
    JUDGED,
    SECOND,
    call_off,
    forward,
    logged,
    the_alert,
)
from triage.alerts import service as alerts
from triage.alerts.models import Alert, LogKind, Notice
from triage.alerts.states import Feedback, Finding, Purpose
from triage.intake.states import Situation
from triage.places.models import Agency, AgencyKind, Contact, Place

BADGED_FIRST = "青禾派出所 值班民警 赵海"


@pytest.fixture
def rung(line):
    """The station of 杏花社区 is called about an alert."""
    forward(line, JUDGED)
    line.waits(61)
    return line


@pytest.fixture
def asks_badge(line):
    """A station that wants badge numbers is called; its telephone."""
    phone = line.network.phone("10000000321", kind="mobile")
    forward(line, BADGED)
    line.waits(61)
    return phone.rings().answers().hears("确认收到请按1")


def _acknowledged(line) -> Alert:
    line.police.answers().hears("确认收到请按1").presses("1").hears("已签收")
    line.police.stays_silent().is_hung_up_on()
    line.network.settles()
    return the_alert()


@pytest.mark.parametrize(("key", "said"), list(zip("12345", Feedback, strict=True)))
def test_after_the_key_the_station_says_by_another_where_it_stands(rung, key, said):
    rung.police.answers().hears("确认收到请按1").presses("1").hears("请反馈处置情况").presses(key)
    rung.police.hears("反馈已记录").is_hung_up_on()
    rung.network.settles()
    assert (the_alert().acknowledged_by, the_alert().feedback) == (FIRST, said)
    assert [line.who for line in logged(LogKind.feedback)] == [FIRST]


@pytest.mark.parametrize("key", ["9", "#", ""])
def test_any_other_key_or_silence_ends_the_call_and_is_no_feedback(rung, key):
    police = rung.police.answers().hears("确认收到请按1").presses("1").hears("请反馈处置情况")
    (police.presses(key) if key else police.stays_silent()).hears("请尽快处置").is_hung_up_on()
    rung.network.settles()
    assert (the_alert().status, the_alert().feedback) == ("acknowledged", None)


def test_the_badge_completes_the_acknowledgement(line, asks_badge):
    asks_badge.presses("1").hears("警号").presses("012345#").hears("警号已记录")
    asks_badge.hears("上禾村").presses("1").hears("反馈已记录").is_hung_up_on()
    line.network.settles()
    signed = f"{BADGED_FIRST} 警号 012345"
    assert the_alert().acknowledged_by == signed
    assert [one.who for one in logged(LogKind.acknowledged)] == [signed]


def test_hanging_up_instead_of_the_badge_loses_nothing(line, asks_badge):
    asks_badge.presses("1").hears("警号").hangs_up()
    line.network.settles()
    assert (the_alert().status, the_alert().acknowledged_by) == ("acknowledged", BADGED_FIRST)


def test_a_badge_that_can_be_none_is_asked_for_twice_and_then_done_without(line, asks_badge):
    asks_badge.presses("1").hears("警号").presses("12#").hears("四到八位").presses("7#")
    asks_badge.hears("上禾村").hangs_up()
    line.network.settles()
    assert the_alert().acknowledged_by == BADGED_FIRST


def test_a_call_of_an_exercise_says_so_first_and_last(line):
    with db.transaction() as session:
        station = session.scalars(sa.select(Agency).where(Agency.name == "长桥派出所")).one()
        alerts.raise_exercise(
            session, audit.SYSTEM, station.id, Situation.missing, station.place_id
        )
    line.works()
    line.waits(61)
    police = line.police.answers().hears("这是演练").hears("确认收到请按1").presses("1")
    police.hears("已签收").presses("1").hears("反馈已记录").hears("这是演练").is_hung_up_on()
    line.network.settles()
    assert (the_alert().exercise, the_alert().feedback) == (True, "on_the_way")


def test_an_alert_in_earnest_never_says_exercise(rung):
    police = rung.police.answers().hears("确认收到请按1").presses("1").hears("已签收")
    police.stays_silent().is_hung_up_on()
    assert "演练" not in police.heard


def test_news_is_heard_by_a_key_of_whoever_acknowledged(rung):
    number = _acknowledged(rung).id
    call_off(number)
    rung.waits(61)
    rung.police.answers().hears("撤回").hears("已听取请按1").presses("5").hears("没有收到确认")
    rung.police.is_hung_up_on()
    rung.network.settles()
    assert logged(LogKind.news_heard) == []
    rung.waits(61)
    rung.police.answers().hears("撤回").hears("已听取请按1").presses("1").hears("已记录")
    rung.police.is_hung_up_on()
    rung.network.settles()
    assert [line.who for line in logged(LogKind.news_heard)] == [FIRST]
    rung.waits(120)
    rung.police.does_not_ring()


def test_news_that_reaches_nobody_alarms_the_line_and_a_key_says_that_somebody_knows(rung):
    number = _acknowledged(rung).id
    call_off(number)
    for phone in (rung.police, rung.police, rung.second_contact, rung.district_police):
        rung.waits(61)
        phone.rings().declines()
        rung.network.settles()
    rung.waits(61)
    chief = rung.supervisors_phone.rings().answers().hears("未能通知到").hears("确认收到请按1")
    chief.presses("1").hears("已确认").is_hung_up_on()
    rung.network.settles()
    assert [line.who for line in logged(LogKind.heard)] == ["陈若谷"]
    assert logged(LogKind.news_heard) == []


def test_overdue_feedback_is_asked_for_by_a_call_and_answered_by_a_key(rung):
    _acknowledged(rung)
    rung.waits(1801)
    police = rung.police.answers().hears("请反馈").hears("警情编码").presses("8").hears("没有用到")
    police.presses("3").hears("反馈已记录").is_hung_up_on()
    rung.network.settles()
    assert the_alert().feedback == "safe"


def test_an_office_is_told_what_the_police_found_and_acknowledges_by_a_key(rung):
    with db.transaction() as session:
        community = session.scalars(sa.select(Place).where(Place.code == "990101001")).one()
        office = Agency(kind=AgencyKind.street_office, name="杏花工作站", place_id=community.id)
        session.add(office)
        session.flush()
        session.add(
            Contact(
                agency_id=office.id,
                position=1,
                name="儿童主任 钱芳",
                number="+8610000000401",
                takes_sms=False,
                takes_calls=True,
            )
        )
    desk = rung.network.phone("10000000401", kind="mobile")
    number = _acknowledged(rung).id
    with db.transaction() as session:
        alerts.resolve(session, number, audit.SYSTEM, "已处置", Finding.guardian_absent)
    rung.works()
    desk.rings().answers().hears("通报").hears("杏花社区").hears("确认收到请按1").presses("1")
    desk.hears("已签收").hears("评估和帮扶").is_hung_up_on()
    rung.network.settles()
    told = the_alert()
    assert (told.purpose, told.status) == (Purpose.office, "acknowledged")
    assert told.acknowledged_by == "杏花工作站 儿童主任 钱芳"


def test_a_second_station_that_acknowledges_late_is_written_down(rung):
    rung.police.rings().lets_it_ring()
    rung.network.settles()
    rung.waits(0)
    second = rung.second_contact.rings().answers().hears("确认收到请按1")
    rung.waits(200)
    district = rung.district_police.rings().answers().hears("确认收到请按1").presses("1")
    district.hears("已签收").stays_silent().is_hung_up_on()
    second.presses("1").hears("已签收").stays_silent().is_hung_up_on()
    rung.network.settles()
    assert the_alert().acknowledged_by == "云溪公安分局指挥中心 指挥长 何平"
    assert [line.who for line in logged(LogKind.acknowledged_again)] == [SECOND]


def test_an_update_that_was_in_the_words_needs_no_call_of_its_own(rung):
    """News on an alert that nobody has acknowledged goes into its further calls."""
    rung.police.rings().lets_it_ring()
    rung.network.settles()
    with db.transaction() as session:
        alerts.correct(session, the_alert().id, audit.SYSTEM, "孩子在三楼")
    rung.waits(1)
    second = rung.second_contact.rings().answers().hears("确认收到请按1").presses("1")
    second.hears("已签收").stays_silent().is_hung_up_on()
    rung.network.settles()
    with db.transaction() as session:
        heard = session.scalars(sa.select(Notice.heard_by).where(Notice.kind == "correction"))
        assert heard.one() == SECOND
