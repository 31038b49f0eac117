"""How the line answers 接听统计: for those who answer for it. Counts and times only, no personal data."""

import datetime as dt

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import lazy_gettext as _

from hotline import db
from hotline.accounts.guard import requires
from hotline.accounts.permissions import Permission
from hotline.web.i18n import local_time
from triage.figures import kept, queries
from triage.figures.queries import ANSWER_WITHIN, CONNECTED
from triage.suggestion import queries as suggestion

blueprint = Blueprint("figures", __name__, template_folder="templates")

SPANS = {1: _("24 小时"), 7: _("7 天"), 30: _("30 天")}
"""Days that can be looked at."""


@blueprint.get("/figures")
@requires(Permission.see_figures)
def figures() -> ResponseReturnValue:
    """The figures of the last day, week or month."""
    asked = request.args.get("days", type=int)
    days = asked if asked in SPANS else 1
    with db.transaction() as session:
        overview, counted_at = kept.overview(session, dt.timedelta(days=days))
        now = queries.now(session)
        agreements = suggestion.agreements(session, dt.timedelta(days=days))
    return render_template(
        "figures/figures.html",
        spans=SPANS,
        days=days,
        overview=overview,
        counted_at=counted_at,
        by_time=[(_when(begins, days), one) for begins, one in overview.by_time],
        now_=now,
        agreements=agreements,
        within=int(ANSWER_WITHIN.total_seconds()),
        target=CONNECTED,
    )


def _when(begins: dt.datetime, days: int) -> str:
    return local_time(begins) if days == 1 else format_date(begins.date(), "medium")
