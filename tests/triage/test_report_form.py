"""The report's form from question to suggestion, as the console sends it, without a browser."""

import datetime as dt
import re
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import clock, crypto, db, identity
from tests.triage import desk
from tests.triage.people import do
from triage.facts import answers
from triage.intake import service as intake
from triage.intake.models import Call, ReporterKind, Sex
from triage.intake.states import Urgency
from triage.queue import drafts
from triage.suggestion import queries
from triage.suggestion.models import UrgencySuggestion


def number_of(born: dt.date, order: int = 2) -> str:
    """An identity number of the invented district."""
    body = f"990100{born:%Y%m%d}{order:03}"
    return body + identity.check_of(body)


BORN = dt.date(clock.now().year - 9, 1, 3)
NUMBER = number_of(BORN)
ASKED = {
    "fact-person_there": "yes",
    "fact-hurt": "yes",
    "fact-breathing": "yes",
    "fact-others_there": "祖母",
    "fact-guardian": "李某，父亲",
    "reporter_kind": "neighbour",
    "reporter_hidden": "y",
    "child_id_number": NUMBER,
    "child_school": "杏花小学三年级",
}


@pytest.fixture
def number(officer: desk.Desk) -> str:
    """A report that the officer works on."""
    number = desk.call()
    officer.does(f"/reports/{number}/claim")
    return number


def check(officer: desk.Desk, number: str, **typed: str) -> str:
    """What a check says of the form as it stands."""
    answer = officer.asks(f"/reports/{number}/check", **typed)
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


def suggestion_of(number: str) -> UrgencySuggestion | None:
    with db.transaction() as session:
        return session.get(UrgencySuggestion, desk.report(number).id)


def test_everything_is_kept_sealed_and_shown_again(
    app: Flask, officer: desk.Desk, number: str
) -> None:
    sent = {
        key: value for key, value in desk.JUDGED.items() if key not in ("child_age", "child_sex")
    }
    answer = officer.does(f"/reports/{number}/classify", **sent, **ASKED)
    assert answer.status_code == 303
    saved = desk.report(number)
    assert answers.of(saved)["others_there"] == "祖母"
    assert (saved.child_born, saved.child_id_number) == (BORN.isoformat(), NUMBER)
    assert saved.child_id_index == crypto.blind_index("id", NUMBER)
    assert (saved.child_sex, saved.child_age) == (Sex.female, clock.now().year - BORN.year)
    assert (saved.reporter_kind, saved.reporter_hidden) == (ReporterKind.neighbour, True)
    with db.transaction() as session:
        raw = session.execute(
            sa.text("SELECT facts, child_id_number, child_born FROM reports")
        ).one()
        assert all("祖母".encode() not in bytes(one) and b"990100" not in bytes(one) for one in raw)
    read = desk.Desk(app, "zhiban2").sees(f"/reports/{number}")
    assert "家里还有谁" in read
    assert "祖母" in read
    assert "保密：不向处置单位透露" in read
    assert NUMBER not in read
    assert identity.mask(NUMBER) in read


def test_a_masked_number_stays_as_it_is_an_empty_one_goes(officer: desk.Desk, number: str) -> None:
    path = f"/reports/{number}/classify"
    officer.does(path, **desk.JUDGED, child_id_number=NUMBER)
    page = officer.sees(f"/reports/{number}")
    assert NUMBER not in page
    assert f'value="{identity.mask(NUMBER)}"' in page
    officer.does(path, **desk.JUDGED, child_id_number=identity.mask(NUMBER))
    assert desk.report(number).child_id_number == NUMBER
    officer.does(path, **desk.JUDGED, child_id_number="")
    gone = desk.report(number)
    assert (gone.child_id_number, gone.child_id_index) == (None, None)


