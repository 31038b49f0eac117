import datetime as dt
from types import ModuleType

import pytest
from flask import Flask

from hotline import audit, clock, db, storage
from tests.triage import desk
from tests.web.conftest import speech
from triage.intake.models import Disposition, Recording
from triage.intake.states import ReportStatus, Situation, Urgency
from triage.places import queries as places
from triage.queue import service as queue


@pytest.fixture
def claimed(officer: desk.Desk) -> str:
    """A report that the officer works on."""
    number = desk.call(emergency=True)
    officer.does(f"/reports/{number}/claim")
    return number


def test_opening_a_report_is_written_down(officer: desk.Desk) -> None:
    number = desk.call(emergency=True)
    page = officer.sees(f"/reports/{number}")
    assert "按键 <kbd>1</kbd>" in page
    assert "+86100****0001" in page
    assert desk.CALLER not in page
    (entry,) = desk.written("read", "report")
    assert (entry.actor, entry.subject_id) == ("zhiban", desk.report(number).id)


def test_an_unknown_number_is_not_found(officer: desk.Desk) -> None:
    for path in ("/reports/10000100", "/reports/x", "/reports/10000100/forward"):
        officer.sees(path, status=404)
    assert officer.does("/reports/10000100/claim").status_code == 404


def test_who_has_not_claimed_it_reads_and_cannot_write(app: Flask, claimed: str) -> None:
    other = desk.Desk(app, "zhiban2")
    page = other.sees(f"/reports/{claimed}")
    assert "林晓岚正在处理这份诉求" in page
    assert 'id="classification"' not in page
    assert other.does(f"/reports/{claimed}/classify", **desk.JUDGED).status_code == 303
    assert other.is_told("已不在您名下")
    assert desk.report(claimed).child_name is None


def test_the_judgement_is_saved(officer: desk.Desk, claimed: str) -> None:
    assert officer.does(f"/reports/{claimed}/classify", **desk.JUDGED).status_code == 303
    saved = desk.report(claimed)
    assert (saved.urgency, saved.situation) == (Urgency.emergency, Situation.domestic_violence)
    assert (saved.child_name, saved.child_age, saved.child_sex) == ("李小雨", 8, "female")
    assert saved.address == "杏花里3号楼"
    with db.transaction() as session:
        assert places.paths(session)[saved.place_id or 0] == desk.JUDGED["place"]
    assert "已恢复未保存的草稿" not in officer.sees(f"/reports/{claimed}")


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("urgency", "", "请选择紧急程度。"),
        ("urgency", "at once", "Not a valid choice."),
        ("situation", "", "请选择情形。"),
        ("child_age", "18", "年龄请填 0 到 17 之间的整数"),
        ("child_age", "八", "年龄请填 0 到 17 之间的整数"),
        ("place", "火星", "没有找到唯一的地点"),
        ("place", "社区", "没有找到唯一的地点"),
        ("address", "长" * 201, "地址最多 200 个字。"),
    ],
)
def test_a_fault_is_named_and_nothing_typed_is_lost(
    officer: desk.Desk, claimed: str, field: str, typed: str, told: str
) -> None:
    answer = officer.does(f"/reports/{claimed}/classify", **desk.JUDGED | {field: typed})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert told in page or told == "Not a valid choice."
    assert "躲在卫生间里。" in page
    assert desk.report(claimed).summary is None
    # Also after the browser has died.
    assert "躲在卫生间里。" in officer.sees(f"/reports/{claimed}")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("杏花", "云溪区 / 长桥街道 / 杏花社区"),
        ("长桥 柳岸", "云溪区 / 长桥街道 / 柳岸社区"),
        ("长桥街道", "云溪区 / 长桥街道"),
        ("云溪区 / 青禾镇", "云溪区 / 青禾镇"),
        ("社区", None),
        ("", None),
        (" / ", None),
    ],
)
def test_a_place_is_found_by_a_few_letters(app: Flask, typed: str, meant: str | None) -> None:
    with db.transaction() as session:
        paths = places.paths(session)
    found = places.named(paths, typed)
    assert (paths[found] if found else None) == meant


