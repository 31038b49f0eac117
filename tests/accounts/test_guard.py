import pytest
from flask import Flask
from flask.testing import FlaskClient

from hotline.accounts.guard import Public, current_actor, entry_of, public, requires, signed_in
from hotline.accounts.permissions import HOME, PERMISSIONS, Permission, Role
from tests.accounts import console


def test_a_route_that_declares_nothing_is_closed(app: Flask) -> None:
    app.add_url_rule("/forgotten", view_func=lambda: "open", endpoint="forgotten")
    console.person(role=Role.supervisor)
    client = app.test_client()
    console.sign_in(client)
    assert client.get("/forgotten").status_code == 403


def test_a_public_route_is_open_and_asks_nobody_for_anything(app: Flask) -> None:
    app.add_url_rule("/hook", view_func=public("signed by the network")(lambda: "heard"))
    assert app.test_client().get("/hook").get_data(as_text=True) == "heard"


def test_a_page_sends_who_is_not_signed_in_to_the_door_and_back(client: FlaskClient) -> None:
    answer = client.get("/?page=2")
    assert (answer.status_code, answer.location) == (303, "/sign-in?next=%2F%3Fpage%3D2")


def test_a_form_sent_too_late_leads_back_to_its_page(client: FlaskClient) -> None:
    page = client.get("/sign-in").get_data(as_text=True)
    answer = client.post(
        "/claim",
        data={"csrf_token": console.token(page)},
        headers={"Referer": "http://localhost/reports/7"},
    )
    assert answer.location == "/sign-in?next=%2Freports%2F7"


@pytest.mark.parametrize(
    ("stood", "way_on"),
    [
        ("http://localhost/reports/7?tab=calls", "/reports/7?tab=calls"),
        ("https://evil.example//evil.example", "/"),
        ("", "/"),
    ],
)
def test_a_form_that_is_too_old_leads_back_to_where_it_stands(
    client: FlaskClient, stood: str, way_on: str
) -> None:
    answer = client.post("/claim", headers={**console.BROWSER, "Referer": stood})
    assert answer.status_code == 400
    assert f'<a class="btn btn-primary" href="{way_on}">' in answer.get_data(as_text=True)


def test_htmx_is_told_where_the_door_is(client: FlaskClient) -> None:
    answer = client.get(
        "/", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/reports/7"}
    )
    assert (answer.status_code, answer.headers["HX-Redirect"]) == (
        401,
        "/sign-in?next=%2Freports%2F7",
    )


def test_a_stream_is_refused_plainly(client: FlaskClient) -> None:
    assert client.get("/", headers={"Accept": "text/event-stream"}).status_code == 401


def test_the_wrong_role_is_told_so_kindly(client: FlaskClient) -> None:
    console.person(role=Role.auditor)
    console.sign_in(client)
    answer = console.post(client, "/claim", "/")
    assert answer.status_code == 403
    assert "您的角色不能做这件事" in answer.get_data(as_text=True)


@pytest.mark.parametrize("role", Role)
def test_every_role_starts_on_a_page_it_may_see(app: Flask, role: Role) -> None:
    console.person(role=role)
    client = app.test_client()
    first = console.sign_in(client).location
    assert first == HOME[role]
    assert client.get(first).status_code == 200
    if first != "/":
        assert client.get("/").location == first


def test_the_actor_is_who_is_signed_in_and_from_where(app: Flask, client: FlaskClient) -> None:
    seen = []

    def look() -> str:
        seen.append(current_actor())
        return ""

    app.add_url_rule("/look", view_func=signed_in(look))
    person = console.person()
    console.sign_in(client)
    client.get("/look", environ_base={"REMOTE_ADDR": "10.0.0.7"})
    assert (seen[0].name, seen[0].account_id, seen[0].address) == ("wang", person.id, "10.0.0.7")


def test_nobody_is_no_actor(app: Flask) -> None:
    with app.test_request_context("/"), pytest.raises(RuntimeError):
        current_actor()


def test_marks_survive_the_decorators_around_them() -> None:
    view = public("because")(lambda: "")
    assert entry_of(view) == Public("because")
    assert entry_of(requires(Permission.claim)(lambda: "")) is Permission.claim
    assert entry_of(lambda: "") is None


def test_every_route_of_accounts_and_web_declares_its_entry(app: Flask) -> None:
    undeclared = [name for name, view in app.view_functions.items() if entry_of(view) is None]
    assert undeclared == []
    assert len(app.view_functions) > 8


def test_who_may_do_what() -> None:
    """The lines that must never move by accident."""
    auditor = PERMISSIONS[Role.auditor]
    assert auditor == {
        Permission.see_queue,
        Permission.search,
        Permission.see_alerts,
        Permission.see_contacts,
        Permission.see_audit,
        Permission.see_figures,
        Permission.see_health,
    }
    of_children = {
        Permission.see_report,
        Permission.hear_recording,
        Permission.unmask_number,
        Permission.see_case,
    }
    assert not of_children & PERMISSIONS[Role.admin]
    assert Permission.manage_officers not in PERMISSIONS[Role.supervisor]
    assert PERMISSIONS[Role.officer] < PERMISSIONS[Role.supervisor]
    assert set().union(*PERMISSIONS.values()) == set(Permission)
