"""When a person is told that a part is bad, how often, and in which words."""

import datetime as dt
import json

import pytest
from flask_babel import lazy_gettext

from hotline import checkup, clock, config, health, technician
from hotline.checkup import UNKNOWN, Finding, Part
from hotline.watchdog import MOST_CHARACTERS, REPEAT, STEADY, TRY_AGAIN, Ledger, Watch


def part(name, words="", grace=10):
    text = lazy_gettext(words or name)
    return Part(name, text, text, fatal=True, grace=grace, look=str)


PARTS = [part("database", "数据库无响应"), part("redis", "Redis 无响应", grace=20)]


@pytest.fixture(autouse=True)
def five_past_two(settings):
    """It is 14:05 in Shanghai, and stays within the hour."""
    now = clock.now()
    at = now.astimezone(settings.zone).replace(hour=14, minute=5, second=0, microsecond=0)
    clock.shift(at - now)


def later(seconds):
    clock.shift(dt.timedelta(seconds=seconds))


@pytest.fixture
def line(monkeypatch):
    """Which parts are bad now, and with what."""
    faults: dict[str, str] = {}
    monkeypatch.setattr(
        checkup.Checkup,
        "round",
        lambda self: [Finding(one, faults.get(one.name, "")) for one in self._parts],
    )
    return faults


@pytest.fixture
def told(monkeypatch):
    """What the technical contact has been told; without `reached`, nothing arrives."""

    class Told(list):
        reached = True
        tries = 0

    said = Told()

    def tell(text):
        said.tries += 1
        if said.reached:
            said.append(text)
        return said.reached

    monkeypatch.setattr(technician, "tell", tell)
    return said


@pytest.fixture
def watch(settings, line, told):
    return Watch(PARTS, "watchdog.json")


