"""The card of a conversation on the report's page, the list of calls that are owed, and the queue."""

import pytest

from hotline import config, live, queues
from tests.triage import conversing as talk
from tests.triage import desk
from tests.triage.conversing import FIRST, SECOND
from tests.triage.people import answered, do, officer, seconds
from triage.conversations import callbacks, service
from triage.conversations.queries import JUST_NOW
from triage.intake import service as intake
from triage.intake.statements import SAFE_TO_CALL


@pytest.fixture
def app(database, redis, monkeypatch):
    monkeypatch.setattr(queues, "_enqueue", print)
    return desk.open_line(database, monkeypatch)


@pytest.fixture
def lin(app) -> desk.Desk:
    """The officer on duty, at a console."""
    return desk.Desk(app, "zhiban")


def number(sid: str = "CA1") -> str:
    return talk.report_of(sid).number


def card(who: desk.Desk, sid: str = "CA1") -> str:
    return who.sees(f"/reports/{number(sid)}/conversation")


def missed() -> str:
    talk.waits()
    talk.hangs_up()
    return number()


def test_a_caller_who_waits_with_the_keys_already_pressed(lin):
    talk.waits()
    do(intake.note_step, "CA1", intake.Step(1, "danger", "digits", "1"))
    talk.rings()
    page = card(lin)
    assert 'data-conversation="waits"' in page
    assert "<kbd>1</kbd>" in page
    assert "紧急：等候值班员" in page
    assert "林晓岚" in page
    assert "正在响铃" in page
    assert "转给同事" not in page
    assert "等候接听" in lin.sees("/queue/rows")


def test_a_conversation_with_its_buttons(lin):
    talk.talks()
    page = card(lin)
    assert 'data-conversation="talks"' in page
    assert "转给同事" in page
    assert "请公安加入通话" in page
    assert "+8610000000301" not in page
    assert "回拨来电人" not in page
    assert "通话中" in lin.sees("/queue/rows")


def test_who_is_talking_is_not_offered_as_a_colleague(app, lin):
    talk.all_on_duty()
    talk.talks()
    options = card(lin).partition('id="transfer-to"')[2].partition("</select>")[0]
    assert "周牧" in options
    assert "林晓岚" not in options


def test_110_only_where_it_has_a_local_number(lin, monkeypatch):
    talk.talks()
    assert ">110<" not in card(lin)
    local = config.current().model_copy(update={"police_local_number": "+8610000000110"})
    monkeypatch.setattr(config, "_current", local)
    assert ">110<" in card(lin)
    assert lin.does(f"/reports/{number()}/bring-police", contact="").status_code == 303
    assert talk.ringing() == ["+8610000000110"]
    lin.does(f"/reports/{number()}/bring-police", contact="")
    assert lin.is_told("正在通话或响铃")
    assert talk.ringing() == ["+8610000000110"]


def test_a_transfer_by_the_button(lin):
    talk.talks()
    colleague = talk.account(SECOND).id
    lin.does(f"/reports/{number()}/transfer", account=str(colleague))
    assert lin.is_told("正在呼叫同事")
    assert talk.ringing() == [SECOND]
    lin.does(f"/reports/{number()}/transfer", account="")
    assert lin.is_told("请选择一位同事")


def test_what_cannot_be_done_is_said(lin):
    talk.waits()
    lin.does(f"/reports/{number()}/transfer", account=str(talk.account(SECOND).id))
    assert lin.is_told("现在没有值班员在与来电人通话")


def test_a_telephone_is_hung_up_only_from_its_own_report(lin):
    talk.talks("CA1")
    talk.waits("CA2")
    leg = card(lin).partition("/legs/")[2].partition("/")[0]
    assert lin.does(f"/reports/{number('CA2')}/legs/{leg}/hang-up").status_code == 404
    assert talk.legs() == [("officer", "joined")]
    assert lin.does(f"/reports/{number()}/legs/{leg}/hang-up").status_code == 303
    assert talk.legs() == [("officer", "left")]


def test_somebody_else_s_conversation_is_seen_and_left_alone(app, lin):
    talk.talks()
    leg = card(lin).partition("/legs/")[2].partition("/")[0]
    other = desk.Desk(app, "zhiban2")
    page = card(other)
    assert 'data-conversation="talks"' in page
    assert "<form" not in page
    contact = (
        card(lin).partition('id="police-contact"')[2].partition('value="')[2].partition('"')[0]
    )
    for path, fields in (
        (f"legs/{leg}/hang-up", {}),
        ("transfer", {"account": str(talk.account(SECOND).id)}),
        ("bring-police", {"contact": contact}),
    ):
        other.does(f"/reports/{number()}/{path}", **fields)
        assert other.is_told("由别的值班员在接")
    assert talk.legs() == [("officer", "joined")]
    supervisor = desk.Desk(app, "daiban")
    assert f"/legs/{leg}/hang-up" in card(supervisor)
    supervisor.does(f"/reports/{number()}/legs/{leg}/hang-up")
    assert talk.legs() == [("officer", "left")]


def test_one_s_own_telephone_can_always_be_hung_up(lin):
    talk.waits()
    talk.rings()
    leg = card(lin).partition("/legs/")[2].partition("/")[0]
    lin.does(f"/reports/{number()}/legs/{leg}/hang-up")
    assert talk.legs() == [("officer", "missed")]