def test_the_whole_number_is_shown_for_a_reason_that_is_kept(
    app: Flask, officer: desk.Desk, number: str
) -> None:
    officer.does(f"/reports/{number}/classify", **desk.JUDGED, child_id_number=NUMBER)
    path = f"/reports/{number}/identity"
    assert NUMBER not in officer.asks(path, reason=" ").get_data(as_text=True)
    assert desk.written("unmask_id", "report") == []
    assert NUMBER in officer.asks(path, reason="户籍核对").get_data(as_text=True)
    (entry,) = desk.written("unmask_id", "report")
    assert (entry.actor, entry.reason) == ("zhiban", "户籍核对")
    assert desk.Desk(app, "shenji").does(path, reason="看看").status_code == 403
    assert officer.asks(f"/reports/{desk.call()}/identity", reason="核对").status_code == 404


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("child_id_number", "110105491231002", "15 位的旧号码"),
        ("child_id_number", NUMBER[:-1] + ("1" if NUMBER[-1] != "1" else "2"), "校验码不对"),
        ("child_id_number", number_of(dt.date(1988, 5, 3)), "已满 18 周岁"),
        ("child_born", "2990-01-01", "不能晚于今天"),
        ("child_born", "五月", "请按年-月-日填写"),
        ("fact-happened_at", "2990-01-01T08:00", "时间不能晚于现在"),
        ("fact-others_there", "长" * 201, "最多 200 个字"),
        ("fact-other_children", "两个", "0 到 99 之间的整数"),
    ],
)
def test_one_rule_speaks_while_one_types_and_when_one_saves(
    officer: desk.Desk, number: str, field: str, typed: str, told: str
) -> None:
    sent = {**desk.JUDGED, field: typed}
    where = re.compile(rf'id="fault-{field}"[^>]*><div[^>]*>.*?</svg>([^<]*)', re.DOTALL)
    found = where.search(check(officer, number, **sent))
    assert found
    assert told in found[1]
    refused = officer.does(f"/reports/{number}/classify", **sent)
    page = refused.get_data(as_text=True)
    assert refused.status_code == 422
    said = where.search(page)
    assert said
    assert said[1] == found[1], "the same words"
    assert f'href="#{field}"' in page, "the summary leads there"
    assert f'value="{typed}"' in page, "nothing is lost"
    assert desk.report(number).summary is None


def test_a_check_is_silent_about_what_nobody_has_come_to_yet(
    officer: desk.Desk, number: str
) -> None:
    said = check(officer, number, summary="有人哭")
    assert "invalid-feedback" not in said
    assert "需要核对" not in said
    assert "需要核对" in check(officer, number, child_id_number="123")
    assert desk.report(number).summary is None, "nothing is saved"


def test_a_situation_brings_its_questions_and_an_answer_the_next(
    officer: desk.Desk, number: str
) -> None:
    assert 'id="questions"' not in check(officer, number, summary="有人哭")
    first = check(officer, number, situation="domestic_violence")
    assert 'id="fact-weapon-yes"' in first
    assert 'id="fact-breathing-yes"' not in first
    shown = re.search(r'name="questions_shown" value="([^"]*)"', first)
    assert shown
    again = {"situation": "domestic_violence", "questions_shown": shown[1]}
    assert 'id="questions"' not in check(officer, number, **again), (
        "not put in place anew for nothing"
    )
    then = check(officer, number, **again | {"fact-hurt": "yes"})
    assert 'id="fact-breathing-yes"' in then
    assert re.search(r'id="fact-hurt-yes"[^>]*checked', then)


def test_answers_come_back_with_a_situation_that_was_changed_by_mistake(
    officer: desk.Desk, number: str
) -> None:
    typed = {"fact-weapon": "yes", "fact-nonsense": "1", "questions_shown": "weapon"}
    changed = check(officer, number, situation="missing", **typed)
    assert '<input type="hidden" name="fact-weapon" value="yes">' in changed
    assert "nonsense" not in changed
    assert 'data-rule="weapon"' not in changed
    back = check(officer, number, situation="domestic_violence", **typed)
    assert re.search(r'id="fact-weapon-yes"[^>]*checked', back)
    assert 'type="hidden" name="fact-weapon"' not in back


