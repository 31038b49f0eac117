"""What the window shows in which an officer sends an alert: the stations to choose from, and for each that is
chosen the exact words and the way they would go."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from triage.alerts import fitting, previews, queries, threads
from triage.alerts.fitting import Unfit
from triage.alerts.models import Alert, AlertReport
from triage.alerts.previews import Preview
from triage.alerts.queries import Planned
from triage.intake.models import Call, Report
from triage.places import service as places
from triage.places.models import Agency, AgencyKind, Place


@dataclass(frozen=True, slots=True)
class Station:
    """A police agency that can be chosen, the place it answers for, and the one above that."""

    id: int
    name: str
    place: str
    above: str


@dataclass(frozen=True, slots=True)
class Way:
    """What would go to one station. `known`: it has been told just this already."""

    preview: Preview
    planned: list[Planned]
    known: bool

    @property
    def agency_id(self) -> int:
        """The station's number; 0 if there is none for the place."""
        return self.preview.agency.id if self.preview.agency else 0


@dataclass(frozen=True, slots=True)
class Window:
    """`suggested` is the station of the place; the first of the ways is the one chosen or suggested."""

    suggested: Agency | None
    ways: list[Way]

    @property
    def update(self) -> bool:
        """Whether any station knows of the child already."""
        return any(way.preview.thread for way in self.ways)

    @property
    def nothing_new(self) -> bool:
        """Whether sending would change nothing."""
        return all(way.known for way in self.ways)


def stations(session: orm.Session) -> list[Station]:
    """Every police agency, in the order of the places' official codes."""
    parent = orm.aliased(Place)
    wanted = (
        sa.select(Agency.id, Agency.name, Place.name, sa.func.coalesce(parent.name, Place.name))
        .join(Place, Place.id == Agency.place_id)
        .join(parent, parent.id == Place.parent_id, isouter=True)
        .where(Agency.kind == AgencyKind.police)
        .order_by(Place.code, Agency.id)
    )
    return [Station(*found) for found in session.execute(wanted)]


def suggested(session: orm.Session, report_id: int) -> Agency | None:
    """The station of the report's place."""
    report = session.get_one(Report, report_id)
    return places.police_for(session, report.place_id, report.line_number)


def window(
    session: orm.Session,
    report_id: int,
    chosen: Sequence[int | None] = (None,),
    note: str = "",
) -> Window:
    """What would go out to each of the chosen stations; None is the suggested one."""
    ways = [_way(session, report_id, one, note) for one in chosen]
    return Window(suggested(session, report_id), ways)


def _way(session: orm.Session, report_id: int, agency_id: int | None, note: str) -> Way:
    shown = previews.of_report(session, report_id, agency_id, note=note)
    known = shown.thread is not None and threads.known_there(
        session, shown.thread, report_id, shown.facts
    )
    return Way(shown, queries.planned(session, shown), known)


def unfit(session: orm.Session, report_ids: Collection[int], note: str) -> list[Unfit]:
    """What must be taken out of a note about these reports before the police may read it. The child's name
    may be known from another report of the same case."""
    cases = sa.select(Report.case_id).where(Report.id.in_(report_ids))
    wanted = (
        sa.select(Report.child_name, Call.caller)
        .join(Call, Call.id == Report.call_id, isouter=True)
        .where(sa.or_(Report.id.in_(report_ids), Report.case_id.in_(cases)))
    )
    known = session.execute(wanted).all()
    names = [row.child_name for row in known if row.child_name]
    return fitting.unfit(note, names, [row.caller for row in known if row.caller])


def reports_of(session: orm.Session, alert: Alert) -> list[int]:
    """Every report of an alert's thread."""
    joined = sa.select(AlertReport.report_id).where(AlertReport.alert_id == alert.id)
    first = [alert.report_id] if alert.report_id else []
    return [*first, *session.scalars(joined)]
