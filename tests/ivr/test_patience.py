"""Nobody waits long for us, and what was heard meanwhile is not lost."""

import threading
import time
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest
import sqlalchemy as sa
from sqlalchemy import exc

from hotline import clock, db
from ivr import patience
from ivr.calls import Hook
from ivr.flow import load, load_all
from ivr.nodes import Audience
from ivr.session import Where, where_from_args
from ivr.twiml import Values, render

PLACE = {"flow": "12355", "node": "greeting", "lang": "en", "step": "3", "event": "digits"}
KNOWN = {"CallSid": "CA1", "From": "10000000001", "To": "12355", "CallStatus": "in-progress"}


def asked(route="step", args=PLACE, **heard: str) -> str | None:
    return patience.one_moment(route, Hook(args, KNOWN | heard, clock.now()))


def redirect(route="step", args=PLACE, **heard: str) -> str:
    document = asked(route, args, **heard)
    assert document is not None
    return str(ET.fromstring(document).findtext("Redirect"))


def query_of(address: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(address).query))


@pytest.mark.parametrize(
    "heard",
    [
        {"Digits": "1"},
        {"Digits": "*#"},
        {"SpeechResult": "孩子有危险", "Confidence": "0.4"},
        {"RecordingSid": "RE1", "RecordingUrl": "https://x/RE1?a=b&c", "RecordingDuration": "7"},
        {"DialCallStatus": "completed", "DialBridged": "true"},
        {},
    ],
)
def test_what_was_heard_comes_again(settings, heard):
    address = redirect(**heard)
    query = query_of(address)
    assert urlsplit(address).path == "/ivr/step"
    assert query.items() >= PLACE.items()
    posted = patience.as_posted(query, KNOWN)
    heard.pop("Confidence", None)
    assert posted == KNOWN | heard


def test_nothing_that_says_who_calls_goes_into_an_address(settings):
    address = redirect(Digits="1", Body="李小雨", FromCity="x")
    assert set(query_of(address)) == {*PLACE, "kept", "waited"}
    assert set(patience.as_posted(query_of(address), {})) == {"Digits"}


def test_a_pin_and_what_was_said_stand_in_no_address(settings):
    query = query_of(redirect(Digits="4711", SpeechResult="爸爸打我"))
    assert "4711" not in str(query)
    assert "爸爸" not in str(query)
    assert patience.as_posted(query, {}) == {"Digits": "4711", "SpeechResult": "爸爸打我"}


def test_what_no_key_opens_any_more_was_not_heard(settings):
    assert patience.as_posted({**PLACE, "waited": "1", "kept": "x"}, KNOWN) == KNOWN


def test_the_longest_words_still_make_an_address_that_servers_take(settings):
    assert len(redirect(SpeechResult="长" * 5000)) < 4000


def test_what_the_network_says_now_comes_first(settings):
    kept = query_of(redirect(Digits="1", RecordingSid="RE1"))
    posted = patience.as_posted(kept, {"Digits": "hangup", "RecordingSid": ""})
    assert posted == {"Digits": "hangup", "RecordingSid": "RE1"}


def test_a_query_of_ours_is_taken_for_a_key_only_after_a_moment(settings):
    assert patience.as_posted({**PLACE, "Digits": "1"}, KNOWN) == KNOWN


def test_twice_and_then_on(settings):
    once = query_of(redirect(Digits="1"))
    twice = query_of(redirect(args=once, **patience.as_posted(once, {})))
    assert (once["waited"], twice["waited"]) == ("1", "2")
    assert patience.as_posted(twice, {})["Digits"] == "1"
    assert asked(args=twice) is None


def test_who_has_waited_enough_is_not_asked_again_at_the_next_step(settings):
    place = Where("12355", "greeting", "zh")
    answer = ET.fromstring(patience.asked_enough(render(load("12355"), place, Values("http://x"))))
    addresses = [answer.findtext("Redirect", ""), answer.findall("Gather")[0].get("action", "")]
    for address in addresses:
        query = query_of(address)
        assert where_from_args(query) == place
        assert asked(args=query) is None


@pytest.mark.parametrize("waited", ["x", "-1", "٣", "999999999999999999999"])
def test_a_count_that_is_none_asks_nobody_to_wait(settings, waited):
    assert asked(args={**PLACE, "waited": waited}) is None


