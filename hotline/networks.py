"""How each network fares, for every process to see: written where a message is sent, on a change only.

While a network fails, messages go by the other one first, and the sweeper tries it now and then, so that no
alert is spent on finding out.
"""

import datetime as dt

import sqlalchemy as sa
import structlog
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import clock, config, db, live
from hotline.carrier import CarrierError, carrier
from hotline.db import Base
from hotline.troubles import TREATMENT

PAUSE = dt.timedelta(seconds=30)
"""After which a network that fails is tried again."""
FRESH = dt.timedelta(minutes=1)
"""How old a good word may be before the next one is written down."""
TOPIC = "network"

log = structlog.get_logger()


class NetworkState(Base):
    """What is known of a network, by its name in `Settings.networks`. `last_error` is the network's code, or
    ours for no answer, and empty while all is well."""

    __tablename__ = "networks"

    name: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    failing_since: orm.Mapped[dt.datetime | None]
    last_ok_at: orm.Mapped[dt.datetime | None]
    tried_at: orm.Mapped[dt.datetime]
    last_error: orm.Mapped[str]


def in_order(session: orm.Session) -> list[str]:
    """The configured networks, those that fail last."""
    failing = set(
        session.scalars(sa.select(NetworkState.name).where(NetworkState.failing_since.is_not(None)))
    )
    return sorted(config.current().networks, key=failing.__contains__)


def answered(session: orm.Session, name: str) -> None:
    """The network has done what it was asked, or has refused it for a reason that is not its own."""
    now, known = clock.now(), session.get(NetworkState, name)
    if (
        known
        and known.failing_since is None
        and known.last_ok_at
        and now - known.last_ok_at < FRESH
    ):
        return
    _write(session, name, failing_since=None, last_ok_at=now, last_error="")
    if known and known.failing_since:
        live.announce(session, TOPIC)
        log.info("network_well", network=name, was_failing_since=known.failing_since.isoformat())


def failed(session: orm.Session, name: str, error: CarrierError) -> None:
    """A request to the network has failed; if that means the network itself, it counts as failing from now
    on."""
    treatment = TREATMENT[error.trouble]
    if not treatment.failing:
        if not treatment.retry:
            answered(session, name)
        return
    known = session.get(NetworkState, name)
    if known and known.failing_since and known.last_error == error.code:
        return
    since = known.failing_since if known and known.failing_since else clock.now()
    _write(session, name, failing_since=since, last_error=error.code)
    live.announce(session, TOPIC)
    log.error("network_failing", network=name, error=error.code, trouble=error.trouble)


def _write(session: orm.Session, name: str, **values: dt.datetime | str | None) -> None:
    values["tried_at"] = clock.now()
    session.execute(
        postgresql.insert(NetworkState)
        .values({"name": name, "last_error": "", **values})
        .on_conflict_do_update(index_elements=["name"], set_=values)
    )


def try_failing() -> int:
    """Try each network that fails and has been left alone for `PAUSE`; how many."""
    return sum(_try(name) for name in config.current().networks if _left_alone(name))


def try_all() -> int:
    """Try every network, so that one that is seldom used has not failed long before it is needed."""
    return sum(_try(name) for name in config.current().networks)


def _left_alone(name: str) -> bool:
    """Whether it is our turn to try it; nobody else's then, for as long again."""
    turn = (
        sa.update(NetworkState)
        .where(
            NetworkState.name == name,
            NetworkState.failing_since.is_not(None),
            NetworkState.tried_at <= clock.now() - PAUSE,
        )
        .values(tried_at=clock.now())
        .returning(NetworkState.name)
    )
    with db.transaction() as session:
        return session.scalar(turn) is not None


def _try(name: str) -> int:
    try:
        carrier(name).reachable()
    except CarrierError as error:
        with db.transaction() as session:
            failed(session, name, error)
    else:
        with db.transaction() as session:
            answered(session, name)
    return 1
