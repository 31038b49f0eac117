"""The board on an officer's desk, and the one for a screen on the wall."""

from flask import Blueprint, abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from hotline import db
from hotline.accounts.guard import current_actor, even_locked, requires
from hotline.accounts.permissions import Permission
from triage.alerts.board import Board, board
from triage.alerts.forms import SeenForm
from triage.alerts.seen import Kind, see

blueprint = Blueprint("board", __name__, template_folder="templates")


@blueprint.get("/board")
@requires(Permission.see_alerts)
def desk() -> ResponseReturnValue:
    """Everything about which somebody is still waited for."""
    with db.transaction() as session:
        return render_template("alerts/board.html", board=board(session))


@blueprint.get("/board/rows")
@requires(Permission.see_alerts)
def rows() -> ResponseReturnValue:
    """The rows alone, for a page that is open."""
    with db.transaction() as session:
        return render_template("alerts/board_rows.html", board=board(session))


@blueprint.get("/board/loud")
@requires(Permission.see_alerts)
@even_locked
def loud() -> ResponseReturnValue:
    """Whether the board sounds: 200 if it does, 204 if not, and no content, for a console that is locked."""
    with db.transaction() as session:
        return "", 200 if board(session).is_loud else 204


@blueprint.post("/board/seen")
@requires(Permission.acknowledge_alert)
def seen() -> ResponseReturnValue:
    """Somebody has seen a row: it is quiet on every console."""
    form = SeenForm()
    if not form.validate() or not form.ref.data.isdecimal():
        abort(400)
    with db.transaction() as session:
        kind, ref = Kind(form.kind.data), int(form.ref.data)
        if _bears(board(session), kind, ref, form.mark.data):
            see(session, kind, ref, form.mark.data, current_actor())
        if "HX-Request" in request.headers:
            return render_template("alerts/board_rows.html", board=board(session))
    return redirect("/board", 303)


def _bears(shown: Board, kind: Kind, ref: int, mark: str) -> bool:
    """Whether that row bears the mark now: nobody silences what has not been there to see, nor takes back a
    colleague's click on something newer."""
    wanted = (kind, ref, mark)
    return any((row.kind, row.ref, row.mark) == wanted for row in shown.rows)


@blueprint.get("/wallboard")
@requires(Permission.see_wallboard)
@even_locked
def wall() -> ResponseReturnValue:
    """The same in huge type for a screen on the wall: no address, no name, no number of a telephone."""
    with db.transaction() as session:
        return render_template("alerts/wallboard.html", board=board(session))


@blueprint.get("/wallboard/rows")
@requires(Permission.see_wallboard)
@even_locked
def wall_rows() -> ResponseReturnValue:
    """What changes on it."""
    with db.transaction() as session:
        return render_template("alerts/wallboard_rows.html", board=board(session))
