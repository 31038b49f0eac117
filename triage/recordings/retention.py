"""How long recordings and transcripts are kept, as data: read once from `retention.toml`, and refused if
it leaves anything without a rule."""

import datetime as dt
import functools
import tomllib
from dataclasses import dataclass
from importlib import resources
from typing import Annotated, Any, Self

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import orm

from triage.alerts.models import Alert
from triage.alerts.states import RUNNING
from triage.cases.models import Case
from triage.cases.states import CaseStatus
from triage.intake.models import Disposition, Report
from triage.intake.states import ReportStatus, Urgency
from triage.recordings.models import Hold


class Rule(BaseModel):
    """One class of reports: what it is told by, for how many days, and why. What is not said is not
    asked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    days: Annotated[int, Field(ge=1)]
    reason: Annotated[str, Field(min_length=1)]
    emergency: bool | None = None
    case: bool | None = None
    dispositions: tuple[Disposition, ...] = ()
    urgencies: tuple[Urgency, ...] = ()

    def conditions(self) -> list[sa.ColumnElement[bool]]:
        """What a report must be; nothing, if the rule fits all."""
        asked: list[sa.ColumnElement[bool]] = []
        if self.emergency is not None:
            asked.append(Report.emergency.is_(self.emergency))
        if self.case is not None:
            asked.append(Report.case_id.is_not(None) == sa.literal(self.case))
        if self.dispositions:
            asked.append(Report.disposition.in_(self.dispositions))
        if self.urgencies:
            asked.append(Report.urgency.in_(self.urgencies))
        return asked


class Table(BaseModel):
    """The rules in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: Annotated[tuple[Rule, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _last_fits_all(self) -> Self:
        fitting_all = [not rule.conditions() for rule in self.rules]
        if fitting_all != [False] * (len(self.rules) - 1) + [True]:
            raise ValueError("the last rule, and no other, must fit every report")
        return self


@dataclass(frozen=True, slots=True)
class Keeping:
    """How a report's recordings are kept: by which rule, and until when (UTC) if nothing happens.
    `until` is unknown as long as something about it is open."""

    rule: Rule
    until: dt.datetime | None


@functools.cache
def load() -> Table:
    """The table in force.

    Raises:
        pydantic.ValidationError: the file names something that does not exist, or fits not all.
    """
    text = resources.files("triage.recordings").joinpath("retention.toml").read_text("utf-8")
    return Table.model_validate(tomllib.loads(text))


def keeping(session: orm.Session, report_id: int) -> Keeping:
    """How this report's recordings are kept."""
    row = session.execute(
        sa.select(_number_of_rule(), _over_at().label("over_at"), closed().label("closed"))
        .join(Case, Case.id == Report.case_id, isouter=True)
        .where(Report.id == report_id)
    ).one()
    return Keeping(load().rules[row[0]], row.over_at if row.closed else None)


def over(moment: dt.datetime) -> sa.Select[Any]:
    """The reports (their rows' numbers) whose recordings need not be kept any longer at `moment`, the
    longest over first."""
    return (
        sa.select(Report.id)
        .join(Case, Case.id == Report.case_id, isouter=True)
        .where(closed(), sa.not_(held()), _over_at() <= moment)
        .order_by(Report.triaged_at)
    )


def closed() -> sa.ColumnElement[bool]:
    """Nothing about a report is open: itself, its case (joined from outside), an alert."""
    running = sa.exists().where(Alert.report_id == Report.id, Alert.status.in_(RUNNING))
    return sa.and_(
        Report.status == ReportStatus.triaged,
        sa.or_(Report.case_id.is_(None), Case.status == CaseStatus.closed),
        sa.not_(running),
    )


def held() -> sa.ColumnElement[bool]:
    """A legal hold stands on a report."""
    return sa.exists().where(Hold.report_id == Report.id, Hold.lifted_at.is_(None))


def _number_of_rule() -> sa.ColumnElement[int]:
    return _by_rule(list(range(len(load().rules))))


def _over_at() -> sa.ColumnElement[dt.datetime]:
    days = _by_rule([rule.days for rule in load().rules])
    since = sa.func.greatest(Report.triaged_at, Case.closed_at)
    return since + sa.func.make_interval(0, 0, 0, days)


def _by_rule(values: list[int]) -> sa.ColumnElement[int]:
    *rules, _ = load().rules
    whens = [
        (sa.and_(*rule.conditions()), value) for rule, value in zip(rules, values, strict=False)
    ]
    return sa.case(*whens, else_=values[-1])
