"""What is learned later is added to the one thread of a child, and heard by a named person."""

import pytest
import sqlalchemy as sa

from hotline import audit, clock, db
from hotline.outbox import Channel, OutboxMessage
from tests.triage.alerting import (
    STATION_FIRST,
    STATION_SECOND,
    SUPERVISOR,
    alert,
    alerts,
    bodies,
    log,
    newest,
    notices,
    sent,
    status,
)
from tests.triage.people import claimed, do, judgement, officer, place, seconds
from triage.alerts import forwarding, news, police_line, previews, queries, service, steps
from triage.alerts.fitting import Unfit
from triage.alerts.models import Alert, LogKind, Notice
from triage.alerts.previews import AlreadyRunning
from triage.alerts.states import AcknowledgedHow, AlertStatus, NoticeKind
from triage.cases import service as cases
from triage.intake.models import Report
from triage.intake.states import Situation
from triage.places import contacts
from triage.places import service as places
from triage.places.models import Contact
from triage.queue import judging

SMS, CALL = Channel.sms, Channel.call


@pytest.fixture
def first(district) -> Alert:
    """An alert for a child of a street with a station of its own; its report stands in a case."""
    number = claimed("CA1", place_id=place("990101001"))
    do(cases.open_case, number, officer())
    return alert(do(service.raise_alert, number, officer()).id)


@pytest.fixture
def unlinked(district) -> Alert:
    """One whose report the officer still has in hand."""
    number = claimed("CA1", place_id=place("990101001"))
    return alert(do(service.raise_alert, number, officer()).id)


def second_report(case_id: int | None) -> int:
    """Another report about the same child, linked to its case."""
    number = claimed("CA2", place_id=place("990101001"), address="杏花里3号楼")
    assert case_id
    do(cases.link, number, case_id, officer())
    return number


def missing():
    """The same place, but now the child is missing."""
    return judgement(situation=Situation.missing, place_id=place("990101001"))


def acknowledge(number: int, contact_id: int | None = None, said_at=None) -> None:
    do(
        service.acknowledge,
        number,
        "王建国",
        AcknowledgedHow.keypress,
        audit.NETWORK,
        contact_id=contact_id,
        said_at=said_at,
    )


def test_a_second_report_about_the_child_is_news_and_no_second_alert(first):
    acknowledge(first.id)
    number = second_report(first.case_id)
    shown = do(previews.of_report, number)
    assert (shown.kind, shown.code) == (NoticeKind.update, first.code)
    before = newest()
    again = do(service.raise_alert, number, officer(), text_seen=shown.text)
    assert again.id == first.id
    assert len(alerts()) == 1
    assert sent(before) == [("alert_news", SMS, STATION_FIRST)]
    assert bodies("alert_news") == [shown.text]
    assert notices()[-1].kind is NoticeKind.update
    assert [one.alert.id for one in do(queries.of_report, number)] == [first.id]
    assert do(service.already_forwarded, number)


def test_the_same_news_twice_is_sent_once(first):
    number = second_report(first.case_id)
    do(service.raise_alert, number, officer())
    with pytest.raises(AlreadyRunning):
        do(service.raise_alert, number, officer())
    assert [one.kind for one in notices()] == [NoticeKind.alert, NoticeKind.update]
    do(service.raise_alert, number, officer(), note="孩子已离家")
    assert len(notices()) == 3


def test_what_has_changed_in_its_own_report_is_news_too(unlinked):
    acknowledge(unlinked.id)
    do(judging.classify, unlinked.report_id, officer(), missing())
    assert do(service.raise_alert, unlinked.report_id, officer()).id == unlinked.id
    assert "失踪" in bodies("alert_news")[0]


def test_another_child_is_another_alert(first):
    number = claimed("CA2", place_id=place("990101001"))
    assert do(service.raise_alert, number, officer()).id != first.id


def test_another_station_has_a_thread_of_its_own(first):
    number = second_report(first.case_id)
    district = do(previews.of_report, claimed("CA3")).agency
    assert district
    other = do(
        service.raise_alert, number, officer(), agency_id=district.id, because="孩子在区医院"
    )
    assert (other.id != first.id, other.because) == (True, "孩子在区医院")


def test_while_nobody_has_acknowledged_further_steps_say_the_newest(unlinked):
    do(judging.classify, unlinked.report_id, officer(), missing())
    do(service.raise_alert, unlinked.report_id, officer())
    assert alert(unlinked.id).status is AlertStatus.raised
    seconds(60)
    news.sweep()
    assert [one for one in sent() if one[0] == "alert_news"] == [
        ("alert_news", SMS, STATION_FIRST)
    ], "its own steps go on, with the new words"
    assert "失踪" in alert(unlinked.id).spoken


