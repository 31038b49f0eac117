"""Writes the index. Whatever is to be indexed is a row of `Due`, put there by triggers of the database in the
transaction of the fact; so nothing that writes a report, a case or what belongs to it can forget it."""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence

import sqlalchemy as sa
import structlog
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import OperationalError

from hotline import db, queues
from triage.cases.models import Case, CaseNote, NoteKind, Person
from triage.finding import terms
from triage.finding.models import Due, Entry, Kind
from triage.finding.traits import Traits, clues
from triage.intake.models import Call, Report
from triage.places import queries as places
from triage.recordings.models import Transcript, TranscriptLine

AT_ONCE = 200
MARKED_AT_ONCE = 20_000
LATER = dt.timedelta(hours=1)
"""When a row that cannot be read (a key is missing, a date is none) is tried again."""
WITHOUT_TEXT = frozenset({NoteKind.moved, NoteKind.assigned})
"""Lines of a timeline that hold a word of ours or a colleague's name."""

log = structlog.get_logger()

Written = tuple[int, dt.datetime, set[str]]
"""A row's number, when it came to be, and its words; none: it is not to be found."""


def sweep() -> int:
    """Index what is due; how many rows were."""
    with db.transaction() as session:
        due = session.execute(
            sa.select(Due.id, Due.kind)
            .where(Due.due_at <= sa.func.now())
            .order_by(Due.due_at, Due.id)
            .limit(AT_ONCE)
        ).all()
    for kind in Kind:
        _settle(kind, [row.id for row in due if row.kind is kind])
    return len(due)


def _settle(kind: Kind, due: Sequence[int]) -> None:
    """All of one kind together; if one of them cannot be read, each alone, and that one later."""
    if not due:
        return
    try:
        with db.transaction() as session:
            _index(session, kind, due)
    except OperationalError:
        raise
    except Exception as fault:  # noqa: BLE001 - no row, whatever it holds, may hold up all others
        if len(due) == 1:
            log.error("row_not_indexed", kind=kind, due=due[0], error=type(fault).__name__)
            _put_off(due[0])
        else:
            queues.try_each(due, lambda one: _settle(kind, [one]))


def _index(session: orm.Session, kind: Kind, due: Sequence[int]) -> None:
    # One indexer at a time: of two, the one that read first might write last.
    session.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('search index'))"))
    mine = sa.select(Due.row_id).where(Due.id.in_(due)).distinct()
    rows = session.scalars(mine).all()
    written = [
        {"kind": kind, "row_id": row, "at": at, "tokens": terms.keyed(kind, terms.month(at), words)}
        for row, at, words in READERS[kind](session, rows)
    ]
    session.execute(sa.delete(Entry).where(Entry.kind == kind, Entry.row_id.in_(rows)))
    if kept := [one for one in written if one["tokens"]]:
        session.execute(postgresql.insert(Entry), kept)
    session.execute(sa.delete(Due).where(Due.id.in_(due)))


def _put_off(due: int) -> None:
    with db.transaction() as session:
        session.execute(
            sa.update(Due).where(Due.id == due).values(due_at=sa.func.now() + sa.literal(LATER))
        )


def _reports(session: orm.Session, rows: Sequence[int]) -> Iterator[Written]:
    ways = places.paths(session)
    found = sa.select(Report, Call.caller).join(Call, Call.id == Report.call_id, isouter=True)
    for report, caller in session.execute(found.where(Report.id.in_(rows))):
        told = (report.summary, report.disposition_reason)
        words = terms.of_number(caller).union(*map(terms.of_text, told))
        yield report.id, report.received_at, words | _of_child(report, ways)


def _cases(session: orm.Session, rows: Sequence[int]) -> Iterator[Written]:
    ways = places.paths(session)
    for case in session.scalars(sa.select(Case).where(Case.id.in_(rows))):
        yield case.id, case.opened_at, _of_child(case, ways)


def _of_child(known: Report | Case, ways: dict[int, str]) -> set[str]:
    place = ways.get(known.place_id or 0)
    texts = (known.child_name, known.child_school, known.address, place)
    words = terms.of_name(known.child_name).union(*map(terms.of_text, texts))
    return words.union(clues(Traits.of(known)))


def _notes(session: orm.Session, rows: Sequence[int]) -> Iterator[Written]:
    for note in session.scalars(sa.select(CaseNote).where(CaseNote.id.in_(rows))):
        has_text = note.kind not in WITHOUT_TEXT
        yield note.id, note.at, terms.of_text(note.body) if has_text else set()


def _people(session: orm.Session, rows: Sequence[int]) -> Iterator[Written]:
    for person in session.scalars(sa.select(Person).where(Person.id.in_(rows))):
        words = terms.of_name(person.name) | terms.of_number(person.phone)
        words = words.union(*map(terms.of_text, (person.name, person.relation, person.note)))
        yield person.id, person.added_at, words if person.removed_at is None else set()


def _transcripts(session: orm.Session, rows: Sequence[int]) -> Iterator[Written]:
    # Held until the words are written: deleting a transcript then comes after, and takes them with it.
    times = sa.select(Transcript.id, Transcript.created_at).where(Transcript.id.in_(rows))
    there = session.execute(times.with_for_update(read=True, key_share=True)).all()
    lines = sa.select(TranscriptLine.transcript_id, TranscriptLine.text)
    said: dict[int, set[str]] = {}
    for row, text in session.execute(lines.where(TranscriptLine.transcript_id.in_(rows))):
        said.setdefault(row, set()).update(terms.of_speech(text))
    for row, at in there:
        yield row, at, said.get(row, set())


READERS: dict[Kind, Callable[[orm.Session, Sequence[int]], Iterator[Written]]] = {
    Kind.report: _reports,
    Kind.case: _cases,
    Kind.note: _notes,
    Kind.person: _people,
    Kind.transcript: _transcripts,
}
_TABLES: dict[Kind, type[Report | Case | CaseNote | Person | Transcript]] = {
    Kind.report: Report,
    Kind.case: Case,
    Kind.note: CaseNote,
    Kind.person: Person,
    Kind.transcript: Transcript,
}


def mark_all() -> None:
    """Mark every row to be indexed anew (SECRET_KEY has changed, or how words are cut)."""
    for kind in Kind:
        after: int | None = 0
        while after is not None:
            after = _mark(kind, after)


def _mark(kind: Kind, after: int) -> int | None:
    """Some rows above a number, in a transaction of their own: the last one's number, None if there was
    none."""
    rows = _TABLES[kind]
    some = sa.select(rows.id).where(rows.id > after).order_by(rows.id).limit(MARKED_AT_ONCE)
    marked = sa.select(sa.literal(kind, Due.kind.type), some.subquery().c.id)
    with db.transaction() as session:
        writing = sa.insert(Due).from_select(["kind", "row_id"], marked)
        return max(session.scalars(writing.returning(Due.row_id)), default=None)
