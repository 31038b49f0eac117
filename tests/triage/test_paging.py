"""An emergency that nobody has taken: officers, then supervisors, then the police."""

import datetime as dt

import pytest
import sqlalchemy as sa

from hotline import clock, config, db
from hotline.outbox import Channel, OutboxMessage
from tests.triage.people import at_once, officer, report, row, seconds
from triage.alerts import paging
from triage.alerts import service as alerts
from triage.alerts.models import Alert
from triage.alerts.states import AcknowledgedHow
from triage.intake import service as intake
from triage.queue import service as queue

OFFICER, SUPERVISOR = "+8610000000101", "+8610000000201"


def sweep() -> int:
    return paging.sweep()


def paged() -> list[tuple[Channel, str]]:
    with db.transaction() as session:
        pages = sa.select(OutboxMessage).where(OutboxMessage.topic == intake.PAGE)
        return [
            (page.channel, page.to) for page in session.scalars(pages.order_by(OutboxMessage.id))
        ]


def forwarded() -> list[Alert]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(Alert)))


def both(number: str) -> list[tuple[Channel, str]]:
    return [(Channel.sms, number), (Channel.call, number)]


def test_officers_then_supervisors_then_the_police(district):
    number = report(emergency=True)
    seconds(59)
    assert sweep() == 0
    seconds(1)
    assert sweep() == 1
    assert paged() == both(OFFICER)
    assert sweep() == 0
    seconds(60)
    assert sweep() == 1
    assert paged() == both(OFFICER) + both(SUPERVISOR)
    seconds(179)
    assert sweep() == 0
    seconds(1)
    assert sweep() == 1
    [alert] = forwarded()
    assert (alert.verified, alert.raised_by, alert.report_id) == (False, None, number)
    assert "未经核实" in alert.text
    assert row(number).next_page_at is None
    seconds(3600)
    assert sweep() == 0


@pytest.mark.parametrize(
    ("officers", "supervisors", "forward"), [(10, 20, 30), (1, 1, 1), (30, 100, 50)]
)
def test_the_settings_are_the_clock(district, monkeypatch, officers, supervisors, forward):
    changed = config.current().model_copy(
        update={
            "page_officers_seconds": officers,
            "page_supervisors_seconds": supervisors,
            "auto_forward_seconds": forward,
        }
    )
    monkeypatch.setattr(config, "_current", changed)
    began, elapsed = clock.now(), 0
    monkeypatch.setattr(clock, "now", lambda: began + dt.timedelta(seconds=elapsed))
    report(emergency=True)
    moments = []
    while not forwarded():
        assert elapsed < 400
        if sweep():
            moments.append(elapsed)
        elapsed += 1
    second = max(officers + 1, supervisors)
    assert moments == [officers, second, max(second + 1, forward)]


def test_never_by_itself_where_it_is_so_configured(district, monkeypatch):
    changed = config.current().model_copy(update={"auto_forward_seconds": 0})
    monkeypatch.setattr(config, "_current", changed)
    report(emergency=True)
    for _ in range(5):
        seconds(600)
        sweep()
    assert paged() == both(OFFICER) + 4 * both(SUPERVISOR)
    assert forwarded() == []


def test_without_a_forward_supervisors_are_called_until_somebody_takes_it(district, monkeypatch):
    changed = config.current().model_copy(update={"auto_forward_seconds": 0})
    monkeypatch.setattr(config, "_current", changed)
    number = report(emergency=True)
    seconds(60)
    sweep()
    seconds(60)
    assert (sweep(), sweep()) == (1, 0)
    seconds(299)
    assert sweep() == 0
    seconds(1)
    assert sweep() == 1
    with db.transaction() as session:
        queue.claim(session, number, officer())
    seconds(3600)
    assert sweep() == 0


def test_whoever_takes_it_ends_the_pages(district):
    number = report(emergency=True)
    with db.transaction() as session:
        queue.claim(session, number, officer())
    seconds(3600)
    assert sweep() == 0
    assert paged() == []


@pytest.mark.parametrize("how", ["console", "telephone"])
def test_a_page_that_has_not_left_yet_leaves_no_more(district, how):
    number = report(emergency=True)
    seconds(60)
    sweep()
    with db.transaction() as session:
        if how == "console":
            queue.claim(session, number, officer())
        else:
            intake.accept_call(session, "CA1", officer().account_id or 0)
    seconds(1)
    with db.transaction() as session:
        messages = session.scalars(sa.select(OutboxMessage)).all()
        assert len(messages) == 2
        assert all(page.expires_at < clock.now() for page in messages)


def test_taken_by_telephone_ends_them_too(district):
    report(emergency=True)
    with db.transaction() as session:
        intake.accept_call(session, "CA1", officer().account_id or 0)
    seconds(3600)
    assert sweep() == 0


def test_given_back_it_begins_anew_at_once(district):
    number = report(emergency=True)
    seconds(60)
    sweep()
    with db.transaction() as session:
        queue.claim(session, number, officer())
    seconds(5)
    with db.transaction() as session:
        queue.release(session, number, officer())
    assert sweep() == 1
    assert paged() == both(OFFICER) * 2


def test_what_the_police_have_already_is_not_forwarded_again(district):
    number = report(emergency=True)
    with db.transaction() as session:
        alert = alerts.raise_alert(session, number, officer()).id
        how = AcknowledgedHow.keypress
        alerts.acknowledge(session, alert, "王建国", how, officer())
        queue.claim(session, number, officer())
        queue.release(session, number, officer())
    for _ in range(3):
        seconds(300)
        sweep()
    assert [one.id for one in forwarded()] == [alert]
    assert row(number).next_page_at is None


def test_two_sweepers_page_once(district):
    report(emergency=True)
    seconds(60)
    at_once(sweep, sweep)
    assert paged() == both(OFFICER)


def test_no_emergency_no_page(district):
    report()
    seconds(3600)
    assert sweep() == 0


def test_one_report_that_cannot_be_paged_holds_up_no_other(district, monkeypatch):
    first, second = report("CA1", emergency=True), report("CA2", emergency=True)
    real = paging._take_step

    def breaks(session, one) -> None:
        if one.id == first:
            raise LookupError
        real(session, one)

    monkeypatch.setattr(paging, "_take_step", breaks)
    seconds(60)
    sweep()
    assert (row(first).page_step, row(second).page_step) == (0, 1)


def test_a_clock_that_is_put_back_silences_no_page(district):
    report(emergency=True)
    seconds(-3600)
    assert (sweep(), sweep()) == (1, 0)
    assert paged()[:2] == both(OFFICER)
    seconds(60)
    assert sweep() == 1
    assert paged()[-2:] == both(SUPERVISOR)
