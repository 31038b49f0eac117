"""The search page: one box, answered as one types."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user
from sqlalchemy import orm

from hotline import audit, clock, db
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.search import queries
from triage.search.models import Question
from triage.search.queries import Asker, Results

blueprint = Blueprint("search", __name__, template_folder="templates")
LONGEST_QUESTION = 60


@blueprint.get("/search")
@requires(Permission.search)
def search() -> ResponseReturnValue:
    """The box, and what can be looked for."""
    return render_template("search/search.html", asked="", results=None)


@blueprint.post("/search")
@requires(Permission.search)
def ask() -> ResponseReturnValue:
    """What is found. Posted, so that what is asked, perhaps a child's name, stands in no address; and asked
    again for who comes back from a result: the browser has not kept it."""
    asked = request.form.get("asked", "").strip()[:LONGEST_QUESTION]
    with db.transaction() as session:
        if request.form.get("again"):
            asked = asked or queries.last_asked(session, current_user.account_id)
        results = queries.search(session, Asker(current_user.account_id, current_user.can), asked)
        if results is not None:
            _write_down(session, asked, results)
        template = "results.html" if "HX-Request" in request.headers else "search.html"
        return render_template(
            f"search/{template}", asked=asked, results=results, shown=queries.SHOWN
        )


def _write_down(session: orm.Session, asked: str, results: Results) -> None:
    """The words stay sealed; the log says which question, and whom the answer told of."""
    actor = current_actor()
    question = Question(account_id=actor.account_id, at=clock.now(), asked=asked)
    session.add(question)
    session.flush()
    audit.record(
        session,
        actor,
        "search",
        "search",
        question.id,
        reports=[hit.row.id for hit in results.reports[: queries.SHOWN]],
        cases=[hit.row.id for hit in results.cases[: queries.SHOWN]],
        people=[hit.row[0].id for hit in results.people[: queries.SHOWN]],
        alerts=[alert.id for alert in results.alerts[: queries.SHOWN]],
    )
