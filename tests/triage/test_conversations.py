"""A caller waits, officers are rung, one takes the call by a key, and the caller is brought to them."""

import pytest
import sqlalchemy as sa

from hotline import clock, db
from hotline.accounts.models import Account
from hotline.outbox import Channel, MessageStatus, OutboxMessage
from tests.ivr.people import counted
from tests.triage import conversing as talk
from tests.triage.conversing import FIRST, OVER, SECOND, THIRD
from tests.triage.people import arrival, at_once, do, officer, seconds
from triage.conversations import legs, overdue, service, statements
from triage.intake import service as intake
from triage.intake.models import Call
from triage.intake.states import ReportStatus


def emergency(sid: str) -> None:
    do(intake.mark_emergency, sid)


def ahead(sid: str) -> int:
    return talk.waits(sid, round_=2).ahead


def test_who_waits_is_rung_for_at_once_and_once(district):
    waiting = talk.waits()
    assert (waiting.accepted, waiting.ahead, waiting.anybody) == (False, 0, True)
    assert talk.rings() == [FIRST]
    assert talk.rings() == [FIRST]
    seconds(2)
    assert talk.sweeps() == 0
    assert len(talk.legs()) == 1


def test_if_the_job_is_lost_the_sweeper_rings(district):
    talk.waits()
    assert talk.sweeps() == 0
    seconds(1)
    talk.sweeps()
    assert talk.ringing() == [FIRST]


def test_a_ring_lasts_as_long_as_the_settings_say(district):
    talk.waits()
    talk.rings()
    ring = talk.message(FIRST)
    assert (ring.ring_seconds, ring.flow) == (district.ring_seconds, "officer")
    assert (ring.expires_at - ring.created_at).total_seconds() == district.ring_seconds + 5


def test_emergencies_first_then_the_longest_waiting(district):
    for sid in ("CA1", "CA2", "CA3"):
        talk.waits(sid)
        seconds(1)
    assert [ahead(sid) for sid in ("CA1", "CA2", "CA3")] == [0, 1, 2]
    emergency("CA3")
    assert [ahead(sid) for sid in ("CA1", "CA2", "CA3")] == [1, 2, 0]
    emergency("CA1")
    assert [ahead(sid) for sid in ("CA1", "CA2", "CA3")] == [0, 2, 1]


def test_who_has_gone_or_is_answered_or_comes_no_more_is_not_ahead(district):
    for sid in ("CA1", "CA2", "CA3", "CA4"):
        talk.waits(sid)
    talk.hangs_up("CA1")
    assert ahead("CA4") == 2
    talk.rings("CA2")
    talk.accepts(FIRST)
    assert ahead("CA4") == 1
    clock.shift(statements.PATIENCE)
    assert ahead("CA4") == 0


def test_nobody_with_a_telephone(district):
    with db.transaction() as session:
        session.execute(sa.update(Account).values(phone=None))
    assert talk.waits().anybody is False
    assert talk.rings() == []


def test_a_call_nobody_knows_waits_for_nobody(district):
    with db.transaction() as session:
        waiting = service.wait(session, "CA?", round_=1, in_turn=False, next_url="")
    assert waiting.anybody is False


def test_all_at_once(district):
    talk.all_on_duty(THIRD)
    talk.waits()
    assert talk.rings() == [FIRST, SECOND, THIRD]


def test_one_after_the_other_whoever_was_rung_least_recently(district):
    talk.all_on_duty(THIRD)
    order = []
    for round_ in range(1, 5):
        talk.waits(round_=round_, in_turn=True)
        [phone] = talk.rings()
        order.append(phone)
        seconds(15)
        talk.ends(phone, "no-answer")
    assert sorted(order[:3]) == [FIRST, SECOND, THIRD]
    assert order[3] == order[0]


def test_in_turn_the_next_is_rung_when_the_first_has_stopped(district):
    talk.all_on_duty()
    talk.waits(in_turn=True)
    [first] = talk.rings()
    talk.waits(round_=2, in_turn=True)
    assert talk.rings() == [first]
    talk.ends(first, "busy")
    seconds(2)
    talk.sweeps()
    [second] = talk.ringing()
    assert second != first


