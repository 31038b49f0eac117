"""What became of the reports from which a case was opened: visits, measures, and in time its closing."""

import datetime as dt
from collections.abc import Iterator
from random import Random

from sqlalchemy import orm

from hotline.audit import AuditEntry
from hotline.embedded.month.calls import House, Told
from hotline.embedded.month.stories import Child, words
from triage.cases.models import Case, CaseNote, NoteKind, Person, PersonRole, Safety, Task
from triage.cases.states import CaseStatus, TaskStatus
from triage.intake.models import Disposition, ReporterKind
from triage.intake.states import Situation

WITH_CASE = (Disposition.case_opened, Disposition.case_linked)
STAGES = (CaseStatus.assessing, CaseStatus.helping, CaseStatus.monitoring, CaseStatus.closed)
AT_HOME = frozenset({Situation.domestic_violence, Situation.neglected})
NOTES_OF = {
    CaseStatus.open: "first",
    CaseStatus.assessing: "assessing",
    CaseStatus.helping: "helping",
    CaseStatus.monitoring: "monitoring",
}


def write(
    session: orm.Session, house: House, told: list[Told], now: dt.datetime, chance: Random
) -> list[Case]:
    """A case for each report from which one was opened, and the further reports about the same child linked
    to it; the cases in the order in which they were opened."""
    ours = [one for one in told if one.report.disposition in WITH_CASE]
    cases: dict[Child, Case] = {}
    for one in ours:
        assert one.story.matter
        cases.setdefault(one.story.matter.child, _opened(one))
    session.add_all(cases.values())
    session.flush()
    begun: set[Child] = set()
    for one in ours:
        assert one.story.matter
        child = one.story.matter.child
        first = child not in begun
        begun.add(child)
        session.add_all(_with(house, one, cases[child], now, chance, first=first))
    return list(cases.values())


def _with(
    house: House, told: Told, case: Case, now: dt.datetime, chance: Random, *, first: bool
) -> Iterator[object]:
    assert told.story.matter
    told.report.case_id = case.id
    told.report.disposition = Disposition.case_opened if first else Disposition.case_linked
    yield _about(told, case, NoteKind.opened if first else NoteKind.linked)
    if first:
        yield from _life(house, told, case, now, chance)
        yield from _around(told, case, told.story.matter.child, chance)


def _opened(told: Told) -> Case:
    report = told.report
    assert report.urgency
    assert report.situation
    return Case(
        status=CaseStatus.open,
        urgency=report.urgency,
        situation=report.situation,
        opened_by=told.officer.id,
        opened_at=report.triaged_at,
        assigned_to=told.officer.id,
        **{name: getattr(report, name) for name in _SHARED},
    )


_SHARED = ("child_name", "child_age", "child_sex", "child_school", "place_id", "address")
"""Of a report and its case; as in `triage.cases.service`."""


def _about(told: Told, case: Case, kind: NoteKind) -> CaseNote:
    return CaseNote(
        case_id=case.id,
        kind=kind,
        author_id=told.officer.id,
        at=told.report.triaged_at,
        body="",
        report_id=told.report.id,
    )


def _life(
    house: House, told: Told, case: Case, now: dt.datetime, chance: Random
) -> Iterator[object]:
    """From stage to stage, each with what was noted; as far as the days since have let it come."""
    at, kin = case.opened_at, told.story.matter.child.kin if told.story.matter else ""
    for stage in STAGES:
        at += dt.timedelta(hours=chance.uniform(5, 30))
        if at > now:
            return
        author = house.officer(told.story.officer + (chance.random() < 0.25))
        body = chance.choice(words()["casework"][NOTES_OF[case.status]]).format(kin=kin)
        yield CaseNote(case_id=case.id, kind=NoteKind.note, author_id=author.id, at=at, body=body)
        yield _seen(author.username, author.id, case, at)
        at += dt.timedelta(hours=chance.uniform(20, 130))
        if at > now:
            return
        yield _moved(house, case, stage, at, chance)


def _moved(
    house: House, case: Case, stage: CaseStatus, at: dt.datetime, chance: Random
) -> CaseNote:
    case.status = stage
    if stage is CaseStatus.closed:
        case.closed_at = at
        evaluation = chance.choice(words()["casework"]["closing"])
        # Ending help for a child needs a second pair of eyes.
        return CaseNote(
            case_id=case.id,
            kind=NoteKind.closed,
            author_id=house.supervisor.id,
            at=at,
            body=evaluation,
        )
    return CaseNote(
        case_id=case.id, kind=NoteKind.moved, author_id=case.opened_by, at=at, body=stage
    )


def _seen(who: str, account_id: int, case: Case, at: dt.datetime) -> AuditEntry:
    return AuditEntry(
        at=at,
        actor=who,
        account_id=account_id,
        address="127.0.0.1",
        action="note",
        subject="case",
        subject_id=case.id,
        reason="",
        details={},
    )


def _is_theirs(told: Told) -> bool:
    """Whether a parent has called, and has shown their number."""
    by_parent = told.report.reporter_kind is ReporterKind.parent
    return by_parent and told.call.caller.startswith("+")


def _around(told: Told, case: Case, child: Child, chance: Random) -> Iterator[object]:
    """Who is there for the child, and what is to be done next."""
    yield Person(
        case_id=case.id,
        role=PersonRole.guardian,
        name=f"{child.name[0]}某（{child.kin}）",
        relation=child.kin,
        phone=told.call.caller if _is_theirs(told) else None,
        # Where it is the family that harms, nobody of it is called before that has been looked into.
        safety=Safety.unknown if case.situation in AT_HOME else Safety.safe,
        added_by=told.officer.id,
        added_at=case.opened_at,
    )
    if case.status in {CaseStatus.closed, CaseStatus.monitoring} or chance.random() < 0.4:
        return
    yield Task(
        case_id=case.id,
        title=chance.choice(words()["casework"]["tasks"]),
        due_on=(case.opened_at + dt.timedelta(days=chance.randrange(2, 40))).date(),
        assignee_id=told.officer.id,
        status=TaskStatus.open,
        created_by=told.officer.id,
        created_at=case.opened_at,
    )
