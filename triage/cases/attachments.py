"""Files of a case: sealed and stored as recordings are, scanned where there is a scanner, deleted with a
reason.

Row first: whatever lies in the storage has a row that names it. The slow halves (storing, scanning,
deleting) run outside transactions; one that breaks off is due again, and the sweeper goes on.
"""

import datetime as dt
import hashlib
import itertools
import secrets
import tempfile
from collections.abc import Iterator
from typing import IO, Any

import sqlalchemy as sa
import structlog
from sqlalchemy import orm

from hotline import audit, clock, crypto, db, live, queues, scanning, storage
from hotline.accounts.models import Account
from triage.cases.models import Attachment, NoteKind
from triage.cases.states import ATTACHMENT_MOVES, AttachmentEvent, AttachmentStatus
from triage.cases.writing import line, standing

IN_MEMORY = 1024 * 1024
PIECE = 64 * 1024
ARRIVES_WITHIN = dt.timedelta(hours=1)
LEASE = dt.timedelta(minutes=3)
"""After which whoever is at a file is given up, and what failed is tried again, for ever."""
AT_ONCE = 20
LONGEST_NAME = 120
GONE = (AttachmentStatus.arriving, AttachmentStatus.deleting, AttachmentStatus.deleted)
"""Not here yet, or not any more: nobody sees it."""
TURN = "triage.cases.attachments.turn"

log = structlog.get_logger()


def announce(
    session: orm.Session,
    case_id: int,
    actor: audit.Actor,
    name: str,
    media_type: str,
    file: IO[bytes],
) -> Attachment:
    """The row of a file that is about to be stored. Until it is, nobody sees it."""
    case = standing(session, case_id)
    digest = hashlib.sha256()
    for piece in _pieces(file):
        digest.update(piece)
    now = clock.now()
    attachment = Attachment(
        case_id=case.id,
        status=AttachmentStatus.arriving,
        name=_seen(name)[-LONGEST_NAME:],
        media_type=media_type,
        size=file.tell(),
        sha256=digest.hexdigest(),
        storage_name=f"cases/{now:%Y/%m}/{secrets.token_hex(16)}",
        added_by=actor.account_id,
        added_at=now,
        next_try_at=now + ARRIVES_WITHIN,
    )
    session.add(attachment)
    session.flush()
    return attachment


def store(attachment: Attachment, file: IO[bytes], actor: audit.Actor) -> None:
    """Seal the file, store it, and let the case have it.

    Raises:
        storage.StorageError: it was not stored.
    """
    # Only sealed pieces ever lie in a file.
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as sealed:
        crypto.seal_stream(_pieces(file), sealed)
        sealed.seek(0)
        storage.put(attachment.storage_name, sealed)
    with db.transaction() as session:
        row = _locked(session, attachment.id)
        row.status = ATTACHMENT_MOVES.after(row.status, AttachmentEvent.store)
        row.next_try_at = clock.now()
        line(session, row.case_id, NoteKind.attached, actor, row.name)
        audit.record(
            session, actor, "attach", "case", row.case_id, attachment=row.id, sha256=row.sha256
        )
        if scanning.is_configured():
            queues.enqueue(session, queues.DEFAULT, TURN, row.id)


def find(session: orm.Session, case_id: int, attachment_id: int) -> Attachment | None:
    """One file of a case; None if it is not there (any more)."""
    of_this = (Attachment.case_id == case_id, Attachment.status.not_in(GONE))
    return session.scalar(sa.select(Attachment).where(Attachment.id == attachment_id, *of_this))


def of_case(session: orm.Session, case_id: int) -> list[sa.Row[Any]]:
    """The files of a case (`Attachment`) with who added them, newest first."""
    wanted = (
        sa.select(Attachment, Account.name.label("by"))
        .join(Account, Account.id == Attachment.added_by)
        .where(Attachment.case_id == case_id, Attachment.status.not_in(GONE))
        .order_by(Attachment.id.desc())
    )
    return list(session.execute(wanted))


def may_be_opened(attachment: Attachment) -> bool:
    """Whether it has been found clean, or there is no scanner that could look at it."""
    if attachment.status is AttachmentStatus.unscanned:
        return not scanning.is_configured()
    return attachment.status is AttachmentStatus.clean


