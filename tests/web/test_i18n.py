import datetime as dt
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import pytest
from babel.messages import Catalog
from flask import Flask

from hotline import clock
from hotline.web import catalogue, i18n

NOON = dt.datetime(2026, 3, 5, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
ENGLISH = {"HTTP_COOKIE": "language=en"}


@pytest.fixture(autouse=True)
def noon(app: Flask) -> Iterator[None]:
    """It is noon at the line, and a request in Chinese is under way."""
    clock.shift(NOON - clock.now())
    with app.test_request_context("/"):
        yield


def test_every_string_has_its_english() -> None:
    source = catalogue.in_source()
    assert len(source) > 100
    assert catalogue.lacking(source, catalogue.english()) == []


def test_the_comparison_notices_what_is_missing_empty_or_guessed() -> None:
    source, known = Catalog(), Catalog(locale="en")
    for text in ("有", "没有", "空", "猜的"):
        source.add(text)
    known.add("有", "there")
    known.add("空", "")
    known.add("猜的", "guessed", flags=["fuzzy"])
    assert catalogue.lacking(source, known) == ["没有", "空", "猜的"]


def test_placeholders_are_the_same_in_both_languages() -> None:
    faults = [message.id for message in catalogue.english() if list(message.check())]
    assert faults == []


@pytest.mark.parametrize(
    ("before", "chinese", "english"),
    [
        (dt.timedelta(minutes=3), "11:57", "11:57"),
        (dt.timedelta(hours=13), "昨天 23:00", "yesterday 23:00"),
        (dt.timedelta(days=3), "3月2日 12:00", "2 Mar 12:00"),
        (dt.timedelta(days=100), "2025年11月25日 12:00", "25 Nov 2025 12:00"),
    ],
)
def test_times_are_short_and_local(
    app: Flask, before: dt.timedelta, chinese: str, english: str
) -> None:
    moment = (NOON - before).astimezone(dt.UTC)
    assert i18n.local_time(moment) == chinese
    with app.app_context(), app.test_request_context("/", environ_overrides=ENGLISH):
        assert i18n.local_time(moment) == english


def test_no_time_is_no_text() -> None:
    assert (i18n.local_time(None), i18n.full_time(None), i18n.ago(None)) == ("", "", "")


def test_ago_is_said_in_words() -> None:
    assert i18n.ago(NOON - dt.timedelta(minutes=5)) == "5分钟前"


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (dt.timedelta(minutes=2, seconds=5, milliseconds=900), "剩 2:05"),
        (dt.timedelta(hours=1, minutes=4, seconds=5, milliseconds=900), "剩 1:04:05"),
        (dt.timedelta(days=3, minutes=1), "剩 3 天"),
        (-dt.timedelta(seconds=75), "超 1:15"),
    ],
)
def test_a_countdown_says_what_is_left_or_over(left: dt.timedelta, said: str) -> None:
    assert i18n.countdown(NOON + left) == said
