"""One box: what it finds, by what, and for whom."""

import pytest
from click.testing import CliRunner

from hotline import cli, config, crypto, db
from hotline.accounts.permissions import Permission
from hotline.web import logs
from tests.ivr.people import counted
from tests.triage.people import do, judgement, officer, place, report
from triage.cases import merging, notes, people, secrecy
from triage.cases import service as cases
from triage.cases.models import Person, PersonRole, Safety
from triage.cases.people import Described
from triage.finding import index, terms
from triage.finding.models import Due, Entry, Kind
from triage.intake.models import Call, Report
from triage.queue import judging
from triage.queue import service as queue
from triage.recordings import transcripts
from triage.recordings.models import Transcript
from triage.recordings.states import Voice
from triage.recordings.transcripts import Said
from triage.search import queries
from triage.search.queries import Asker, Results

CHILD = {
    "child_name": "李小雨",
    "child_school": "杏花小学",
    "address": "幸福里 3号楼 301室",
    "summary": "邻居听见孩子半夜在楼道里哭，说爸爸喝了酒。",
    "child_id_number": "110101201705012349",
}


@pytest.fixture(autouse=True)
def _quiet(monkeypatch):
    monkeypatch.setattr(logs, "configure", dict)


@pytest.fixture
def known(district) -> int:
    """A judged report in 杏花社区; its row."""
    return judged("CA1", "13800138000", place_id=place("990101001"), **CHILD)


def judged(sid: str, caller: str, **what) -> int:
    number = report(sid, caller)
    do(queue.claim, number, officer())
    do(judging.classify, number, officer(), judgement(**what))
    return number


def asker(by: str = "zhiban", *may: Permission) -> Asker:
    account = officer(by).account_id
    assert account is not None
    return Asker(account, frozenset(may).__contains__)


def answer(text: str, by: str = "zhiban") -> Results | None:
    index.sweep()
    return do(queries.search, asker(by, *Permission), text)


def ask(text: str, by: str = "zhiban") -> Results:
    results = answer(text, by)
    assert results is not None, text
    return results


def reports(text: str, by: str = "zhiban") -> list[int]:
    return [hit.row.id for hit in ask(text, by).reports]


def hotline(*words: str) -> str:
    done = CliRunner().invoke(cli.main, list(words))
    assert done.exit_code == 0, done.output
    return done.output


def said(number: int, *lines: str) -> None:
    with db.transaction() as session:
        sid = session.get_one(Call, session.get_one(Report, number).call_id).call_sid
        for count, text in enumerate(lines):
            transcripts.hear(session, sid, f"GT{number}", Said(count, Voice.caller, text))


FINDS = """李小雨|小雨|黎晓宇|lixiaoyu|Li Xiaoyu|xiaoyu|lixiao|LXY|杏花小学|幸福里3号楼|幸福里 301|杏花社区
长桥街道 小雨|楼道里哭|13800138000|138 0013 8000|8000|138000
110101201705012349|小雨 杏花 8000|李小雨 喝了酒"""
FINDS_NOT = (
    "李大雨|雨小|wangxiaoyu|xy|东渡街道|哭里|1380013|1234|110101201705012|小雨 东渡|小雨 9999"
)


def test_what_finds_a_report_and_what_does_not(known):
    for asked in FINDS.replace("\n", "|").split("|"):
        assert reports(asked) == [known], asked
    for asked in FINDS_NOT.split("|"):
        assert reports(asked) == [], asked


def test_what_says_too_little_is_not_looked_for(known):
    for asked in ("", "雨", "x", " ", "，", "小 雨"):
        assert answer(asked) is None, asked


def test_a_report_by_its_number(known):
    other = report("CA2", "13800138001")
    with db.transaction() as session:
        number = session.get_one(Report, other).number
    assert reports(number) == [other]


def test_the_likelier_comes_first_and_then_the_newer(known):
    sounds = judged("CA2", "1", child_name="黎晓宇")
    newer = judged("CA3", "1", child_name="李小雨")
    assert reports("李小雨") == [newer, known, sounds]


def test_a_snippet_shows_where_and_numbers_stay_masked(known):
    results = ask("喝了酒 8000")
    [hit] = results.reports
    shown = {str(one.where): one for one in hit.snippets}
    assert shown["情况"].match == "喝了酒"
    assert shown["情况"].before.endswith("说爸爸")
    assert "0138000" not in shown["来电号码"].match
    assert shown["来电号码"].match.endswith("000")


def test_what_is_changed_is_found_by_the_new_and_not_by_the_old(known):
    assert reports("李小雨") == [known]
    do(judging.classify, known, officer(), judgement(child_name="王大伟"))
    assert reports("李小雨") == []
    assert reports("王大伟") == [known]


def test_what_was_said_is_found_by_its_sound_until_it_is_deleted(known):
    said(known, "喂你好", "那个孩子叫黎晓宇就住隔壁")
    assert reports("就住隔壁") == [known]
    assert reports("李晓雨就住") == [known]
    with db.transaction() as session:
        session.query(Transcript).delete()
        assert session.query(Entry).filter_by(kind=Kind.transcript).count() == 0
    assert reports("就住隔壁") == []