def test_the_first_who_accepts_has_it_and_the_others_stop(district):
    talk.all_on_duty(THIRD)
    talk.waits()
    talk.rings()
    second, third = talk.placed(SECOND), talk.placed(THIRD)
    talk.placed(FIRST)
    assert talk.accepts(FIRST) == "taken"
    assert talk.ringing() == []
    assert sorted(talk.moves()) == sorted([(second, ""), (third, ""), ("CA1", talk.ACCEPTED)])
    report, taken_by = talk.report_of(), officer()
    assert (report.status, report.claimed_by) == (ReportStatus.claimed, taken_by.account_id)
    assert talk.call().answered_by == taken_by.account_id
    assert talk.accepts(SECOND) == "other"


def test_the_same_key_again_is_the_same_acceptance(district):
    talk.waits()
    talk.rings()
    assert [talk.accepts(FIRST), talk.accepts(FIRST)] == ["taken", "taken"]
    assert len(talk.moves()) == 1


def test_of_two_at_once_one_has_it(district):
    talk.all_on_duty()
    talk.waits()
    talk.rings()
    outcomes = at_once(lambda: talk.accepts(FIRST), lambda: talk.accepts(SECOND))
    assert sorted(outcomes) == ["other", "taken"]
    assert len([move for move in talk.moves() if move[1]]) == 1


def test_a_ring_not_sent_yet_is_never_sent(district):
    talk.all_on_duty()
    talk.waits()
    talk.rings()
    talk.accepts(FIRST)
    ring = talk.message(SECOND)
    assert (ring.status, ring.expires_at <= clock.now()) == (MessageStatus.pending, True)


def test_the_caller_has_gone(district):
    talk.waits()
    talk.rings()
    talk.placed(FIRST)
    talk.hangs_up()
    assert talk.accepts(FIRST) == "gone"
    service.clear(talk.call().id)
    assert talk.moves() == []
    assert talk.legs() == [("officer", "missed")]


def test_telephones_stop_ringing_when_the_caller_hangs_up(district):
    talk.waits()
    talk.rings()
    sid = talk.placed(FIRST)
    talk.hangs_up()
    service.clear(talk.call().id)
    assert talk.moves() == [(sid, "")]


def test_they_stop_also_if_that_job_is_lost(district):
    talk.waits()
    talk.rings()
    sid = talk.placed(FIRST)
    talk.hangs_up()
    seconds(2)
    talk.sweeps()
    assert talk.moves() == [(sid, "")]
    assert talk.sweeps() == 0


def test_each_round_looks_by_itself(district):
    talk.waits()
    talk.rings()
    talk.accepts(FIRST)
    assert talk.waits(round_=2).accepted is True
    assert talk.rings() == []


def test_it_is_not_said_while_the_move_is_on_the_wire(district):
    talk.waits()
    talk.rings()
    talk.accepts(FIRST)
    with db.transaction() as session:
        move = session.scalars(
            sa.select(OutboxMessage).where(OutboxMessage.channel == Channel.redirect)
        ).one()
        move.status = MessageStatus.sending
        move.lease_until = clock.now() + legs.SLACK
    assert talk.waits(round_=2).accepted is False
    assert talk.rings() == []
    seconds(6)
    assert talk.waits(round_=3).accepted is True


def test_who_came_in_alone_is_not_moved_any_more(district):
    talk.talks()
    with db.transaction() as session:
        [move] = session.scalars(
            sa.select(OutboxMessage).where(OutboxMessage.channel == Channel.redirect)
        )
        assert move.expires_at <= clock.now()


def test_a_busy_officer_is_not_rung(district):
    talk.talks("CA1")
    talk.waits("CA2")
    assert talk.rings("CA2") == []
    talk.ends(FIRST)
    seconds(2)
    talk.sweeps()
    assert talk.ringing("CA2") == [FIRST]


def test_whoever_becomes_free_is_theirs_who_wait_longest(district):
    talk.talks("CA1")
    for sid in ("CA2", "CA3"):
        talk.waits(sid)
        assert talk.rings(sid) == []
    talk.ends(FIRST)
    assert talk.rings("CA3") == []
    emergency("CA3")
    assert talk.rings("CA3") == [FIRST]


def test_a_caller_who_is_rung_for_holds_up_nobody_behind(district):
    talk.all_on_duty()
    talk.waits("CA1", in_turn=True)
    [first] = talk.rings("CA1")
    talk.waits("CA1", round_=2, in_turn=True)
    talk.rings("CA1")
    talk.waits("CA2", in_turn=True)
    assert talk.rings("CA2") == [({FIRST, SECOND} - {first}).pop()]


