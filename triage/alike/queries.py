"""Reports and cases that look like the child of a report."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from triage.alike import score
from triage.alike.score import Point
from triage.cases import access
from triage.cases.models import Case
from triage.finding.models import Kind
from triage.finding.newest import Search, newest
from triage.finding.traits import Traits, clues
from triage.intake.models import Report

MOST_CANDIDATES = 20
"""For each clue: the newest."""
MOST_SHOWN = 8
COMPARED = (
    Report.number,
    Report.status,
    Report.urgency,
    Report.situation,
    Report.received_at,
    Report.caller_index,
    Report.case_id,
    Report.child_name,
    Report.child_sex,
    Report.child_age,
    Report.child_born,
    Report.child_id_index,
    Report.child_school,
    Report.address,
    Report.place_id,
)
"""What is read of each candidate: what is sealed costs more to open than to find."""


@dataclass(frozen=True, slots=True)
class Lookalike:
    """A report or a case that looks alike, the case it leads to (if any), and why."""

    known: Report | Case
    case: Case | None
    points: list[Point]

    @property
    def score(self) -> int:
        """The sum of all points."""
        return sum(point.points for point in self.points)

    @property
    def speaks_for(self) -> list[Point]:
        """What makes them one, the weightiest first."""
        return [point for point in self.points if point.points > 0]

    @property
    def speaks_against(self) -> list[Point]:
        """What makes them two, the weightiest first."""
        return [point for point in self.points if point.points < 0]


def find(session: orm.Session, report: Report, account_id: int) -> list[Lookalike]:
    """What this account may see and looks like `report`, the most alike first; one for each case, and none
    for the report's own."""
    traits = Traits.of(report)
    reports, cases = _candidates(session, report, traits, account_id)
    found = (
        Lookalike(known, case, score.compare(traits, Traits.of(known)))
        for known, case in _leading_to(session, reports, cases, account_id)
    )
    threshold = score.load().threshold
    alike = sorted(
        (one for one in found if one.score >= threshold),
        key=lambda one: (one.score, Traits.of(one.known).at),
        reverse=True,
    )
    return list(_one_for_each_case(alike, report.case_id))[:MOST_SHOWN]


def _candidates(
    session: orm.Session, report: Report, traits: Traits, account_id: int
) -> tuple[Sequence[Report], Sequence[Case]]:
    words = clues(traits)
    searches = [Search(kind, [word]) for kind in (Kind.report, Kind.case) for word in words]
    by_clue = newest(session, searches, MOST_CANDIDATES)
    report_ids = set().union(*by_clue[: len(words)], _by_number(session, report))
    case_ids = set().union(*by_clue[len(words) :])
    visible = access.reports_visible(account_id)
    others = (
        sa.select(Report)
        .where(Report.id.in_(report_ids - {report.id}), visible)
        .options(orm.load_only(*COMPARED, raiseload=True))
    )
    known: list[sa.ColumnElement[bool]] = [Case.id.in_(case_ids)]
    if report.child_id_index is not None:
        known.append(Case.child_id_index == report.child_id_index)
    cases = sa.select(Case).where(sa.or_(*known), access.visible(account_id))
    return session.scalars(others).all(), session.scalars(cases).all()


def _by_number(session: orm.Session, report: Report) -> Sequence[int]:
    """The newest reports of the same caller, and of the same identity number: an index for each."""
    clues_ = [
        column == value
        for column, value in (
            (Report.caller_index, report.caller_index),
            (Report.child_id_index, report.child_id_index),
        )
        if value is not None
    ]
    if not clues_:
        return []
    some = (
        sa.select(Report.id).where(clue).order_by(Report.received_at.desc()).limit(MOST_CANDIDATES)
        for clue in clues_
    )
    return session.scalars(sa.union(*(sa.select(one.subquery()) for one in some))).all()


def _leading_to(
    session: orm.Session, reports: Sequence[Report], cases: Sequence[Case], account_id: int
) -> Iterator[tuple[Report | Case, Case | None]]:
    """Each with the case at which one arrives from it: a merged one leads to another."""
    wanted = {report.case_id for report in reports} | {case.merged_into for case in cases}
    visible = access.visible(account_id)
    others = session.scalars(sa.select(Case).where(Case.id.in_(wanted - {None}), visible))
    there = {case.id: case for case in (*cases, *others)}
    for report in reports:
        yield report, there.get(report.case_id or 0)
    for case in cases:
        yield case, there[case.merged_into or case.id]


def _one_for_each_case(alike: Iterable[Lookalike], own: int | None) -> Iterator[Lookalike]:
    seen = {own}
    for one in alike:
        number = one.case.id if one.case else None
        if number is None or number not in seen:
            yield one
        seen.add(number)
