"""What a caller can do with keys, or with words, beside waiting for a person."""

import datetime as dt

import pytest
import sqlalchemy as sa

from hotline import clock, config, db
from hotline.accounts.models import Account
from tests.journeys.looks import calls, messages, recordings, reports
from triage.callers.service import pin_of
from triage.intake import queries
from triage.intake.models import Report
from triage.places.models import Line, Shift


def answers() -> dict[str, str]:
    with db.transaction() as session:
        return queries.answers(session, calls()[-1])


def test_whoever_cannot_speak_answers_by_keys_and_the_room_is_recorded(line):
    caller = line.caller.dial("12355").hears("不方便说话，请按5").presses("5").hears("不用说话")
    caller.presses("1").hears("现在有危险按1").presses("1").hears("有人受伤")
    assert reports()[0]["emergency"], "at once, while the call goes on"
    line.officer().opens(f"/reports/{reports()[0]['number']}").sees("来电人按键回答", "孩子")
    caller.presses("2").hears("要警察来").presses("1").hears("可以打回").presses("2")
    caller.hears("别挂机").stays_silent().says(seconds=40).hangs_up()
    line.settles()

    assert answers() == {
        "who": "child", "danger": "yes", "hurt": "no", "police": "yes", "safe_to_call": "no",
    }  # fmt: skip
    [room] = recordings()
    assert (room.status, room.seconds) == ("stored", 40)


def test_what_was_answered_stays_when_the_line_drops(line):
    caller = line.caller.dial("12355").hears("不方便说话").presses("5").hears("不用说话")
    caller.presses("2").hears("现在有危险").hangs_up()
    line.settles()
    assert answers() == {"who": "adult"}
    [report] = reports()
    assert report["status"] == "waiting"
    line.officer().opens("/").sees(report["number"], "不便说话")


def test_a_duty_bound_report_carries_who_what_and_when_and_makes_a_receipt(line):
    caller = line.caller.dial("12355").hears("请按3").presses("3").hears("单位编码")
    caller.presses("100105#").hears("请选择情形").presses("4").hears("什么时候知道")
    caller.presses("3").hears("辖区编码").presses("#").hears("已经采取了什么措施")
    caller.stays_silent().says(seconds=6).presses("#").hears("强制报告回执")
    number = reports()[0]["number"]
    caller.waits().is_hung_up_on()
    line.settles()

    assert answers()["institution"] == "100105"
    officer = line.officer().opens(f"/reports/{number}").sees("强制报告")
    officer.opens(f"/reports/{number}/mandated-receipt").sees("强制报告回执", number, "100105")
    assert recordings()[0].status == "stored"


def test_three_wrong_codes_and_the_report_goes_on_without(line):
    caller = line.caller.dial("12355").hears("请按3").presses("3")
    for _ in range(3):
        caller.hears("请输入单位编码").presses("100150#")
    caller.hears("请选择情形").hangs_up()
    line.settles()
    assert "institution" not in answers()
    assert [report["status"] for report in reports()] == ["waiting"]


def asks(line, phone, number: str, pin: str) -> None:
    phone.dial("12355").hears("请按4").presses("4").hears("受理编号").presses(f"{number}#")
    phone.hears("查询密码").presses(f"{pin}#")


def test_asking_after_a_report_says_where_it_stands_and_never_what_it_is(line):
    number = line.emergency()
    pin = pin_of(number)
    asker = line.network.phone("10000000009", kind="mobile")
    asks(line, asker, number, pin)
    asker.hears("已经收到").waits().is_hung_up_on()
    line.officer().claims(number)
    asks(line, asker, number, pin)
    asker.hears("正在处理").waits().is_hung_up_on()
    line.settles()
    assert [report["status"] for report in reports()] == ["claimed", "triaged", "triaged"]


def test_five_wrong_tries_end_the_asking_for_an_hour(line):
    number = line.emergency()
    wrong = [f"{(int(pin_of(number)) + more) % 10_000:04d}" for more in range(1, 7)]
    asker = line.network.phone("10000000009", kind="mobile")
    for first, second in zip(wrong[:4:2], wrong[1:4:2], strict=True):
        asks(line, asker, number, first)
        asker.hears("对不上").presses(f"{second}#").hears("正在为你接通值班员").hangs_up()
    asks(line, asker, number, wrong[4])
    asker.hears("对不上").presses(f"{pin_of(number)}#").hears("过一小时").hangs_up()
    asker.dial("12355").hears("请按4").presses("4").hears("过一小时").hangs_up()
    clock.shift(dt.timedelta(minutes=61))
    asks(line, asker, number, pin_of(number))
    asker.hears("已经收到").hangs_up()


def test_the_number_goes_to_the_telephone_only_if_the_caller_says_so(line):
    for key, wanted in (("1", 1), ("2", 1)):
        caller = line.caller.dial("12355").hears("儿童保护热线").stays_silent()
        caller.hears("正在为你接通值班员").presses("2").hears("听到嘀的一声").stays_silent()
        caller.says(seconds=3).presses("#").waits().hears("用短信发到这个手机").presses(key)
        caller.waits().is_hung_up_on()
        line.settles()
        assert len(messages()) == wanted
    text = line.caller.receives_sms(reports()[0]["number"])["body"]
    assert pin_of(reports()[0]["number"]) in text
    for word in ("儿童", "孩子", "热线", "保护", "报警"):
        assert word not in text


