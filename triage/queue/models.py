"""What officers on the queue need to work together: skills, views, hand-overs, what was closed at once."""

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline.crypto import EncryptedText
from hotline.db import Base, Id, words
from triage.queue.states import HandoverStatus


class Skill(enum.StrEnum):
    """What an officer is trained for, or can speak, beyond what everybody on the line can."""

    english = "english"
    cantonese = "cantonese"
    children = "children"
    sexual_harm = "sexual_harm"
    violence = "violence"
    self_harm = "self_harm"
    guardianship = "guardianship"
    missing = "missing"
    institutions = "institutions"


class OfficerSkill(Base):
    """One skill of one officer."""

    __tablename__ = "officer_skills"

    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    skill: orm.Mapped[Skill] = orm.mapped_column(words(Skill), primary_key=True)


class SavedView(Base):
    """A choice of filters under a name 已存视图. One that was deleted stays for a while, to be had back."""

    __tablename__ = "saved_views"

    id: orm.Mapped[Id]
    owner_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    name: orm.Mapped[str]
    query: orm.Mapped[str]
    """The filters as they stand in the address."""
    shared: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    """Seen by everybody; only supervisors make such."""
    deleted_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "uq_saved_views_owner_id_name",
            "owner_id",
            "name",
            unique=True,
            postgresql_where=sa.text("deleted_at IS NULL"),
        ),
        sa.Index("ix_saved_views_shared", "name", postgresql_where=sa.text("shared")),
    )


class DefaultView(Base):
    """The view with which somebody's queue opens."""

    __tablename__ = "default_views"

    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"), primary_key=True)
    view_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("saved_views.id"), index=True)


class Handover(Base):
    """A report that its officer offers to a colleague 移交. Until the colleague has accepted it stays with
    the one who offers it; of one report there is one offer at a time."""

    __tablename__ = "handovers"

    id: orm.Mapped[Id]
    report_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("reports.id"), index=True)
    from_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    to_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    note: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    status: orm.Mapped[HandoverStatus] = orm.mapped_column(words(HandoverStatus))
    offered_at: orm.Mapped[dt.datetime]
    expires_at: orm.Mapped[dt.datetime]
    ended_at: orm.Mapped[dt.datetime | None]

    __table_args__ = (
        sa.Index(
            "uq_handovers_open",
            "report_id",
            unique=True,
            postgresql_where=sa.text("status = 'offered'"),
        ),
        sa.Index("ix_handovers_to_id", "to_id", postgresql_where=sa.text("status = 'offered'")),
        sa.CheckConstraint("(status = 'offered') = (ended_at IS NULL)", name="ended_has_time"),
        sa.CheckConstraint("from_id <> to_id", name="to_another"),
    )


class BulkClosing(Base):
    """Reports that somebody closed at once; for half a minute they can have them back."""

    __tablename__ = "bulk_closings"

    id: orm.Mapped[Id]
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    at: orm.Mapped[dt.datetime]
    """Also when each of its reports was closed: what has been closed anew since is not had back."""
    reports: orm.Mapped[list[int]] = orm.mapped_column(postgresql.ARRAY(sa.BigInteger))
    undone_at: orm.Mapped[dt.datetime | None]
