"""The database refuses what the tables never lead to."""

import pytest
import sqlalchemy as sa

from hotline import db
from tests.triage.people import claimed, officer, report
from triage.alerts import service as alerts


def refused(table: str, change: str, number: int, constraint: str) -> None:
    statement = sa.text(f"UPDATE {table} SET {change} WHERE id = :id")  # noqa: S608
    with pytest.raises(sa.exc.IntegrityError, match=constraint), db.transaction() as session:
        session.execute(statement, {"id": number})


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("status = 'lost'", "reportstatus"),
        ("urgency = 'very'", "urgency"),
        ("status = 'claimed'", "claimed_has_owner"),
        ("status = 'triaged'", "triaged_has_disposition"),
    ],
)
def test_a_report_cannot_be_in_no_state(district, change, constraint):
    refused("reports", change, report(), constraint)


def test_a_claimed_report_has_an_owner(district):
    refused("reports", "claimed_by = NULL", claimed(), "claimed_has_owner")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ("next_step_at = NULL", "running_has_next_step"),
        ("status = 'unanswered', next_step_at = NULL", "running_has_next_step"),
        ("status = 'cancelled'", "running_has_next_step"),
        ("status = 'acknowledged', next_step_at = NULL", "acknowledged_by_someone"),
    ],
)
def test_an_alert_never_rests_in_silence(district, change, constraint):
    with db.transaction() as session:
        alert = alerts.raise_alert(session, report(), officer()).id
    refused("alerts", change, alert, constraint)
