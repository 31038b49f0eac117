"""What the network's own transcription writes: one statement for each thing it tells, built once, because
every utterance of every call is one."""

import datetime as dt

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from hotline.db import Base
from triage.recordings.models import Transcript, TranscriptLine
from triage.recordings.states import TRANSCRIPT_MOVES, Engine, TranscriptEvent, TranscriptStatus

TRANSCRIPTS = Base.metadata.tables[Transcript.__tablename__]
LINES = Base.metadata.tables[TranscriptLine.__tablename__]


def _given(name: str) -> sa.BindParameter[str]:
    return sa.bindparam(name, type_=sa.Text())


def _moment() -> sa.BindParameter[dt.datetime]:
    return sa.bindparam("moment", type_=sa.DateTime(timezone=True))


def _transcript() -> postgresql.Insert:
    return postgresql.insert(TRANSCRIPTS).values(
        call_sid=_given("sid"),
        engine=Engine.network,
        network_sid=_given("network"),
        status=TranscriptStatus.working,
        created_at=_moment(),
    )


def _hearing() -> sa.Insert:
    known = _transcript()
    # An update rather than DO NOTHING, which would return no row for the second line.
    again = known.on_conflict_do_update(
        index_elements=["network_sid"], set_={"call_sid": known.excluded.call_sid}
    )
    transcript = again.returning(TRANSCRIPTS.c.id).cte("transcript").c.id
    values = {
        "transcript_id": transcript,
        "number": sa.bindparam("count", type_=sa.Integer()),
        "voice": sa.bindparam("whose", type_=LINES.c.voice.type),
        "text": sa.bindparam("words", type_=LINES.c.text.type),
        "tokens": sa.bindparam("found_by", type_=LINES.c.tokens.type),
    }
    line = postgresql.insert(LINES).from_select(list(values), sa.select(*values.values()))
    return line.on_conflict_do_nothing()


HEAR = _hearing()
"""A line of a transcript, and the transcript if this is the first that is heard of it."""


def _ending(event: TranscriptEvent, status: TranscriptStatus) -> sa.Insert:
    ended = _transcript().values(status=status, finished_at=_moment(), error=_given("fault"))
    return ended.on_conflict_do_update(
        index_elements=["network_sid"],
        set_={
            "status": TRANSCRIPT_MOVES.sql(TRANSCRIPTS.c.status, event),
            "finished_at": sa.func.coalesce(TRANSCRIPTS.c.finished_at, _moment()),
            "error": _given("fault"),
        },
    )


END = {
    TranscriptEvent.finish: _ending(TranscriptEvent.finish, TranscriptStatus.done),
    TranscriptEvent.give_up: _ending(TranscriptEvent.give_up, TranscriptStatus.failed),
}
