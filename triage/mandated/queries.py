"""What pages read of duty-bound reports and of the institutions that make them."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.accounts.models import Account
from triage.intake import queries as intake
from triage.intake.models import Call, CallAnswer, Report
from triage.mandated import known
from triage.mandated.known import Delay, Known
from triage.mandated.models import Ground, Institution, InstitutionKind, MandatedReport
from triage.places.models import Place

QUESTIONS = ("institution", "ground", "known", "known_on")
"""Whoever answered one of these is a duty-bound reporter 强制报告主体."""
IS_MANDATED = sa.or_(
    sa.exists().where(MandatedReport.report_id == Report.id),
    sa.exists().where(CallAnswer.call_id == Report.call_id, CallAnswer.question.in_(QUESTIONS)),
)
GROUND_KEYS = dict(zip("123456789", Ground, strict=True))


@dataclass(frozen=True, slots=True)
class Duty:
    """What is known of a duty-bound report: as an officer has saved it, else as the keys say it."""

    institution: Institution | None
    code_typed: str
    """What was typed on the telephone; a code that holds but is not listed has no `institution`."""
    unlisted_name: str
    kind: InstitutionKind | None
    ground: Ground | None
    known: Known | None
    reported_at: dt.datetime
    place: str
    """The place whose official code was typed, or the institution's own."""
    reporter: str
    post: str
    told_back: str
    saved_by: str
    """Empty as long as only the keys speak."""
    saved_at: dt.datetime | None

    @property
    def name(self) -> str:
        """The institution's name, listed or as told; empty if neither."""
        return self.institution.name if self.institution else self.unlisted_name

    @property
    def delay(self) -> Delay | None:
        """From knowing to reporting, if it is known when."""
        return known.delay(self.known, self.reported_at) if self.known else None


def duty(session: orm.Session, report: Report, call: Call | None) -> Duty | None:
    """The duty-bound report that this is; None if it is an ordinary one."""
    answers = intake.answers(session, call)
    saved = session.execute(
        sa.select(MandatedReport, Account.name)
        .join(Account, Account.id == MandatedReport.saved_by)
        .where(MandatedReport.report_id == report.id)
    ).one_or_none()
    if saved:
        return _saved(session, report, answers, *saved)
    return _told_by_keys(session, report, answers) if _is_mandated(answers) else None


def institutions(session: orm.Session) -> list[sa.Row[tuple[Institution, str | None]]]:
    """Every institution with the name of its place: those in use first, by name."""
    listed = sa.select(Institution, Place.name.label("place")).join(
        Place, Place.id == Institution.place_id, isouter=True
    )
    return list(session.execute(listed.order_by(Institution.active.desc(), Institution.name)))


def meant(session: orm.Session, text: str) -> Institution | None:
    """The institution whose code or whole name `text` is, or whose code it begins with (as the list of
    the form gives it); None if it is none of ours, or could be two."""
    words = text.split()
    wanted = sa.or_(
        Institution.code == (words[0] if words else ""), Institution.name == text.strip()
    )
    found = session.scalars(sa.select(Institution).where(wanted)).all()
    return found[0] if len(found) == 1 else None


def _is_mandated(answers: Mapping[str, str]) -> bool:
    return any(question in answers for question in QUESTIONS)


def _told_by_keys(session: orm.Session, report: Report, answers: Mapping[str, str]) -> Duty:
    code = answers.get("institution", "")
    by_code = sa.select(Institution).where(Institution.code == code)
    institution = session.scalar(by_code) if code else None
    return Duty(
        institution=institution,
        code_typed=code,
        unlisted_name="",
        kind=institution.kind if institution else None,
        ground=GROUND_KEYS.get(answers.get("ground", "")),
        known=known.from_answers(answers, report.received_at),
        reported_at=report.received_at,
        place=_place(session, institution, answers),
        reporter="",
        post="",
        told_back="",
        saved_by="",
        saved_at=None,
    )


def _saved(
    session: orm.Session,
    report: Report,
    answers: Mapping[str, str],
    row: MandatedReport,
    saved_by: str,
) -> Duty:
    institution = session.get(Institution, row.institution_id) if row.institution_id else None
    precision = row.known_precision
    return Duty(
        institution=institution,
        code_typed=answers.get("institution", ""),
        unlisted_name=row.institution_name,
        kind=institution.kind if institution else row.kind,
        ground=row.ground,
        known=Known(row.known_at, precision) if row.known_at and precision else None,
        reported_at=report.received_at,
        place=_place(session, institution, answers),
        reporter=row.reporter or "",
        post=row.post or "",
        told_back=row.told_back or "",
        saved_by=saved_by,
        saved_at=row.saved_at,
    )


def _place(
    session: orm.Session, institution: Institution | None, answers: Mapping[str, str]
) -> str:
    by_code = Place.code == answers.get("place_code", "")
    own = Place.id == (institution.place_id if institution else None)
    found = session.scalars(sa.select(Place).where(sa.or_(by_code, own)).order_by(by_code.desc()))
    place = found.first()
    return place.name if place else ""
