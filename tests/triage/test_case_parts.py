"""People, tasks, mentions and the list of cases, as officers use them."""

import datetime as dt

import pytest
from flask import Flask

from hotline import clock
from tests.triage import desk
from tests.triage.alarms import text
from tests.triage.casework import account, case
from tests.triage.test_case_views import opened
from triage.cases import tasks

SUSPECT = {
    "role": "suspected",
    "name": "某男",
    "relation": "母亲的同居人",
    "phone": "10000000009",
    "safety": "safe",
    "note": "夜班",
}


def number_of(page: str, mark: str) -> str:
    """The first row's number after `mark` on a page."""
    return page.split(mark, 1)[1].split('"', 1)[0]


def test_a_suspected_person_is_never_safe_to_contact_whatever_was_chosen(officer: desk.Desk):
    _, case_id = opened(officer)
    officer.does(f"/cases/{case_id}/people", **SUSPECT)
    page = officer.sees(f"/cases/{case_id}")
    assert 'data-safety="unsafe"' in page
    assert "不可联系" in page
    assert "不要拨打、不要发短信" in page
    assert "10000000009" not in page
    assert "tel:" not in page
    person = number_of(page, 'id="person-')
    path = f"/cases/{case_id}/people/{person}"
    assert officer.asks(f"{path}/unmask", reason=" ").status_code == 422
    whole = officer.asks(f"{path}/unmask", reason="告知派出所").get_data(as_text=True)
    assert "+8610000000009" in whole
    assert "不要拨打" in whole
    assert desk.written("unmask", "case")[0].details == {"person": int(person)}


def test_a_person_is_corrected_and_taken_off_and_the_timeline_says_so(
    app: Flask, officer: desk.Desk
):
    _, case_id = opened(officer)
    officer.does(f"/cases/{case_id}/people", name="", role="relative", safety="safe")
    assert officer.is_told("请填写姓名")
    officer.does(f"/cases/{case_id}/people", **SUSPECT)
    person = number_of(officer.sees(f"/cases/{case_id}"), 'id="person-')
    path = f"/cases/{case_id}/people/{person}"
    assert "10000000009" not in officer.sees(path)
    looks = len(desk.written("read", "case"))
    desk.Desk(app, "zhiban2").sees(path)
    assert len(desk.written("read", "case")) == looks + 1, "who looked is written down"
    officer.does(path, **SUSPECT | {"role": "relative", "name": "舅舅", "phone": ""})
    page = officer.sees(f"/cases/{case_id}")
    assert ('data-safety="safe"' in page, "舅舅" in page) == (True, True)
    assert f'id="phone-{person}"' in page, "the number nobody saw stays"
    officer.does(path, **SUSPECT | {"phone": "", "without_phone": "y"})
    page = officer.sees(f"/cases/{case_id}")
    assert f'id="phone-{person}"' not in page, "and goes when it is said to"
    officer.does(f"{path}/remove", reason="登记错了")
    officer.sees(path, status=404)
    lines = officer.sees(f"/cases/{case_id}/timeline?kind=people&order=oldest")
    assert lines.index("登记人员") < lines.index("更正人员") < lines.index("登记错了")


def test_a_task_is_given_shown_to_whom_it_is_given_and_ticked_off(app: Flask, officer: desk.Desk):
    _, case_id = opened(officer)
    other, today = desk.Desk(app, "zhiban2"), tasks.today()
    form = {"title": "家访", "due_on": str(today), "account": str(account("zhiban2").id)}
    officer.does(f"/cases/{case_id}/tasks", **form | {"due_on": "明天"})
    assert officer.is_told("Not a valid date") or "没有任务" in officer.sees(f"/cases/{case_id}")
    officer.does(f"/cases/{case_id}/tasks", **form)
    assert "1 项任务今天到期" in other.sees("/cases/notices")
    assert "到期" not in officer.sees("/cases/notices")
    mine = other.sees("/tasks")
    assert "家访" in mine
    clock.shift(dt.timedelta(days=1))
    assert "1 项任务已过期" in desk.Desk(app, "zhiban2").sees("/cases/notices")
    other = desk.Desk(app, "zhiban2")
    assert f"case-{case_id}" in other.sees("/cases?overdue=1")
    assert "任务过期" in other.sees("/cases")
    task = number_of(other.sees(f"/cases/{case_id}"), 'id="task-')
    for _click in range(2):
        other.does(f"/cases/{case_id}/tasks/{task}/finish")
    lines = other.sees(f"/cases/{case_id}/timeline?kind=tasks")
    assert lines.count("完成任务") == 1
    assert f"case-{case_id}" not in other.sees("/cases?overdue=1")
    other.does(f"/cases/{case_id}/tasks/{task}/reopen")
    assert "家访" in other.sees("/tasks")
    assert other.does(f"/cases/{case_id}/tasks/99/finish").status_code == 404


