"""Every page of the console, with something on each: what walks them all begins from here."""

import io
from typing import Any, NamedTuple

import sqlalchemy as sa
from flask import Flask
from werkzeug.routing import Rule

from hotline import db
from hotline.accounts.guard import Public, entry_of
from hotline.accounts.permissions import PERMISSIONS, Permission
from hotline.embedded import demo
from tests.triage import conversing, desk, exercising
from tests.web.conftest import speech
from triage.alerts.models import Alert
from triage.cases.models import Attachment, Case, Person
from triage.exercises.models import ContactTestRun
from triage.intake.models import Report
from triage.mandated.models import Institution
from triage.places.models import Agency, Contact

WHO = ("daiban", "guanli", "shenji")
"""Between them they may open everything."""
NO_PAGES = ("/static/", "/ivr/", "/metrics", "/healthz", "/readyz", "/live")
FURTHER = ("/?tab=mine", "/?tab=done", "/cases?tab=closed", "/callbacks?tab=done", "/nowhere")
"""Other faces of pages, by address; the last is the page for what is not there."""
DUTY = {
    "institution": "云溪区向阳幼儿园",
    "kind": "school",
    "ground": "injured",
    "known_on": "2026-03-01",
    "known_time": "08:05",
    "reporter": "高老师",
    "post": "园长",
    "told_back": "已通知派出所，请保护好现场。",
}
SUSPECT = {"role": "relative", "name": "李强", "relation": "父亲", "safety": "unsafe"}
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + b"\0" * 40
FLAG = {"flag_reason": "一天来电三十次，只骂人", "days": "7"}


class Address(NamedTuple):
    """A page, and who opens it."""

    path: str
    who: str


def lived_in(app: Flask) -> dict[str, object]:
    """A shift's worth of everything; what stands for each argument of a page's address."""
    supervisor = desk.Desk(app, "daiban")
    number = _case_with_alert(supervisor)
    _casework(supervisor)
    _queue(supervisor)
    _callers(supervisor)
    exercising.drilled()
    supervisor.does("/exercises/contact-tests")
    return {"number": number, "recording_id": desk.recording_of(number)} | _rows()


def _case_with_alert(supervisor: desk.Desk) -> str:
    """An emergency that has become a case; the child's second report, open at the supervisor's desk."""
    first = desk.call(emergency=True)
    supervisor.does(f"/reports/{first}/claim")
    supervisor.does(f"/reports/{first}/classify", **desk.JUDGED)
    supervisor.does(f"/reports/{first}/case", **desk.JUDGED)
    second = desk.call(emergency=True, sound=speech(1))
    supervisor.does(f"/reports/{second}/claim")
    supervisor.does(f"/reports/{second}/classify", **desk.JUDGED)
    supervisor.does(f"/reports/{second}/duty", **DUTY)
    supervisor.does(f"/reports/{second}/alerts", agency="", also="")
    return second


def _casework(supervisor: desk.Desk) -> None:
    case = f"/cases/{_rows()['case_id']}"
    me = str(desk.actor("daiban").account_id)
    supervisor.does(f"{case}/notes", body="已联系社区。@周牧 请跟进。")
    supervisor.does(f"{case}/people", **SUSPECT)
    supervisor.does(f"{case}/tasks", title="上门家访", account=me, due_on="2030-01-02")
    file = (io.BytesIO(PNG), "伤情照片.png")
    sent = {"file": file, "csrf_token": supervisor._token()}
    supervisor.client.post(f"{case}/attachments", data=sent, content_type="multipart/form-data")


def _queue(supervisor: desk.Desk) -> None:
    desk.call("+8610000000002")
    desk.text_message("邻居家孩子一直在哭")
    closed = desk.call("+8610000000003")
    supervisor.does(f"/reports/{closed}/claim")
    supervisor.does(f"/reports/{closed}/dispose", disposition="no_content", reason="无声")


def _callers(supervisor: desk.Desk) -> None:
    conversing.waits("CAwaits")
    conversing.rings("CAwaits")
    conversing.waits("CAmissed", caller="+8610000000004")
    conversing.hangs_up("CAmissed")
    supervisor.does(f"/reports/{desk.call('+8610000000005')}/flag", **FLAG)


def _rows() -> dict[str, object]:
    with db.transaction() as session:

        def first(table: type) -> object:
            return session.scalar(sa.select(sa.func.min(sa.inspect(table).columns.id)))

        return {
            "agency_id": first(Agency),
            "alert_id": first(Alert),
            "attachment_id": first(Attachment),
            "case_id": first(Case),
            "contact_id": first(Contact),
            "institution_id": first(Institution),
            "person_id": first(Person),
            "row": first(Report),
            "run_id": first(ContactTestRun),
        }


def addresses(app: Flask, values: dict[str, object]) -> list[Address]:
    """Every address of the console that may be asked for.

    Raises:
        werkzeug.routing.BuildError: an address has an argument that `values` says nothing of: see `lived_in`.
    """
    rules = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or set())]
    with app.test_request_context("/"):
        found = [
            Address(_built(app, rule, values), _reader(app, rule))
            for rule in rules
            if not rule.rule.startswith(NO_PAGES)
        ]
    return found + [Address(path, WHO[0]) for path in FURTHER]


def _built(app: Flask, rule: Rule, values: dict[str, object]) -> str:
    wanted: dict[str, Any] = {name: values[name] for name in rule.arguments if name in values}
    return app.url_for(rule.endpoint, **wanted)


def _reader(app: Flask, rule: Rule) -> str:
    entry = entry_of(app.view_functions[rule.endpoint])
    roles = {person.username: person.role for person in demo.SIGN_INS}
    if isinstance(entry, Public):
        return ""
    if not isinstance(entry, Permission):
        return WHO[0]
    return next(who for who in WHO if entry in PERMISSIONS[roles[who]])
