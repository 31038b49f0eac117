"""Places in three levels, the agencies that answer for them, whom to reach there, and who is on duty.

Three levels of offices: paper 000 五(四)3, paper 002, paper 003 二.
"""

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm

from hotline.crypto import EncryptedText
from hotline.db import Base, Id, words
from hotline.hours import Hours

ALL_DAY = "00:00-24:00"


class Level(enum.StrEnum):
    """District 区, street or town 街道·镇, community or village 居·村."""

    district = "district"
    street = "street"
    community = "community"


class AgencyKind(enum.StrEnum):
    """What an agency is, as far as the line deals with it."""

    police = "police"
    street_office = "street_office"


class Place(Base):
    """A jurisdiction. The one without a parent is the line's own district."""

    __tablename__ = "places"

    id: orm.Mapped[Id]
    code: orm.Mapped[str] = orm.mapped_column(unique=True)
    name: orm.Mapped[str]
    level: orm.Mapped[Level] = orm.mapped_column(words(Level))
    parent_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("places.id"), index=True)


class Line(Base):
    """A number that can be dialled, and the district it belongs to."""

    __tablename__ = "lines"

    number: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    name: orm.Mapped[str]
    place_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("places.id"), index=True)


class Agency(Base):
    """A police station or an office, and the place it answers for."""

    __tablename__ = "agencies"

    id: orm.Mapped[Id]
    kind: orm.Mapped[AgencyKind] = orm.mapped_column(words(AgencyKind))
    name: orm.Mapped[str]
    place_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("places.id"), index=True)
    asks_badge: orm.Mapped[bool] = orm.mapped_column(server_default=sa.false())
    """Whether whoever acknowledges by a key is asked for the number of their badge."""
    pin_index: orm.Mapped[int | None]
    """The station's PIN for the police line, keyed so that it can be compared and not read."""


class Contact(Base):
    """A desk or person at an agency. `position` 1 is reached first; none: no longer in use, and kept for the
    sake of what they have acknowledged. A landline takes no SMS (network fact), so each channel is said
    separately."""

    __tablename__ = "contacts"

    id: orm.Mapped[Id]
    agency_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("agencies.id"))
    position: orm.Mapped[int | None] = orm.mapped_column(sa.SmallInteger)
    name: orm.Mapped[str]
    number: orm.Mapped[str] = orm.mapped_column(EncryptedText)
    takes_sms: orm.Mapped[bool]
    takes_calls: orm.Mapped[bool]
    workdays: orm.Mapped[str] = orm.mapped_column(server_default=ALL_DAY)
    """When they can be reached on working days: `08:30-12:00,14:00-18:00`; empty: never."""
    weekends: orm.Mapped[str] = orm.mapped_column(server_default=ALL_DAY)
    """The same for days off, public holidays among them."""
    substitute_id: orm.Mapped[int | None] = orm.mapped_column(sa.ForeignKey("contacts.id"))
    """Who stands in, outside these hours and during an absence."""
    answered_at: orm.Mapped[dt.datetime | None]
    """When they last confirmed a test of the contact."""

    __table_args__ = (sa.UniqueConstraint("agency_id", "position"),)

    @property
    def hours(self) -> Hours:
        """When they can be reached."""
        return hours(self.workdays, self.weekends)


def hours(workdays: str, weekends: str) -> Hours:
    """Hours as they are written in a contact.

    Raises:
        pydantic.ValidationError: they cannot be read.
    """
    return Hours(_spans(workdays), _spans(weekends))


def _spans(written: str) -> Any:
    return tuple(part.strip() for part in written.split(",") if part.strip())


class Absence(Base):
    """A contact's holiday or leave; `ends_at` is the first moment at which they are back."""

    __tablename__ = "contact_absences"

    id: orm.Mapped[Id]
    contact_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("contacts.id"), index=True)
    starts_at: orm.Mapped[dt.datetime]
    ends_at: orm.Mapped[dt.datetime]

    __table_args__ = (sa.CheckConstraint("starts_at < ends_at", name="ends_after_start"),)


class Shift(Base):
    """Someone's time on duty; `ends_at` is the first moment that no longer belongs to it."""

    __tablename__ = "shifts"

    id: orm.Mapped[Id]
    account_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"), index=True)
    starts_at: orm.Mapped[dt.datetime]
    ends_at: orm.Mapped[dt.datetime]

    __table_args__ = (
        sa.CheckConstraint("starts_at < ends_at", name="ends_after_start"),
        sa.Index(None, "ends_at", "starts_at"),
    )
