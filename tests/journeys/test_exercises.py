"""Exercises: a drill that runs like an emergency, and the monthly test of every contact."""

import datetime as dt
import re

import pytest
import sqlalchemy as sa

from hotline import clock, config, db
from tests.journeys.looks import alerts, messages
from triage.places.models import Agency, Contact

DRILL = {"situation": "missing", "place": "杏花社区", "note": ""}


def agency(name: str) -> str:
    with db.transaction() as session:
        return str(session.scalars(sa.select(Agency.id).where(Agency.name == name)).one())


def _hidden(page: str) -> dict[str, str]:
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page))
    fields.pop("csrf_token", None)
    return fields


@pytest.fixture
def drill(line):
    """A drill with 长桥派出所, begun by the supervisor with two clicks; its text as it was shown."""
    supervisor = line.officer("daiban").opens("/exercises")
    supervisor.sends("/exercises/preview", agency=agency("长桥派出所"), **DRILL)
    fields = _hidden(supervisor.page)
    supervisor.sends("/exercises", **fields)
    line.works()
    return fields["text_seen"]


def test_a_drill_escalates_and_every_message_says_what_it_is(line, drill):
    assert "演练" in drill
    line.police.receives_sms(drill)
    line.network.settles()
    line.waits(61)
    line.police.rings().answers().hears("演练").presses("1").hears("已签收").hangs_up()
    line.network.settles()
    [alert] = alerts()
    assert alert["exercise"] is True
    assert alert["report"] is None
    assert alert["acknowledged_by"] == "长桥派出所 值班民警 王建国"

    supervisor = line.officer("daiban").opens("/exercises").sees("已签收", "长桥派出所")
    supervisor.sends(f"/exercises/{alert['number']}/end")
    assert alerts()[0]["status"] == "resolved"
    line.works()
    assert {message.to_name for message in messages()} == {"长桥派出所 值班民警 王建国"}


def test_a_drill_that_is_called_off_says_that_it_was_one(line, drill):
    line.police.receives_sms(drill)
    line.network.settles()
    number = alerts()[0]["number"]
    line.officer("daiban").opens("/exercises").sends(f"/exercises/{number}/end")
    line.works()
    line.police.receives_sms("演练")
    line.network.settles()
    assert alerts()[0]["status"] == "cancelled"
    assert all("演练" in message.body for message in messages())


@pytest.fixture
def monthly(line, monkeypatch):
    """Today is the day of the monthly test. Only 长桥派出所 has contacts."""
    local = clock.now().astimezone(line.settings.zone)
    clock.shift(dt.timedelta(days=(10 - local.day) % 28))
    with db.transaction() as session:
        elsewhere = sa.update(Contact).where(Contact.agency_id != int(agency("长桥派出所")))
        session.execute(elsewhere.values(position=None))
    today = clock.now().astimezone(line.settings.zone).day
    settings = line.settings.model_copy(update={"contact_test": f"{today} 00:00"})
    monkeypatch.setattr(config, "_current", settings)
    return line


def test_who_answers_the_monthly_test_and_who_does_not(monthly):
    line = monthly
    line.waits(5)
    line.police.rings().answers().hears("这里是儿童保护热线").hears("演练").presses("1").hears(
        "已记录"
    )
    line.second_contact.rings().lets_it_ring()
    line.network.settles()
    line.waits(60)
    line.waits(30 * 60)
    line.second_contact.rings().declines()
    line.network.settles()
    line.waits(5)
    line.supervisors_phone.receives_sms("共2个，1个应答，1个未应答")
    line.network.settles()

    officer = line.officer("daiban").opens("/exercises").sees("每月自动", "已应答 1", "未应答 1")
    [address] = re.findall(r'href="(/exercises/contact-tests/\d+)"', officer.page)
    officer.opens(address).sees("值班所长 李卫东", "未应答")
    officer.opens("/agencies").sees("上次应答", "从未应答测试")
    line.waits(3600)
    assert len([message for message in messages() if message.topic == "contact_test"]) == 3


def test_voicemail_has_not_answered(monthly):
    line = monthly
    line.police.has_voicemail()
    line.waits(5)
    line.police.is_hung_up_on()
    line.second_contact.rings().answers().hears("请按1确认").stays_silent()
    line.second_contact.hears("请按1确认").stays_silent()
    line.second_contact.hears("请按1确认").stays_silent()
    line.second_contact.hears("没有收到确认").is_hung_up_on()
    line.network.settles()
    line.waits(5)
    line.officer("daiban").opens("/exercises").sees("正在进行，还有 2 个").does_not_see("已应答 1")
