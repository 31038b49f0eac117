"""What officers are trained for, which reports need it, and which one somebody takes next.

The rule, as the queue's page tells it: emergencies and whatever is overdue come first, by their clock, and
whoever asks gets them; of the others one of the same urgency that fits the officer goes before one that
anybody can take, and that before one that needs somebody else. Nothing is kept from anybody: whatever
nobody is skilled for is taken last of its kind, and at the latest when it is overdue.
"""

from collections.abc import Collection, Mapping

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock
from hotline.accounts.models import Account
from hotline.accounts.permissions import PERMISSIONS, Permission
from triage.intake.models import CallAnswer, Report
from triage.intake.states import ReportStatus, Situation, Urgency
from triage.mandated.models import Ground, MandatedReport
from triage.mandated.queries import GROUND_KEYS, IS_MANDATED
from triage.queue.models import OfficerSkill, Skill
from triage.queue.queries import IS_OPEN, ORDER

MOST_COMPARED = 500
"""Of the gravest that wait, the first in the queue's order, by how they fit: what comes after them can wait
its turn."""
ON_THE_DESK = tuple(role for role in PERMISSIONS if Permission.claim in PERMISSIONS[role])


def _answered(question: str, *values: str) -> sa.ColumnElement[bool]:
    return sa.exists().where(
        CallAnswer.call_id == Report.call_id,
        CallAnswer.question == question,
        CallAnswer.value.in_(values),
    )


def _ground(*grounds: Ground) -> sa.ColumnElement[bool]:
    """By key, or as an officer has established it."""
    keys = [key for key, ground in GROUND_KEYS.items() if ground in grounds]
    established = sa.exists().where(
        MandatedReport.report_id == Report.id, MandatedReport.ground.in_(grounds)
    )
    return sa.or_(_answered("ground", *keys), established)


NEEDS: Mapping[Skill, sa.ColumnElement[bool]] = {
    Skill.english: _answered("language", "en"),
    Skill.cantonese: _answered("language", "yue"),
    Skill.children: _answered("who", "child"),
    Skill.sexual_harm: _ground(Ground.private_parts, Ground.girl_under_14, Ground.girl_from_14),
    Skill.violence: sa.or_(
        Report.situation.in_([Situation.domestic_violence, Situation.unlawful_harm]),
        _ground(Ground.injured),
    ),
    Skill.self_harm: _ground(Ground.unnatural),
    Skill.guardianship: sa.or_(
        Report.situation.in_(
            [
                Situation.guardian_unable,
                Situation.guardian_unwilling,
                Situation.abandoned,
                Situation.neglected,
                Situation.living_alone,
            ]
        ),
        _ground(Ground.abandoned),
    ),
    Skill.missing: sa.or_(
        Report.situation.in_([Situation.missing, Situation.trafficked, Situation.wandering]),
        _ground(Ground.unknown_origin, Ground.begging),
    ),
    Skill.institutions: IS_MANDATED,
}
"""By what a report is known to need a skill: what its caller answered, and what has been judged."""

# A report nobody has judged may be anything, and so comes before those that are known to have time.
_URGENCY = sa.case(
    (Report.urgency == Urgency.urgent, 1),
    (Report.urgency == Urgency.standard, 2),
    (Report.urgency == Urgency.consult, 3),
    else_=0,
)


def first_waiting(session: orm.Session, account_id: int) -> int | None:
    """The report that this officer is to take next, locked; two who ask at once get two different ones."""
    waiting = sa.select(Report.id).where(IS_OPEN, Report.status == ReportStatus.waiting)
    pressing = sa.or_(Report.emergency, Report.due_at <= clock.now())
    if first := _first(session, waiting.where(pressing).order_by(*ORDER)):
        return first
    front = waiting.order_by(_URGENCY, *ORDER).limit(MOST_COMPARED).scalar_subquery()
    fitting = waiting.where(Report.id.in_(front))
    order = (_URGENCY, _fit(of(session, account_id)), *ORDER)
    # The front may be in colleagues' hands; then whatever comes first behind it.
    return _first(session, fitting.order_by(*order)) or _first(session, waiting.order_by(*ORDER))


def _first(session: orm.Session, waiting: sa.Select[int]) -> int | None:
    return session.scalar(waiting.limit(1).with_for_update(skip_locked=True))


def _fit(skills: Collection[Skill]) -> sa.ColumnElement[int]:
    theirs = sa.or_(sa.false(), *(NEEDS[skill] for skill in skills))
    others = sa.or_(sa.false(), *(need for skill, need in NEEDS.items() if skill not in skills))
    return sa.case((theirs, 0), (others, 2), else_=1)


def needed(session: orm.Session, report_id: int) -> frozenset[Skill]:
    """What a report is known to need."""
    asked = sa.select(*(need.label(skill) for skill, need in NEEDS.items()))
    row = session.execute(asked.where(Report.id == report_id)).mappings().one()
    return frozenset(skill for skill in NEEDS if row[skill])


def of(session: orm.Session, account_id: int) -> frozenset[Skill]:
    """The skills of one officer."""
    found = sa.select(OfficerSkill.skill).where(OfficerSkill.account_id == account_id)
    return frozenset(session.scalars(found))


def of_everyone(session: orm.Session) -> list[tuple[Account, frozenset[Skill]]]:
    """Everybody who can claim a report, with their skills, by name."""
    desk = sa.select(Account).where(Account.active, Account.role.in_(ON_THE_DESK))
    known: dict[int, set[Skill]] = {}
    for row in session.execute(sa.select(OfficerSkill.account_id, OfficerSkill.skill)):
        known.setdefault(row.account_id, set()).add(row.skill)
    officers = session.scalars(desk.order_by(Account.name, Account.id))
    return [(one, frozenset(known.get(one.id, ()))) for one in officers]


def set_skills(
    session: orm.Session, account_id: int, skills: Collection[Skill], actor: audit.Actor
) -> None:
    """Write down what an officer is skilled for, in place of what was there."""
    session.execute(sa.delete(OfficerSkill).where(OfficerSkill.account_id == account_id))
    session.add_all(OfficerSkill(account_id=account_id, skill=skill) for skill in skills)
    audit.record(session, actor, "set_skills", "account", account_id, skills=sorted(skills))
