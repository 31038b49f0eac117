"""Sealed columns under a new key: all of them, and nothing that is written meanwhile is lost."""

import pytest
import sqlalchemy as sa
from cryptography.fernet import Fernet

from hotline import clock, config, crypto, db, keys
from hotline.app import metadata
from hotline.crypto import EncryptedText
from triage.intake import service as intake
from triage.intake.models import Call
from triage.intake.service import Arrival

OLD, NEW = "10000000001", "10000000002"


@pytest.fixture
def call(database, monkeypatch) -> int:
    """A call that was sealed with the key that is now the older one."""
    with db.transaction() as session:
        intake.file_report(session, Arrival("CA1", OLD, "12355", "12355", clock.now()))
        number = session.scalars(sa.select(Call.id)).one()
    newest = f"{Fernet.generate_key().decode()},{database.data_keys}"
    monkeypatch.setattr(config, "_current", database.model_copy(update={"data_keys": newest}))
    return number


def test_every_sealed_column_of_every_room_is_renewed(call):
    with db.transaction() as session:
        done = keys.rotate(session, metadata)
    assert set(done) == {
        f"{table.name}.{column.name}"
        for table in metadata.tables.values()
        for column in table.columns
        if isinstance(column.type, EncryptedText)
    }
    assert {"transcript_lines.text", "holds.reason", "caller_flags.reason"} <= set(done)
    assert {"mandated_reports.reporter", "mandated_reports.told_back"} <= set(done)


def test_what_is_written_meanwhile_stays(call, monkeypatch):
    renew = crypto.rotate

    def somebody_writes(sealed: bytes) -> bytes:
        with db.transaction() as other:
            other.get_one(Call, call).caller = NEW
        return renew(sealed)

    monkeypatch.setattr(crypto, "rotate", somebody_writes)
    with db.transaction() as session:
        keys.rotate(session, metadata)
    with db.transaction() as session:
        assert session.get_one(Call, call).caller == NEW