def test_a_key_in_a_call_that_said_the_news_is_enough(unlinked):
    do(judging.classify, unlinked.report_id, officer(), missing())
    do(service.raise_alert, unlinked.report_id, officer())
    seconds(1)
    acknowledge(unlinked.id, said_at=clock.now())
    assert notices()[-1].heard_by == "王建国"


def test_a_key_in_a_call_that_began_before_the_news_is_not(unlinked):
    began = clock.now()
    seconds(1)
    do(judging.classify, unlinked.report_id, officer(), missing())
    do(service.raise_alert, unlinked.report_id, officer())
    acknowledge(unlinked.id, said_at=began)
    assert notices()[-1].heard_by is None


def test_news_is_called_out_step_by_step_until_somebody_has_heard(first):
    acknowledge(first.id)
    do(service.raise_alert, second_report(first.case_id), officer())
    before = newest()
    seconds(61)
    news.sweep()
    assert sent(before) == [("alert_news", CALL, STATION_FIRST)]
    status("no-answer")
    news.sweep()
    assert sent(before)[1:] == [("alert_news", CALL, STATION_SECOND)]
    do(news.heard, notices()[-1].id, "李卫东", AcknowledgedHow.keypress, audit.NETWORK)
    seconds(600)
    news.sweep()
    assert len(sent(before)) == 2
    assert log()[-1] is LogKind.news_heard


def test_whoever_acknowledged_is_called_first(first):
    second = do(places.contacts, first.agency_id)[1]
    acknowledge(first.id, contact_id=second.id)
    do(service.raise_alert, second_report(first.case_id), officer())
    before = newest()
    seconds(61)
    news.sweep()
    assert sent(before) == [("alert_news", CALL, STATION_SECOND)]


def test_news_that_nobody_hears_is_an_alarm_that_repeats_but_does_not_race(first):
    acknowledge(first.id)
    do(service.raise_alert, second_report(first.case_id), officer())
    for _ in range(4):
        seconds(61)
        news.sweep()
    alarms = [one for one in sent() if one[0] == "alert_news_alarm"]
    assert alarms == [
        ("alert_news_alarm", SMS, SUPERVISOR),
        ("alert_news_alarm", CALL, SUPERVISOR),
    ]
    status("no-answer")
    news.sweep()
    assert [one for one in sent() if one[0] == "alert_news_alarm"] == alarms
    seconds(301)
    news.sweep()
    assert [one for one in sent() if one[0] == "alert_news_alarm"] == alarms * 2


def test_calling_off_tells_everybody_who_had_a_message(first):
    seconds(60)
    steps.sweep()
    status("no-answer")
    steps.sweep()
    before = newest()
    do(service.cancel, first.id, officer("daiban"), "孩子已找到")
    assert sent(before) == [
        ("alert_news", SMS, STATION_FIRST),
        ("alert_news", SMS, STATION_SECOND),
    ]
    assert notices()[-1].kind is NoticeKind.cancel
    seconds(61)
    news.sweep()
    assert sent()[-1] == ("alert_news", CALL, STATION_FIRST)


def test_calling_off_twice_says_it_once(first):
    do(service.cancel, first.id, officer("daiban"), "误报")
    do(service.cancel, first.id, officer("daiban"), "误报")
    assert [one.kind for one in notices()] == [NoticeKind.alert, NoticeKind.cancel]


def test_after_it_is_called_off_nobody_is_called_with_older_news(first):
    acknowledge(first.id)
    do(service.correct, first.id, officer(), "门牌应为5号楼")
    do(service.cancel, first.id, officer("daiban"), "孩子已找到")
    older, cancellation = notices()[-2:]
    for _ in range(3):
        seconds(61)
        news.sweep()
    with db.transaction() as session:
        called = sa.select(OutboxMessage.ref).where(
            OutboxMessage.topic == "alert_news", OutboxMessage.channel == CALL
        )
        assert set(session.scalars(called)) == {cancellation.id}
    do(
        lambda session: news.heard_with(
            session,
            session.get_one(Notice, cancellation.id),
            "王建国",
            AcknowledgedHow.telephone,
            officer(),
        )
    )
    assert [one.heard_by for one in notices() if one.id >= older.id] == ["王建国"] * 2


