"""The roster: one week, who is on duty now, and where nobody is."""

import datetime as dt

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import orm
from werkzeug.wrappers import Response as WerkzeugResponse

from hotline import config, db
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission, Role
from triage.places import roster
from triage.places.forms import FARTHEST, ShiftForm
from triage.places.roster import Overlaps
from triage.places.service import on_shift

blueprint = Blueprint("roster", __name__, template_folder="templates")


@blueprint.get("/roster")
@requires(Permission.see_contacts)
def week() -> ResponseReturnValue:
    """The week of the day in `?week=`, else this one."""
    monday = _asked(request.args.get("week"))
    with db.transaction() as session:
        form = ShiftForm(roster.people(session), formdata=None, day=_first_day(monday))
        return _page(session, monday, form)


@blueprint.post("/roster")
@requires(Permission.manage_roster)
def add() -> ResponseReturnValue:
    """Put somebody on duty."""
    with db.transaction() as session:
        form = ShiftForm(roster.people(session))
        if not form.validate():
            return _page(session, _asked(request.form.get("week")), form), 422
        try:
            shift = form.account.data, form.starts_at, form.ends_at
            roster.add(session, current_actor(), *shift)
        except Overlaps:
            form.account.errors = [_("这个人在这段时间已经有班次。")]
            return _page(session, roster.monday_of(form.day.data), form), 409
    return _to(roster.monday_of(form.day.data))


@blueprint.post("/roster/<int:shift_id>/remove")
@requires(Permission.manage_roster)
def remove(shift_id: int) -> ResponseReturnValue:
    """Take a shift off."""
    with db.transaction() as session:
        roster.remove(session, current_actor(), shift_id)
    return _to(_asked(request.form.get("week")))


@blueprint.post("/roster/copy")
@requires(Permission.manage_roster)
def copy() -> ResponseReturnValue:
    """Repeat the week before."""
    monday = _asked(request.form.get("week"))
    with db.transaction() as session:
        copied = roster.copy_last_week(session, current_actor(), monday)
    flash(_("已从上周复制 %(count)s 个班次。", count=copied), "success" if copied else "info")
    return _to(monday)


def _page(session: orm.Session, monday: dt.date, form: ShiftForm) -> str:
    return render_template(
        "places/roster.html",
        form=form,
        monday=monday,
        today=roster.today(),
        days=roster.week(session, monday),
        before=monday - roster.WEEK,
        after=monday + roster.WEEK,
        on_duty={role: on_shift(session, role) for role in roster.ROLES},
        time_of=_time_of,
        Role=Role,
    )


def _time_of(turn: roster.Turn) -> str:
    """From and to as clocks show it; a day ends at 24:00."""
    zone = config.current().zone
    starts, ends = turn.starts_at.astimezone(zone), turn.ends_at.astimezone(zone)
    last = "24:00" if ends.date() > starts.date() else f"{ends:%H:%M}"
    return f"{starts:%H:%M}–{last}"


def _asked(week: str | None) -> dt.date:
    today = roster.today()
    try:
        day = dt.date.fromisoformat(week or "")
    except ValueError:
        day = today
    return roster.monday_of(day if abs(day - today) < FARTHEST else today)


def _first_day(monday: dt.date) -> dt.date:
    return max(monday, min(roster.today(), monday + roster.WEEK - roster.A_DAY))


def _to(monday: dt.date) -> WerkzeugResponse:
    return redirect(f"/roster?week={monday}", 303)