def test_cases_their_notes_and_their_people(known):
    case = do(cases.open_case, known, officer()).id
    do(notes.note, case, officer(), "已与班主任联系，约周五家访")
    guardian = Described(PersonRole.guardian, "赵桂英", Safety.safe, "外婆", "13900139321")
    person = do(people.add, case, officer(), guardian).id
    assert [hit.row.id for hit in ask(str(case)).cases] == [case]
    assert [hit.row.id for hit in ask("李小雨").cases] == [case]
    assert [hit.row.id for hit in ask("约周五家访").cases] == [case]
    for asked in ("赵桂英", "zhaoguiying", "外婆", "9321", "13900139321"):
        assert [hit.row[0].id for hit in ask(asked).people] == [person], asked
    with db.transaction() as session:
        people.remove(session, session.get_one(Person, person), officer(), "弄错了")
    assert ask("赵桂英").people == []


def test_notes_of_a_merged_case_lead_to_the_one_that_took_it_in(known):
    source = do(cases.open_case, known, officer()).id
    do(notes.note, source, officer(), "约周五家访")
    target = do(cases.open_case, judged("CA2", "1", child_name="张大伟"), officer()).id
    do(merging.merge, source, target, officer("daiban"), "同一个孩子")
    assert [hit.row.id for hit in ask("约周五家访").cases] == [target]


def test_a_confidential_case_and_all_of_it_exist_for_those_who_are_named(known):
    case = do(cases.open_case, known, officer()).id
    do(notes.note, case, officer(), "约周五家访")
    said(known, "就住隔壁")
    do(people.add, case, officer(), Described(PersonRole.relative, "赵桂英", Safety.safe))
    do(secrecy.make, case, officer(), "涉及熟人")
    for asked in (
        "李小雨",
        str(case),
        "约周五家访",
        "赵桂英",
        "就住隔壁",
        "8000",
        CHILD["child_id_number"],
    ):
        assert ask(asked, "zhiban"), asked
        assert not ask(asked, "zhiban2"), asked


def test_nothing_is_read_of_what_one_may_not_see(known):
    do(cases.open_case, known, officer())
    index.sweep()
    nobody = asker()
    with db.transaction() as session, counted(db.engine()) as sent:
        assert not queries.search(session, nobody, "李小雨")
    assert not [one for one in sent.statements if "FROM reports" in one or "FROM cases" in one]


def test_few_statements_however_much_is_found(known):
    for number in range(2, 6):
        row = judged(f"CA{number}", "13800138000", **CHILD)
        do(cases.open_case, row, officer())
        said(row, "小雨在哭")
    index.sweep()
    me = asker("zhiban", *Permission)
    with db.transaction() as session, counted(db.engine()) as sent:
        results = queries.search(session, me, "小雨")
    assert results is not None
    assert len(results.reports) == 5
    assert len(results.cases) == 4
    assert len(sent.statements) <= 12


def test_a_row_that_cannot_be_read_holds_up_no_other(known, monkeypatch):
    bad = judged("CA2", "1", child_name="张大伟")
    index.sweep()
    with db.transaction() as session:
        session.get_one(Report, known).child_school = "柳岸小学"
        session.get_one(Report, bad).child_school = "码头小学"
    with db.transaction() as session:
        session.connection().exec_driver_sql(
            "UPDATE reports SET child_name = 'not sealed' WHERE id = %s", (bad,)
        )
    index.sweep()
    assert reports("柳岸小学") == [known]
    with db.transaction() as session:
        assert {due.row_id for due in session.query(Due)} == {bad}


def test_a_row_that_makes_no_sense_holds_up_no_other(known):
    bad = judged("CA2", "1", child_name="张大伟")
    with db.transaction() as session:
        session.get_one(Report, known).child_school = "柳岸小学"
        session.get_one(Report, bad).child_born = "不详"
    assert reports("柳岸小学") == [known]
    with db.transaction() as session:
        assert {due.row_id for due in session.query(Due)} == {bad}


def test_digits_of_any_script_are_asked_for_without_harm(known):
    assert not ask("፩፪፫፬")


def test_two_indexers_at_once_do_no_harm(known):
    assert index.sweep() > 0
    assert index.sweep() == 0


def test_tokens_are_keyed_by_secret_month_and_kind(settings, monkeypatch):
    word = ["text:小雨"]
    before = terms.keyed(Kind.report, "202601", word)
    assert before == terms.keyed(Kind.report, "202601", word)
    assert before != terms.keyed(Kind.report, "202602", word)
    assert before != terms.keyed(Kind.case, "202601", word)
    other = settings.model_copy(update={"secret_key": "another secret: zyxwvutsrqponmlkjihgf"})
    monkeypatch.setattr(config, "_current", other)
    assert before != terms.keyed(Kind.report, "202601", word)


def test_the_index_is_made_anew_by_a_command_that_may_be_interrupted(known, monkeypatch):
    rows = [known, *(report(f"CA{number}", "1") for number in range(2, 6))]
    index.sweep()
    with db.transaction() as session:
        session.query(Entry).delete()
    monkeypatch.setattr(index, "MARKED_AT_ONCE", 2)
    index.mark_all()
    assert hotline("search", "rebuild", "--resume") == f"{len(rows)} rows indexed\n"
    assert hotline("search", "rebuild") == f"{len(rows)} rows indexed\n"
    assert reports("李小雨") == [known]


def test_nothing_of_the_text_stands_in_the_index(known):
    index.sweep()
    with db.transaction() as session:
        [entry] = session.query(Entry).filter_by(kind=Kind.report, row_id=known)
    assert crypto.blind_index("search", "text:小雨") not in entry.tokens
    assert len(entry.tokens) > 40
