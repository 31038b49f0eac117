"""The pages of contacts: who may do what, what is refused, and two who edit at once."""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import clock, config, db
from tests.triage import desk
from tests.triage.people import at_once, do, place, report
from triage.alerts import service as alerts
from triage.alerts.states import AcknowledgedHow
from triage.places import contacts, queries, roster, service
from triage.places.forms import tidy_hours
from triage.places.models import Absence, Agency, AgencyKind, Contact

STATION = "长桥派出所"
FILLED_IN = {
    "name": "教导员 高远",
    "number": "100 0000 0399",
    "takes_sms": "y",
    "takes_calls": "y",
    "workdays": "00:00-24:00",
    "weekends": "00:00-24:00",
    "substitute": "0",
}
EVERYBODY = ("zhiban", "daiban", "guanli", "shenji")


@pytest.fixture
def supervisor(app: Flask) -> desk.Desk:
    return desk.Desk(app, "daiban")


def station(name: str = STATION) -> Agency:
    with db.transaction() as session:
        return session.scalars(sa.select(Agency).where(Agency.name == name)).one()


def contact(name: str) -> Contact:
    with db.transaction() as session:
        return session.scalars(sa.select(Contact).where(Contact.name.contains(name))).one()


def in_order(name: str = STATION) -> list[str]:
    """The names at a station, without their posts."""
    with db.transaction() as session:
        found = service.contacts(session, station(name).id)
        return [one.name.split()[-1] for one in found]


def form_of(who: desk.Desk, address: str) -> dict[str, str]:
    """What the form on that page would send if nothing in it were changed."""
    page = who.sees(address)
    inputs = re.findall(r"<input\b[^>]*>", page[: page.index('id="absences"')])
    fields = {}
    for one in inputs:
        name, value = re.search(r'name="(\w+)"', one), re.search(r'value="([^"]*)"', one)
        if name and value and ("checkbox" not in one or " checked" in one):
            fields[name[1]] = value[1]
    chosen = re.search(r'<option selected value="(\d+)"', page)
    fields.pop("csrf_token")
    return fields | {"substitute": chosen[1] if chosen else "0"}


def statements(act: Callable[[], Any]) -> int:
    """How many the database is asked for."""
    asked: list[str] = []

    def count(conn: object, cursor: object, statement: str, *rest: object) -> None:
        asked.append(statement)

    sa.event.listen(db.engine(), "before_cursor_execute", count)
    act()
    sa.event.remove(db.engine(), "before_cursor_execute", count)
    return len(asked)


def test_everybody_sees_whom_to_reach_and_nobody_a_number(app: Flask) -> None:
    for who in EVERYBODY:
        page = desk.Desk(app, who).sees("/agencies")
        assert "值班民警 王建国" in page
        assert contact("王建国").number not in page
        assert ("维护" in page) == (who in {"daiban", "guanli"})


@pytest.mark.parametrize("who", ["zhiban", "shenji"])
def test_who_may_not_change_them(app: Flask, who: str) -> None:
    person, one, agency = desk.Desk(app, who), contact("王建国").id, station().id
    for path in (f"/agencies/{agency}", f"/agencies/{agency}/add", f"/agencies/contacts/{one}"):
        person.sees(path, 403)
    for path in (
        f"/agencies/{agency}/pin",
        f"/agencies/{agency}/badge",
        f"/agencies/{agency}/add",
        f"/agencies/contacts/{one}",
        f"/agencies/contacts/{one}/move",
        f"/agencies/contacts/{one}/remove",
        f"/agencies/contacts/{one}/put-back",
        f"/agencies/contacts/{one}/absences",
        f"/agencies/contacts/{one}/absences/1/remove",
        "/roster",
        "/roster/1/remove",
        "/roster/copy",
    ):
        assert person.does(path).status_code == 403, path
    assert in_order() == ["王建国", "李卫东"]


@pytest.mark.parametrize(
    "path", ["agencies/999", "agencies/999/add", "agencies/contacts/999", "agencies/contacts/0"]
)
def test_what_is_not_there(supervisor: desk.Desk, path: str) -> None:
    supervisor.sees(f"/{path}", 404)


