"""Messages on their way: once by their key, and statuses in any order, twice, and of any word."""

import datetime as dt
import itertools
import threading
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from hotline import clock, db, delivery, outbox, queues
from hotline.outbox import (
    MESSAGE_MOVES,
    Lane,
    MessageStatus,
    OutboxMessage,
)
from tests.ground.people import add, put, row


def comes(status: str, *, number: int | None = None, sid: str = "SM1", error: str = "") -> bool:
    """A status comes; whether it was news of one of our messages."""
    with db.transaction() as session:
        message = delivery.status_came(
            session, message_id=number, sid=sid, status=status, error_code=error
        )
        return message is not None


@pytest.fixture(autouse=True)
def nudged(monkeypatch):
    """What workers were nudged to do."""
    asked: list[tuple[Any, ...]] = []
    monkeypatch.setattr(queues, "_enqueue", lambda _, *what: asked.append(what))
    yield asked
    queues.flush()


def test_a_message_is_written_with_its_fact_and_a_worker_nudged(database, nudged):
    number = put("+8610000000301")
    message = row(number)
    assert message.status is MessageStatus.pending
    assert message.expires_at - message.created_at == dt.timedelta(minutes=10)
    assert message.next_attempt_at <= clock.now()
    queues.flush()
    assert nudged == [(queues.ALERTS, outbox.DELIVER, number)]


def test_pages_go_first_and_receipts_do_not(database, nudged):
    page, other = put(lane=Lane.page), put(lane=Lane.other)
    queues.flush()
    assert [(queue, number) for queue, _, number in nudged] == [
        (queues.ALERTS, page),
        (queues.DEFAULT, other),
    ]


def test_what_is_sealed_is_not_to_be_read_in_the_database(database):
    number = put("+8610000000301")
    with db.transaction() as session:
        raw = session.execute(
            sa.text('SELECT "to", body FROM outbox_messages WHERE id = :id'), {"id": number}
        ).one()
    assert b"0000301" not in bytes(raw[0])
    assert "警情".encode() not in bytes(raw[1])


def test_the_same_key_is_the_same_message(database, nudged):
    first, again = put(key="alert:1:1"), put(key="alert:1:1", to="+8610000000999")
    assert first == again
    assert row(first).to == "+8610000000301"
    queues.flush()
    assert len(nudged) == 1


def test_the_same_key_from_many_at_once_is_the_same_message(database):
    numbers = []
    threads = [
        threading.Thread(target=lambda: numbers.append(put(key="alert:1:1"))) for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(numbers) == 6
    assert len(set(numbers)) == 1


def test_a_message_of_a_fact_that_was_undone_does_not_leave(database, nudged):
    def fact() -> None:
        with db.transaction() as session:
            add(session)
            raise LookupError

    with pytest.raises(LookupError):
        fact()
    queues.flush()
    assert nudged == []
    with db.transaction() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(OutboxMessage)) == 0


def test_a_status_before_our_own_answer_finds_its_row_by_our_number(database):
    number = put()
    assert comes("sent", number=number)
    message = row(number)
    assert (message.status, message.carrier_sid) == (MessageStatus.sent, "SM1")
    assert message.sent_at is not None


def test_a_word_that_comes_after_the_last_one_takes_nothing_back(database):
    """`undelivered` after `delivered` carries an error code, which says nothing of one that is there."""
    number = put()
    comes("delivered", number=number)
    settled = row(number).settled_at
    clock.shift(dt.timedelta(minutes=1))
    assert comes("sent", number=number)
    assert comes("undelivered", number=number, error="30003")
    message = row(number)
    assert (message.status, message.network_status) == (MessageStatus.delivered, "delivered")
    assert (message.error_code, message.settled_at) == ("", settled)


def test_read_comes_after_delivered(database):
    number = put()
    comes("delivered", number=number)
    comes("read", number=number)
    assert row(number).network_status == "read"


CALL_WORDS = ["initiated", "ringing", "in-progress", "completed"]