def content(attachment: Attachment) -> Iterator[bytes]:
    """The file, opened as it is read; the first piece at once, so that what cannot be opened at all is an
    answer and no broken stream.

    Raises:
        storage.StorageError: it is not there.
        crypto.Unreadable: no key opens it.
    """
    pieces = crypto.open_stream(storage.get(attachment.storage_name))
    return itertools.chain([next(pieces)], pieces)


def remove(session: orm.Session, attachment: Attachment, actor: audit.Actor, reason: str) -> None:
    """Take a file off its case; the bytes follow at once."""
    row = _locked(session, attachment.id)
    if row.status in (AttachmentStatus.deleting, AttachmentStatus.deleted):
        return
    row.status = ATTACHMENT_MOVES.after(row.status, AttachmentEvent.remove)
    row.next_try_at = clock.now()
    row.removed_by, row.removed_because = actor.account_id, reason
    line(session, row.case_id, NoteKind.detached, actor, f"{row.name}：{reason}")
    audit.record(session, actor, "detach", "case", row.case_id, reason=reason, attachment=row.id)
    queues.enqueue(session, queues.DEFAULT, TURN, row.id)


def sweep() -> int:
    """Scan and clear away what is due; how many."""
    due = Attachment.next_try_at <= clock.now()
    if not scanning.is_configured():
        due &= Attachment.status != AttachmentStatus.unscanned
    wanted = sa.select(Attachment.id).where(due).order_by(Attachment.next_try_at).limit(AT_ONCE)
    with db.transaction() as session:
        found = session.scalars(wanted).all()
    queues.try_each(found, turn)
    return len(found)


def turn(attachment_id: int) -> None:
    """Do what is next for one file, if it is due and nobody else is at it."""
    with db.transaction() as session:
        attachment = _claim(session, attachment_id)
    if attachment is None:
        return
    try:
        if attachment.status is AttachmentStatus.unscanned:
            _scan(attachment)
        else:
            _delete(attachment)
    except (scanning.ScannerError, storage.StorageError, crypto.Unreadable) as fault:
        log.warning("attachment_waits", attachment=attachment_id, error=type(fault).__name__)


def _claim(session: orm.Session, attachment_id: int) -> Attachment | None:
    now = clock.now()
    due = (Attachment.id == attachment_id, Attachment.next_try_at <= now)
    row = session.scalar(sa.select(Attachment).where(*due).with_for_update(skip_locked=True))
    if row is None or (row.status is AttachmentStatus.unscanned and not scanning.is_configured()):
        return None
    if row.status is AttachmentStatus.arriving:
        # Whoever sent it has long gone.
        row.status = ATTACHMENT_MOVES.after(row.status, AttachmentEvent.remove)
    row.next_try_at = now + LEASE
    return row


def _scan(attachment: Attachment) -> None:
    found = scanning.scan(content(attachment))
    event = AttachmentEvent.quarantine if found else AttachmentEvent.clear
    with db.transaction() as session:
        row = _locked(session, attachment.id)
        before, row.status = row.status, ATTACHMENT_MOVES.after(row.status, event)
        if row.status is before:
            return
        row.found, row.next_try_at = found, None
        if found:
            words = f"{row.name}：{found}"
            line(session, row.case_id, NoteKind.infected, audit.SYSTEM, words)
        audit.record(session, audit.SYSTEM, event, "attachment", row.id, found=found)
        live.announce(session, "case")


def _delete(attachment: Attachment) -> None:
    storage.delete(attachment.storage_name)
    with db.transaction() as session:
        row = _locked(session, attachment.id)
        row.status = ATTACHMENT_MOVES.after(row.status, AttachmentEvent.delete)
        row.next_try_at = None
        audit.record(session, audit.SYSTEM, "delete", "attachment", row.id, sha256=row.sha256)


def _locked(session: orm.Session, attachment_id: int) -> Attachment:
    """The row, locked after its case, as a merge locks them."""
    case_of = sa.select(Attachment.case_id).where(Attachment.id == attachment_id)
    standing(session, session.scalars(case_of).one())
    return session.get_one(Attachment, attachment_id, with_for_update=True, populate_existing=True)


def _seen(name: str) -> str:
    """Without signs that turn a name round, break its line or hide in it."""
    return "".join(sign for sign in name if sign.isprintable()) or "?"


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while piece := file.read(PIECE):
        yield piece
