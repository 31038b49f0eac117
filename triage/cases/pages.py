"""What the pages of cases have in common: which case is meant, and how one comes back to it."""

import sqlalchemy as sa
from flask import abort, flash, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import orm

from hotline import db
from hotline.accounts.guard import wanted_page
from hotline.accounts.permissions import Permission
from triage.cases import access, queries
from triage.cases.models import Case
from triage.intake.models import Call, Recording, Report


def existing(session: orm.Session, case_id: int) -> Case:
    """The case of this address; one that this officer may not see is not found, like one that is not."""
    return queries.case(session, case_id, current_user.account_id) or abort(404)


def to_case(case_id: int, anchor: str = "") -> ResponseReturnValue:
    """Back to the case's page."""
    return redirect(f"/cases/{case_id}" + (f"#{anchor}" if anchor else ""), 303)


def told(words: str) -> ResponseReturnValue:
    """Back to where the form stood, with what is wrong."""
    flash(words, "danger")
    return redirect(wanted_page(), 303)


def may_keep_confidential(case: Case) -> bool:
    """Whether this officer may make this case confidential, open it up, and say who is named: a
    supervisor, or whoever opened it or has it assigned."""
    own = current_user.account_id in (case.opened_by, case.assigned_to)
    is_theirs = own and current_user.can(Permission.write_case)
    return bool(is_theirs or current_user.can(Permission.keep_confidential))


def keep_reports() -> None:
    """Before every request: the reports of a confidential case, and their recordings, are hidden with it."""
    named = request.view_args or {}
    if not current_user.is_authenticated:
        return
    if "number" in named:
        meant = Report.number == named["number"]
    elif "recording_id" in named:
        meant = Report.call_id.in_(
            sa.select(Call.id)
            .join(Recording, Recording.call_sid == Call.call_sid)
            .where(Recording.id == named["recording_id"])
        )
    else:
        return
    with db.transaction() as session:
        if access.hides(session, current_user.account_id, meant):
            abort(404)
