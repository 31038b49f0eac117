"""The page of the roster: turns, gaps, and who is on duty now."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import clock, config, db
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from tests.triage import desk
from tests.triage.people import at_once, do
from triage.places import roster
from triage.places.models import Shift

MONDAY = dt.date(2027, 3, 1)


@pytest.fixture
def supervisor(app: Flask) -> desk.Desk:
    return desk.Desk(app, "daiban")


def person(username: str) -> int:
    with db.transaction() as session:
        return session.scalars(sa.select(Account.id).where(Account.username == username)).one()


def nobody_on_duty() -> None:
    with db.transaction() as session:
        session.execute(sa.delete(Shift))


def a_shift(
    day: dt.date, begins: str = "08:00", ends: str = "20:00", who: str = "zhiban"
) -> dict[str, str]:
    return {"account": str(person(who)), "day": str(day), "begins": begins, "ends": ends}


def local(moment: dt.datetime) -> str:
    return f"{moment.astimezone(config.current().zone):%m-%d %H:%M}"


def shifts() -> list[tuple[str, str]]:
    with db.transaction() as session:
        found = session.scalars(sa.select(Shift).order_by(Shift.starts_at, Shift.id))
        return [(local(shift.starts_at), local(shift.ends_at)) for shift in found]


def test_a_shift_over_night_ends_the_day_after(supervisor: desk.Desk) -> None:
    nobody_on_duty()
    answer = supervisor.does("/roster", **a_shift(MONDAY, "20:00", "08:00"))
    assert answer.location == "/roster?week=2027-03-01"
    assert shifts() == [("03-01 20:00", "03-02 08:00")]
    page = supervisor.sees(answer.location)
    assert page.count("林晓岚") >= 2
    assert "20:00–24:00" in page
    assert "00:00–08:00" in page
    assert desk.written("add", "shift")


def test_one_person_is_not_on_twice(supervisor: desk.Desk) -> None:
    nobody_on_duty()
    supervisor.does("/roster", **a_shift(MONDAY))
    answer = supervisor.does("/roster", **a_shift(MONDAY, "19:59", "23:00"))
    assert answer.status_code == 409
    assert "已经有班次" in answer.get_data(as_text=True)
    assert supervisor.does("/roster", **a_shift(MONDAY, "20:00", "23:00")).status_code == 303
    assert supervisor.does("/roster", **a_shift(MONDAY, who="zhiban2")).status_code == 303
    assert len(shifts()) == 3


def test_two_who_plan_at_once_put_nobody_on_twice(district) -> None:
    nobody_on_duty()
    actor, who = desk.actor("daiban"), person("zhiban")
    starts = clock.now()
    ends = starts + dt.timedelta(hours=8)

    def add() -> None:
        do(roster.add, actor, who, starts, ends)

    outcomes = at_once(add, add)
    assert sorted(type(one).__name__ for one in outcomes) == ["NoneType", "Overlaps"]
    assert len(shifts()) == 1


@pytest.mark.parametrize(
    "bad", [{"account": "999999"}, {"day": "soon"}, {"begins": ""}, {"ends": "25:00"}]
)
def test_a_shift_that_makes_no_sense(supervisor: desk.Desk, bad: dict[str, str]) -> None:
    before = shifts()
    assert supervisor.does("/roster", **a_shift(MONDAY) | bad).status_code == 422
    assert shifts() == before


def test_last_week_is_repeated_and_what_is_there_stays(supervisor: desk.Desk) -> None:
    nobody_on_duty()
    supervisor.does("/roster", **a_shift(MONDAY))
    supervisor.does("/roster", **a_shift(MONDAY + dt.timedelta(days=6), "20:00", "08:00"))
    next_week = MONDAY + roster.WEEK
    supervisor.does("/roster", **a_shift(next_week, "19:00", "21:00"))
    supervisor.does("/roster/copy", week=str(next_week))
    assert supervisor.is_told("复制 1 个班次")
    assert ("03-14 20:00", "03-15 08:00") in shifts()
    supervisor.does("/roster/copy", week=str(next_week))
    assert supervisor.is_told("复制 0 个班次")
    assert len(shifts()) == 4


def test_a_shift_is_taken_off_and_a_second_click_does_no_harm(supervisor: desk.Desk) -> None:
    nobody_on_duty()
    supervisor.does("/roster", **a_shift(MONDAY))
    page = supervisor.sees("/roster?week=2027-03-03")
    [path] = set(re.findall(r'action="(/roster/\d+/remove)"', page))
    for _ in range(2):
        assert supervisor.does(path, week="2027-03-01").status_code == 303
    assert shifts() == []
    assert len(desk.written("remove", "shift")) == 1


@pytest.mark.parametrize("week", ["", "soon", "9999-12-31", "0001-01-01", "2027-03-03"])
def test_any_week_can_be_asked_for(supervisor: desk.Desk, week: str) -> None:
    assert "排班" in supervisor.sees(f"/roster?week={week}")


def test_gaps_are_where_nobody_is_and_somebody_without_a_telephone_fills_none(
    supervisor: desk.Desk,
) -> None:
    nobody_on_duty()
    for begins, ends, who in (("06:00", "12:00", "zhiban"), ("11:00", "18:00", "zhiban2")):
        supervisor.does("/roster", **a_shift(MONDAY, begins, ends, who))
    assert holes(MONDAY) == [("03-01 00:00", "03-01 06:00"), ("03-01 18:00", "03-02 00:00")]
    with db.transaction() as session:
        session.execute(sa.update(Account).where(Account.username == "zhiban2").values(phone=None))
    assert holes(MONDAY)[-1] == ("03-01 12:00", "03-02 00:00")
    page = supervisor.sees("/roster?week=2027-03-01")
    assert "此时段无人值班：所有值班员都会被呼叫" in page
    assert "此时段无人带班：所有带班领导都会被呼叫" in page


def holes(day: dt.date) -> list[tuple[str, str]]:
    with db.transaction() as session:
        turns = roster.week(session, day)[0].turns[Role.officer]
    return [(local(turn.starts_at), local(turn.ends_at)) for turn in turns if not turn.person]


def test_who_is_on_duty_now(app: Flask, supervisor: desk.Desk) -> None:
    page = desk.Desk(app, "zhiban").sees("/roster")
    facts = page[page.index('id="on-duty"') : page.index("<table")]
    assert "林晓岚" in facts
    assert "周牧" not in facts
    assert "添加班次" not in page
    nobody_on_duty()
    assert "现在无人值班" in supervisor.sees("/roster")