def test_whoever_is_mentioned_is_told_until_they_have_looked(app: Flask, officer: desk.Desk):
    _, case_id = opened(officer)
    other = desk.Desk(app, "zhiban2")
    officer.does(f"/cases/{case_id}/notes", body="已联系学校，@周牧请明早跟进；@林晓岚 备查")
    assert "1 条记录提到您" in other.sees("/cases/notices")
    assert "提到您" not in officer.sees("/cases/notices"), "nobody is told of their own note"
    assert "已联系学校" in other.sees("/tasks")
    other.sees(f"/cases/{case_id}")
    assert "提到您" not in other.sees("/cases/notices")


def test_the_line_of_time_holds_everything_and_is_filtered(officer: desk.Desk):
    number, case_id = opened(officer)
    officer.does(f"/cases/{case_id}/notes", body="一条记录")
    page = officer.sees(f"/cases/{case_id}")
    assert f'id="report-{number}"' in page
    assert "1 段录音" in page
    calls = officer.sees(f"/cases/{case_id}/timeline?kind=calls")
    assert ("一条记录" in calls, f'id="report-{number}"' in calls) == (False, True)
    first, last = f'id="report-{number}"', "一条记录"
    newest = officer.sees(f"/cases/{case_id}/timeline")
    oldest = officer.sees(f"/cases/{case_id}/timeline?order=oldest")
    assert newest.index(last) < newest.index(first)
    assert oldest.index(first) < oldest.index(last)
    assert officer.sees(f"/cases/{case_id}/timeline?kind=nonsense").count("一条记录") == 1


def test_an_alert_raised_before_the_case_stands_in_its_line_of_time(officer: desk.Desk):
    number = desk.call(emergency=True)
    officer.does(f"/reports/{number}/claim")
    officer.does(f"/reports/{number}/classify", **desk.JUDGED)
    officer.does(f"/reports/{number}/alerts", text_seen=text(number))
    officer.does(f"/reports/{number}/case", **desk.JUDGED)
    case_id = desk.report(number).case_id
    lines = officer.sees(f"/cases/{case_id}/timeline?kind=alerts")
    assert "长桥派出所" in lines
    assert "推送警情" in lines
    alert = number_of(lines, 'href="/alerts/')
    assert f'href="/cases/{case_id}"' in officer.sees(f"/alerts/{alert}")
    officer.does(f"/cases/{case_id}/make-confidential", reason="保护")
    assert f"/cases/{case_id}" not in officer.sees(f"/alerts/{alert}")


def test_a_case_under_the_number_of_one_merged_into_it(app: Flask, officer: desk.Desk):
    (_, source), (_, target) = opened(officer), opened(officer)
    officer.does(f"/cases/{source}/merge", case=str(target), reason="同一个孩子")
    answer = officer.client.get(f"/cases/{source}")
    assert answer.location == f"/cases/{target}"
    page = officer.sees(f"/cases/{target}")
    assert f"个案 {source} 已并入这个个案" in page
    assert f"case-{source}" not in officer.sees("/cases")
    officer.does(f"/cases/{target}/merge", case=str(source), reason="再来")
    assert officer.is_told("现在不能合并")
    officer.does(f"/cases/{source}/unmerge", reason="弄错了")
    assert officer.client.get(f"/cases/{source}").status_code == 200
    assert case(source).merged_into is None


def test_a_report_gets_a_case_of_its_own(officer: desk.Desk):
    number, case_id = opened(officer)
    answer = officer.does(f"/cases/{case_id}/reports/{number}/split", reason="两个孩子")
    new = desk.report(number).case_id
    assert answer.location == f"/cases/{new}"
    assert new != case_id
    assert "诉求分出" in officer.sees(f"/cases/{case_id}")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("urgency=emergency", True),
        ("urgency=consult", False),
        ("place=长桥街道", True),
        ("place=青禾镇", False),
        ("mine=1", True),
        ("overdue=1", False),
        ("status=open&urgency=emergency&place=云溪区&mine=1", True),
        ("status=closed", False),
        ("urgency=nonsense&status=nonsense", True),
    ],
)
def test_the_list_is_filtered(officer: desk.Desk, query: str, found: bool):
    _, case_id = opened(officer)
    officer.does(f"/cases/{case_id}/assign", account=str(account("zhiban").id))
    assert (f'id="case-{case_id}"' in officer.sees(f"/cases?{query}")) is found
