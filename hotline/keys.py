"""Renews the keys that seal what identifies a person."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import crypto
from hotline.crypto import EncryptedText

AT_ONCE = 1000
"""Rows in memory: the lines of all transcripts are many."""


def rotate(session: orm.Session, metadata: sa.MetaData) -> dict[str, int]:
    """Seal every encrypted column anew with the newest key; rows changed, by table and column. The
    recordings' own keys stay under the key they were wrapped with: keep that key in DATA_KEYS."""
    done: dict[str, int] = {}
    for table in metadata.sorted_tables:
        for column in table.columns:
            if isinstance(column.type, EncryptedText):
                done[f"{table.name}.{column.name}"] = _rotate(session, table, column)
    return done


def _rotate(session: orm.Session, table: sa.Table, column: sa.Column[Any]) -> int:
    keys = list(table.primary_key.columns)
    raw = sa.type_coerce(column, sa.LargeBinary)
    rows = sa.select(*keys, raw.label("sealed")).where(column.is_not(None))
    done = 0
    for row in session.execute(rows.execution_options(yield_per=AT_ONCE)):
        this = sa.and_(*(key == value for key, value in zip(keys, row, strict=False)))
        sealed = crypto.rotate(bytes(row.sealed))
        session.execute(
            sa.update(table)
            # Whoever has written it since has sealed it with the newest key, and theirs stays.
            .where(this, raw == row.sealed)
            .values({column.name: sa.type_coerce(sealed, sa.LargeBinary)})
        )
        done += 1
    return done
