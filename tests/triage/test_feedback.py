"""What the police report back, the asking for it, and who is told what they found."""

import pytest
import sqlalchemy as sa

from hotline import audit, config, db
from hotline.outbox import Channel
from tests.triage.alerting import (
    OFFICER,
    STATION_FIRST,
    STATION_SECOND,
    alert,
    alerts,
    bodies,
    log,
    newest,
    notices,
    sent,
)
from tests.triage.people import claimed, do, officer, place, seconds
from triage.alerts import feedback, policy, service, steps
from triage.alerts.models import Alert, LogKind
from triage.alerts.states import (
    MEASURES,
    AcknowledgedHow,
    AlertStatus,
    Feedback,
    Finding,
    NoticeKind,
    Purpose,
)
from triage.places import service as places
from triage.places.models import ALL_DAY, Agency, AgencyKind, Contact

OFFICE_FIRST = "+8610000000331"


@pytest.fixture
def police(district) -> Alert:
    """An alert that the station of the place has acknowledged."""
    one = do(service.raise_alert, claimed(place_id=place("990101001")), officer())
    return do(service.acknowledge, one.id, "王建国", AcknowledgedHow.telephone, officer())


@pytest.fixture
def office(district) -> int:
    """The office of the street, whoever it is at whatever hour."""
    with db.transaction() as session:
        session.execute(sa.update(Contact).values(workdays=ALL_DAY, weekends=ALL_DAY))
        return session.scalars(sa.select(Agency.id).where(Agency.name == "长桥街道办事处")).one()


def asking() -> policy.Asking:
    found = policy.named("police", Purpose.police).asking
    assert found
    return found


def came(number: int, what: Feedback, note: str = "") -> Alert:
    return do(feedback.came, number, what, "王建国", officer(), note)


def test_what_they_say_is_on_the_alert_and_asked_for_later(police):
    before = police.feedback_due_at
    seconds(600)
    one = came(police.id, Feedback.on_the_way, "10分钟到")
    assert (one.feedback, one.feedback_asked) == (Feedback.on_the_way, 0)
    assert before
    assert one.feedback_due_at
    assert log()[-1] is LogKind.feedback


def test_overdue_feedback_is_asked_for_and_in_the_end_officers_are_told(police):
    seconds(asking().first - 5)
    feedback.sweep()
    before = newest()
    assert LogKind.feedback_asked not in log()
    seconds(10)
    feedback.sweep()
    asked = [
        ("alert_feedback", Channel.sms, STATION_FIRST),
        ("alert_feedback", Channel.call, STATION_FIRST),
    ]
    assert sent(before) == asked
    feedback.sweep()
    assert sent(before) == asked
    for _ in range(asking().times):
        seconds(asking().again + 1)
        feedback.sweep()
    assert sent(before) == [*asked * asking().times, ("alarm", Channel.sms, OFFICER)]
    assert log()[-2:] == [LogKind.feedback_missing, LogKind.alarm]
    assert alert(police.id).feedback_due_at is None
    seconds(86_400)
    feedback.sweep()
    assert log()[-1] is LogKind.alarm


def test_whoever_acknowledged_is_asked(police):
    second = do(places.contacts, police.agency_id)[1]
    with db.transaction() as session:
        session.execute(sa.update(Alert).values(acknowledged_contact_id=second.id))
    seconds(asking().first + 1)
    feedback.sweep()
    assert {to for topic, _, to in sent() if topic == "alert_feedback"} == {STATION_SECOND}


def test_after_it_has_ended_nothing_is_asked_and_late_words_are_kept(police):
    do(service.resolve, police.id, officer(), "误会", Finding.unfounded)
    one = came(police.id, Feedback.safe)
    assert (one.status, one.feedback_due_at) == (AlertStatus.resolved, None)
    assert log()[-1] is LogKind.feedback
    seconds(86_400)
    feedback.sweep()
    assert not [one for one in sent() if one[0] == "alert_feedback"]


def test_only_an_acknowledged_alert_is_asked_about(police):
    with pytest.raises(sa.exc.IntegrityError, match="feedback_of_acknowledged"):
        do(lambda session: session.execute(sa.update(Alert).values(status="resolved")))


