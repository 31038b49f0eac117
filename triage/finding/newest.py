"""Which rows have all of some words: read from the index, month by month from the newest back, until there
are enough. Of a word that everybody uses only the newest month is read; a rare one costs one look into the
index for each month."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import clock
from triage.finding import terms
from triage.finding.models import Entry, Kind


@dataclass(frozen=True, slots=True)
class Search:
    """Rows of one kind that have all of these words."""

    kind: Kind
    words: Sequence[str]


# OFFSET 0 keeps the planner from walking back through time in the hope of a match: it must ask the index.
# The rows of each series come in its order, so that LIMIT ends the walk through the months.
_NEWEST = sa.text("""
    SELECT search, found.row_id
    FROM generate_series(1, cardinality(:widths)) AS search
    CROSS JOIN LATERAL (
        SELECT of_month.row_id
        FROM generate_series(0, :months - 1) AS month
        CROSS JOIN LATERAL (
            SELECT row_id FROM (
                SELECT row_id, at FROM search_entries
                WHERE tokens @> (:tokens)[
                    (:starts)[search] + month * (:widths)[search]
                    : (:starts)[search] + (month + 1) * (:widths)[search] - 1]
                OFFSET 0
            ) AS having_all
            ORDER BY at DESC, row_id DESC LIMIT :most
        ) AS of_month
        LIMIT :most
    ) AS found
""").bindparams(
    sa.bindparam("widths", type_=postgresql.ARRAY(sa.Integer)),
    sa.bindparam("starts", type_=postgresql.ARRAY(sa.Integer)),
    sa.bindparam("tokens", type_=postgresql.ARRAY(sa.BigInteger)),
    sa.bindparam("months", type_=sa.Integer),
    sa.bindparam("most", type_=sa.Integer),
)


def newest(session: orm.Session, searches: Sequence[Search], most: int) -> list[list[int]]:
    """For each search the numbers of its newest rows, `most` at most. One statement for all of them."""
    months = _months(session)
    if not searches or not months:
        return [[] for _ in searches]
    tokens: list[int] = []
    starts, widths = [], []
    for search in searches:
        starts.append(len(tokens) + 1)
        widths.append(len(search.words))
        for month in months:
            tokens += terms.keyed(search.kind, month, search.words)
    values = {"tokens": tokens, "starts": starts, "widths": widths, "months": len(months)}
    found: list[list[int]] = [[] for _ in searches]
    for number, row_id in session.execute(_NEWEST, {**values, "most": most}):
        found[number - 1].append(row_id)
    return found


def _months(session: orm.Session) -> list[str]:
    """Every month of which there are entries, the newest first."""
    first = session.scalar(sa.select(sa.func.min(Entry.at)))
    if first is None:
        return []
    found, month = [], clock.now().astimezone(dt.UTC).replace(day=15)
    while (name := terms.month(month)) >= terms.month(first):
        found.append(name)
        month = (month.replace(day=1) - dt.timedelta(days=1)).replace(day=15)
    return found
