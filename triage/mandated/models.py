"""Duty-bound reporters 强制报告主体: the institutions that must report, and what one of them reported.

Who must report: paper 000 五(二)2, paper 001 二(三). The nine grounds: the opinion of nine ministries on
mandatory reporting of harm to minors (2020), art. 4, in its order.
"""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.crypto import EncryptedText
from hotline.db import Base, words
from triage.intake.models import CHECKED_NUMBER

FIRST_INSTITUTION = 1_001


class InstitutionKind(enum.StrEnum):
    """The seven kinds of bodies that must report."""

    school = "school"
    hospital = "hospital"
    street = "street"
    committee = "committee"
    social_work = "social_work"
    rescue = "rescue"
    welfare = "welfare"


class Ground(enum.StrEnum):
    """Why it must be reported. Their order is the keys' 1 to 9."""

    private_parts = "private_parts"
    girl_under_14 = "girl_under_14"
    girl_from_14 = "girl_from_14"
    injured = "injured"
    unnatural = "unnatural"
    abandoned = "abandoned"
    unknown_origin = "unknown_origin"
    begging = "begging"
    other = "other"


class Precision(enum.StrEnum):
    """How exactly it is known when the reporter came to know: to the minute, that day, or on that day at
    the latest."""

    minute = "minute"
    day = "day"
    before = "before"


class Institution(Base):
    """A body that must report, with the code by which it names itself on the telephone: the row's own
    number and two check digits, as receipt numbers have."""

    __tablename__ = "institutions"

    id: orm.Mapped[int] = orm.mapped_column(
        sa.BigInteger, sa.Identity(start=FIRST_INSTITUTION), primary_key=True
    )
    code: orm.Mapped[str] = orm.mapped_column(
        sa.Computed(CHECKED_NUMBER, persisted=True), unique=True
    )
    name: orm.Mapped[str]
    kind: orm.Mapped[InstitutionKind] = orm.mapped_column(words(InstitutionKind))
    place_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("places.id"))
    active: orm.Mapped[bool] = orm.mapped_column(server_default=sa.true())
    """A body that is no longer listed keeps its row: its reports name it."""


class MandatedReport(Base):
    """What an officer has established of a duty-bound report; until then the caller's keys alone speak."""

    __tablename__ = "mandated_reports"

    report_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("reports.id"), primary_key=True)
    institution_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("institutions.id"))
    institution_name: orm.Mapped[str]
    """As the reporter says it, of a body that is not listed; else empty."""
    kind: orm.Mapped[InstitutionKind | None] = orm.mapped_column(words(InstitutionKind))
    ground: orm.Mapped[Ground | None] = orm.mapped_column(words(Ground))
    known_at: orm.Mapped[dt.datetime | None]
    """When the reporter came to know; of a day without an hour, its first moment in the line's zone."""
    known_precision: orm.Mapped[Precision | None] = orm.mapped_column(words(Precision))
    reporter: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    post: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    told_back: orm.Mapped[str | None] = orm.mapped_column(EncryptedText)
    """What the reporter was told would happen now."""
    saved_by: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    saved_at: orm.Mapped[dt.datetime]

    __table_args__ = (
        sa.CheckConstraint(
            "(known_at IS NULL) = (known_precision IS NULL)", name="known_how_exactly"
        ),
    )
