"""The audit log, to be read: newest first, by who, by deed or by what it was done to."""

import sqlalchemy as sa
from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import orm

from hotline import db
from hotline.accounts.guard import requires
from hotline.accounts.permissions import Permission
from hotline.audit import AuditEntry
from hotline.web.audit_words import ACTIONS, SUBJECTS

blueprint = Blueprint("audit_log", __name__)
A_PAGE = 50
FILTERS = ("actor", "action", "subject", "subject_id")


@blueprint.get("/audit")
@requires(Permission.see_audit)
def audit() -> ResponseReturnValue:
    """One page of the log. `before` is the number of the entry that the page before ended with."""
    wanted = {name: request.args.get(name, "").strip()[:64] for name in FILTERS}
    before = request.args.get("before", type=int)
    with db.transaction() as session:
        entries = _page(session, wanted, before)
    older = entries[A_PAGE - 1].id if len(entries) > A_PAGE else None
    return render_template(
        "audit.html",
        entries=entries[:A_PAGE],
        wanted=wanted,
        older=older,
        actions=ACTIONS,
        subjects=SUBJECTS,
    )


def _page(session: orm.Session, wanted: dict[str, str], before: int | None) -> list[AuditEntry]:
    query = sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(A_PAGE + 1)
    if before is not None:
        query = query.where(AuditEntry.id < before)
    for name, value in wanted.items():
        if value:
            query = query.where(sa.cast(getattr(AuditEntry, name), sa.Text) == value)
    return list(session.scalars(query))
