"""What officers have made of their console: skills, saved views, whom they mentioned, what they gave each
other to do, and one case that only three of them know."""

import datetime as dt
from collections.abc import Iterator

from sqlalchemy import orm

from hotline.accounts.models import Account
from hotline.embedded.month import papers
from hotline.embedded.month.calls import House, Told
from hotline.embedded.month.papers import Paper
from hotline.embedded.month.stories import words
from triage.cases.models import Case, CaseMember, CaseNote, Mention, NoteKind, Task, UrgentAccess
from triage.cases.secrecy import LOOK
from triage.cases.states import CaseStatus, TaskStatus
from triage.intake.models import ReporterKind
from triage.intake.states import Situation, Urgency
from triage.queue.filters import Filters, Reporter
from triage.queue.models import OfficerSkill, SavedView, Skill
from triage.recordings.models import Hold

SKILLS = (
    (Skill.children, Skill.violence),
    (Skill.guardianship, Skill.english),
    (Skill.violence, Skill.sexual_harm, Skill.missing),
    (Skill.institutions, Skill.guardianship),
    (Skill.children, Skill.self_harm),
    (Skill.cantonese, Skill.missing),
)
"""Of the officers in their order; the last have none of their own."""
STREET = "990101"
DUE = (-1, 0, 3)
"""Days from today of what the first officer has to do: late, for today, in time."""
CONFIDENTIAL_FOR = dt.timedelta(hours=20)
LOOKED = dt.timedelta(hours=9)
REVIEWED_AFTER = dt.timedelta(hours=2)


def write(
    session: orm.Session,
    house: House,
    told: list[Told],
    cases: list[Case],
    kept: list[Paper],
    now: dt.datetime,
) -> None:
    """All of it, on the cases that are alive."""
    session.add_all(_skills(house))
    session.add_all(_views(house))
    living = [one for one in cases if one.status is not CaseStatus.closed]
    hidden = _to_hide(living)
    _hide(session, house, hidden, now)
    newest = [one for one in reversed(living) if one is not hidden]
    _mention(session, house, newest, now)
    for number, paper in enumerate(kept):
        case = hidden if number == 0 else newest[number // 2]
        added = min(now, case.opened_at + dt.timedelta(minutes=40 + 7 * number))
        session.add_all(papers.of(house, case, paper, added))
    session.add_all(_to_do(house, [hidden, *newest], now))
    session.add(_hold(house, told, now))


def _skills(house: House) -> Iterator[OfficerSkill]:
    for officer, skills in zip(house.officers, SKILLS, strict=False):
        for skill in skills:
            yield OfficerSkill(account_id=officer.id, skill=skill)


def _views(house: House) -> Iterator[SavedView]:
    """One that everybody sees, and one of the first officer's own."""
    street = Filters(place=house.places[STREET], urgency=(Urgency.emergency, Urgency.urgent))
    reported = Filters(reporter=(Reporter.mandated, Reporter.child))
    shared, own = words()["desk"]["views"]
    yield SavedView(owner_id=house.supervisor.id, name=shared, query=street.query(), shared=True)
    yield SavedView(owner_id=house.officer(0).id, name=own, query=reported.query(), shared=False)


def _to_hide(living: list[Case]) -> Case:
    """Rather one about harm from outside the family; none that the police are told of."""
    quiet = [one for one in living if one.urgency is not Urgency.emergency]
    return max(quiet, key=lambda one: (one.situation is Situation.unlawful_harm, one.id))


def _hide(session: orm.Session, house: House, case: Case, now: dt.datetime) -> None:
    """Known to three; a fourth has looked all the same, and was asked why."""
    said, since = words()["desk"], max(case.opened_at, now - CONFIDENTIAL_FOR)
    first, named = house.officer(0), {case.opened_by, case.assigned_to or case.opened_by}
    case.confidential = True
    session.add_all(
        CaseMember(
            case_id=case.id, account_id=account, added_by=house.supervisor.id, added_at=since
        )
        for account in sorted({house.supervisor.id, first.id, *named})
    )
    other = next(one for one in house.officers[1:] if one.id not in named)
    looked = max(since, now - LOOKED)
    session.add(_look(house, case, other, looked, min(now, looked + REVIEWED_AFTER)))
    session.add_all(
        [
            _line(case, NoteKind.confidential, house.supervisor, since, said["confidential"]),
            _line(case, NoteKind.looked_into, other, looked, said["looked"]),
        ]
    )


def _look(
    house: House, case: Case, who: Account, at: dt.datetime, reviewed: dt.datetime
) -> UrgentAccess:
    said = words()["desk"]
    return UrgentAccess(
        case_id=case.id,
        account_id=who.id,
        reason=said["looked"],
        at=at,
        until=at + LOOK,
        reviewed_by=house.supervisor.id,
        reviewed_at=reviewed,
        review=said["reviewed"],
    )


def _mention(session: orm.Session, house: House, cases: list[Case], now: dt.datetime) -> None:
    """The first officer twice and the supervisor once, by colleagues; none of them has looked yet."""
    to = (house.officer(0), house.supervisor, house.officer(0))
    for number, (body, who) in enumerate(zip(words()["desk"]["mentions"], to, strict=True)):
        case, author = cases[number], house.officer(number + 2)
        at = max(case.opened_at, now - dt.timedelta(minutes=35 + 50 * number))
        note = _line(case, NoteKind.note, author, at, f"@{who.name} {body}")
        session.add(note)
        session.flush()
        session.add(Mention(note_id=note.id, account_id=who.id))


def _to_do(house: House, cases: list[Case], now: dt.datetime) -> Iterator[Task | CaseNote]:
    of = zip(cases, words()["desk"]["tasks"], (*DUE, 1), (0, 0, 0, None), strict=False)
    for case, title, days, officer in of:
        who = house.supervisor if officer is None else house.officer(officer)
        due = now.date() + dt.timedelta(days=days)
        at = min(now, case.opened_at + dt.timedelta(minutes=25))
        yield Task(
            case_id=case.id,
            title=title,
            due_on=due,
            assignee_id=who.id,
            status=TaskStatus.open,
            created_by=house.supervisor.id,
            created_at=at,
        )
        yield _line(case, NoteKind.task, house.supervisor, at, f"{title}（{who.name}，{due}）")


def _hold(house: House, told: list[Told], now: dt.datetime) -> Hold:
    """What a school has told is wanted as evidence."""
    report = next(
        one.report for one in reversed(told) if one.report.reporter_kind is ReporterKind.duty
    )
    assert report.triaged_at
    return Hold(
        report_id=report.id,
        reason=words()["desk"]["held"],
        placed_by=house.supervisor.id,
        placed_at=min(now, report.triaged_at + dt.timedelta(hours=3)),
    )


def _line(case: Case, kind: NoteKind, by: Account, at: dt.datetime, body: str) -> CaseNote:
    return CaseNote(case_id=case.id, kind=kind, author_id=by.id, at=at, body=body)
