"""The database's schema, version by version, and how to bring a database up to the newest."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def configuration() -> Config:
    """Alembic's configuration: this folder, wherever it is installed.

    The developer's `alembic revision --autogenerate` finds the same in `pyproject.toml`.
    """
    config = Config()
    here = str(Path(__file__).parent)
    config.set_main_option("script_location", here.replace("%", "%%"))
    return config


def upgrade(to: str = "head") -> None:
    """Bring the database of the settings in force up to the version `to`."""
    command.upgrade(configuration(), to)


def downgrade(to: str) -> None:
    """Take it back to the version `to`; "base" is before the first."""
    command.downgrade(configuration(), to)
