"""Contacts of stations and offices: whom to reach, in which order, when; and the station's PIN."""

import datetime as dt
from typing import Any

from flask import Blueprint, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy import orm

from hotline import audit, db
from hotline.accounts.guard import current_actor, requires
from hotline.accounts.permissions import Permission
from triage.places import contacts, queries, service
from triage.places.contacts import ChangedMeanwhile
from triage.places.forms import AbsenceForm, ContactForm
from triage.places.models import Absence, Agency, Contact

blueprint = Blueprint("places", __name__, template_folder="templates")

UP, DOWN = -1, 1
ONE_MINUTE = dt.timedelta(minutes=1)
"""An absence ends at midnight: that long before, it is still its last day."""


@blueprint.get("/agencies")
@requires(Permission.see_contacts)
def agencies() -> ResponseReturnValue:
    """Every station and office with its contacts, numbers masked."""
    with db.transaction() as session:
        return render_template(
            "places/agencies.html", agencies=queries.agencies(session), **_known_to_pages(session)
        )


@blueprint.get("/agencies/<int:agency_id>")
@requires(Permission.manage_contacts)
def agency(agency_id: int) -> ResponseReturnValue:
    """One of them, to be changed."""
    with db.transaction() as session:
        return _agency_page(session, agency_id)


@blueprint.post("/agencies/<int:agency_id>/pin")
@requires(Permission.manage_contacts)
def set_pin(agency_id: int) -> ResponseReturnValue:
    """A new PIN for the police line, shown this once."""
    with db.transaction() as session:
        pin = service.set_pin(session, _agency(session, agency_id), current_actor())
        # Answered at once and never stored: neither a cookie nor a link may carry it.
        return _agency_page(session, agency_id, pin=pin)


@blueprint.post("/agencies/<int:agency_id>/badge")
@requires(Permission.manage_contacts)
def ask_badge(agency_id: int) -> ResponseReturnValue:
    """Whether whoever acknowledges is asked for the number of their badge."""
    asks = request.form.get("asks") == "yes"
    with db.transaction() as session:
        contacts.ask_badge(session, current_actor(), _agency(session, agency_id), asks=asks)
    return redirect(f"/agencies/{agency_id}", 303)


@blueprint.route("/agencies/<int:agency_id>/add", methods=["GET", "POST"])
@requires(Permission.manage_contacts)
def add(agency_id: int) -> ResponseReturnValue:
    """A further contact."""
    with db.transaction() as session:
        agency = _agency(session, agency_id)
        form = ContactForm(queries.substitutes(session, None))
        if not form.validate_on_submit():
            page = render_template("places/contact.html", form=form, agency=agency)
            return page, 422 if form.errors else 200
        contacts.add(session, current_actor(), agency, form.entry)
    _tell(form)
    return redirect(f"/agencies/{agency_id}", 303)


@blueprint.route("/agencies/contacts/<int:contact_id>", methods=["GET", "POST"])
@requires(Permission.manage_contacts)
def change(contact_id: int) -> ResponseReturnValue:
    """One contact with the number in full, which is written down."""
    with db.transaction() as session:
        contact = _contact(session, contact_id)
        form = _form(session, contact)
        if not form.validate_on_submit():
            audit.record(session, current_actor(), "unmask", "contact", contact_id)
            return _contact_page(session, contact, form), 422 if form.errors else 200
        try:
            contacts.change(session, current_actor(), contact, form.entry, form.seen.data)
        except ChangedMeanwhile:
            flash(_("这个联系人刚被别人改过，您的修改没有保存。下面是现在的内容。"), "danger")
            audit.record(session, current_actor(), "unmask", "contact", contact_id)
            now = _form(session, contact, fresh=True)
            return _contact_page(session, contact, now, unsaved=form), 409
        agency_id = contact.agency_id
    _tell(form)
    return redirect(f"/agencies/{agency_id}", 303)


@blueprint.post("/agencies/contacts/<int:contact_id>/move")
@requires(Permission.manage_contacts)
def move(contact_id: int) -> ResponseReturnValue:
    """One place up or down in the order."""
    seen = request.form.get("seen", type=int) or 0
    with db.transaction() as session:
        contact = _contact(session, contact_id)
        steps = UP if request.form.get("to") == "up" else DOWN
        try:
            contacts.move(session, current_actor(), contact, seen, steps)
        except ChangedMeanwhile:
            flash(_("顺序刚被别人改过，没有移动。请核对后再试。"), "danger")
        return redirect(f"/agencies/{contact.agency_id}", 303)


