"""What a question finds, of what the one who asks may see.

Candidates come from the index (`finding.newest`), or by a number that is indexed in the clear or blindly.
Then their rows are read, as far as they may be seen, and compared with the question in the clear: what the
index only seems to have found is dropped here.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Generic, TypeVar

import sqlalchemy as sa
from flask_babel import lazy_gettext as _
from sqlalchemy import orm

from hotline import clock, crypto, phones
from hotline.accounts.models import Account
from hotline.accounts.permissions import Permission
from triage.alerts.models import Alert
from triage.cases import access
from triage.cases.models import Case, CaseNote, Person
from triage.finding import terms
from triage.finding.models import Kind
from triage.finding.newest import Search, newest
from triage.intake.models import Call, Report
from triage.intake.service import caller_index
from triage.places.models import Place
from triage.recordings import tokens
from triage.recordings.models import Transcript, TranscriptLine
from triage.search.models import Question
from triage.search.snippets import Field, How, Snippet, found

MOST = 30
"""Candidates of one kind."""
SHOWN = 8
"""Results in a group."""
IDENTITY_LENGTH = 18
STILL_IN_MIND = dt.timedelta(minutes=30)
"""How long one may come back to a question."""

NUMBER, CALLER, IDENTITY = _("编号"), _("来电号码"), _("身份证号")
NAME, SCHOOL, ADDRESS, PLACE = _("孩子姓名"), _("学校"), _("住址"), _("辖区")
SUMMARY, RESULT, SAID = _("情况"), _("处理说明"), _("录音文字")
NOTE, PERSON, RELATION, TELEPHONE = _("个案记录"), _("姓名"), _("关系"), _("电话")

Row = TypeVar("Row")


@dataclass(slots=True)
class Hit(Generic[Row]):
    """A result: the row, the way down to its place, and where the question stands in it."""

    row: Row
    place: str = ""
    snippets: list[Snippet] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Asker:
    """Who asks, and what they may do."""

    account_id: int
    can: Callable[[Permission], bool]


@dataclass(frozen=True, slots=True)
class Results:
    """What was found, the likeliest first; of each group a few more than are shown."""

    reports: list[Hit[Report]]
    cases: list[Hit[Case]]
    people: list[Hit[tuple[Person, Case]]]
    alerts: list[Alert]

    def __bool__(self) -> bool:
        return bool(self.reports or self.cases or self.people or self.alerts)


@dataclass(frozen=True, slots=True)
class _Asked:
    parts: list[str]
    candidates: dict[Kind, list[int]]

    @property
    def number(self) -> str:
        """The digits asked for, if nothing else is."""
        [part, *more] = self.parts
        return "" if more or not part.strip("+x").replace("-", "").isdecimal() else part


def search(session: orm.Session, asker: Asker, text: str) -> Results | None:
    """What `text` finds; None if it says too little to look for."""
    parts = terms.asked(text)
    readings = terms.readings(parts)
    if not readings:
        return None
    question = _Asked(parts, _candidates(session, asker, parts, readings))
    reports = _reports(session, asker, question) if asker.can(Permission.see_report) else []
    cases, people = [], []
    if asker.can(Permission.see_case):
        cases, people = _cases(session, asker, question), _people(session, asker, question)
    alerts = _alerts(session, asker, question) if asker.can(Permission.see_alerts) else []
    return Results(reports, cases, people, alerts)


def _candidates(
    session: orm.Session, asker: Asker, parts: list[str], readings: list[list[str]]
) -> dict[Kind, list[int]]:
    """The rows of each kind, the likeliest reading first, the newest first in each."""
    searches = []
    if asker.can(Permission.see_report):
        searches += [Search(Kind.report, words) for words in readings]
    if asker.can(Permission.hear_recording) and (said := _said(parts)):
        searches.append(Search(Kind.transcript, said))
    if asker.can(Permission.see_case):
        searches += [Search(kind, words) for kind in (Kind.case, Kind.person) for words in readings]
        searches += [Search(Kind.note, words) for words in readings if _is_text(words)]
    rows: dict[Kind, list[int]] = {kind: [] for kind in Kind}
    for one, found_ in zip(searches, newest(session, searches, MOST), strict=True):
        rows[one.kind] += [row for row in found_ if row not in rows[one.kind]]
    return {kind: found_[:MOST] for kind, found_ in rows.items()}


def _said(parts: list[str]) -> list[str]:
    return sorted(set().union(*map(terms.of_speech, parts)))


def _is_text(words: list[str]) -> bool:
    return all(word.startswith("text:") for word in words)


def _reports(session: orm.Session, asker: Asker, question: _Asked) -> list[Hit[Report]]:
    wanted = [*_reports_by_number(session, question), *question.candidates[Kind.report]]
    visible = access.reports_visible(asker.account_id)
    rows = session.execute(
        sa.select(Report, Call.caller)
        .join(Call, Call.id == Report.call_id, isouter=True)
        .where(Report.id.in_(wanted), visible)
    ).all()
    ways = _ways(session, [row.Report.place_id for row in rows])
    hits: dict[int, Hit[Report]] = {}
    for report, caller in sorted(rows, key=lambda row: wanted.index(row.Report.id)):
        way = ways.get(report.place_id or 0, "")
        if (snippets := found(question.parts, _of_report(report, caller, way))) is not None:
            hits[report.id] = Hit(report, way, snippets)
    for report, snippets in _heard(session, asker, question):
        hit = hits.setdefault(report.id, Hit(report, ways.get(report.place_id or 0, "")))
        hit.snippets += snippets
    return list(hits.values())[: SHOWN + 1]


def _reports_by_number(session: orm.Session, question: _Asked) -> Sequence[int]:
    if not (number := question.number):
        return []
    clues = [Report.number == number]
    if (index := caller_index(phones.normalise(number))) is not None:
        clues.append(Report.caller_index == index)
    if len(number) == IDENTITY_LENGTH:
        clues.append(Report.child_id_index == crypto.blind_index("id", number.upper()))
    newest_first = (Report.received_at.desc(), Report.id.desc())
    each = [sa.select(Report.id).where(one).order_by(*newest_first).limit(MOST) for one in clues]
    return session.scalars(sa.union(*(sa.select(one.subquery()) for one in each))).all()


def _of_report(report: Report, caller: str | None, way: str) -> list[Field]:
    return [
        Field(NUMBER, report.number, How.identity),
        Field(CALLER, caller, How.number),
        *_of_child(report, way),
        Field(SUMMARY, report.summary),
        Field(RESULT, report.disposition_reason),
    ]


def _of_child(known: Report | Case, way: str) -> list[Field]:
    return [
        Field(IDENTITY, known.child_id_number, How.identity),
        Field(NAME, known.child_name, How.pinyin),
        Field(SCHOOL, known.child_school),
        Field(ADDRESS, known.address),
        Field(PLACE, way),
    ]


def _heard(
    session: orm.Session, asker: Asker, question: _Asked
) -> Iterator[tuple[Report, list[Snippet]]]:
    """Reports in whose recordings it was said."""
    wanted = question.candidates[Kind.transcript]
    if not wanted:
        return
    rows = session.execute(
        sa.select(Report, Transcript.id)
        .join(Call, Call.id == Report.call_id)
        .join(Transcript, Transcript.call_sid == Call.call_sid)
        .where(Transcript.id.in_(wanted), access.reports_visible(asker.account_id))
    ).all()
    lines = _lines(session, [row.id for row in rows], question.parts)
    for report, transcript in sorted(rows, key=lambda row: wanted.index(row.id)):
        said = [Field(SAID, text, How.speech) for text in lines.get(transcript, [])]
        if (snippets := found(question.parts, said)) is not None:
            yield report, snippets


def _lines(session: orm.Session, wanted: list[int], parts: list[str]) -> dict[int, list[str]]:
    """The lines of these transcripts in which a part may stand."""
    clues = [TranscriptLine.tokens.contains(tokens.of_query(part)) for part in parts]
    lines: dict[int, list[str]] = {}
    for transcript, text in session.execute(
        sa.select(TranscriptLine.transcript_id, TranscriptLine.text)
        .where(TranscriptLine.transcript_id.in_(wanted), sa.or_(*clues))
        .order_by(TranscriptLine.transcript_id, TranscriptLine.number)
    ):
        lines.setdefault(transcript, []).append(text)
    return lines


def _cases(session: orm.Session, asker: Asker, question: _Asked) -> list[Hit[Case]]:
    wanted = [*_cases_by_number(session, question), *question.candidates[Kind.case]]
    visible = access.visible(asker.account_id)
    rows = session.scalars(sa.select(Case).where(Case.id.in_(wanted), visible)).all()
    noted = _noted(session, asker, question)
    ways = _ways(session, [case.place_id for case in chain(rows, (case for case, _ in noted))])
    hits: dict[int, Hit[Case]] = {}
    for case in sorted(rows, key=lambda case: wanted.index(case.id)):
        way = ways.get(case.place_id or 0, "")
        fields = [Field(NUMBER, case.number, How.identity), *_of_child(case, way)]
        if (snippets := found(question.parts, fields)) is not None:
            hits[case.id] = Hit(case, way, snippets)
    for case, snippets in noted:
        hit = hits.setdefault(case.id, Hit(case, ways.get(case.place_id or 0, "")))
        hit.snippets += snippets
    return list(hits.values())[: SHOWN + 1]


def _cases_by_number(session: orm.Session, question: _Asked) -> Sequence[int]:
    number = question.number
    if len(number) == IDENTITY_LENGTH:
        index = crypto.blind_index("id", number.upper())
        return session.scalars(
            sa.select(Case.id).where(Case.child_id_index == index).limit(MOST)
        ).all()
    return [int(number)] if number.isdecimal() and len(number) < IDENTITY_LENGTH else []


def _noted(
    session: orm.Session, asker: Asker, question: _Asked
) -> list[tuple[Case, list[Snippet]]]:
    """Cases in whose timeline it was written, with the place in it."""
    wanted = question.candidates[Kind.note]
    rows = session.execute(
        sa.select(CaseNote, Case)
        .join(Case, Case.id == CaseNote.case_id)
        .where(CaseNote.id.in_(wanted), access.visible(asker.account_id))
    ).all()
    matched = []
    for note, case in sorted(rows, key=lambda row: wanted.index(row.CaseNote.id)):
        if (snippets := found(question.parts, [Field(NOTE, note.body)])) is not None:
            matched.append((case, snippets))
    return matched


def _people(session: orm.Session, asker: Asker, question: _Asked) -> list[Hit[tuple[Person, Case]]]:
    wanted = question.candidates[Kind.person]
    rows = session.execute(
        sa.select(Person, Case)
        .join(Case, Case.id == Person.case_id)
        .where(Person.id.in_(wanted), Person.removed_at.is_(None), access.visible(asker.account_id))
    ).all()
    hits = []
    for person, case in sorted(rows, key=lambda row: wanted.index(row.Person.id)):
        fields = [
            Field(PERSON, person.name, How.pinyin),
            Field(RELATION, person.relation),
            Field(TELEPHONE, person.phone, How.number),
            Field(NOTE, person.note),
        ]
        if (snippets := found(question.parts, fields)) is not None:
            hits.append(Hit((person, case), "", snippets))
    return hits[: SHOWN + 1]


def _alerts(session: orm.Session, asker: Asker, question: _Asked) -> list[Alert]:
    """Those of this code; the newest first, as codes are given again after a time."""
    hidden = sa.exists().where(
        Report.id == Alert.report_id, sa.not_(access.reports_visible(asker.account_id))
    )
    wanted = sa.select(Alert).where(Alert.code == question.number, sa.not_(hidden))
    newest_first = wanted.order_by(Alert.id.desc()).limit(SHOWN + 1)
    return list(session.scalars(newest_first)) if question.number else []


def _ways(session: orm.Session, place_ids: Sequence[int | None]) -> dict[int, str]:
    """The ways down to these places: three levels at most."""
    above, top = orm.aliased(Place), orm.aliased(Place)
    rows = session.execute(
        sa.select(Place.id, sa.func.concat_ws(" / ", top.name, above.name, Place.name).label("way"))
        .join(above, above.id == Place.parent_id, isouter=True)
        .join(top, top.id == above.parent_id, isouter=True)
        .where(Place.id.in_({number for number in place_ids if number is not None}))
    )
    return {row.id: row.way for row in rows}


def last_asked(session: orm.Session, account_id: int) -> str:
    """What somebody searched for last, if that is not long ago; else nothing."""
    since = clock.now() - STILL_IN_MIND
    asked = sa.select(Question.asked).where(Question.account_id == account_id, Question.at > since)
    return session.scalar(asked.order_by(Question.at.desc()).limit(1)) or ""


def asked_by(session: orm.Session, username: str, days: int) -> Sequence[Question]:
    """What somebody has searched for within so many days, the oldest first."""
    since = clock.now() - dt.timedelta(days=days)
    return session.scalars(
        sa.select(Question)
        .join(Account, Account.id == Question.account_id)
        .where(Account.username == username, Question.at >= since)
        .order_by(Question.at)
    ).all()