def test_a_draft_comes_back_to_whoever_typed_it(
    app: Flask, officer: desk.Desk, claimed: str
) -> None:
    typed = {"summary": "正在写", "child_age": "不到十", "urgency": "urgent"}
    assert officer.does(f"/reports/{claimed}/draft", **typed).status_code == 204
    page = officer.sees(f"/reports/{claimed}")
    assert "已恢复未保存的草稿" in page
    assert "正在写" in page
    assert 'value="不到十"' in page
    officer.does(f"/reports/{claimed}/release")
    other = desk.Desk(app, "zhiban2")
    other.does(f"/reports/{claimed}/claim")
    assert "正在写" not in other.sees(f"/reports/{claimed}")


def test_a_draft_can_be_thrown_away(officer: desk.Desk, claimed: str) -> None:
    officer.does(f"/reports/{claimed}/draft", summary="正在写")
    officer.does(f"/reports/{claimed}/draft/discard")
    page = officer.sees(f"/reports/{claimed}")
    assert "正在写" not in page
    assert "已恢复未保存的草稿" not in page


def test_a_draft_that_says_nothing_new_is_not_announced(officer: desk.Desk, claimed: str) -> None:
    officer.does(f"/reports/{claimed}/classify", **desk.JUDGED)
    officer.does(f"/reports/{claimed}/draft", **desk.JUDGED)
    assert "已恢复未保存的草稿" not in officer.sees(f"/reports/{claimed}")


def test_typing_renews_the_claim(officer: desk.Desk, claimed: str, clock: ModuleType) -> None:
    before = desk.report(claimed).lease_until
    clock.shift(dt.timedelta(minutes=5))
    officer.does(f"/reports/{claimed}/draft", summary="正在写")
    after = desk.report(claimed).lease_until
    assert before
    assert after
    assert after - before >= dt.timedelta(minutes=5)


def test_a_draft_is_kept_even_when_the_claim_was_lost(
    app: Flask, officer: desk.Desk, claimed: str, clock: ModuleType
) -> None:
    clock.shift(dt.timedelta(minutes=20))
    assert queue.release_overdue() == 1
    assert officer.does(f"/reports/{claimed}/draft", summary="正在写").status_code == 204
    assert "已不在您名下" in officer.sees(f"/reports/{claimed}/live?held=1")
    officer.does(f"/reports/{claimed}/claim")
    assert "正在写" in officer.sees(f"/reports/{claimed}")


def test_a_wrong_number_is_closed_without_a_judgement(officer: desk.Desk, claimed: str) -> None:
    path = f"/reports/{claimed}/dispose"
    assert officer.does(path, disposition="wrong_number", reason="找别人").location == "/"
    closed = desk.report(claimed)
    assert (closed.status, closed.disposition) == (ReportStatus.triaged, Disposition.wrong_number)
    assert closed.disposition_reason == "找别人"


def test_an_answer_needs_a_judgement_and_saves_it(officer: desk.Desk, claimed: str) -> None:
    path, result = (
        f"/reports/{claimed}/dispose",
        {"disposition": "advice_given", "reason": "已答复"},
    )
    assert officer.does(path, **result).status_code == 422
    assert desk.report(claimed).status is ReportStatus.claimed
    assert officer.does(path, **desk.JUDGED, **result).location == "/"
    assert desk.report(claimed).child_name == "李小雨"


@pytest.mark.parametrize("missing", ["disposition", "reason"])
def test_closing_says_how_and_why(officer: desk.Desk, claimed: str, missing: str) -> None:
    result = {"disposition": "nuisance", "reason": "骚扰"} | {missing: " "}
    assert officer.does(f"/reports/{claimed}/dispose", **result).status_code == 422
    assert desk.report(claimed).status is ReportStatus.claimed


def test_only_a_supervisor_reopens_and_says_why(
    app: Flask, officer: desk.Desk, claimed: str
) -> None:
    officer.does(f"/reports/{claimed}/dispose", disposition="nuisance", reason="骚扰")
    path = f"/reports/{claimed}/reopen"
    assert officer.does(path, reason="听错了").status_code == 403
    supervisor = desk.Desk(app, "daiban")
    supervisor.does(path, reason=" ")
    assert supervisor.is_told("请写明原因。")
    assert desk.report(claimed).status is ReportStatus.triaged
    supervisor.does(path, reason="听错了")
    assert desk.report(claimed).status is ReportStatus.waiting
    assert desk.written("reopen", "report")[0].reason == "听错了"