def test_a_thread_that_ends_while_its_words_are_put_together_takes_no_more(first, monkeypatch):
    number = second_report(first.case_id)
    real = previews.of_report
    ends = iter([True])

    def cancelled_meanwhile(session, *what, **more):
        shown = real(session, *what, **more)
        if next(ends, False):
            do(service.cancel, first.id, officer("daiban"), "误报")
        return shown

    monkeypatch.setattr(previews, "of_report", cancelled_meanwhile)
    assert do(service.raise_alert, number, officer()).id != first.id


def test_the_childs_name_is_not_said_by_whatever_report_it_is_known(first):
    number = claimed("CA2", place_id=place("990101001"), address="杏花里3号李小雨家")
    do(cases.link, number, first.case_id, officer())
    assert "李小雨" in (do(previews.of_report, number).facts.address or "")
    with db.transaction() as session:
        session.get_one(Report, first.report_id).child_name = "李小雨"
    assert do(previews.of_report, number).facts.address == "杏花里3号孩子家"


def test_a_correction_is_sent_in_the_words_that_were_shown(first):
    acknowledge(first.id)
    shown = do(service.words_of, first.id, NoticeKind.correction, "门牌应为5号楼")
    do(service.correct, first.id, officer(), "门牌应为5号楼")
    assert bodies("alert_news") == [shown.text]
    assert alert(first.id).status is AlertStatus.acknowledged


def test_news_never_rests(first):
    acknowledge(first.id)
    do(service.correct, first.id, officer(), "门牌应为5号楼")
    with pytest.raises(sa.exc.IntegrityError, match="news_is_heard_or_goes_on"):
        do(
            lambda session: session.execute(
                sa.text("UPDATE alert_notices SET next_step_at = NULL WHERE kind = 'correction'")
            )
        )


def test_what_two_reports_say_is_heard_of_each_by_itself(first):
    do(service.raise_alert, second_report(first.case_id), officer(), note="有人持刀")
    seconds(1)
    do(service.raise_alert, first.report_id, officer(), note="门牌是5号楼")
    seconds(1)
    acknowledge(first.id, said_at=clock.now())
    knife, door = notices()[1:]
    assert (knife.heard_by, door.heard_by) == (None, "王建国")
    seconds(61)
    news.sweep()
    with db.transaction() as session:
        message = session.get_one(OutboxMessage, newest())
        assert "有人持刀" in message.body
        speaker = police_line.called(session, message)
        assert speaker
        police_line.hear_news(session, speaker)
    assert notices()[1].heard_by == "长桥派出所 值班民警 王建国"


def test_a_cancellation_takes_the_place_of_all_before_it(first):
    acknowledge(first.id)
    do(service.raise_alert, second_report(first.case_id), officer())
    do(service.cancel, first.id, officer("daiban"), "孩子已找到")
    seconds(1)
    acknowledge(first.id, said_at=clock.now())
    assert [one.heard_by for one in notices()[1:]] == ["王建国"] * 2


def test_a_contact_no_longer_in_use_is_neither_texted_nor_called(first):
    contact = do(places.contacts, first.agency_id)[0]
    acknowledge(first.id, contact_id=contact.id)
    with db.transaction() as session:
        contacts.remove(session, officer("daiban"), session.get_one(Contact, contact.id))
    before = newest()
    do(service.correct, first.id, officer(), "门牌应为5号楼")
    seconds(61)
    news.sweep()
    assert sent(before) == [("alert_news", CALL, STATION_SECOND)]


def test_what_is_new_is_asked_about_though_they_were_asked_in_vain_before(first):
    acknowledge(first.id)
    with db.transaction() as session:
        found = session.get_one(Alert, first.id)
        found.feedback_asked, found.feedback_due_at = 3, None
    do(service.raise_alert, second_report(first.case_id), officer())
    assert alert(first.id).feedback_asked == 0
    assert alert(first.id).feedback_due_at


def test_a_name_known_from_another_report_of_the_case_is_not_let_out(first):
    number = second_report(first.case_id)
    note = "李小雨在楼上"
    assert do(forwarding.unfit, [number], note) == []
    named = judgement(place_id=place("990101001"), child_name="李小雨")
    do(judging.classify, claimed("CA3"), officer(), named)
    assert do(forwarding.unfit, [number], note) == [], "of another case"
    with db.transaction() as session:
        session.get_one(Report, first.report_id).child_name = "李小雨"
    assert do(forwarding.unfit, [number], note) == [Unfit.holds_name]