def test_a_landline_is_not_offered_a_text(line):
    caller = line.network.phone("01065550001", kind="landline")
    caller.dial("12355").hears("儿童保护热线").stays_silent().hears("正在为你接通值班员").presses(
        "2"
    )
    caller.hears("听到嘀的一声").stays_silent().says(seconds=3).presses("#")
    caller.waits().hears("再见").is_hung_up_on()
    assert "短信" not in caller.heard
    line.settles()


def test_a_marked_caller_reaches_danger_and_the_recording_and_rings_nobody(line):
    first = line.caller.dial("12355").hears("儿童保护热线").hangs_up()
    line.settles()
    number = reports()[0]["number"]
    supervisor = line.officer("daiban").opens(f"/reports/{number}")
    supervisor.sends(f"/reports/{number}/flag", flag_reason="反复骚扰，已警告", days="7")
    first.dial("12355").hears("儿童保护热线").stays_silent().hears("听到嘀的一声")
    line.works()
    line.officers_phone.does_not_ring()
    first.presses("1").hears("别怕")
    line.officers_ring().lets_it_ring()
    first.hangs_up()
    line.settles()
    assert reports()[-1]["emergency"]


def test_officers_cannot_mark_callers(line):
    line.caller.dial("12355").hears("儿童保护热线").hangs_up()
    line.settles()
    number = reports()[0]["number"]
    officer = line.officer().opens(f"/reports/{number}")
    officer.sends(f"/reports/{number}/flag", expect=403, flag_reason="骚扰", days="7")


def test_a_word_will_do_instead_of_a_key(line):
    line.caller.dial("12355").hears("儿童保护热线").says(text="救命，有人打我").hears("别怕")
    assert reports()[0]["emergency"]
    line.caller.hangs_up()
    line.settles()


def test_in_english_all_the_way(line):
    caller = line.caller.dial("12355").hears("For English, press 2").presses("2")
    caller.hears("in danger now, press 1").presses("5").hears("press").presses("1").hears("danger")
    caller.hangs_up()
    line.settles()
    assert answers() == {"language": "en", "who": "child"}


@pytest.fixture
def lines(line, monkeypatch):
    """Three numbers for one queue."""
    pairs = "12355=12355,12345=12345,10012388=district"
    changed = config.current().model_copy(update={"hotline_numbers": pairs})
    monkeypatch.setattr(config, "_current", changed)
    with db.transaction() as session:
        district = session.scalars(sa.select(Line.place_id)).one()
        session.add(Line(number="12345", name="12345 政务热线转来", place_id=district))
    for number in ("12345", "10012388"):
        urls = {name: f"{line.settings.public_url}/ivr/{name}" for name in ("voice", "status")}
        line.network.line(number, voice_url=urls["voice"], status_callback=urls["status"])
    return line


def test_calls_on_every_line_come_to_one_queue_each_with_where_it_came_from(lines):
    for number, greeting in (
        ("12355", "这里是儿童保护热线"),
        ("12345", "由幺二三四五转来"),
        ("10012388", "本区的儿童保护热线"),
    ):
        lines.caller.dial(number).hears(greeting).hangs_up()
    lines.settles()
    with db.transaction() as session:
        found = session.scalars(sa.select(Report.line_number).order_by(Report.id)).all()
    assert list(found) == ["12355", "12345", "+8610012388"]
    assert len(reports()) == 3
    lines.officer().opens(f"/reports/{reports()[1]['number']}").sees("12345 政务热线转来")


def test_cantonese_by_key_on_the_line_that_speaks_it(lines):
    caller = lines.caller.dial("10012388").hears("撳7").presses("7")
    caller.hears("兒童").hangs_up()
    lines.settles()
    assert answers() == {"language": "yue"}


def test_outside_its_hours_a_line_offers_the_recording_and_danger_still_rings(lines):
    here = clock.now().astimezone(lines.settings.zone)
    clock.shift(dt.timedelta(hours=27 - here.hour))  # some time after three in the night
    caller = lines.caller.dial("10012388").hears("本区").stays_silent().hears("现在没有值班员接听")
    lines.works()
    lines.officers_phone.does_not_ring()
    caller.presses("1").hears("别怕")
    lines.officers_ring().lets_it_ring()
    caller.hangs_up()
    lines.settles()
    assert reports()[0]["emergency"]


def test_on_a_handed_over_line_officers_are_rung_one_after_the_other(lines):
    second = lines.network.phone("10000000102", kind="mobile")
    with db.transaction() as session:
        account = session.scalars(sa.select(Account).where(Account.username == "zhiban2")).one()
        now, hour = clock.now(), dt.timedelta(hours=1)
        session.add(Shift(account_id=account.id, starts_at=now - hour, ends_at=now + hour))
    caller = lines.caller.dial("12345").hears("转来").stays_silent().hears("正在为你接通值班员")
    lines.works()
    both = {phone: phone.state == "ringing" for phone in (lines.officers_phone, second)}
    assert sorted(both.values()) == [False, True]
    first = next(phone for phone, rings in both.items() if rings)
    other = next(phone for phone, rings in both.items() if not rings)
    first.lets_it_ring()
    caller.stays_silent().hears("我们没有忘记你")
    lines.works()
    other.rings().answers().hears("接听请按1").presses("1").hears("正在接通")
    lines.works()
    caller.is_with(other)
    caller.hangs_up()
    lines.settles()