def test_two_callers_never_ring_one_telephone(district):
    talk.all_on_duty(THIRD)
    talk.waits("CA1")
    talk.waits("CA2")
    at_once(lambda: talk.rings("CA1"), lambda: talk.rings("CA2"))
    assert sorted(talk.ringing("CA1") + talk.ringing("CA2")) == [FIRST, SECOND, THIRD]


def test_when_the_last_of_the_line_has_gone_the_caller_goes_on(district):
    talk.talks()
    talk.ends(FIRST)
    talk.ends(FIRST)
    assert talk.moves()[1:] == [("CA1", OVER)]


def test_nobody_is_moved_out_of_a_conversation_they_have_not_come_to(district):
    talk.waits()
    talk.rings()
    talk.accepts(FIRST)
    talk.ends(FIRST)
    assert talk.moves() == [("CA1", talk.ACCEPTED)]
    assert talk.waits(round_=2).accepted is False
    assert talk.rings() == [FIRST]


def test_a_ring_that_never_left_frees_the_telephone(district):
    talk.waits()
    talk.rings()
    talk.fails(FIRST)
    talk.sweeps()
    assert talk.legs() == [("officer", "missed")]
    talk.waits(round_=2)
    assert talk.rings() == [FIRST]


def test_a_word_that_was_lost_blocks_nobody_for_ever(district):
    talk.waits()
    talk.rings()
    talk.placed(FIRST)
    seconds(119)
    talk.sweeps()
    assert talk.legs() == [("officer", "ringing")]
    seconds(2)
    talk.sweeps()
    assert talk.legs() == [("officer", "missed")]


@pytest.mark.parametrize("code", ["404", "21220"])
def test_whom_the_network_will_not_move_has_gone_and_the_officer_is_let_go(district, code):
    talk.waits()
    talk.rings()
    sid = talk.placed(FIRST)
    talk.accepts(FIRST)
    talk.sweeps()
    assert talk.legs() == [("officer", "joined")]
    talk.is_not_moved(code)
    talk.sweeps()
    seconds(2)
    talk.sweeps()
    assert talk.legs() == [("officer", "left")]
    assert talk.moves()[-1] == (sid, "")
    assert [one.reason for one in talk.owed()] == ["missed"]


def test_a_move_that_failed_otherwise_ends_no_call(district):
    talk.waits()
    talk.rings()
    talk.accepts(FIRST)
    talk.is_not_moved("expired")
    talk.sweeps()
    assert talk.call().status == "in_progress"


def test_the_sweeper_keeps_no_caller_waiting_who_is_not_its_turn(district, monkeypatch):
    """While one caller is rung for, the webhooks of all others find their calls free."""
    found: list[object] = []

    def ring_due(session, call_id):
        others = [sid for sid in ("CA1", "CA2") if talk.call(sid).id != call_id]
        found.extend(do(_is_free, sid) for sid in others)
        service.ring_due(session, call_id)

    for sid in ("CA1", "CA2"):
        talk.waits(sid)
    seconds(2)
    monkeypatch.setattr(overdue, "_DUTIES", ((overdue._to_ring_for, ring_due),))
    assert talk.sweeps() == 2
    assert found == [True, True]


def _is_free(session, sid: str) -> bool:
    of_call = sa.select(Call.id).where(Call.call_sid == sid).with_for_update(skip_locked=True)
    return session.scalar(of_call) is not None


def test_who_talks_keeps_the_report(district):
    talk.talks()
    for _ in range(4):
        seconds(district.claim_lease_seconds * 0.6)
        talk.sweeps()
    lease = talk.report_of().lease_until
    assert lease
    assert lease > clock.now()


def test_a_caller_who_waits_no_more_is_not_rung_for(district):
    talk.waits()
    clock.shift(statements.PATIENCE)
    talk.sweeps()
    assert talk.legs() == []


def test_a_callers_webhook_costs_one_statement(district):
    do(intake.file_report, arrival("CA1"))
    for act in (
        lambda session: service.wait(session, "CA1", round_=1, in_turn=False, next_url="x"),
        lambda session: service.joined(session, "CA1", "x"),
        lambda session: service.ask_callback(session, "CA1"),
        lambda session: service.call_ended(session, "CA1"),
    ):
        with counted(db.engine()) as seen:
            do(act)
        assert len(seen.statements) == 1, seen.statements