def test_calling_back_by_the_button(lin):
    receipt = missed()
    page = card(lin)
    assert "回拨来电人" in page
    assert "没有问过来电人回拨是否安全" in page
    lin.does(f"/reports/{receipt}/call-back")
    assert lin.is_told("您的电话马上会响")
    assert talk.ringing() == [FIRST]
    lin.does(f"/reports/{receipt}/call-back")
    assert lin.is_told("或正在回拨")


def test_an_officer_sees_why_not_and_a_supervisor_may_for_a_reason(app, lin):
    receipt = missed()
    do(answered, "CA1", SAFE_TO_CALL, "no")
    page = card(lin)
    assert "来电人说回拨不安全" in page
    assert f'action="/reports/{receipt}/call-back"' not in page
    lin.does(f"/reports/{receipt}/call-back", reason="想问清楚")
    assert lin.is_told("来电人说回拨不安全")
    supervisor = desk.Desk(app, "daiban")
    assert "仍需回拨的原因" in card(supervisor)
    supervisor.does(f"/reports/{receipt}/call-back", reason=" ")
    assert talk.legs() == []
    supervisor.does(f"/reports/{receipt}/call-back", reason="已与派出所商定")
    assert talk.legs() == [("callback", "ringing")]


def test_a_caller_without_a_number(lin):
    talk.waits(caller="anonymous")
    talk.hangs_up()
    page = card(lin)
    assert "没有可以回拨的号码" in page
    assert "回拨来电人" not in page


def test_an_sms_can_be_answered_by_a_call(lin):
    receipt = desk.text_message("救命")
    assert "回拨来电人" in lin.sees(f"/reports/{receipt}/conversation")


def test_the_list_of_what_is_owed(lin):
    assert "没有等待回拨的来电" in lin.sees("/callbacks")
    receipt = missed()
    do(answered, "CA1", SAFE_TO_CALL, "yes")
    page = lin.sees("/callbacks/rows")
    assert receipt in page
    assert "1 件到时" in page
    assert "来电人说安全" in page
    assert desk.CALLER not in page
    [task] = talk.owed()
    lin.does(f"/callbacks/{task.id}/settle", reason="")
    assert lin.is_told("请写明原因")
    lin.does(f"/callbacks/{task.id}/settle", reason="已再次来电")
    page = lin.sees("/callbacks/rows")
    assert "没有等待回拨的来电" in page
    assert "人工办结" in page
    lin.does(f"/callbacks/{task.id}/settle", reason="再来一次")
    assert lin.is_told("这一步现在做不了")
    assert lin.does("/callbacks/4711/settle", reason="x").status_code == 404


def test_the_most_due_stands_first(lin):
    receipts = []
    for sid in ("CA1", "CA2"):
        talk.waits(sid)
        talk.hangs_up(sid)
        receipts.append(number(sid))
        seconds(1)
    do(callbacks.place_callback, talk.report_of("CA1").id, officer())
    talk.accepts(FIRST)
    talk.ends(desk.CALLER, "no-answer")
    page = lin.sees("/callbacks/rows")
    assert page.index(receipts[1]) < page.index(receipts[0])
    assert "已试 1 次" in page
    assert "1 件到时" in page


def test_of_those_that_are_due_an_emergency_stands_first(lin):
    for sid in ("CA1", "CA2"):
        talk.waits(sid)
        talk.hangs_up(sid)
        seconds(1)
    page = lin.sees("/callbacks/rows")
    assert page.index(number("CA1")) < page.index(number("CA2"))
    do(intake.mark_emergency, "CA2")
    page = lin.sees("/callbacks/rows")
    assert page.index(number("CA2")) < page.index(number("CA1"))


def test_what_is_unsafe_has_no_button_in_the_list(lin):
    receipt = missed()
    assert f'action="/reports/{receipt}/call-back"' in lin.sees("/callbacks/rows")
    do(answered, "CA1", SAFE_TO_CALL, "no")
    assert f'action="/reports/{receipt}/call-back"' not in lin.sees("/callbacks/rows")


def test_the_report_of_a_call_just_taken_opens_from_the_queue_and_is_announced_elsewhere(app, lin):
    def at(who: desk.Desk, path: str):
        page = f"http://localhost{path}"
        return who.client.get("/conversations/mine", headers={"HX-Current-URL": page})

    assert at(lin, "/").status_code == 204
    talk.talks()
    assert at(lin, "/?tab=mine").headers["HX-Redirect"] == f"/reports/{number()}"
    elsewhere = at(lin, "/cases")
    assert "HX-Redirect" not in elsewhere.headers
    assert f'href="/reports/{number()}"' in elsewhere.get_data(as_text=True)
    there = at(lin, f"/reports/{number()}")
    assert (there.status_code, there.headers.get("HX-Redirect")) == (204, None)
    assert at(desk.Desk(app, "zhiban2"), "/").headers.get("HX-Redirect") is None
    seconds(JUST_NOW.total_seconds())
    assert at(lin, "/").headers.get("HX-Redirect") is None


def test_only_those_who_may(app):
    receipt = missed()
    auditor = desk.Desk(app, "shenji")
    auditor.sees("/callbacks", status=403)
    for path in ("call-back", "transfer", "bring-police"):
        assert auditor.does(f"/reports/{receipt}/{path}").status_code == 403
    assert talk.legs() == []


def test_joining_is_told_to_the_console_of_whoever_accepted(lin, monkeypatch):
    told = []
    monkeypatch.setattr(live, "_publish", lambda _, changes: told.extend(changes))
    talk.waits()
    talk.rings()
    talk.accepts(FIRST)
    queues.flush()
    assert (service.ACCEPTED, talk.account(FIRST).id) in told
