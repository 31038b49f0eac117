"""An alert, from raising it to what came of it."""

import pytest
import sqlalchemy as sa

from hotline import audit, config, db
from hotline.states import IllegalTransition
from tests.triage.people import at_once, claimed, do, judgement, officer, place, report, row
from triage.alerts import previews
from triage.alerts import service as alerts
from triage.alerts.models import Alert, AlertLog, LogKind
from triage.alerts.states import AcknowledgedHow, AlertStatus, Finding
from triage.cases import service as cases
from triage.cases.models import CaseNote
from triage.intake.states import Situation
from triage.queue import judging


def raised(**more) -> Alert:
    return do(alerts.raise_alert, report(), officer(), **more)


def log() -> list[LogKind]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(AlertLog.kind).order_by(AlertLog.id)))


def alert(number: int) -> Alert:
    with db.transaction() as session:
        return session.get_one(Alert, number)


def acknowledge(number: int, who: str = "王建国") -> Alert:
    return do(alerts.acknowledge, number, who, AcknowledgedHow.keypress, audit.NETWORK)


def test_what_was_shown_is_what_is_sent(district):
    number = claimed(place_id=place("990101001"), child_name="李小雨", address="幸福里3号楼")
    shown = do(previews.of_report, number)
    assert shown.agency
    assert shown.agency.name == "长桥派出所"
    assert shown.place_name == "长桥街道杏花社区"
    assert "李小雨" not in shown.text
    sent = do(alerts.raise_alert, number, officer(), text_seen=shown.text)
    assert (sent.text, sent.code, sent.spoken) == (shown.text, shown.code, shown.spoken)
    assert len(sent.code) == 4
    assert do(previews.of_report, number).code == shown.code
    assert (sent.status, sent.verified, sent.raised_by) == (
        AlertStatus.raised,
        True,
        officer().account_id,
    )
    assert sent.next_step_at is not None


def test_a_text_that_has_changed_since_it_was_shown_does_not_go_out(district):
    number = claimed(place_id=place("990101001"))
    seen = do(previews.of_report, number).text
    do(judging.classify, number, officer(), judgement(situation=Situation.missing))
    with pytest.raises(previews.TextChanged) as fault:
        do(alerts.raise_alert, number, officer(), text_seen=seen)
    assert "失踪" in fault.value.preview.text
    assert log() == []
    do(alerts.raise_alert, number, officer(), text_seen=fault.value.preview.text)


def test_two_clicks_at_once_raise_one(district):
    number = report()
    outcomes = at_once(
        *[lambda: do(alerts.raise_alert, number, officer()).number] * 3,
        lambda: do(alerts.raise_alert, number, officer("zhiban2")).number,
    )
    refused = [one for one in outcomes if isinstance(one, previews.AlreadyRunning)]
    [winner] = [one for one in outcomes if isinstance(one, str)]
    assert len(refused) == 3
    assert {one.alert.number for one in refused} == {winner}


def test_the_same_again_is_no_second_alert_acknowledged_or_not(district):
    first = raised()
    acknowledge(first.id)
    with pytest.raises(previews.AlreadyRunning) as refused:
        do(alerts.raise_alert, first.report_id, officer())
    assert refused.value.alert.id == first.id


def _called_off(number: int) -> None:
    do(alerts.cancel, number, officer(), "误报")


def _resolved(number: int) -> None:
    acknowledge(number)
    do(alerts.resolve, number, officer(), "已到场", Finding.unfounded)


@pytest.mark.parametrize("end", [_called_off, _resolved])
def test_once_it_has_ended_another_may_be_raised(district, end):
    first = raised()
    end(first.id)
    assert do(alerts.raise_alert, first.report_id, officer()).id != first.id


def test_the_database_refuses_a_second_that_runs(district):
    first = raised()
    copy = sa.insert(Alert).from_select(
        [c.name for c in Alert.__table__.columns if c.name != "id"],
        sa.select(*[c for c in Alert.__table__.columns if c.name != "id"]).where(
            Alert.id == first.id
        ),
    )
    with pytest.raises(sa.exc.IntegrityError, match="uq_alerts_running"):
        do(lambda session: session.execute(copy))


def test_the_first_acknowledgement_counts_and_the_second_is_written_down(district):
    number = raised().id
    one = acknowledge(number)
    assert (one.status, one.acknowledged_by, one.next_step_at) == (
        AlertStatus.acknowledged,
        "王建国",
        None,
    )
    acknowledge(number, "李卫东")
    assert alert(number).acknowledged_by == "王建国"
    assert log()[-2:] == [LogKind.acknowledged, LogKind.acknowledged_again]


def test_two_acknowledgements_at_once(district):
    number = raised().id
    at_once(lambda: acknowledge(number, "王建国"), lambda: acknowledge(number, "李卫东"))
    assert sorted(log()[-2:]) == [LogKind.acknowledged, LogKind.acknowledged_again]


def test_called_off_and_acknowledged_all_the_same(district):
    number = raised().id
    assert do(alerts.cancel, number, officer("daiban"), "误报").next_step_at is None
    assert acknowledge(number).status is AlertStatus.cancelled
    assert log()[-1] is LogKind.acknowledged_again


def test_what_is_acknowledged_may_still_be_called_off(district):
    number = raised().id
    acknowledge(number)
    one = do(alerts.cancel, number, officer("daiban"), "误报")
    assert (one.status, one.feedback_due_at) == (AlertStatus.cancelled, None)


def test_what_the_police_have_found_is_not_called_off(district):
    number = raised().id
    acknowledge(number)
    do(alerts.resolve, number, officer(), "已到场", Finding.unfounded)
    with pytest.raises(IllegalTransition):
        do(alerts.cancel, number, officer("daiban"), "误报")


def test_the_outcome_comes_after_the_acknowledgement(district):
    number = raised().id
    with pytest.raises(IllegalTransition):
        do(alerts.resolve, number, officer(), "已到场")
    acknowledge(number)
    one = do(alerts.resolve, number, officer(), "已到场")
    assert (one.status, one.outcome) == (AlertStatus.resolved, "已到场")


def test_raising_stops_the_pages(district):
    number = report(emergency=True)
    assert row(number).next_page_at is not None
    do(alerts.raise_alert, number, officer())
    assert row(number).next_page_at is None


def test_it_stands_in_the_case(district):
    number = claimed(child_name="李小雨")
    do(cases.open_case, number, officer())
    one = do(alerts.raise_alert, number, officer())
    acknowledge(one.id)
    with db.transaction() as session:
        notes = [note.body for note in session.scalars(sa.select(CaseNote).order_by(CaseNote.id))]
    assert one.text in notes[1]
    assert "已签收：王建国" in notes[2]
    assert alert(one.id).case_id == row(number).case_id


def test_a_supervisor_who_has_heard_acknowledges_nothing(district):
    number = raised().id
    do(alerts.heard, number, "陈若谷")
    assert alert(number).status is AlertStatus.raised
    assert log()[-1] is LogKind.heard


def test_already_forwarded_unless_called_off(district):
    one = raised()
    assert do(alerts.already_forwarded, one.report_id)
    do(alerts.cancel, one.id, officer("daiban"), "误报")
    assert not do(alerts.already_forwarded, one.report_id)


def test_two_alerts_that_run_have_codes_of_their_own(district):
    numbers = [report(f"CA{index}") for index in range(30)]
    codes = {do(alerts.raise_alert, number, officer()).code for number in numbers}
    assert len(codes) == len(numbers)
    assert config.current().alert_ack_seconds == 60
