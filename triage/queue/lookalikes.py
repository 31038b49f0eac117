"""What looks like the same child or the same caller, and why. Offered, never decided."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass

import sqlalchemy as sa
from rapidfuzz import fuzz
from sqlalchemy import orm

from triage import names
from triage.intake.models import Report

MOST_CANDIDATES = 50
MOST_SHOWN = 8
SIMILAR_ADDRESS = 80
"""Out of 100 (rapidfuzz partial ratio)."""


class Reason(enum.StrEnum):
    """Why two reports look alike."""

    same_caller = "same_caller"
    same_name = "same_name"
    similar_name = "similar_name"
    same_place = "same_place"
    similar_address = "similar_address"


WEIGHT: dict[Reason, int] = {
    Reason.same_caller: 50,
    Reason.same_name: 60,
    Reason.similar_name: 35,
    Reason.same_place: 10,
    Reason.similar_address: 30,
}
ENOUGH = 30
"""The same place alone is no likeness: a street has many children."""


@dataclass(frozen=True, slots=True)
class Lookalike:
    """An earlier report (with the case it belongs to, if any), why it looks alike, and how much."""

    report: Report
    reasons: tuple[Reason, ...]

    @property
    def score(self) -> int:
        """The sum of the reasons' weights."""
        return sum(WEIGHT[reason] for reason in self.reasons)


def find(session: orm.Session, report: Report) -> list[Lookalike]:
    """Reports that look like this one, the most alike first; one for each case."""
    found = (Lookalike(other, reasons(report, other)) for other in _candidates(session, report))
    alike = sorted(
        (one for one in found if one.score >= ENOUGH),
        key=lambda one: (one.score, one.report.received_at),
        reverse=True,
    )
    return list(_one_for_each_case(alike))[:MOST_SHOWN]


def reasons(report: Report, other: Report) -> tuple[Reason, ...]:
    """Why these two look alike, compared in the clear."""
    name = _name_likeness(report.child_name, other.child_name)
    return tuple(
        reason
        for reason, holds in (
            (Reason.same_caller, _same(report.caller_index, other.caller_index)),
            (Reason.same_name, name is Reason.same_name),
            (Reason.similar_name, name is Reason.similar_name),
            (Reason.same_place, _same(report.place_id, other.place_id)),
            (Reason.similar_address, _similar_address(report.address, other.address)),
        )
        if holds
    )


def _candidates(session: orm.Session, report: Report) -> Iterable[Report]:
    # One query for each index rather than an OR over both, which PostgreSQL would answer by a scan.
    clues: list[sa.ColumnElement[bool]] = []
    if report.caller_index is not None:
        clues.append(Report.caller_index == report.caller_index)
    if report.child_tokens:
        clues.append(Report.child_tokens.overlap(report.child_tokens))
    if not clues:
        return []
    ids = sa.union(*(_recent(report, clue) for clue in clues)).subquery()
    return session.scalars(sa.select(Report).where(Report.id.in_(sa.select(ids.c.id))))


def _recent(report: Report, clue: sa.ColumnElement[bool]) -> sa.Select[int]:
    newest = (
        sa.select(Report.id)
        .where(clue, Report.id != report.id)
        .order_by(Report.received_at.desc())
        .limit(MOST_CANDIDATES)
        .subquery()
    )
    return sa.select(newest.c.id)


def _same(one: int | None, other: int | None) -> bool:
    return one is not None and one == other


def _name_likeness(one: str | None, other: str | None) -> Reason | None:
    if not one or not other:
        return None
    if names.plain(one) == names.plain(other):
        return Reason.same_name
    if set(names.tokens(one)) & set(names.tokens(other)):
        return Reason.similar_name
    return None


def _similar_address(one: str | None, other: str | None) -> bool:
    if not one or not other:
        return False
    return fuzz.partial_ratio(names.plain(one), names.plain(other)) >= SIMILAR_ADDRESS


def _one_for_each_case(alike: list[Lookalike]) -> Iterable[Lookalike]:
    seen: set[int] = set()
    for one in alike:
        if one.report.case_id not in seen:
            yield one
        if one.report.case_id is not None:
            seen.add(one.report.case_id)