@pytest.mark.parametrize(
    ("route", "args"),
    [
        ("status", PLACE),
        ("recording", PLACE),
        ("outbound", {"message": "1"}),
        ("step", {"flow": "police", "node": "alert"}),
        ("fallback", PLACE),
    ],
)
def test_only_a_caller_is_asked_to_wait(settings, route, args):
    assert asked(route, args) is None


def test_it_is_said_in_the_language_of_the_call(settings):
    assert "One moment" in str(asked())
    assert "请稍等" in str(asked("voice", {}))


def test_every_language_of_a_callers_flow_can_say_it():
    flows = [flow for flow in load_all().values() if flow.audience is Audience.caller]
    assert flows
    for flow in flows:
        for language in flow.languages:
            assert "one_moment" in flow.wordings[language].say, (flow.name, language)


@pytest.fixture
def fresh(monkeypatch):
    """Nobody is at work, nothing was slow, and one webhook at a time has its turn."""
    monkeypatch.setattr(patience, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(patience, "_slow", patience._Slow())
    monkeypatch.setattr(patience, "AWAY_SECONDS", 0.1)


def _sleeps(seconds: float) -> None:
    with db.transaction() as session:
        session.execute(sa.select(sa.func.pg_sleep(seconds)))


def _fails_after(seconds: float) -> None:
    time.sleep(seconds)
    raise exc.OperationalError("", {}, Exception())


def test_what_the_work_gives_or_raises_is_told_as_it_is(fresh):
    assert patience.within(5, lambda: "here") == "here"
    with pytest.raises(ZeroDivisionError):
        patience.within(5, lambda: 1 / 0)
    assert patience.within(5, lambda: "the next one") == "the next one"


def test_a_database_that_takes_too_long_is_given_up(database, fresh):
    began = time.monotonic()
    with pytest.raises(exc.OperationalError):
        patience.within(0.3, lambda: _sleeps(2))
    assert time.monotonic() - began < 1.5
    assert patience.within(5, lambda: _sleeps(0)) is None


def test_it_is_all_that_is_asked_of_it_together(database, fresh):
    def work() -> None:
        with db.transaction() as session:
            for _ in range(20):
                session.execute(sa.select(sa.func.pg_sleep(0.1)))

    began = time.monotonic()
    with pytest.raises(exc.OperationalError):
        patience.within(0.5, work)
    assert time.monotonic() - began < 1.8


@pytest.fixture
def busy(fresh):
    """Somebody has their turn until `busy.set()`."""
    released, begun = threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        released.wait(20)

    at_work = threading.Thread(target=patience.within, args=(20, work))
    at_work.start()
    assert begun.wait(5)
    yield released
    released.set()
    at_work.join()


def test_a_turn_is_waited_for(busy):
    threading.Timer(0.2, busy.set).start()
    assert patience.within(5, lambda: "done") == "done"


def test_but_no_longer_than_the_caller_can(busy):
    began, done = time.monotonic(), []
    with pytest.raises(patience.Overdue):
        patience.within(0.3, lambda: done.append(1))
    assert 0.3 <= time.monotonic() - began < 2
    assert done == []


def test_waiting_for_a_turn_counts(fresh):
    """Who has waited for most of the time has not all of it again for the database."""
    assert patience._turns.acquire(timeout=1)
    threading.Timer(0.5, patience._turns.release).start()
    left = patience.within(1, lambda: db._ends.get() - time.monotonic())
    assert 0 < left < 0.55


def test_while_the_database_is_slow_nobody_waits_behind_those_who_try(busy):
    patience._slow.at = time.monotonic()
    began = time.monotonic()
    for _ in range(50):
        with pytest.raises(patience.Overdue):
            patience.within(5, lambda: "done")
    assert time.monotonic() - began < 1


def test_somebody_always_tries_so_that_its_return_is_noticed(fresh):
    patience._slow.at = time.monotonic()
    assert patience.within(5, lambda: "back") == "back"


@pytest.mark.parametrize(("seconds", "slow"), [(0.0, False), (0.2, True)])
def test_a_database_that_is_away_is_not_slow(fresh, seconds, slow):
    with pytest.raises(exc.OperationalError):
        patience.within(5, lambda: _fails_after(seconds))
    assert (patience._slow.at > 0) is slow
    assert patience.within(5, lambda: "a turn was given back") == "a turn was given back"