def test_one_is_added_and_reached_last(supervisor: desk.Desk) -> None:
    substitute = str(contact("赵海").id)
    more = {"workdays": "8：30－12：00， 14:00-18:00", "weekends": "", "substitute": substitute}
    assert supervisor.does(f"/agencies/{station().id}/add", **FILLED_IN | more).status_code == 303
    added = contact("高远")
    assert in_order() == ["王建国", "李卫东", "高远"]
    assert (added.number, added.workdays) == ("+8610000000399", "08:30-12:00,14:00-18:00")
    assert added.weekends == ""
    assert added.substitute_id == contact("赵海").id
    assert added.takes_sms
    [entry] = desk.written("add", "contact")
    assert entry.subject_id == added.id
    assert "高远" not in str(entry.details)


@pytest.mark.parametrize("number", ["0990-1234567", "12345"])
def test_a_number_that_takes_no_sms_gets_none(supervisor: desk.Desk, number: str) -> None:
    path = f"/agencies/{station().id}/add"
    assert supervisor.does(path, **FILLED_IN | {"number": number}).status_code == 303
    assert not contact("高远").takes_sms
    assert supervisor.is_told("收不到短信")


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        ({"name": ""}, "请填写岗位和姓名"),
        ({"name": "长" * 41}, "最多 40 个字"),
        ({"number": ""}, "请填写电话号码"),
        ({"number": "无"}, "不是可以拨打的号码"),
        ({"number": "anonymous"}, "不是可以拨打的号码"),
        ({"takes_sms": "", "takes_calls": ""}, "至少要有一种"),
        ({"number": "0990-1234567", "takes_calls": ""}, "固定电话只能打电话"),
        ({"workdays": "8点到12点"}, "格式填写"),
        ({"workdays": "18:00-08:00"}, "格式填写"),
        ({"weekends": "08:00-12:00,11:00-14:00"}, "格式填写"),
        ({"weekends": "08:00-25:00"}, "格式填写"),
        ({"workdays": "", "weekends": " "}, "不能都留空"),
        ({"substitute": "999999"}, "invalid-feedback"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(
    supervisor: desk.Desk, bad: dict[str, str], told: str
) -> None:
    filled_in = {name: value for name, value in (FILLED_IN | bad).items() if value or name in bad}
    for unticked in ("takes_sms", "takes_calls"):
        if not filled_in.get(unticked):
            filled_in.pop(unticked, None)
    answer = supervisor.does(f"/agencies/{station().id}/add", **filled_in)
    assert answer.status_code == 422
    assert told in answer.get_data(as_text=True)
    assert in_order() == ["王建国", "李卫东"]


def test_the_whole_number_is_seen_where_it_is_changed_and_that_is_written_down(
    supervisor: desk.Desk,
) -> None:
    one = contact("王建国")
    assert one.number in supervisor.sees(f"/agencies/contacts/{one.id}")
    assert [entry.subject_id for entry in desk.written("unmask", "contact")] == [one.id]


def test_two_people_edit_one_contact(app: Flask, supervisor: desk.Desk) -> None:
    address = f"/agencies/contacts/{contact('王建国').id}"
    admin = desk.Desk(app, "guanli")
    first, second = form_of(supervisor, address), form_of(admin, address)
    assert supervisor.does(address, **first | {"name": "值班民警 王立国"}).status_code == 303
    answer = admin.does(address, **second | {"workdays": "08:00-20:00"})
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "刚被别人改过" in page
    assert "王立国" in page
    now = contact("王立国")
    assert now.workdays == "00:00-24:00"
    assert admin.does(address, **form_of(admin, address) | {"workdays": "08:00-20:00"}).status_code
    assert contact("王立国").workdays == "08:00-20:00"
    assert [entry.details["fields"] for entry in desk.written("change", "contact")] == [
        ["name"],
        ["workdays"],
    ]


def test_saving_what_has_not_changed_is_no_conflict(supervisor: desk.Desk) -> None:
    address = f"/agencies/contacts/{contact('许静').id}"
    before = contacts.entry_of(contact("许静"))
    assert supervisor.does(address, **form_of(supervisor, address)).status_code == 303
    assert contacts.entry_of(contact("许静")) == before


def test_up_and_down(supervisor: desk.Desk) -> None:
    second = contact("李卫东")
    path = f"/agencies/contacts/{second.id}/move"
    supervisor.does(path, to="up", seen="2")
    assert in_order() == ["李卫东", "王建国"]
    supervisor.does(path, to="up", seen="1")
    assert in_order() == ["李卫东", "王建国"]
    supervisor.does(path, to="down", seen="1")
    assert in_order() == ["王建国", "李卫东"]


def test_whoever_saw_another_order_moves_nothing(supervisor: desk.Desk) -> None:
    path = f"/agencies/contacts/{contact('李卫东').id}/move"
    supervisor.does(path, to="up", seen="2")
    supervisor.does(path, to="down", seen="2")
    assert supervisor.is_told("顺序刚被别人改过")
    assert in_order() == ["李卫东", "王建国"]


def test_two_move_at_the_same_moment_and_one_counts(district) -> None:
    actor, second = desk.actor("daiban"), contact("李卫东")

    def up() -> None:
        with db.transaction() as session:
            found = session.get_one(Contact, second.id)
            contacts.move(session, actor, found, 2, -1)

    outcomes = at_once(up, up)
    assert sorted(type(one).__name__ for one in outcomes) == ["ChangedMeanwhile", "NoneType"]
    assert in_order() == ["李卫东", "王建国"]


def test_who_is_in_no_history_goes_altogether(supervisor: desk.Desk) -> None:
    stands_in = contact("值班室")
    assert contact("许静").substitute_id == stands_in.id
    supervisor.does(f"/agencies/contacts/{stands_in.id}/remove")
    with db.transaction() as session:
        assert session.get(Contact, stands_in.id) is None
    assert contact("许静").substitute_id is None
    assert in_order("长桥街道办事处") == ["许静"]


def test_who_is_stays_as_one_no_longer_in_use(supervisor: desk.Desk) -> None:
    first = contact("王建国")
    alert = do(
        alerts.raise_alert, report(emergency=True), desk.actor("zhiban"), agency_id=station().id
    )
    how = AcknowledgedHow.keypress
    do(alerts.acknowledge, alert.id, "王建国", how, desk.actor("zhiban"), contact_id=first.id)
    supervisor.does(f"/agencies/contacts/{first.id}/remove")
    assert in_order() == ["李卫东"]
    with db.transaction() as session:
        assert [one.name for one in service.on_hand(session, station().id)] == ["值班所长 李卫东"]
    page = supervisor.sees(f"/agencies/{station().id}")
    assert "不再使用的联系人（1）" in page
    for _ in range(2):
        supervisor.does(f"/agencies/contacts/{first.id}/put-back")
    assert in_order() == ["李卫东", "王建国"]
    assert len(desk.written("put_back", "contact")) == 1


def test_leave_is_whole_days_of_the_line(supervisor: desk.Desk) -> None:
    one = contact("王建国")
    path = f"/agencies/contacts/{one.id}/absences"
    today = roster.today()
    days = {"first": str(today), "last": str(today)}
    assert supervisor.does(path, **days).status_code == 303
    with db.transaction() as session:
        [absence] = session.scalars(sa.select(Absence))
        assert absence.ends_at - absence.starts_at == dt.timedelta(days=1)
        assert absence.starts_at.astimezone(config.current().zone).hour == 0
        assert [one.name for one in service.on_hand(session, station().id)] == ["值班所长 李卫东"]
    assert f"休假 {today:%m-%d} – {today:%m-%d}" in " ".join(supervisor.sees("/agencies").split())
    supervisor.does(f"{path}/{absence.id}/remove")
    supervisor.does(f"{path}/{absence.id}/remove")
    with db.transaction() as session:
        assert len(service.on_hand(session, station().id)) == 2


def test_leave_that_ends_before_it_begins(supervisor: desk.Desk) -> None:
    path = f"/agencies/contacts/{contact('王建国').id}/absences"
    answer = supervisor.does(path, first="2027-02-02", last="2027-02-01")
    assert answer.status_code == 422
    assert "不能早于第一天" in answer.get_data(as_text=True)
    assert supervisor.does(path, first="soon", last="").status_code == 422


def test_a_new_pin_is_shown_once_and_voids_the_old_one(supervisor: desk.Desk) -> None:
    path = f"/agencies/{station().id}"
    pins = []
    for _ in range(2):
        page = supervisor.does(f"{path}/pin").get_data(as_text=True)
        [pin] = re.findall(r'first-password">(\d{6})<', page)
        pins.append(pin)
    assert [service.pin_matches(station(), pin) for pin in pins] == [False, True]
    assert not service.pin_matches(station("青禾派出所"), pins[1])
    assert pins[1] not in supervisor.sees(path)
    assert len(desk.written("set_pin", "agency")) == 2
    assert pins[1] not in str(desk.written("set_pin", "agency")[-1].details)


def test_an_agency_without_a_pin_is_opened_by_none(supervisor: desk.Desk) -> None:
    with db.transaction() as session:
        session.execute(sa.update(Agency).values(pin_index=None))
    assert not service.pin_matches(station(), "000000")
    assert "没有密码" in supervisor.sees(f"/agencies/{station().id}")


def test_asking_for_badges(supervisor: desk.Desk) -> None:
    before = station().asks_badge
    for asks in (not before, before):
        supervisor.does(f"/agencies/{station().id}/badge", asks="yes" if asks else "no")
        assert station().asks_badge is asks
    assert len(desk.written("ask_badge", "agency")) == 2


def test_who_is_there_now_and_what_if_nobody_is(supervisor: desk.Desk) -> None:
    with db.transaction() as session:
        everyone = session.scalars(sa.select(Contact).where(Contact.agency_id == station().id))
        for one in everyone:
            one.workdays = one.weekends = ""
    page = supervisor.sees("/agencies")
    card = page[page.index(STATION) :]
    assert "现在没有人在岗" in card[: card.index("维护")]
    with db.transaction() as session:
        session.execute(sa.update(Contact).values(position=None))
    assert "没有联系人：警情会直接提醒带班领导" in supervisor.sees("/agencies")


def test_a_test_answered_long_ago_stands_out(supervisor: desk.Desk) -> None:
    with db.transaction() as session:
        first = session.get_one(Contact, contact("王建国").id)
        first.answered_at = clock.now() - dt.timedelta(days=44)
    fresh = supervisor.sees("/agencies").count("text-danger fw-bold")
    with db.transaction() as session:
        first = session.get_one(Contact, contact("王建国").id)
        first.answered_at = clock.now() - dt.timedelta(days=46)
    assert supervisor.sees("/agencies").count("text-danger fw-bold") == fresh + 1


def test_a_long_list_takes_no_more_statements(supervisor: desk.Desk) -> None:
    few = statements(lambda: supervisor.sees("/agencies"))
    with db.transaction() as session:
        for number in range(20):
            kind, where = AgencyKind.police, place("990102")
            agency = Agency(kind=kind, name=f"第{number}派出所", place_id=where)
            session.add(agency)
            session.flush()
            entry = contacts.entry_of(contact("王建国"))
            contacts.add(session, desk.actor("daiban"), agency, entry)
    assert statements(lambda: supervisor.sees("/agencies")) == few
    with db.transaction() as session:
        assert len(queries.agencies(session)) > 20


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("8:30-12:00", "08:30-12:00"),
        (" 08：30 至 12：00，14:00～18:00 ", "08:30-12:00,14:00-18:00"),
        ("18:00-24:00,", "18:00-24:00"),
        (None, ""),
    ],
)
def test_hours_as_people_write_them(written: str | None, kept: str) -> None:
    assert tidy_hours(written) == kept
