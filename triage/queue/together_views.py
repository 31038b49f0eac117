"""Several officers at one queue: who is where, and reports that go from one to another."""

from flask import Blueprint, abort, flash, jsonify, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from hotline import db
from hotline.accounts.guard import current_actor, current_person, requires
from hotline.accounts.permissions import Permission
from triage.intake import keeping
from triage.intake import queries as intake
from triage.intake.models import Report
from triage.queue import handovers, presence, queries, skills
from triage.queue.handovers import NobodyToTakeIt, OfferOver
from triage.queue.list_forms import HandoverForm
from triage.queue.presence import Doing, Here
from triage.queue.views import back, looked_at, report_id, to_report

blueprint = Blueprint("together", __name__, template_folder="templates")


@blueprint.get("/queue/presence")
@requires(Permission.see_queue)
def who_is_where() -> ResponseReturnValue:
    """Everybody who is now at a report that is open to whoever asks. The page leaves out whom it is
    shown to."""
    present, me = presence.everybody(), current_user.account_id
    with db.transaction() as session:
        theirs = queries.at_hand(session, {one.number for one in present}, me)
    return jsonify(
        seconds=presence.TTL_SECONDS,
        here=[
            {"number": one.number, "account": one.account, "name": one.name, "doing": one.doing}
            for one in present
            if one.number in theirs
        ],
    )


@blueprint.post("/reports/<number>/presence")
@requires(Permission.see_report)
def here(number: str) -> ResponseReturnValue:
    """The report's page is open, and says so every few seconds; at its end it says that, too."""
    doing = request.form.get("doing", "")
    if not number.isdecimal() or len(number) > 18 or doing not in set(Doing):
        abort(400)
    person = current_person()
    one = Here(number, person.account_id, person.name, Doing(doing))
    if presence.leave(one) if request.form.get("gone") else presence.stay(one):
        with db.transaction() as session:
            everybodys = queries.at_hand(session, [number], keeping.NOBODY)
        presence.tell(number if everybodys else None)
    return "", 204


@blueprint.get("/reports/<number>/beside")
@requires(Permission.see_report)
def beside(number: str) -> ResponseReturnValue:
    """The piece of the report's page that tells who else is at it, and of hand-overs."""
    with db.transaction() as session:
        found = looked_at(session, number)
        sheet = intake.sheet(session, number) or abort(404)
        return render_template(
            "queue/beside.html",
            report=sheet.report,
            mine=sheet.is_held_by(current_user.account_id),
            handovers=handovers.of_report(session, found),
        )


@blueprint.get("/reports/<number>/handover")
@requires(Permission.claim)
def to_whom(number: str) -> ResponseReturnValue:
    """The window in which a colleague is chosen."""
    return _window(number, HandoverForm(formdata=None))


@blueprint.post("/reports/<number>/handover")
@requires(Permission.claim)
def offer(number: str) -> ResponseReturnValue:
    """Offer the report to a colleague."""
    form = HandoverForm()
    if not form.validate():
        return _window(number, form), 422
    with db.transaction() as session:
        found = report_id(session, number)
        to = int(form.to.data)
        handovers.offer(session, found, current_actor(), to, form.note.data.strip())
    flash(_("已请同事接手诉求 %(number)s，对方答复前仍在您名下。", number=number), "success")
    return back(f"/reports/{number}")


def _window(number: str, form: HandoverForm) -> str:
    with db.transaction() as session:
        report = session.get_one(Report, report_id(session, number))
        others = handovers.colleagues(session, current_user.account_id)
        needed = skills.needed(session, report.id)
        known = {one.id: found for one, found in skills.of_everyone(session)}
    busy = {one.account for one in presence.everybody()}
    return render_template(
        "queue/handover.html",
        report=report,
        form=form,
        colleagues=[(one, sorted(needed & known.get(one.id, set()))) for one in others],
        present=busy,
        minutes=max(1, round(handovers.patience(report).total_seconds() / 60)),
    )


@blueprint.get("/handovers/mine")
@requires(Permission.claim)
def mine() -> ResponseReturnValue:
    """What colleagues offer to this officer: stands on every page until it is answered."""
    with db.transaction() as session:
        offers = handovers.concerning(session, current_user.account_id)
        answers = handovers.answers(session, current_user.account_id)
    return render_template("queue/offers.html", offers=offers, answers=answers)


@blueprint.post("/handovers/<int:handover>/accept")
@requires(Permission.claim)
def accept(handover: int) -> ResponseReturnValue:
    """Take over what a colleague offers."""
    with db.transaction() as session:
        number = handovers.accept(session, handover, current_actor()).number
    flash(_("您已接手诉求 %(number)s。", number=number), "success")
    return to_report(number)


@blueprint.post("/handovers/<int:handover>/decline")
@requires(Permission.claim)
def decline(handover: int) -> ResponseReturnValue:
    """Leave it with the colleague."""
    with db.transaction() as session:
        handovers.decline(session, handover, current_actor())
    return back()


@blueprint.post("/handovers/<int:handover>/withdraw")
@requires(Permission.claim)
def withdraw(handover: int) -> ResponseReturnValue:
    """Keep the report after all."""
    with db.transaction() as session:
        handovers.withdraw(session, handover, current_actor())
    return back()


@blueprint.errorhandler(OfferOver)
def _offer_over(fault: OfferOver) -> ResponseReturnValue:
    flash(_("这次移交已经有了结果，或者已过时限，请看最新情况。"), "danger")
    return back()


@blueprint.errorhandler(NobodyToTakeIt)
def _nobody(fault: NobodyToTakeIt) -> ResponseReturnValue:
    flash(_("这位同事现在不能接手，请另选一位。"), "danger")
    return back()
