"""What of the queue is seen, saved views, and who is where."""

import datetime as dt
import re
from urllib.parse import parse_qsl

import pytest
from werkzeug.datastructures import MultiDict

from hotline import clock
from hotline.config import Settings
from tests.triage import desk, people
from tests.triage.people import at_once, do, judgement, place
from tests.triage.test_queue_bulk import says
from tests.triage.test_queue_views import numbers
from triage.intake.states import Situation, Urgency
from triage.queue import judging, presence, queries, saved_views
from triage.queue import service as queue
from triage.queue.filters import Clock, Filters, Reporter, Tab
from triage.queue.presence import Doing, Here


def judged(number: str, **judgements: object) -> str:
    report, actor = desk.report(number).id, desk.actor("zhiban2")
    do(queue.claim, report, actor)
    do(judging.classify, report, actor, judgement(**judgements))
    do(queue.release, report, actor)
    return number


def test_each_filter_and_several_together(app, officer: desk.Desk):
    street, community = place("990101"), place("990101001")
    urgent = judged(
        desk.call(), urgency=Urgency.urgent, situation=Situation.missing, place_id=community
    )
    elsewhere = judged(desk.call(), urgency=Urgency.urgent, place_id=place("990103"))
    child, institution, new = desk.call(), desk.call(), desk.call()
    says(child, "who", "child")
    says(institution, "ground", "4")
    everything = {urgent, elsewhere, child, institution, new}
    for query, seen in {
        "urgency=urgent": {urgent, elsewhere},
        "urgency=unset": {child, institution, new},
        "urgency=urgent&urgency=unset": everything,
        "situation=missing": {urgent},
        f"place={street}": {urgent},
        f"place={place('990100')}": {urgent, elsewhere},
        f"place={street}&situation=domestic_violence": set(),
        "reporter=child": {child},
        "reporter=mandated": {institution},
        "reporter=unknown": {urgent, elsewhere, new},
        "status=claimed": set(),
        "line=12355": everything,
        "line=110": set(),
        "clock=in_time": everything,
        "clock=overdue&urgency=nonsense": set(),
    }.items():
        page = officer.sees(f"/queue/rows?{query}")
        assert set(numbers(page)) == seen, query
    assert "没有符合筛选条件的诉求" in officer.sees("/?line=110")
    assert "云溪区及以下" in officer.sees(f"/?place={place('990100')}")


def test_the_clocks_are_counted_by_colour_and_urgency(app):
    judged(desk.call(), urgency=Urgency.urgent)
    desk.call(emergency=True)
    clock.shift(dt.timedelta(minutes=8))
    desk.call(ended=False)
    judged(desk.call(), urgency=Urgency.standard)
    clock.shift(dt.timedelta(minutes=1))
    desk.call()
    clock.shift(dt.timedelta(minutes=8))
    counts = do(queries.counts)
    assert counts.by == {
        (Urgency.urgent, Clock.in_time): 1,
        (Urgency.emergency, Clock.overdue): 1,
        (None, Clock.soon): 2,
        (Urgency.standard, Clock.in_time): 1,
    }
    assert [counts.on(one) for one in Clock] == [1, 2, 2]


