"""Nuisance flags, and the receipt by SMS."""

import datetime as dt

import pytest
import sqlalchemy as sa

from hotline import clock, db
from hotline.outbox import Channel, Lane, OutboxMessage
from tests.triage.people import answered, arrival, do, officer, report, row, seconds
from triage.callers import service as callers
from triage.callers.wording import receipt_text
from triage.intake import service as intake
from triage.intake.models import CallerFlag

WEEK = dt.timedelta(days=7)
TELLING = ("儿童", "孩子", "未成年", "保护", "热线", "12355", "child", "protect", "hotline")


def flag(number: int, lasts: dt.timedelta = WEEK) -> None:
    do(callers.set_flag, number, officer("daiban"), "一天来电三十次，只骂人", lasts)


def running_flag() -> int:
    with db.transaction() as session:
        unlifted = sa.select(CallerFlag.id).where(CallerFlag.lifted_at.is_(None))
        return session.scalars(unlifted).one()


def test_a_flag_follows_the_caller_and_nobody_else(district):
    number = report("CA1")
    assert not do(callers.flagged, "CA1")
    flag(number)
    report("CA2")
    report("CA3", "+8610000000002")
    report("CA4", "anonymous")
    assert do(callers.flagged, "CA1")
    assert do(callers.flagged, "CA2")
    assert not do(callers.flagged, "CA3")
    assert not do(callers.flagged, "CA4")
    assert not do(callers.flagged, "CA404")


def test_a_flag_ends_by_itself(district):
    flag(report())
    seconds(WEEK.total_seconds() - 60)
    assert do(callers.flagged, "CA1")
    seconds(61)
    assert not do(callers.flagged, "CA1")


def test_no_flag_lasts_longer_than_ninety_days(district):
    flag(report(), dt.timedelta(days=4000))
    with db.transaction() as session:
        one = session.scalars(sa.select(CallerFlag)).one()
    assert one.expires_at - one.set_at == dt.timedelta(days=90)
    with pytest.raises(sa.exc.IntegrityError, match="expires_in_time"), db.transaction() as session:
        session.execute(sa.update(CallerFlag).values(expires_at=clock.now() + 20 * WEEK))


def test_a_flag_is_lifted_before_its_time(district):
    flag(report())
    do(callers.lift_flag, running_flag(), officer("daiban"), "误标")
    assert not do(callers.flagged, "CA1")


def test_a_new_flag_replaces_the_one_that_runs(district):
    number = report()
    flag(number, 10 * WEEK)
    flag(number)
    one = running_flag()
    with db.transaction() as session:
        assert session.get_one(CallerFlag, one).expires_at < clock.now() + 2 * WEEK
    do(callers.lift_flag, one, officer("daiban"), "误标")
    assert not do(callers.flagged, "CA1")


def test_who_withholds_the_number_cannot_be_flagged(district):
    number = report(caller="anonymous")
    with pytest.raises(callers.Nameless):
        flag(number)


def test_a_flagged_callers_report_is_filed_as_ever_and_can_be_an_emergency(district):
    flag(report())
    number = report("CA2", emergency=True)
    assert row(number).emergency


def sent() -> list[OutboxMessage]:
    with db.transaction() as session:
        return list(session.scalars(sa.select(OutboxMessage)))


def wants_receipt(sid: str = "CA1", answer: str = "yes") -> None:
    do(answered, sid, "text_receipt", answer)
    do(callers.text_receipt, sid)


def test_a_receipt_is_texted_once_to_whoever_asked_for_it_by_key(district):
    number = row(report()).number
    assert do(callers.text_possible, "CA1")
    wants_receipt()
    wants_receipt()
    (message,) = sent()
    assert (message.channel, message.lane, message.to) == (
        Channel.sms,
        Lane.other,
        "+8610000000001",
    )
    assert number in message.body
    assert callers.pin_of(number) in message.body
    assert message.dedupe_key == f"receipt:{row(report()).id}"


def test_nothing_is_texted_that_nobody_asked_for(district):
    report()
    do(callers.text_receipt, "CA1")
    wants_receipt(answer="no")
    do(callers.text_receipt, "CA404")
    assert sent() == []


def test_nothing_is_texted_to_where_it_is_unsafe(district):
    report()
    do(answered, "CA1", "safe_to_call", "no")
    assert not do(callers.text_possible, "CA1")
    wants_receipt()
    assert sent() == []
    do(answered, "CA1", "safe_to_call", "yes")
    assert do(callers.text_possible, "CA1")


def test_nor_where_it_was_unsafe_when_the_same_caller_called_before(district):
    report("CA1")
    report("CA2")
    do(answered, "CA1", "safe_to_call", "no")
    assert not do(callers.text_possible, "CA2")


@pytest.mark.parametrize("caller", ["anonymous", "01012345678", "12345", "sip:a@b", "+12025550123"])
def test_only_a_mobile_of_this_country_is_texted(district, caller):
    do(intake.file_report, arrival("CA1", caller))
    assert not do(callers.text_possible, "CA1")
    wants_receipt()
    assert sent() == []


def test_a_late_receipt_is_not_sent_at_all(district):
    report()
    wants_receipt()
    assert sent()[0].expires_at - sent()[0].created_at <= dt.timedelta(minutes=30)


@pytest.mark.parametrize("language", [None, "zh", "en", "yue", "de"])
def test_a_receipt_gives_nobody_away(language):
    text = receipt_text("10000173", "0420", language)
    assert "10000173" in text
    assert "0420" in text
    assert not [word for word in TELLING if word in text.lower()]
    assert len(text) <= (70 if language != "en" else 160), "one segment"


def test_a_receipt_speaks_the_callers_language(district):
    report()
    do(answered, "CA1", "language", "en")
    wants_receipt()
    assert "reference number" in sent()[0].body
