"""What can be seen of the line from outside its pages: its exports, and a few figures they leave out."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from hotline import config, db, export
from hotline.accounts.models import Account
from hotline.outbox import OutboxMessage
from triage.alerts.models import Alert, AlertLog
from triage.conversations.statements import LEG, MOVE
from triage.intake.models import Call, CallStep, Recording, Report


def reports() -> list[dict[str, Any]]:
    """What `hotline reports --json` prints."""
    with db.transaction() as session:
        return [json.loads(line) for line in export.reports(session)]


def alerts() -> list[dict[str, Any]]:
    """What `hotline alerts --json` prints."""
    with db.transaction() as session:
        return [json.loads(line) for line in export.alerts(session)]


def calls() -> Sequence[Call]:
    """Every call, oldest first."""
    return _all(sa.select(Call).order_by(Call.id))


def recordings() -> Sequence[Recording]:
    """Every recording, oldest first."""
    return _all(sa.select(Recording).order_by(Recording.id))


def messages() -> Sequence[OutboxMessage]:
    """Every alert and page that was to leave, oldest first; not what only keeps a conversation going."""
    of_conversations = OutboxMessage.topic.in_([LEG, MOVE])
    return _all(sa.select(OutboxMessage).where(~of_conversations).order_by(OutboxMessage.id))


def holder(number: str) -> str | None:
    """The name of the officer who has claimed a report."""
    wanted = sa.select(Account.name).join(Report, Report.claimed_by == Account.id)
    with db.transaction() as session:
        return session.scalar(wanted.where(Report.number == number))


def story(alert: str) -> list[str]:
    """The alert's log, a word for each line."""
    lines = sa.select(AlertLog.kind).where(AlertLog.alert_id == int(alert)).order_by(AlertLog.id)
    return [str(kind) for kind in _all(lines)]


def counted() -> dict[str, int]:
    """How many rows there are of whatever a webhook could write."""
    tables = (Call, CallStep, Report, Recording, OutboxMessage, Alert)
    with db.transaction() as session:
        return {
            table.__tablename__: session.scalars(
                sa.select(sa.func.count()).select_from(table)
            ).one()
            for table in tables
        }


def stored_files() -> list[Path]:
    """The files in which recordings lie."""
    folder = Path(urlsplit(config.current().recordings_url).path)
    return sorted(path for path in folder.rglob("*") if path.is_file())


def _all(statement: sa.Select[Any]) -> Sequence[Any]:
    with db.transaction() as session:
        return session.scalars(statement).all()
