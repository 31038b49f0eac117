"""From hand to hand, and never in nobody's."""

import pytest
import sqlalchemy as sa

from hotline import db
from hotline.config import Settings
from tests.triage import desk
from tests.triage.people import at_once, claimed, do, officer, row, seconds
from triage.intake.states import ReportStatus, Urgency
from triage.queue import drafts, handovers
from triage.queue import service as queue
from triage.queue.handovers import NobodyToTakeIt, OfferOver
from triage.queue.models import Handover
from triage.queue.states import HandoverStatus

NOTE = "已联系学校，三点回电"


def account(username: str) -> int:
    number = officer(username).account_id
    assert number
    return number


def offered(number: int, to: str = "zhiban2") -> int:
    return do(handovers.offer, number, officer(), account(to), NOTE).id


def status(handover: int) -> HandoverStatus:
    with db.transaction() as session:
        return session.get_one(Handover, handover).status


def test_the_giver_keeps_it_until_the_colleague_accepts_with_what_was_typed(district):
    number = claimed(urgency=Urgency.urgent)
    do(drafts.keep, number, account("zhiban"), {"summary": "邻居听到哭声"})
    offer = offered(number)
    assert row(number).claimed_by == account("zhiban")
    do(handovers.accept, offer, officer("zhiban2"))
    one = row(number)
    assert (one.claimed_by, one.status) == (account("zhiban2"), ReportStatus.claimed)
    kept = do(drafts.of, number, account("zhiban2"))
    assert kept
    assert kept[0] == {"summary": "邻居听到哭声"}
    with pytest.raises(queue.NotYours):
        do(queue.renew, number, officer())


def test_an_emergency_that_nobody_accepts_calls_for_somebody_within_a_minute(
    district: Settings,
):
    number = claimed(urgency=Urgency.emergency)
    offer = offered(number)
    seconds(district.page_officers_seconds + 1)
    assert queue.release_overdue() == 1
    assert handovers.lapse_overdue() == 1
    one = row(number)
    assert one.status is ReportStatus.waiting
    assert one.next_page_at is not None
    assert status(offer) is HandoverStatus.lapsed
    with pytest.raises(OfferOver):
        do(handovers.accept, offer, officer("zhiban2"))


def test_whoever_goes_on_working_keeps_it(district):
    number = claimed(urgency=Urgency.urgent)
    offered(number)
    do(queue.renew, number, officer())
    seconds(301)
    assert queue.release_overdue() == 0
    assert handovers.lapse_overdue() == 1
    assert row(number).claimed_by == account("zhiban")


def test_a_refusal_leaves_it_with_the_giver_for_no_longer_than_the_offer(district):
    number = claimed(urgency=Urgency.urgent)
    until = None
    offer = offered(number)
    until = row(number).lease_until
    do(handovers.decline, offer, officer("zhiban2"))
    assert (row(number).claimed_by, row(number).lease_until) == (account("zhiban"), until)
    assert [one.taker for one in do(handovers.answers, account("zhiban"))] == ["周牧"]


def test_taken_back_it_is_the_givers_as_before(district):
    number = claimed(urgency=Urgency.urgent)
    do(handovers.withdraw, offered(number), officer())
    seconds(400)
    assert queue.release_overdue() == 0


def test_of_accepting_and_taking_back_at_once_one_happens(district):
    number = claimed(urgency=Urgency.urgent)
    offer = offered(number)
    outcomes = at_once(
        lambda: do(handovers.accept, offer, officer("zhiban2")),
        lambda: do(handovers.withdraw, offer, officer()),
    )
    assert sum(isinstance(one, OfferOver) for one in outcomes) == 1
    taken = status(offer) is HandoverStatus.accepted
    assert row(number).claimed_by == account("zhiban2" if taken else "zhiban")


@pytest.mark.parametrize("act", [handovers.accept, handovers.decline])
def test_nobody_answers_for_another(district, act):
    offer = offered(claimed(urgency=Urgency.urgent))
    with pytest.raises(OfferOver):
        do(act, offer, officer("daiban"))
    assert status(offer) is HandoverStatus.offered


@pytest.mark.parametrize("to", ["zhiban", "shenji", "guanli"])
def test_only_to_a_colleague_who_takes_reports(district, to):
    number = claimed(urgency=Urgency.urgent)
    with pytest.raises(NobodyToTakeIt):
        offered(number, to)


def test_one_offer_at_a_time_and_one_that_is_over_makes_room(district):
    number = claimed(urgency=Urgency.urgent)
    first = offered(number)
    with pytest.raises(OfferOver):
        offered(number, "daiban")
    do(queue.release, number, officer())
    assert do(handovers.concerning, account("zhiban2")) == [], "it is the queue's again"
    do(queue.claim, number, officer())
    second = offered(number, "daiban")
    assert (status(first), status(second)) == (HandoverStatus.lapsed, HandoverStatus.offered)


def test_the_note_is_sealed(district):
    offered(claimed(urgency=Urgency.urgent))
    with db.transaction() as session:
        raw = session.execute(sa.text("SELECT note FROM handovers")).scalar_one()
    assert NOTE.encode() not in bytes(raw)


def test_from_one_console_to_the_other(app):
    number = desk.call()
    giver, taker = desk.Desk(app, "zhiban"), desk.Desk(app, "zhiban2")
    giver.does(f"/reports/{number}/claim")
    window = giver.sees(f"/reports/{number}/handover")
    assert "周牧" in window
    assert "林晓岚" not in window.split("modal-body")[1]
    refused = giver.does(f"/reports/{number}/handover", to="", note="")
    assert refused.status_code == 422
    giver.does(f"/reports/{number}/handover", to=str(account("zhiban2")), note=NOTE)
    assert "林晓岚请您接手" in taker.sees("/handovers/mine")
    assert NOTE not in taker.sees("/handovers/mine"), "a note is read where reading is written down"
    assert "请周牧接手" in taker.sees("/queue/rows")
    assert NOTE in taker.sees(f"/reports/{number}/beside")
    assert desk.written("read", "report")[-1].account_id == account("zhiban2")
    with db.transaction() as session:
        offer = session.scalars(sa.select(Handover.id)).one()
    assert taker.does(f"/handovers/{offer}/accept").location == f"/reports/{number}"
    assert desk.report(number).claimed_by == account("zhiban2")
    assert "周牧已接手" in giver.sees("/handovers/mine")
    assert [one.actor for one in desk.written("accept_handover", "report")] == ["zhiban2"]
    assert taker.does(f"/handovers/{offer}/accept").status_code == 303
    assert taker.is_told("这次移交已经有了结果")
    late = giver.asks(f"/reports/{number}/handover", to=str(account("zhiban2")), note=NOTE)
    assert (late.status_code, late.headers["HX-Redirect"]) == (204, "/"), "no page in the window"
    assert giver.is_told("这份诉求已不在您名下")