def rounds(watch, seconds):
    """Rounds every five seconds for so long."""
    for _ in range(int(seconds) // 5):
        later(5)
        watch.round()


def test_told_once_after_the_grace(watch, line, told):
    line["database"] = "no answer"
    watch.round()
    rounds(watch, 5)
    assert told == []
    rounds(watch, 10)
    assert told == ["【儿童保护热线】系统故障：数据库无响应（14:05起）。处理办法见运行手册。"]
    rounds(watch, 60)
    assert len(told) == 1


def test_told_again_while_it_lasts(watch, line, told):
    line["database"] = "no answer"
    rounds(watch, 20)
    rounds(watch, REPEAT.total_seconds())
    assert told == [told[0]] * 2


def test_told_when_it_is_well_again(watch, line, told):
    line["database"] = "no answer"
    rounds(watch, 60)
    line.clear()
    rounds(watch, STEADY.total_seconds())
    assert len(told) == 1
    rounds(watch, 5)
    assert told[1:] == ["【儿童保护热线】已恢复：数据库无响应（14:05至14:06）。"]
    rounds(watch, 3600)
    assert len(told) == 2


def test_one_that_comes_and_goes_is_one_trouble(watch, line, told):
    for _ in range(12):
        line["database"] = "no answer"
        rounds(watch, 30)
        line.clear()
        rounds(watch, 30)
    assert len(told) == 1
    rounds(watch, STEADY.total_seconds())
    assert len(told) == 2


def test_a_short_one_is_not_told_at_all(watch, line, told):
    line["database"] = "no answer"
    rounds(watch, 10)
    line.clear()
    rounds(watch, 600)
    line["database"] = "no answer"
    rounds(watch, 10)
    assert told == []


def test_several_at_once_in_one_message(watch, line, told):
    line["database"] = "no answer"
    rounds(watch, 60)
    line["redis"] = "no answer"
    rounds(watch, 60)
    assert told[1:] == [
        "【儿童保护热线】系统故障：数据库无响应（14:05起）、Redis 无响应（14:06起）。处理办法见运行手册。"
    ]


def test_one_well_again_while_another_fails(watch, line, told):
    line["database"] = "no answer"
    rounds(watch, 60)
    line.clear()
    line["redis"] = "no answer"
    rounds(watch, 65)
    text = told[-1]
    assert "已恢复：数据库无响应（14:05至14:06）" in text
    assert "系统故障：Redis 无响应（14:06起）" in text


def test_of_what_nothing_is_known_nothing_changes(watch, line, told):
    line["redis"] = "no answer"
    rounds(watch, 60)
    line["redis"] = UNKNOWN
    rounds(watch, 120)
    assert len(told) == 1
    line.update(database=UNKNOWN, redis="no answer")
    rounds(watch, 60)
    assert len(told) == 1


def test_a_day_later_the_day_is_named(watch, line, told):
    line["database"] = "no answer"
    day = clock.now().astimezone(config.current().zone)
    rounds(watch, 20)
    later(86_400)
    watch.round()
    assert f"（{day.month}月{day.day}日14:05起）" in told[-1]


def test_a_restart_does_not_say_it_again(watch, line, told):
    line["database"] = "no answer"
    rounds(watch, 20)
    watch = Watch(PARTS, "watchdog.json")
    rounds(watch, 60)
    assert len(told) == 1
    line.clear()
    watch = Watch(PARTS, "watchdog.json")
    rounds(watch, 70)
    assert "已恢复" in told[1]


@pytest.mark.parametrize("kept", ["", "[]", "torn", '{"database": {"since": 5}}', '{"gone": {}}'])
def test_a_damaged_file_is_as_good_as_none(settings, line, told, kept):
    settings.spool_dir.mkdir()
    (settings.spool_dir / "watchdog.json").write_text(kept)
    line["database"] = "no answer"
    watch = Watch(PARTS, "watchdog.json")
    rounds(watch, 20)
    assert len(told) == 1
    assert list(json.loads((settings.spool_dir / "watchdog.json").read_text())) == ["database"]


def test_a_part_that_is_no_more_is_forgotten(settings, line, told):
    moment = clock.now().isoformat()
    settings.spool_dir.mkdir()
    kept = {"former": {"since": moment, "told_at": moment, "well_since": None}}
    (settings.spool_dir / "watchdog.json").write_text(json.dumps(kept))
    rounds(Watch(PARTS, "watchdog.json"), 3600)
    assert told == []


def test_without_a_place_to_keep_it_people_are_told_all_the_same(watch, line, told, settings):
    settings.spool_dir.write_text("a file where the folder should be")
    line["database"] = "no answer"
    rounds(watch, 60)
    assert len(told) == 1


def test_nobody_reached_and_it_goes_on_trying(watch, line, told):
    told.reached = False
    line["database"] = "no answer"
    rounds(watch, 10 + 2 * TRY_AGAIN.total_seconds())
    assert told.tries == 2
    told.reached = True
    rounds(watch, TRY_AGAIN.total_seconds())
    assert len(told) == 1


def test_what_becomes_bad_while_the_message_is_on_its_way_is_told_next(settings):
    ledger = Ledger(PARTS, {})
    ledger.note([Finding(PARTS[0], "bad"), Finding(PARTS[1], "bad")])
    later(15)
    first = ledger.news()
    later(10)
    assert first
    assert list(first.bad) == ["database"]
    ledger.told(first)
    second = ledger.news()
    assert second
    assert set(second.bad) == {"database", "redis"}


def test_everything_at_once_fits_two_segments_and_is_counted():
    many = [part(f"part{number}", "一个很长的部件名称无响应") for number in range(14)]
    ledger = Ledger(many, {})
    ledger.note(Finding(one, "bad") for one in many)
    later(60)
    news = ledger.news()
    assert news
    text = ledger.message(news)
    assert len(text) <= MOST_CHARACTERS
    assert "等14项。处理办法见运行手册。" in text
    ledger.told(news)
    ledger.note(Finding(one, "" if number % 2 else "bad") for number, one in enumerate(many))
    later(60)
    news = ledger.news()
    assert news
    text = ledger.message(news)
    assert len(text) <= MOST_CHARACTERS
    assert text.count("等7项") == 2


def test_every_real_part_can_be_told_of():
    words = [str(one.words) for one in health.PARTS]
    assert len(set(words)) == len(words) > 10
    assert max(len(word) for word in words) < 30
