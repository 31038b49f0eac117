"""A round over parts, in which one that hangs holds up no other."""

import datetime as dt
import threading
import time

import pytest
import sqlalchemy as sa

from hotline import checkup, config
from hotline.checkup import DATABASE, UNKNOWN, Checkup, Part


def part(name, look=None, ask=None, every=0):
    return Part(name, name, name, fatal=False, grace=0, look=look, ask=ask, every=every)


def told(checkup):
    return {finding.part.name: finding.fault for finding in checkup.round()}


def one(session):
    return "" if session.scalar(sa.text("SELECT 1")) else "no"


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setattr(checkup, "LIMIT_SECONDS", 0.2)


def test_one_that_hangs_holds_up_no_other(impatient, database):
    go_on, asked = threading.Event(), []

    def hangs():
        asked.append(1)
        go_on.wait(10)
        return ""

    both = Checkup([part("slow", hangs), part("quick", str), part(DATABASE, ask=one)])
    began = time.monotonic()
    assert told(both) == {"slow": "no answer within 0 s", "quick": "", DATABASE: ""}
    told(both)
    assert time.monotonic() - began < 2
    assert len(asked) == 1  # not asked again before it has come back
    go_on.set()
    time.sleep(0.1)
    assert told(both)["slow"] == ""


def test_a_look_that_breaks_is_a_fault(database):
    assert told(Checkup([part("broken", lambda: str(1 // 0))])) == {"broken": "ZeroDivisionError"}


def test_the_database_away_and_nothing_known_of_what_is_asked_in_it(database, monkeypatch):
    dead = "postgresql+psycopg://nobody@127.0.0.1:9/nowhere"
    monkeypatch.setattr(config, "_current", database.model_copy(update={"database_url": dead}))
    found = Checkup([part(DATABASE, ask=one), part("row", ask=one)]).round()
    assert [finding.known for finding in found] == [True, False]
    assert found[0].fault == "no answer (OperationalError)"
    assert told(Checkup([part("row", ask=one)])) == {"row": UNKNOWN}


def test_a_database_that_hangs(impatient, database):
    parts = [part(DATABASE, ask=lambda s: s.execute(sa.text("SELECT pg_sleep(1)")) and "")]
    parts.append(part("row", ask=one))
    assert told(Checkup(parts)) == {DATABASE: "no answer within 0 s", "row": UNKNOWN}
    time.sleep(1)


def test_a_good_finding_stays_good_and_a_bad_one_is_looked_at_again(database):
    faults, asked = iter(["bad", "", "", ""]), []

    def look():
        asked.append(1)
        return next(faults)

    rounds = Checkup([part("storage", look, every=30)])
    assert [told(rounds)["storage"] for _ in range(4)] == ["bad", "", "", ""]
    assert len(asked) == 2


def test_whoever_asks_during_a_round_gets_the_last_one(database, clock):
    go_on, begun = threading.Event(), threading.Event()
    answers = iter(["first", "second"])

    def look():
        if begun.is_set():
            go_on.wait(10)
        begun.set()
        return next(answers)

    rounds = Checkup([part("one", look)])
    assert rounds.findings()[0].fault == "first"
    clock.shift(dt.timedelta(seconds=checkup.ROUND_SECONDS))
    other = threading.Thread(target=rounds.findings)
    other.start()
    time.sleep(0.1)
    assert rounds.findings()[0].fault == "first"
    go_on.set()
    other.join()
    assert rounds.findings()[0].fault == "second"