@pytest.mark.parametrize("words", list(itertools.permutations(CALL_WORDS)))
def test_a_call_in_any_order_was_answered_and_is_over(database, words):
    number = put(channel=outbox.Channel.call)
    for word in words:
        assert comes(word, number=number, sid="CA1")
    message = row(number)
    assert (message.status, message.network_status) == (MessageStatus.delivered, "completed")
    assert message.settled_at is not None


@pytest.mark.parametrize("last", ["busy", "no-answer", "canceled", "failed"])
def test_a_call_that_nobody_answered_does_not_ring_again_afterwards(database, last):
    number = put(channel=outbox.Channel.call)
    for word in ("initiated", last, "ringing"):
        comes(word, number=number, sid="CA1")
    message = row(number)
    assert message.status in (MessageStatus.undelivered, MessageStatus.failed)
    assert message.network_status == last


def test_a_call_that_breaks_off_after_it_was_answered_is_over(database):
    number = put(channel=outbox.Channel.call)
    comes("in-progress", number=number, sid="CA1")
    comes("failed", number=number, sid="CA1")
    message = row(number)
    assert message.status is MessageStatus.delivered
    assert message.settled_at is not None


def test_the_second_copy_of_a_status_is_no_news(database):
    number = put()
    assert comes("delivered", number=number)
    settled = row(number).settled_at
    clock.shift(dt.timedelta(minutes=5))
    assert not comes("delivered", number=number)
    assert row(number).settled_at == settled


def test_an_unknown_word_is_kept_and_changes_nothing(database):
    number = put()
    comes("sent", number=number)
    assert comes("teleported", number=number)
    message = row(number)
    assert (message.status, message.network_status) == (MessageStatus.sent, "teleported")
    assert message.settled_at is None


def test_an_unknown_word_first_does_not_stop_the_message(database):
    number = put()
    assert comes("pondering", number=number, sid="SM1")
    assert row(number).status is MessageStatus.pending


def test_an_error_code_stays_with_the_row(database):
    number = put()
    comes("undelivered", number=number, error="30003")
    message = row(number)
    assert (message.status, message.error_code) == (MessageStatus.undelivered, "30003")
    assert message.settled_at is not None


def test_a_status_of_nobody_is_nothing(database):
    put()
    assert not comes("delivered", sid="SM-of-somebody-else")
    assert not comes("delivered", number=4711)


def test_a_status_by_its_sid_alone(database):
    number = put()
    comes("sent", number=number)
    assert comes("delivered", number=None)
    assert row(number).status is MessageStatus.delivered


def test_a_status_of_another_sending_does_not_touch_the_one_that_is_followed(database):
    number = put()
    comes("delivered", number=number, sid="SM1")
    assert not comes("undelivered", number=number, sid="SM2")
    assert row(number).status is MessageStatus.delivered