@pytest.mark.parametrize("finding", [one for one in Finding if one is not Finding.unfounded])
def test_the_office_of_the_place_is_told_what_was_found(police, office, finding):
    before = newest()
    do(service.resolve, police.id, officer(), "已到场", finding, MEASURES[finding][:1])
    told = alerts()[-1]
    assert (told.purpose, told.parent_id, told.agency_id) == (Purpose.office, police.id, office)
    assert sent(before) == [("alert", Channel.sms, OFFICE_FIRST)]
    assert notices()[-1].kind is NoticeKind.office
    assert alert(police.id).measures == [str(one) for one in MEASURES[finding][:1]]
    assert LogKind.office_told in log()


def test_an_office_acknowledges_for_itself_and_is_not_asked_for_feedback(police, office):
    do(service.resolve, police.id, officer(), "已到场", Finding.missing)
    told = alerts()[-1]
    seconds(1801)
    steps.sweep()
    assert sent()[-1] == ("alert", Channel.call, OFFICE_FIRST)
    one = do(service.acknowledge, told.id, "儿童督导员", AcknowledgedHow.keypress, audit.NETWORK)
    assert (one.status, one.feedback_due_at) == (AlertStatus.acknowledged, None)
    assert alert(police.id).acknowledged_by == "王建国"


def test_where_nothing_was_found_the_office_is_not_troubled(police, office):
    do(service.resolve, police.id, officer(), "误会", Finding.unfounded)
    assert [one.id for one in alerts()] == [police.id]


def test_without_an_office_the_timeline_says_so(police):
    with db.transaction() as session:
        offices = sa.select(Agency.id).where(Agency.kind == AgencyKind.street_office)
        session.execute(sa.delete(Contact).where(Contact.agency_id.in_(offices)))
        session.execute(sa.delete(Agency).where(Agency.kind == AgencyKind.street_office))
    do(service.resolve, police.id, officer(), "已到场", Finding.missing)
    assert log()[-1] is LogKind.office_told
    assert len(alerts()) == 1


def test_what_was_found_is_told_once(police, office):
    for _ in range(2):
        do(service.resolve, police.id, officer(), "已到场", Finding.missing)
    assert len(alerts()) == 2


def test_every_finding_of_the_papers_has_its_measures():
    assert set(MEASURES) == set(Finding)
    assert not MEASURES[Finding.unfounded]
    assert all(MEASURES[one] for one in Finding if one is not Finding.unfounded)


def test_no_name_goes_to_an_office(police, office):
    do(service.resolve, police.id, officer(), "李小雨已送医", Finding.other_harm)
    assert "李小雨" not in bodies("alert")[-1]
    assert config.current().caller_id in bodies("alert")[-1]


def test_an_office_that_has_not_answered_is_called_with_what_was_found_last(police, office):
    do(service.resolve, police.id, officer(), "已到场", Finding.guardian_absent)
    again = do(service.raise_alert, police.report_id, officer(), note="又来电")
    do(service.acknowledge, again.id, "王建国", AcknowledgedHow.telephone, officer())
    do(service.resolve, again.id, officer(), "已到场", Finding.other_harm)
    told = [one for one in alerts() if one.purpose is Purpose.office]
    assert len(told) == 1
    assert "遭侵害" in told[0].text
    assert "遭侵害" in told[0].spoken


def test_a_correction_leaves_an_office_what_offices_are_told(police, office):
    do(service.resolve, police.id, officer(), "已到场", Finding.other_harm)
    told = alerts()[-1]
    do(service.correct, told.id, officer(), "门牌应为5号楼")
    assert "情况通报" in alert(told.id).text
    assert "遭侵害" in alert(told.id).text


def test_whoever_acknowledged_and_has_gone_home_is_not_asked_at_night(police):
    second = do(places.contacts, police.agency_id)[1]
    with db.transaction() as session:
        session.execute(sa.update(Alert).values(acknowledged_contact_id=second.id))
        session.get_one(Contact, second.id).workdays = ""
        session.get_one(Contact, second.id).weekends = ""
    seconds(asking().first + 1)
    feedback.sweep()
    assert {to for topic, _, to in sent() if topic == "alert_feedback"} == {STATION_FIRST}
