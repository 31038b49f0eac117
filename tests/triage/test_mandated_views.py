import re

import pytest
import sqlalchemy as sa
from flask import Flask

from hotline import checkdigits, db
from tests.triage import desk
from tests.triage.people import answered
from triage.intake.models import Call, Report
from triage.mandated.models import Institution, InstitutionKind

FORM = {
    "institution": "云溪区向阳幼儿园",
    "kind": "school",
    "ground": "injured",
    "known_on": "2026-03-01",
    "known_time": "08:05",
    "reporter": "高老师",
    "post": "园长",
    "told_back": "已通知派出所，请保护好现场。",
}


@pytest.fixture
def supervisor(app: Flask) -> desk.Desk:
    return desk.Desk(app, "daiban")


def answer(number: str, **answers: str) -> None:
    with db.transaction() as session:
        of_report = sa.select(Call.call_sid).join(Report, Report.call_id == Call.id)
        sid = session.scalars(of_report.where(Report.number == number)).one()
        for question, value in answers.items():
            answered(session, sid, question, value)


def code_of(kind: InstitutionKind) -> str:
    with db.transaction() as session:
        return session.scalars(sa.select(Institution.code).where(Institution.kind == kind)).one()


def by_duty() -> str:
    number = desk.call()
    answer(number, institution=code_of(InstitutionKind.school), ground="4", known="today")
    return number


def test_the_answers_by_key_stand_on_the_page_in_words(officer: desk.Desk) -> None:
    number = desk.call(ended=False)
    assert 'class="card d-none"' in officer.sees(f"/reports/{number}")
    answer(number, who="child", danger="yes", safe_to_call="no", shoe_size="36")
    for page in (officer.sees(f"/reports/{number}"), officer.sees(f"/reports/{number}/live")):
        assert re.search(r"来电人</dt>\s*<dd>孩子本人", page)
        assert re.search(r"现在有危险</dt>\s*<dd><span class=\"badge status bg-red-lt", page)
        assert "不安全，请勿回电或发短信" in page
        assert re.search(r"shoe_size</dt>\s*<dd>36", page), "a question we have no word for"


def test_the_row_says_what_sort_of_report_it_is(officer: desk.Desk) -> None:
    silent, duty, plain = desk.call(), by_duty(), desk.call()
    answer(silent, who="child")
    rows = dict(re.findall(r'<tr id="report-(\d+)"(.*?)</tr>', officer.sees("/"), re.DOTALL))
    assert "不便说话" in rows[silent]
    assert "强制报告" not in rows[silent]
    assert "强制报告" in rows[duty]
    assert "不便说话" not in rows[duty]
    assert "强制报告" not in rows[plain]


def test_an_ordinary_report_can_be_made_one_by_duty(officer: desk.Desk) -> None:
    number = desk.call()
    assert "强制报告回执" not in officer.sees(f"/reports/{number}/duty-card")
    officer.sees(f"/reports/{number}/mandated-receipt", status=404)
    assert officer.does(f"/reports/{number}/duty", **FORM).status_code == 303
    card = officer.sees(f"/reports/{number}/duty-card")
    assert "云溪区向阳幼儿园" in card
    assert "未登记" in card
    assert "已核实" in card
    assert "强制报告" in officer.sees("/")
    assert desk.written("establish_duty", "report")


def test_what_somebody_else_works_on_is_not_changed_and_nothing_typed_is_lost(
    officer: desk.Desk, supervisor: desk.Desk
) -> None:
    number = desk.call()
    supervisor.does(f"/reports/{number}/claim")
    refused = officer.does(f"/reports/{number}/duty", **FORM)
    assert refused.status_code == 409
    page = refused.get_data(as_text=True)
    assert "正由别的值班员处理" in page
    assert "云溪区向阳幼儿园" in page
    assert not desk.written("establish_duty", "report")
    assert supervisor.does(f"/reports/{number}/duty", **FORM).status_code == 303


def test_what_the_keys_said_stands_in_the_form(officer: desk.Desk) -> None:
    number = by_duty()
    assert "按键信息，待核实" in officer.sees(f"/reports/{number}/duty-card")
    page = officer.sees(f"/reports/{number}/duty")
    assert f'value="{code_of(InstitutionKind.school)} 云溪区杏花小学"' in page
    assert '<option value="injured" selected>' in page
    assert desk.written("read", "report")