@blueprint.post("/agencies/contacts/<int:contact_id>/remove")
@requires(Permission.manage_contacts)
def remove(contact_id: int) -> ResponseReturnValue:
    """Reach this contact no more."""
    with db.transaction() as session:
        contact = _contact(session, contact_id)
        name, agency_id = contact.name, contact.agency_id
        contacts.remove(session, current_actor(), contact)
    flash(_("%(name)s已移除，不再联系。", name=name), "success")
    return redirect(f"/agencies/{agency_id}", 303)


@blueprint.post("/agencies/contacts/<int:contact_id>/put-back")
@requires(Permission.manage_contacts)
def put_back(contact_id: int) -> ResponseReturnValue:
    """Use one again who was removed."""
    with db.transaction() as session:
        contact = _contact(session, contact_id)
        contacts.put_back(session, current_actor(), contact)
        return redirect(f"/agencies/{contact.agency_id}", 303)


@blueprint.post("/agencies/contacts/<int:contact_id>/absences")
@requires(Permission.manage_contacts)
def add_absence(contact_id: int) -> ResponseReturnValue:
    """Days on which they are away."""
    form = AbsenceForm()
    with db.transaction() as session:
        contact = _contact(session, contact_id)
        if not form.validate():
            audit.record(session, current_actor(), "unmask", "contact", contact_id)
            shown = _form(session, contact, fresh=True)
            return _contact_page(session, contact, shown, absence=form), 422
        contacts.add_absence(session, current_actor(), contact, form.first.data, form.last.data)
    return redirect(f"/agencies/contacts/{contact_id}", 303)


@blueprint.post("/agencies/contacts/<int:contact_id>/absences/<int:absence_id>/remove")
@requires(Permission.manage_contacts)
def remove_absence(contact_id: int, absence_id: int) -> ResponseReturnValue:
    """They are there after all."""
    with db.transaction() as session:
        absence = session.get(Absence, absence_id)
        if absence and absence.contact_id == contact_id:
            contacts.remove_absence(session, current_actor(), absence)
    return redirect(f"/agencies/contacts/{contact_id}", 303)


def _agency(session: orm.Session, agency_id: int) -> Agency:
    return session.get(Agency, agency_id) or abort(404)


def _contact(session: orm.Session, contact_id: int) -> Contact:
    return session.get(Contact, contact_id) or abort(404)


def _agency_page(session: orm.Session, agency_id: int, pin: str = "") -> str:
    _agency(session, agency_id)
    [shown] = queries.agencies(session, agency_id)
    return render_template("places/agency.html", shown=shown, pin=pin, **_known_to_pages(session))


def _form(session: orm.Session, contact: Contact, *, fresh: bool = False) -> ContactForm:
    """The form as it was sent, or (`fresh`) as the contact stands."""
    filled_in = _known(contact)
    others = queries.substitutes(session, contact.id)
    return (
        ContactForm(others, formdata=None, **filled_in)
        if fresh
        else ContactForm(others, **filled_in)
    )


def _known(contact: Contact) -> dict[str, Any]:
    """A contact as the form's data."""
    entry = contacts.entry_of(contact)
    known = {name: getattr(entry, name) for name in entry.__dataclass_fields__}
    return known | {"substitute": entry.substitute_id or 0, "seen": contacts.version(contact)}


def _contact_page(
    session: orm.Session,
    contact: Contact,
    form: ContactForm,
    absence: AbsenceForm | None = None,
    unsaved: ContactForm | None = None,
) -> str:
    """`unsaved` is what was filled in when a colleague had been faster."""
    return render_template(
        "places/contact.html",
        form=form,
        unsaved=unsaved,
        agency=session.get_one(Agency, contact.agency_id),
        contact=contact,
        absences=contacts.absences(session, [contact.id])[contact.id],
        absence=absence or AbsenceForm(formdata=None),
        one_minute=ONE_MINUTE,
    )


def _known_to_pages(session: orm.Session) -> dict[str, Any]:
    names = {
        contact.id: f"{agency} {contact.name}"
        for contact, agency in queries.substitutes(session, None)
    }
    return {"names": names, "one_minute": ONE_MINUTE}


def _tell(form: ContactForm) -> None:
    flash(_("联系人已保存。"), "success")
    if form.takes_sms.data and not form.can_take_sms:
        flash(_("这个号码收不到短信，只会打电话。"), "info")
