"""Run by Alembic: all outstanding migrations in one transaction, on the database of the settings.

A migration waits a short while for its locks and gives up, rather than let every caller queue up
behind it; it may be run again at any time.
"""

import sqlalchemy as sa
from alembic import context

from hotline import config
from hotline.app import metadata

LOCK_TIMEOUT = "5s"
STATEMENT_TIMEOUT = "10min"


def run() -> None:
    engine = sa.create_engine(config.current().database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        connection.execute(sa.text(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'"))
        connection.execute(sa.text(f"SET LOCAL statement_timeout = '{STATEMENT_TIMEOUT}'"))
        # Two that start at once (two machines, one release): the second waits, and finds it done.
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('migrations'))"))
        context.configure(
            connection=connection,
            target_metadata=metadata,
            compare_type=True,
            compare_server_default=True,
        )
        context.run_migrations()


run()