def test_what_a_number_says_is_offered_and_conflicts_are_pointed_out(
    officer: desk.Desk, number: str
) -> None:
    said = check(officer, number, child_id_number=NUMBER)
    assert f'data-born="{BORN}" data-sex="female"' in said
    assert "发放地 云溪区" in said
    assert "与填写的不同" not in said
    typed = {"child_born": "2015-01-03", "child_sex": "male", "child_age": "3"}
    told = check(officer, number, child_id_number=NUMBER, **typed)
    for conflict in (f"出生日期是 {BORN}", "性别与选择的不同", "与填写的年龄不同"):
        assert conflict in told
    officer.does(f"/reports/{number}/classify", **desk.JUDGED | typed, child_id_number=NUMBER)
    saved = desk.report(number)
    assert (saved.child_born, saved.child_sex, saved.child_age) == ("2015-01-03", Sex.male, 3)


def test_a_draft_keeps_every_field(officer: desk.Desk, number: str) -> None:
    typed = {**ASKED, "situation": "domestic_violence", "child_id_number": "12"}
    officer.does(f"/reports/{number}/draft", **typed)
    page = officer.sees(f"/reports/{number}")
    assert "已恢复未保存的草稿" in page
    assert re.search(r'id="fact-person_there-yes"[^>]*checked', page)
    assert 'value="祖母"' in page
    assert 'value="12"' in page
    assert re.search(r'id="reporter_hidden"[^>]*checked', page)
    officer.does(f"/reports/{number}/classify", **desk.JUDGED, **ASKED)
    officer.does(f"/reports/{number}/draft", **{**desk.JUDGED, **ASKED, "reporter_hidden": ""})
    assert not re.search(r'id="reporter_hidden"[^>]*checked', officer.sees(f"/reports/{number}"))


def test_an_older_draft_takes_nothing_from_what_is_saved(officer: desk.Desk, number: str) -> None:
    officer.does(f"/reports/{number}/classify", **desk.JUDGED, **ASKED)
    report, me = desk.report(number).id, desk.actor("zhiban").account_id
    do(drafts.keep, report, me, {"urgency": "urgent", "summary": "旧版的草稿"})
    page = officer.sees(f"/reports/{number}")
    assert "旧版的草稿" in page
    assert f'value="{identity.mask(NUMBER)}"' in page
    assert 'value="杏花小学三年级"' in page
    assert re.search(r'id="fact-person_there-yes"[^>]*checked', page)


def test_what_was_typed_on_a_report_that_went_to_a_colleague_is_not_lost(
    app: Flask, officer: desk.Desk, number: str
) -> None:
    colleague = desk.Desk(app, "zhiban2")
    warning = "这以后同事保存过研判"
    officer.does(f"/reports/{number}/release")
    colleague.does(f"/reports/{number}/claim")
    officer.does(f"/reports/{number}/classify", **{**desk.JUDGED, "summary": "刚刚写完"})
    assert desk.report(number).summary is None
    clock.shift(dt.timedelta(seconds=1))
    colleague.does(f"/reports/{number}/classify", **desk.JUDGED)
    colleague.does(f"/reports/{number}/release")
    officer.does(f"/reports/{number}/claim")
    page = officer.sees(f"/reports/{number}")
    assert "刚刚写完" in page
    assert warning in page
    officer.does(f"/reports/{number}/draft/discard")
    assert warning not in officer.sees(f"/reports/{number}")


def test_a_suggestion_says_why_and_fills_in_nothing(officer: desk.Desk, number: str) -> None:
    said = check(officer, number, situation="domestic_violence", **{"fact-weapon": "yes"})
    assert 'data-adopt="emergency"' in said
    assert re.findall(r'data-rule="(\w+)"', said) == ["weapon", "harm"]
    assert 'data-adopt="urgent"' in check(officer, number, situation="domestic_violence")
    assert "data-adopt" not in check(officer, number, situation="other")
    assert desk.report(number).urgency is None
    alarmed = desk.call(emergency=True)
    officer.does(f"/reports/{alarmed}/claim")
    assert 'data-rule="danger_key"' in officer.sees(f"/reports/{alarmed}")


