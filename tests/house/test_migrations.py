"""The schema that migrations make is the schema that the models mean, forwards and backwards."""

from collections.abc import Iterator

import psycopg
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql

import migrations
from hotline import clock, config, db
from hotline.app import metadata
from hotline.audit import SYSTEM, AuditEntry
from hotline.embedded import demo
from triage.alerts import service as alerts
from triage.intake import service as intake
from triage.intake.models import Report
from triage.intake.service import Arrival

VERSIONS = list(ScriptDirectory.from_config(migrations.configuration()).walk_revisions())

QUESTIONS = (
    """SELECT table_name, column_name, data_type, is_nullable, coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public'""",
    "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'",
    """SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
    WHERE connamespace = 'public'::regnamespace""",
    """SELECT tgrelid::regclass::text, tgname, pg_get_triggerdef(oid) FROM pg_trigger
    WHERE NOT tgisinternal""",
    """SELECT proname, proname, pg_get_functiondef(oid) FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace""",
)


@pytest.fixture
def bare(
    settings: config.Settings,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[sa.Engine]:
    """A database with nothing in it, in force; gone after the test."""
    url = sa.make_url(settings.database_url)
    own = url.set(database=f"{url.database}_migrations")
    name = sql.Identifier(own.database or "")
    server = url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        address = own.render_as_string(hide_password=False)
        monkeypatch.setattr(
            config, "_current", settings.model_copy(update={"database_url": address})
        )
        engine = sa.create_engine(own, poolclass=sa.NullPool)
        yield engine
        engine.dispose()
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def test_models_equal_migrations(database: config.Settings):
    with db.engine().connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        assert compare_metadata(context, metadata) == []
        assert set(sa.inspect(connection).get_table_names()) == {
            *metadata.tables,
            "alembic_version",
        }


def test_there_is_one_line_of_versions():
    assert VERSIONS
    assert len(ScriptDirectory.from_config(migrations.configuration()).get_heads()) == 1


def test_up_and_down_and_up_again(bare: sa.Engine):
    migrations.upgrade()
    first = _schema(bare)
    assert first
    migrations.downgrade("base")
    assert _schema(bare).keys() <= {"alembic_version"}
    migrations.upgrade()
    assert _schema(bare) == first


def test_down_and_up_with_a_line_that_has_been_at_work(bare: sa.Engine):
    migrations.upgrade()
    receipt = _one_call()
    migrations.upgrade()
    with db.transaction() as session:
        assert session.scalars(sa.select(Report.number)).all() == [receipt]
        assert session.scalar(sa.select(sa.func.count()).select_from(AuditEntry))
    db.engine().dispose()
    # Down drops the audit log too, although the database refuses every change of its rows.
    migrations.downgrade("base")
    assert _schema(bare).keys() <= {"alembic_version"}
    migrations.upgrade()
    assert _one_call() == receipt, "the numbers begin where they began"
    db.engine().dispose()


def _one_call() -> str:
    demo.load()
    arrival = Arrival("CA1", "10000000001", "12355", "12355", clock.now())
    with db.transaction() as session:
        number = intake.file_report(session, arrival)
        intake.mark_emergency(session, arrival.call_sid)
        alerts.raise_alert(session, session.scalars(sa.select(Report.id)).one(), SYSTEM)
    return number


def test_every_single_step_can_be_taken_back(bare: sa.Engine):
    for version in reversed(VERSIONS):
        migrations.upgrade(version.revision)
        before = _schema(bare)
        down = version.down_revision or "base"
        assert isinstance(down, str)
        migrations.downgrade(down)
        migrations.upgrade(version.revision)
        assert _schema(bare) == before


def test_upgrading_what_is_new_already_changes_nothing(bare: sa.Engine):
    migrations.upgrade()
    before = _schema(bare)
    migrations.upgrade()
    assert _schema(bare) == before


def _schema(engine: sa.Engine) -> dict[str, list[tuple[str, ...]]]:
    """Everything of our own in the database, as PostgreSQL itself describes it, by table."""
    found: dict[str, list[tuple[str, ...]]] = {}
    with engine.connect() as connection:
        for question in QUESTIONS:
            for row in connection.execute(sa.text(question)):
                found.setdefault(row[0], []).append(tuple(row[1:]))
    return {name: sorted(parts) for name, parts in found.items()}