def test_the_same_status_from_many_at_once_is_news_once(database):
    number, news = put(), []
    threads = [
        threading.Thread(target=lambda: news.append(comes("delivered", number=number)))
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(news) == [False] * 5 + [True]


@given(st.permutations(["queued", "sending", "sent", "delivered", "undelivered", "failed", "read"]))
def test_delivered_is_never_taken_back(words):
    status, was_delivered = MessageStatus.pending, False
    for word in words:
        status = MESSAGE_MOVES.after(status, delivery.NETWORK_WORDS[word])
        was_delivered = was_delivered or status is MessageStatus.delivered
        assert not was_delivered or status is MessageStatus.delivered
    assert status is MessageStatus.delivered


@given(
    st.lists(st.sampled_from(sorted(delivery.NETWORK_WORDS)), max_size=8),
    st.sampled_from(MessageStatus),
)
def test_no_order_of_the_networks_words_raises(words, status):
    for word in words:
        status = MESSAGE_MOVES.after(status, delivery.NETWORK_WORDS[word])


def test_every_last_word_is_one_of_the_words():
    assert set(delivery.NETWORK_WORDS) > delivery.LAST_WORDS
    assert delivery.NETWORK_WORDS["completed"] is outbox.MessageEvent.delivered
    assert {delivery.NETWORK_WORDS[word] for word in ("busy", "no-answer", "canceled")} == {
        outbox.MessageEvent.undelivered
    }


def test_an_answered_call_is_not_settled_before_it_has_ended(database):
    number = put(channel=outbox.Channel.call)
    comes("in-progress", number=number, sid="CA1")
    message = row(number)
    assert (message.status, message.settled_at) == (MessageStatus.delivered, None)
    comes("completed", number=number, sid="CA1")
    assert row(number).settled_at is not None


# An SMS that the carrier could not deliver


def again(number: int) -> OutboxMessage | None:
    """The repetition of a message, if there is one."""
    key = delivery._key_of_repetition(row(number), row(number).again + 1)
    with db.transaction() as session:
        return session.scalar(sa.select(OutboxMessage).where(OutboxMessage.dedupe_key == key))


def off(number: int, sid: str = "SM1", error: str = "30003") -> OutboxMessage | None:
    """The handset is off; the repetition, if there is one."""
    comes("undelivered", number=number, sid=sid, error=error)
    return again(number)


def test_for_a_handset_that_is_off_it_is_sent_again(database):
    number = put(key="alert:1", valid_for=dt.timedelta(minutes=10))
    repeated = off(number)
    assert repeated
    first = row(number)
    assert (first.status, repeated.status) == (MessageStatus.undelivered, MessageStatus.pending)
    for name in ("topic", "ref", "lane", "to", "to_name", "to_index", "body", "expires_at"):
        assert getattr(repeated, name) == getattr(first, name), name
    assert repeated.next_attempt_at - repeated.created_at == delivery.SEND_AGAIN_AFTER[0]


def test_twice_at_most(database):
    number, keys = put(key="alert:1"), []
    for sid in ("SM1", "SM2", "SM3"):
        repeated = off(number, sid)
        if repeated:
            keys.append(repeated.dedupe_key)
            number = repeated.id
    assert keys == ["alert:1:again:1", "alert:1:again:2"]


@pytest.mark.parametrize("error", ["30004", "30005", "30006", "30007", ""])
def test_what_would_fail_again_is_not_sent_again(database, error):
    assert off(put(), error=error) is None


@pytest.mark.parametrize("error", ["30001", "30008"])
def test_a_full_queue_and_no_reason_may_pass(database, error):
    assert off(put(), error=error)


def test_a_call_is_not_repeated(database):
    number = put(channel=outbox.Channel.call)
    comes("failed", number=number, error="30003")
    assert again(number) is None


def test_what_would_come_too_late_is_not_sent_again(database):
    assert off(put(valid_for=delivery.SEND_AGAIN_AFTER[0])) is None


@pytest.mark.parametrize("before", [True, False])
def test_what_was_withdrawn_is_not_sent_again(database, before):
    number = put()
    comes("sent", number=number)
    repeated = None if before else off(number)
    with db.transaction() as session:
        outbox.withdraw(session, ["alert"], 1)
    if before:
        assert off(number) is None
    else:
        assert repeated
        assert row(repeated.id).expires_at <= clock.now()


def test_what_has_arrived_after_all_is_not_sent_again(database):
    number = put()
    repeated = off(number)
    assert repeated
    comes("delivered", number=number)
    message = row(number)
    assert (message.status, message.error_code) == (MessageStatus.delivered, "")
    assert row(repeated.id).expires_at <= clock.now()


def test_withdrawing_gives_nothing_a_longer_life(database):
    number = put(valid_for=dt.timedelta(seconds=10))
    ends = row(number).expires_at
    clock.shift(dt.timedelta(minutes=1))
    with db.transaction() as session:
        outbox.withdraw(session, ["alert"], 1)
    assert row(number).expires_at == ends


def test_two_calls_taken_for_each_other_are_put_right_by_the_network(database):
    first, second = put(), put()
    comes("initiated", number=first, sid="CA2")
    with db.transaction() as session:
        outbox.is_carried_by(session, session.get_one(OutboxMessage, second), "CA2")
    assert (row(first).carrier_sid, row(second).carrier_sid) == (None, "CA2")