def test_what_was_chosen_beside_it_is_counted(app: Flask, officer: desk.Desk, number: str) -> None:
    path = f"/reports/{number}/classify"
    officer.does(path, **desk.JUDGED | {"urgency": "standard"})
    officer.does(path, **desk.JUDGED | {"urgency": "urgent"})
    kept = suggestion_of(number)
    assert kept
    assert (kept.suggested, kept.chosen, kept.rules) == (Urgency.urgent, Urgency.urgent, ["harm"])
    second = desk.call()
    officer.does(f"/reports/{second}/claim")
    officer.does(
        f"/reports/{second}/classify",
        **desk.JUDGED | {"urgency": "urgent", "fact-weapon": "yes"},
    )
    third = desk.call()
    officer.does(f"/reports/{third}/claim")
    officer.does(f"/reports/{third}/classify", **desk.JUDGED | {"situation": "other"})
    assert suggestion_of(third) is None, "nothing was suggested"
    with db.transaction() as session:
        found = queries.agreements(session, dt.timedelta(days=1))
    assert (found.total.judged, found.total.agreed, found.total.lower) == (2, 1, 1)
    by_rule = {rule.name: (one.judged, one.agreed) for rule, one in found.by_rule}
    assert by_rule == {"harm": (2, 2), "weapon": (1, 0)}
    page = desk.Desk(app, "daiban").sees("/figures")
    assert "2 次研判时有建议，50.0% 与建议一致；0 次判得更急，1 次更缓" in page
    assert "现场有刀棍等器械" in page


def test_only_whoever_may_judge_may_check(app: Flask, number: str) -> None:
    assert desk.Desk(app, "shenji").does(f"/reports/{number}/check").status_code == 403


def test_earlier_calls_of_the_caller_and_what_became_of_them(
    officer: desk.Desk, number: str
) -> None:
    assert "以前的来电" not in officer.sees(f"/reports/{number}/earlier")
    officer.does(f"/reports/{number}/case", **desk.JUDGED, **ASKED)
    desk.call(caller="+8610000000002")
    again = desk.call()
    card = officer.sees(f"/reports/{again}/earlier")
    assert card.count("list-group-item") == 1
    assert number in card
    assert "已立个案" in card
    case = f"/cases/{desk.report(number).case_id}"
    assert case in card
    assert "伤害孩子的人现在在场吗" in officer.sees(case), "what was asked stands on the case"
    assert "不安全" not in card


def test_a_caller_who_once_said_that_calling_back_is_unsafe(
    officer: desk.Desk, number: str
) -> None:
    _answer(number, safe_to_call="no")
    assert "不要回拨，也不要发短信" in officer.sees(f"/reports/{desk.call()}/earlier")


def _answer(number: str, **given: Any) -> None:
    with db.transaction() as session:
        from_call = sa.select(Call.call_sid).where(Call.id == desk.report(number).call_id)
        sid = session.scalars(from_call).one()
        for step, (question, value) in enumerate(given.items(), start=50):
            taken = intake.Step(step, "quiet_safe", "digits", "2", answer=(question, value))
            intake.note_step(session, sid, taken)


def test_a_confidential_case_hides_its_calls_but_not_the_warning(
    app: Flask, officer: desk.Desk, number: str
) -> None:
    officer.does(f"/reports/{number}/case", **desk.JUDGED)
    _answer(number, safe_to_call="no")
    with db.transaction() as session:
        session.execute(sa.text("UPDATE cases SET confidential = true"))
    card = desk.Desk(app, "zhiban2").sees(f"/reports/{desk.call()}/earlier")
    assert number not in card
    assert "不要回拨，也不要发短信" in card