def test_a_listed_institution_is_recognised_by_its_code(officer: desk.Desk) -> None:
    number = desk.call()
    code = code_of(InstitutionKind.hospital)
    officer.does(f"/reports/{number}/duty", **(FORM | {"institution": f"{code} 随便写的"}))
    card = officer.sees(f"/reports/{number}/duty-card")
    assert "云溪区东渡医院" in card
    assert "医疗机构" in card, "the listed kind counts"


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"institution": ""}, "请填写报告单位"),
        ({"ground": ""}, "请选择报告事由"),
        ({"known_on": "2999-01-01"}, "知悉时间不能晚于现在"),
        ({"institution": "长" * 81}, "最多 80 个字"),
    ],
)
def test_faults_are_told_and_nothing_is_saved(
    officer: desk.Desk, wrong: dict[str, str], told: str
) -> None:
    number = desk.call()
    answered = officer.does(f"/reports/{number}/duty", **(FORM | wrong))
    assert answered.status_code == 422
    assert told in answered.get_data(as_text=True)
    officer.sees(f"/reports/{number}/mandated-receipt", status=404)


def test_the_receipt_says_all_and_nothing_of_the_child(officer: desk.Desk) -> None:
    number = by_duty()
    officer.does(f"/reports/{number}/claim")
    officer.does(f"/reports/{number}/classify", **desk.JUDGED)
    officer.does(f"/reports/{number}/duty", **FORM)
    page = officer.sees(f"/reports/{number}/mandated-receipt")
    for said in (
        "强制报告回执",
        number,
        "12355 儿童保护热线",
        "云溪区向阳幼儿园",
        "高老师 · 园长",
        "多处受伤",
        "2026-03-01 08:05",
        "林晓岚",
        "已通知派出所，请保护好现场。",
        "（盖章处）",
    ):
        assert said in page, said
    for unsaid in ("李小雨", "杏花里", "躲在卫生间里", desk.CALLER, "+86100****0001"):
        assert unsaid not in page
    (entry,) = desk.written("print_receipt", "report")
    assert entry.account_id == desk.actor("zhiban").account_id


def test_only_who_may_read_a_report_prints_its_receipt(app: Flask) -> None:
    number = by_duty()
    for person in ("guanli", "shenji"):
        desk.Desk(app, person).sees(f"/reports/{number}/mandated-receipt", status=403)


def test_institutions_are_listed_added_and_taken_off(supervisor: desk.Desk) -> None:
    page = supervisor.sees("/institutions")
    assert "云溪区杏花小学" in page
    supervisor.does("/institutions", name="云溪区第二中学", kind="school", place="青禾镇")
    with db.transaction() as session:
        named = sa.select(Institution).where(Institution.name == "云溪区第二中学")
        added = session.scalars(named).one()
    assert checkdigits.holds(added.code)
    assert supervisor.is_told(f"编码 {added.code}")
    card = supervisor.sees(f"/institutions/{added.id}/card")
    assert added.code in card
    assert "12355" in card
    supervisor.does(f"/institutions/{added.id}/active", active="no")
    assert "已停用" in supervisor.sees("/institutions")
    assert added.code not in supervisor.sees(f"/reports/{desk.call()}/duty")
    supervisor.does(f"/institutions/{added.id}/active", active="yes")
    assert "已停用" not in supervisor.sees("/institutions")
    assert [len(desk.written(act, "institution")) for act in ("add", "disable", "enable")] == [
        1
    ] * 3


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"kind": ""}, {"kind": "bakery"}, {"place": "没有这个地方"}]
)
def test_what_makes_no_institution_is_refused(supervisor: desk.Desk, wrong: dict[str, str]) -> None:
    given = {"name": "某单位", "kind": "school", "place": ""} | wrong
    assert supervisor.does("/institutions", **given).status_code == 422
    supervisor.sees("/institutions/999999/card", status=404)


def test_officers_do_not_keep_the_list(officer: desk.Desk) -> None:
    officer.sees("/institutions", status=403)


def test_an_empty_list_says_what_it_is_for(supervisor: desk.Desk) -> None:
    with db.transaction() as session:
        session.execute(sa.delete(Institution))
    assert "还没有登记报告单位" in supervisor.sees("/institutions")
