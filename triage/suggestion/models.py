"""What was suggested when a report was judged, and what the officer chose."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline.db import Base, words
from triage.intake.states import Urgency


class UrgencySuggestion(Base):
    """The suggestion that stood beside the form when a report was last judged: how often officers agree
    with it tells whether its rules are any good. One to a report; the last judgement counts."""

    __tablename__ = "urgency_suggestions"

    report_id: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("reports.id"), primary_key=True)
    suggested: orm.Mapped[Urgency] = orm.mapped_column(words(Urgency, "suggested"))
    chosen: orm.Mapped[Urgency] = orm.mapped_column(words(Urgency, "chosen"))
    rules: orm.Mapped[list[str]] = orm.mapped_column(postgresql.ARRAY(sa.Text))
    """Every rule that held, by its name in `rules.toml`."""
    chosen_by: orm.Mapped[int] = orm.mapped_column(sa.ForeignKey("accounts.id"))
    chosen_at: orm.Mapped[dt.datetime] = orm.mapped_column(index=True)
