"""How often officers agree with the suggestion, and with each of its rules."""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import clock
from triage.intake.states import Urgency
from triage.suggestion import rules
from triage.suggestion.models import UrgencySuggestion
from triage.suggestion.rules import Rule


@dataclass(frozen=True, slots=True)
class Agreement:
    """Of so many judgements made beside a suggestion, how many chose the same urgency, a higher one, or a
    lower one."""

    judged: int = 0
    agreed: int = 0
    higher: int = 0
    lower: int = 0

    @property
    def share(self) -> float | None:
        """How many agreed; None if there was nothing to agree with."""
        return self.agreed / self.judged if self.judged else None


@dataclass(frozen=True, slots=True)
class Agreements:
    """Over all, and for each rule that held, the most used first: was the urgency chosen the one that
    this rule speaks for?"""

    total: Agreement
    by_rule: list[tuple[Rule, Agreement]]


def agreements(session: orm.Session, since: dt.timedelta) -> Agreements:
    """The judgements of that time."""
    recent = UrgencySuggestion.chosen_at > clock.now() - since
    suggested, chosen = UrgencySuggestion.suggested, UrgencySuggestion.chosen
    pairs = sa.select(suggested, chosen, sa.func.count()).where(recent).group_by(suggested, chosen)
    total = _sum([(one, other, count) for one, other, count in session.execute(pairs)])
    return Agreements(total, _by_rule(session, recent))


def _by_rule(session: orm.Session, recent: sa.ColumnElement[bool]) -> list[tuple[Rule, Agreement]]:
    name = sa.func.unnest(UrgencySuggestion.rules).label("name")
    chosen = UrgencySuggestion.chosen
    held = sa.select(name, chosen, sa.func.count().label("times")).where(recent)
    rows = session.execute(held.group_by(name, chosen)).all()
    found = [
        (
            rule,
            _sum([(rule.urgency, row.chosen, row.times) for row in rows if row.name == rule.name]),
        )
        for rule in rules.load().rules
    ]
    used = [(rule, agreement) for rule, agreement in found if agreement.judged]
    return sorted(used, key=lambda pair: -pair[1].judged)


def _sum(rows: list[tuple[Urgency, Urgency, int]]) -> Agreement:
    order = list(Urgency)

    def count(step: int) -> int:
        return sum(n for meant, chosen, n in rows if _sign(order, meant, chosen) == step)

    return Agreement(sum(n for _, _, n in rows), count(0), count(-1), count(1))


def _sign(order: list[Urgency], meant: Urgency, chosen: Urgency) -> int:
    """-1 if the officer chose more urgent than was meant, 1 if less, 0 if the same."""
    difference = order.index(chosen) - order.index(meant)
    return (difference > 0) - (difference < 0)
