"""Exercises: drills with a station, how they went, and the monthly test of every contact."""

import csv
import io
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, abort, flash, redirect, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import orm

from hotline import audit, config, db, phones
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from hotline.web.i18n import full_time
from triage.alerts import previews
from triage.alerts import queries as alerts
from triage.alerts.previews import TextChanged
from triage.exercises import contact_tests, drills, queries
from triage.exercises.drills import Drill
from triage.exercises.forms import DrillForm
from triage.exercises.models import ContactTest
from triage.exercises.wording import RESULTS
from triage.places import queries as places

blueprint = Blueprint("exercises", __name__, template_folder="templates")


@blueprint.get("/exercises")
@requires(Permission.see_alerts)
def exercises() -> ResponseReturnValue:
    """Drills that are going on, the form for a new one, the figures, and the tests of contacts."""
    with db.transaction() as session:
        return _page(session, _form(session))


@blueprint.post("/exercises/preview")
@requires(Permission.run_exercise)
def preview() -> ResponseReturnValue:
    """The first of two clicks: what would go out, and to whom."""
    with db.transaction() as session:
        form = _form(session)
        if not form.validate():
            return _page(session, form), 422
        return _shown(session, form, form.drill(previews.exercise_code()))


@blueprint.post("/exercises")
@requires(Permission.run_exercise)
def start() -> ResponseReturnValue:
    """The second: the drill goes on its way."""
    with db.transaction() as session:
        form = _form(session)
        if not form.validate() or not form.code.data or not form.at.data:
            return _page(session, form), 422
        drill = form.drill(form.code.data)
        try:
            alert = drills.start(session, current_actor(), drill, form.seen)
        except TextChanged:
            return _shown(session, form, drill, changed=True), 409
        flash(_("演练 %(number)s 已开始，正在等待签收。", number=alert.number), "success")
        return redirect(f"/alerts/{alert.id}", 303)


@blueprint.post("/exercises/<int:alert_id>/end")
@requires(Permission.run_exercise)
def end(alert_id: int) -> ResponseReturnValue:
    """The drill is over."""
    with db.transaction() as session:
        alert = queries.drill(session, alert_id) or abort(404)
        drills.end(session, current_actor(), alert)
        flash(_("演练 %(number)s 已结束。", number=alert.number), "success")
    return redirect("/exercises", 303)


@blueprint.post("/exercises/contact-tests")
@requires(Permission.run_exercise)
def start_contact_test() -> ResponseReturnValue:
    """Test every contact now, not only on the day of the month."""
    with db.transaction() as session:
        run = contact_tests.start(session, current_actor())
    if run is None:
        flash(_("联系人测试正在进行，没有重复开始。"), "info")
        return redirect("/exercises", 303)
    flash(_("联系人测试已开始，几个电话一组依次拨出。"), "success")
    return redirect(f"/exercises/contact-tests/{run}", 303)


@blueprint.get("/exercises/contact-tests/<int:run_id>")
@requires(Permission.see_alerts)
def report(run_id: int) -> ResponseReturnValue:
    """Who answered, how fast, and who did not."""
    return render_template("exercises/report.html", **_report(run_id))


@blueprint.get("/exercises/contact-tests/<int:run_id>/rows")
@requires(Permission.see_alerts)
def report_rows(run_id: int) -> ResponseReturnValue:
    """The same alone, for a page that is open."""
    return render_template("exercises/report_rows.html", **_report(run_id))


@blueprint.get("/exercises/contact-tests/<int:run_id>.csv")
@requires(Permission.see_alerts)
def report_file(run_id: int) -> ResponseReturnValue:
    """The same for a spreadsheet, which knows the encoding by its mark; numbers masked."""
    with db.transaction() as session:
        run = queries.run(session, run_id) or abort(404)
        audit.record(session, current_actor(), "export", "contact_test_run", run_id)
        rows = queries.tests_of(session, run_id)
    out = io.StringIO("")
    writer = csv.writer(out)
    writer.writerow(
        [_("单位"), _("联系人"), _("号码"), _("结果"), _("次数"), _("用时（秒）"), _("应答时间")]
    )
    for row in rows:
        writer.writerow([_inert(cell) for cell in _cells(row)])
    name = f"contact-test-{run.started_at.astimezone(config.current().zone):%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f"attachment; filename={name}"}
    return Response(out.getvalue().encode("utf-8-sig"), mimetype="text/csv", headers=headers)


@blueprint.post("/exercises/contact-tests/<int:run_id>/<int:test_id>/confirm")
@requires(Permission.acknowledge_alert)
def confirm(run_id: int, test_id: int) -> ResponseReturnValue:
    """A contact has called back."""
    wanted = sa.select(ContactTest.id).where(
        ContactTest.id == test_id, ContactTest.run_id == run_id
    )
    with db.transaction() as session:
        contact_tests.confirm(session, session.scalar(wanted) or abort(404), current_actor())
    flash(_("已登记回电。"), "success")
    return redirect(f"/exercises/contact-tests/{run_id}", 303)


def _form(session: orm.Session) -> DrillForm:
    return DrillForm(queries.stations(session), places.paths(session))


def _page(session: orm.Session, form: DrillForm) -> str:
    return render_template(
        "exercises/exercises.html",
        form=form,
        going_on=queries.going_on(session),
        overview=queries.overview(session),
        runs=queries.runs(session),
        monthly=config.current().contact_test_day,
    )


def _shown(session: orm.Session, form: DrillForm, drill: Drill, **more: Any) -> str:
    shown = drills.preview(session, drill)
    return render_template(
        "exercises/preview.html",
        form=form,
        drill=drill,
        preview=shown,
        planned=alerts.planned(session, shown),
        **more,
    )


def _report(run_id: int) -> dict[str, Any]:
    with db.transaction() as session:
        run = queries.run(session, run_id) or abort(404)
        return {"run": run, "rows": queries.tests_of(session, run_id)}


def _inert(cell: str) -> str:
    """A text that a spreadsheet takes for no formula (OWASP, CSV injection): names are typed by people."""
    return f"'{cell}" if cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def _cells(row: Any) -> list[str]:
    test, contact = row.ContactTest, row.Contact
    took = (
        int((test.answered_at - test.asked_at).total_seconds())
        if test.answered_at and test.asked_at
        else ""
    )
    return [
        row.agency,
        contact.name,
        phones.mask(contact.number),
        str(RESULTS[test.status]),
        str(test.attempts),
        str(took),
        full_time(test.answered_at),
    ]
