"""Who did or saw what, when, from where and why: append-only, and sealed into a hash chain.

Writers only insert, and so never queue for one lock. Every few seconds the sweeper seals what has
been committed since; each seal carries the hash of the one before, so that a row changed, removed or
slipped in afterwards breaks the chain. The database itself refuses UPDATE and DELETE (triggers in the
first migration). Personal data does not belong in here: subjects are named by kind and number.

PIPL art. 28 and 31 ask for a purpose and a record for every access to the data of a child under 14.
"""

import datetime as dt
import hashlib
import json
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import clock
from hotline.db import Base, Id

FIRST_HASH = "0" * 64
ONE_LOOK = dt.timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account by its number, or the system itself (no account). `name` is a sign-in name
    or a process ("sweeper", "network"), `address` where the request came from."""

    name: str
    account_id: int | None = None
    address: str = ""


SYSTEM = Actor("system")
NETWORK = Actor("network")
SWEEPER = Actor("sweeper")


class AuditEntry(Base):
    """One line of the log. `txid` is the writing transaction's number, by which seals cut the log."""

    __tablename__ = "audit_log"

    id: orm.Mapped[Id]
    txid: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, server_default=sa.text("pg_current_xact_id()::text::bigint")
    )
    at: orm.Mapped[dt.datetime]
    actor: orm.Mapped[str]
    account_id: orm.Mapped[int | None]
    address: orm.Mapped[str]
    action: orm.Mapped[str]
    subject: orm.Mapped[str]
    subject_id: orm.Mapped[int | None]
    reason: orm.Mapped[str]
    details: orm.Mapped[dict[str, Any]] = orm.mapped_column(postgresql.JSONB)

    __table_args__ = (
        sa.Index(None, "txid", "id"),
        sa.Index(None, "subject", "subject_id"),
    )


class AuditSeal(Base):
    """A seal over every entry with `from_txid <= txid < to_txid`; `count` of them."""

    __tablename__ = "audit_seals"

    id: orm.Mapped[Id]
    at: orm.Mapped[dt.datetime]
    from_txid: orm.Mapped[int]
    to_txid: orm.Mapped[int]
    count: orm.Mapped[int]
    hash: orm.Mapped[str]
    previous: orm.Mapped[str] = orm.mapped_column(unique=True)


def record(
    session: orm.Session,
    actor: Actor,
    action: str,
    subject: str,
    subject_id: int | None = None,
    *,
    reason: str = "",
    **details: Any,
) -> None:
    """Write one line, in the transaction of what it tells of. `details` hold no personal data."""
    session.execute(line(actor, action, subject, subject_id, reason=reason, **details))


def look(session: orm.Session, actor: Actor, subject: str, subject_id: int) -> None:
    """Write down a read by a piece of a page, which asks for itself every few seconds: not again within
    `ONE_LOOK` of the last read by the same account, which as a rule is that of the page itself."""
    known = sa.exists().where(
        AuditEntry.subject == subject,
        AuditEntry.subject_id == subject_id,
        AuditEntry.account_id == actor.account_id,
        AuditEntry.action == "read",
        AuditEntry.at > clock.now() - ONE_LOOK,
    )
    if not session.scalar(sa.select(known)):
        record(session, actor, "read", subject, subject_id)


def line(
    actor: Actor,
    action: str,
    subject: str,
    subject_id: int | None = None,
    *,
    reason: str = "",
    **details: Any,
) -> sa.Insert:
    """The statement that writes one line, for whoever writes it together with something else."""
    return sa.insert(AuditEntry).values(
        at=clock.now(),
        actor=actor.name,
        account_id=actor.account_id,
        address=actor.address,
        action=action,
        subject=subject,
        subject_id=subject_id,
        reason=reason,
        details=details,
    )


def seal(session: orm.Session) -> int:
    """Seal what has been committed since the last seal; the number of entries sealed (often 0).

    Only transactions older than the oldest one still running are sealed, so that no entry can still
    appear inside a sealed range. An advisory lock lets one sealer work at a time.
    """
    session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('audit seal'))"))
    horizon = session.scalar(
        sa.text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
    )
    last = session.scalar(sa.select(AuditSeal).order_by(AuditSeal.id.desc()).limit(1))
    start, previous = (last.to_txid, last.hash) if last else (0, FIRST_HASH)
    assert horizon is not None
    count, digest = _digest(session, start, horizon, previous)
    if count:
        session.add(
            AuditSeal(
                at=clock.now(),
                from_txid=start,
                to_txid=horizon,
                count=count,
                hash=digest,
                previous=previous,
            )
        )
    return count


def verify(session: orm.Session) -> list[str]:
    """Faults in the chain, each a sentence; empty if every seal holds."""
    faults: list[str] = []
    start, previous = 0, FIRST_HASH
    for seal_ in session.scalars(sa.select(AuditSeal).order_by(AuditSeal.id)):
        if (seal_.from_txid, seal_.previous) != (start, previous):
            faults.append(f"seal {seal_.id} does not follow the one before: a seal is missing")
        count, digest = _digest(session, seal_.from_txid, seal_.to_txid, seal_.previous)
        if count != seal_.count:
            faults.append(f"seal {seal_.id} covers {seal_.count} entries but {count} are there")
        elif digest != seal_.hash:
            faults.append(f"seal {seal_.id}: an entry it covers has been changed")
        start, previous = seal_.to_txid, seal_.hash
    return faults


def _digest(session: orm.Session, start: int, end: int, previous: str) -> tuple[int, str]:
    entries = session.scalars(
        sa.select(AuditEntry)
        .where(AuditEntry.txid >= start, AuditEntry.txid < end)
        .order_by(AuditEntry.txid, AuditEntry.id)
        .execution_options(yield_per=1000)
    )
    digest, count = hashlib.sha256(previous.encode()), 0
    for entry in entries:
        digest.update(_canonical(entry))
        count += 1
    return count, digest.hexdigest()


def _canonical(entry: AuditEntry) -> bytes:
    columns = [column.key for column in sa.inspect(AuditEntry).columns]
    values = {key: getattr(entry, key) for key in columns}
    values["at"] = entry.at.astimezone(dt.UTC).isoformat()
    return json.dumps(values, sort_keys=True, ensure_ascii=False).encode() + b"\n"