def test_a_report_changed_meanwhile_is_said_not_failed(app: Flask, officer: desk.Desk) -> None:
    number = desk.call()
    supervisor = desk.Desk(app, "daiban")
    assert supervisor.does(f"/reports/{number}/reopen", reason="误关").status_code == 303
    assert supervisor.is_told("状态刚刚变了")


def test_the_number_is_shown_for_a_reason_that_is_kept(officer: desk.Desk, claimed: str) -> None:
    path = f"/reports/{claimed}/unmask"
    refused = officer.does(path)
    assert refused.status_code == 422
    assert desk.CALLER not in refused.get_data(as_text=True)
    assert desk.written("unmask", "report") == []
    shown = officer.asks(path, reason="通话中断，需要回拨")
    assert desk.CALLER in shown.get_data(as_text=True)
    assert shown.headers["Cache-Control"] == "no-store"
    (entry,) = desk.written("unmask", "report")
    assert (entry.actor, entry.reason) == ("zhiban", "通话中断，需要回拨")


def test_a_recording_is_heard_whole_or_in_part_and_written_down(officer: desk.Desk) -> None:
    sound = speech(9)
    number = desk.call(sound=sound)
    path = f"/recordings/{desk.recording_of(number)}"
    assert f'data-player="{path}"' in officer.sees(f"/reports/{number}")
    whole = officer.client.get(path)
    assert whole.data == sound
    assert (whole.mimetype, whole.headers["Cache-Control"]) == ("audio/wav", "no-store")
    # Beyond the first sealed piece.
    part = officer.client.get(path, headers={"Range": "bytes=70000-80000"})
    assert (part.status_code, part.data) == (206, sound[70000:80001])
    assert part.headers["Content-Range"] == f"bytes 70000-80000/{len(sound)}"
    assert officer.client.get(path, headers={"Range": "bytes=999999-"}).status_code == 416
    assert len(desk.written("read", "recording")) == 3


def test_a_recording_is_for_those_who_may_hear_it(app: Flask, officer: desk.Desk) -> None:
    path = f"/recordings/{desk.recording_of(desk.call(sound=speech()))}"
    desk.Desk(app, "shenji").sees(path, status=403)
    officer.sees("/recordings/999", status=404)


def test_a_recording_that_cannot_be_opened_is_an_answer(officer: desk.Desk) -> None:
    number = desk.call(sound=speech())
    with db.transaction() as session:
        stored = session.get_one(Recording, desk.recording_of(number)).storage_name
    assert stored
    storage.delete(stored)
    officer.sees(f"/recordings/{desk.recording_of(number)}", status=503)


PIECES = ("live", "alerts", "conversation", "duty-card", "transcripts", "hold", "caller", "alike")


def test_what_changes_by_itself_comes_out_of_band(officer: desk.Desk) -> None:
    number = desk.call()
    page = officer.sees(f"/reports/{number}/live")
    assert page.count('hx-swap-oob="true"') == 3
    assert "这次来电没有录音" in page


def test_the_pieces_of_an_open_page_are_no_new_read(app: Flask, officer: desk.Desk) -> None:
    number = desk.call()
    page = officer.sees(f"/reports/{number}")
    for piece in PIECES:
        if piece != "live":
            assert f'hx-get="/reports/{number}/{piece}"' in page
        officer.sees(f"/reports/{number}/{piece}")
    assert len(desk.written("read", "report")) == 1
    clock.shift(audit.ONE_LOOK)
    desk.Desk(app, "zhiban").sees(f"/reports/{number}/live")
    assert len(desk.written("read", "report")) == 2, "a page that stays open is looked at"


@pytest.mark.parametrize("piece", [*PIECES, "flag"])
def test_a_piece_without_its_page_is_a_read(app: Flask, officer: desk.Desk, piece: str) -> None:
    number = desk.call()
    officer.sees(f"/reports/{number}")
    desk.Desk(app, "daiban").sees(f"/reports/{number}/{piece}")
    assert [one.actor for one in desk.written("read", "report")] == ["zhiban", "daiban"]


def test_a_text_message_is_shown_as_one(officer: desk.Desk) -> None:
    number = desk.text_message("有人打孩子")
    page = officer.sees(f"/reports/{number}")
    assert "短信来信" in page
    assert "有人打孩子" in page
    assert "短信" in officer.sees("/")
