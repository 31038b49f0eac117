"""From the console: a colleague, or the police, come into a conversation, and somebody is hung up."""

import pytest
import sqlalchemy as sa

from hotline import config, db
from hotline.accounts.models import Account
from tests.triage import conversing as talk
from tests.triage import desk as console
from tests.triage.conversing import FIRST, OVER, SECOND
from tests.triage.people import do, officer, place
from triage.conversations import desk, service
from triage.conversations.callbacks import CannotRing, Obstacle
from triage.conversations.models import Leg, LegKind
from triage.intake.models import Report
from triage.queue import judging

STATION = "+8610000000301"


def transfers(to: str = SECOND) -> None:
    do(desk.transfer, talk.report_of().id, talk.account(to).id, officer())


def brings_police(contact: int | None) -> None:
    do(desk.bring_police, talk.report_of().id, contact, officer())


def contacts() -> list[tuple[int, str]]:
    with db.transaction() as session:
        report = session.get_one(Report, talk.report_of().id)
        return [
            (contact.id, contact.number) for contact, _ in desk.police_contacts(session, report)
        ]


def refused(act, *what) -> Obstacle:
    with pytest.raises(CannotRing) as fault:
        act(*what)
    return fault.value.why


def hangs_up(kind: LegKind) -> None:
    with db.transaction() as session:
        number = session.scalars(sa.select(Leg.id).where(Leg.kind == kind)).one()
        service.hang_up(session, number, officer())


def test_a_colleague_comes_in_and_takes_the_report_over(district):
    talk.talks()
    transfers()
    assert talk.message(SECOND).flow == "transfer"
    assert talk.report_of().claimed_by == officer().account_id
    assert [talk.accepts(SECOND), talk.accepts(SECOND)] == ["taken", "taken"]
    assert talk.report_of().claimed_by == officer("zhiban2").account_id
    [entry] = console.written("hand_over", "report")
    assert entry.details == {
        "account": officer("zhiban2").account_id,
        "was": officer().account_id,
    }
    assert talk.call().answered_by == officer().account_id


def test_the_first_may_leave_then_and_the_caller_stays(district):
    talk.talks()
    transfers()
    talk.ends(FIRST)
    assert (("CA1", OVER)) not in talk.moves(), "a colleague is being rung"
    talk.accepts(SECOND)
    talk.ends(SECOND)
    assert talk.moves()[-1] == ("CA1", OVER)


def test_a_colleague_who_does_not_come_leaves_the_report_where_it_is(district):
    talk.talks()
    transfers()
    talk.ends(SECOND, "no-answer")
    assert talk.report_of().claimed_by == officer().account_id
    assert ("CA1", OVER) not in talk.moves()


def test_a_colleague_who_comes_too_late_is_told_so(district):
    talk.talks()
    transfers()
    talk.hangs_up()
    assert talk.accepts(SECOND) == "gone"


def test_what_has_been_dealt_with_is_not_taken_over(district):
    talk.talks()
    transfers()
    do(judging.dispose, talk.report_of().id, officer(), "advice_given", "已答复")
    talk.accepts(SECOND)
    assert talk.report_of().claimed_by is None


def test_a_colleague_whose_telephone_is_in_use(district):
    talk.all_on_duty()
    talk.talks()
    talk.waits("CA2")
    assert talk.rings("CA2") == [SECOND]
    assert refused(transfers) is Obstacle.busy


@pytest.mark.parametrize(("who", "active"), [("zhiban2", False), ("guanli", True), ("", True)])
def test_only_a_colleague_who_takes_calls_is_asked(district, who, active):
    talk.talks()
    asked = officer(who).account_id if who else 4711
    with db.transaction() as session:
        here = sa.update(Account).where(Account.id == asked)
        session.execute(here.values(phone="+8610000000999", active=active))
    with pytest.raises(CannotRing) as fault:
        do(desk.transfer, talk.report_of().id, asked, officer())
    assert fault.value.why is Obstacle.no_colleague


def test_a_conversation_is_directed_by_who_is_in_it_or_holds_it_and_by_supervisors(district):
    talk.talks()
    transfers()
    talk.accepts(SECOND)
    report = talk.report_of()
    assert report.claimed_by == officer("zhiban2").account_id
    for who, theirs in (("zhiban", True), ("zhiban2", True), ("daiban", True), ("shenji", False)):
        assert do(desk.may_direct, report.id, officer(who).account_id) is theirs
    talk.ends(FIRST)
    assert do(desk.may_direct, report.id, officer().account_id) is False


def test_nobody_is_asked_into_a_conversation_that_is_not(district):
    talk.waits()
    assert refused(transfers) is Obstacle.nobody_there
    assert refused(brings_police, None) is Obstacle.nobody_there


def test_the_police_come_in_and_change_nothing_else(district):
    talk.talks()
    [(number, phone), *_] = contacts()
    brings_police(number)
    assert talk.message(phone).flow == "join"
    assert talk.accepts(phone) == "taken"
    assert talk.report_of().claimed_by == officer().account_id
    assert [move for move in talk.moves() if move[1] == OVER] == []


def test_the_station_of_the_place_is_the_one(district):
    talk.talks()
    of_district = contacts()
    with db.transaction() as session:
        session.get_one(Report, talk.report_of().id).place_id = place("990101001")
    assert contacts() != of_district


def test_only_the_station_that_answers_for_the_place_can_be_called(district):
    talk.talks()
    assert refused(brings_police, 4711) is Obstacle.no_contact


def test_110_by_its_local_number_where_there_is_one(district, monkeypatch):
    talk.talks()
    assert refused(brings_police, None) is Obstacle.no_contact
    local = config.current().model_copy(update={"police_local_number": "+8610000000110"})
    monkeypatch.setattr(config, "_current", local)
    brings_police(None)
    assert talk.message("+8610000000110").to_name == "110"


def test_one_who_is_hung_up_and_the_conversation_goes_on(district):
    talk.talks()
    transfers()
    sid = talk.placed(SECOND)
    talk.accepts(SECOND)
    hangs_up(LegKind.transfer)
    assert talk.moves()[-1] == (sid, "")
    talk.ends(SECOND)
    assert ("CA1", OVER) not in talk.moves()


def test_when_the_last_one_is_hung_up_the_caller_goes_on(district):
    talk.talks()
    sid = talk.placed(FIRST)
    hangs_up(LegKind.officer)
    hangs_up(LegKind.officer)
    assert talk.moves()[1:] == [(sid, ""), ("CA1", OVER)]