def test_of_too_many_the_emergencies_are_counted_first(app, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(queries, "MOST_COUNTED", 1)
    for _ in range(3):
        desk.call()
    desk.call(emergency=True)
    counts = do(queries.counts)
    assert (counts.all, counts.emergencies) == (2, 1)


def test_an_address_survives_the_way_there_and_back():
    query = "tab=waiting&urgency=urgent&urgency=unset&reporter=child&clock=soon&line=12355&place=3"
    filters = Filters.parse(MultiDict(parse_qsl(query)))
    assert filters.query() == query
    assert filters.without("urgency", None).urgency == (Urgency.urgent,)
    assert filters.without("place", 3).place is None
    assert filters.on(Tab.triaged).clock == ()
    assert filters.reporter == (Reporter.child,)
    assert not filters.cleared()


@pytest.mark.parametrize("query", ["place=x", "place=" + "9" * 40, "urgency=%00", "after=~&line="])
def test_nonsense_in_the_address_is_everything_or_nothing(officer: desk.Desk, query):
    desk.call()
    officer.sees(f"/queue/rows?{query}")


def test_a_view_is_kept_renamed_begun_with_deleted_and_had_back(officer: desk.Desk):
    urgent = judged(desk.call(), urgency=Urgency.urgent)
    other = desk.call()
    saved = officer.does("/queue/views", name="急件", query="tab=all&urgency=urgent&x=1")
    view = saved.location.rpartition("=")[2]
    assert numbers(officer.sees(saved.location)) == [urgent]
    officer.does("/queue/views/default", view=view)
    assert numbers(officer.sees("/")) == [urgent]
    assert set(numbers(officer.sees("/?tab=all"))) == {urgent, other}
    officer.does(f"/queue/views/{view}/rename", name="急的")
    assert "急的" in officer.sees("/")
    gone = officer.does(f"/queue/views/{view}/delete")
    assert f"/queue/views/{view}/restore" in officer.sees(gone.location)
    assert set(numbers(officer.sees("/"))) == {urgent, other}
    officer.does(f"/queue/views/{view}/restore")
    assert numbers(officer.sees("/")) == [urgent]
    officer.does("/queue/views/default")
    assert set(numbers(officer.sees("/"))) == {urgent, other}


def test_a_deleted_view_whose_name_was_given_anew_stays_deleted(officer: desk.Desk):
    saved = officer.does("/queue/views", name="急件", query="urgency=urgent")
    view = saved.location.rpartition("=")[2]
    officer.does(f"/queue/views/{view}/delete")
    officer.does("/queue/views", name="急件", query="tab=waiting")
    assert officer.does(f"/queue/views/{view}/restore").status_code == 303
    assert officer.is_told("已经有一个同名的视图了")


def test_two_tabs_choose_the_first_view_at_once(officer: desk.Desk):
    saved = officer.does("/queue/views", name="急件", query="urgency=urgent")
    view, me = int(saved.location.rpartition("=")[2]), desk.actor("zhiban").account_id
    outcomes = at_once(*[lambda: do(saved_views.set_default, view, me)] * 2)
    assert outcomes == [None, None]
    chosen = do(saved_views.default, me)
    assert chosen
    assert chosen.id == view


def test_supervisors_share_and_officers_keep_their_own(app, officer: desk.Desk):
    supervisor = desk.Desk(app, "daiban")
    shared = supervisor.does("/queue/views", name="本街道", query="tab=all", shared="y").location
    own = officer.does("/queue/views", name="我的急件", query="tab=waiting", shared="y").location
    view, mine = shared.rpartition("=")[2], own.rpartition("=")[2]
    assert "本街道" in officer.sees("/")
    assert "我的急件" not in supervisor.sees("/"), "an officer shares nothing"
    officer.does(f"/queue/views/{view}/delete")
    assert officer.is_told("这个视图已经不在了")
    supervisor.does(f"/queue/views/{mine}/rename", name="别人的")
    assert "我的急件" in officer.sees("/")
    officer.does("/queue/views", name="另一个", query="")
    officer.does(f"/queue/views/{mine}/rename", name="另一个")
    assert officer.is_told("已经有一个同名的视图了")


def test_there_are_not_too_many_views(district, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(saved_views, "MOST", 1)
    account = people.officer().account_id
    first = do(saved_views.save, account, "一", "tab=all")
    assert do(saved_views.save, account, "一", "tab=mine") == first
    with pytest.raises(saved_views.TooMany):
        do(saved_views.save, account, "二", "tab=all")


def test_a_supervisor_says_who_is_skilled_for_what(app, officer: desk.Desk):
    supervisor = desk.Desk(app, "daiban")
    account = desk.actor("zhiban").account_id
    supervisor.does(f"/skills/{account}", skill="cantonese")
    page = supervisor.sees("/skills")
    assert len(re.findall(r'value="cantonese" checked', page)) == 1
    assert officer.client.get("/skills").status_code == 403
    assert supervisor.does("/skills/4711", skill="english").status_code == 404


def test_who_is_where_is_known_for_a_while_and_without_redis_nobody_is(
    app, officer: desk.Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
):
    number, me = desk.call(), desk.actor("zhiban").account_id
    assert officer.does(f"/reports/{number}/presence", doing="looking").status_code == 204
    shown = officer.client.get("/queue/presence").get_json()["here"]
    assert shown == [{"number": number, "account": me, "name": "林晓岚", "doing": "looking"}]
    officer.does(f"/reports/{number}/presence", doing="looking", gone="1")
    assert presence.everybody() == []
    presence.stay(Here(number, me or 0, "林晓岚", Doing.working))
    clock.shift(dt.timedelta(seconds=presence.TTL_SECONDS + 1))
    assert presence.everybody() == []
    assert officer.does(f"/reports/{number}/presence", doing="sleeping").status_code == 400
    away = settings.model_copy(update={"redis_url": "redis://127.0.0.1:9"})
    monkeypatch.setattr("hotline.config._current", away)
    assert officer.does(f"/reports/{number}/presence", doing="looking").status_code == 204
    assert officer.client.get("/queue/presence").get_json()["here"] == []


def test_where_a_row_has_gone_is_told(app, officer: desk.Desk):
    taken, closed, still = desk.call(), desk.call(), desk.call()
    other = desk.Desk(app, "zhiban2")
    other.does(f"/reports/{taken}/claim")
    officer.does(f"/reports/{closed}/claim")
    officer.does(f"/reports/{closed}/dispose", disposition="wrong_number", reason="打错")
    query = "&".join(f"number={number}" for number in (taken, closed, still))
    assert officer.client.get(f"/queue/whereabouts?{query}").get_json() == {
        taken: "已由周牧领取",
        closed: "林晓岚已处理：打错电话",
    }


def test_the_rows_are_the_same_for_every_officer(app, officer: desk.Desk):
    desk.call(sound=b"RIFF")
    officer.does(f"/reports/{desk.call()}/claim")
    ticking = re.compile(r"(<time[^>]*>)[^<]*")
    pages = [
        ticking.sub(r"\1", one.sees("/queue/rows")) for one in (officer, desk.Desk(app, "zhiban2"))
    ]
    assert pages[0] == pages[1]
