"""What is told of a million children, by SQL: some thousands of descriptions, sealed and indexed as the line
does it, spread over the reports that are there, with cases and transcripts beside them."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass

import psycopg

from hotline import crypto
from hotline.config import Settings
from tests.bench import seed
from tests.bench.children import Told, pairs
from triage import addresses
from triage.finding import terms
from triage.finding.models import Kind
from triage.finding.traits import Traits, clues
from triage.recordings import tokens

DESCRIPTIONS = 4_000
CASES = 200_000
TRANSCRIPTS = 100_000
WHO = ("邻居", "老师", "孩子自己", "亲戚", "路人", "医生", "社区工作人员")
WHAT = (
    "听见孩子在哭",
    "看见孩子身上有伤",
    "说爸爸喝了酒打人",
    "说家里好几天没有大人",
    "担心孩子晚上一个人在街上",
    "说孩子很久没有来上学",
    "说孩子没有饭吃",
)
WHEN = ("昨天晚上", "今天早上", "这个星期", "最近一个月", "刚才", "放学以后")

_MADE = """
    CREATE TEMPORARY TABLE told (no int PRIMARY KEY, caller bytea, name bytea, address bytea, school bytea,
                                 summary bytea, said bytea, said_tokens bigint[]);
    CREATE TEMPORARY TABLE told_tokens (kind text, month text, no int, tokens bigint[],
                                        PRIMARY KEY (kind, month, no));
"""
_WRITTEN = (
    "DROP INDEX ix_search_entries_tokens",
    "UPDATE calls SET caller = told.caller FROM told WHERE told.no = calls.id %% %(size)s",
    """UPDATE reports SET child_name = name, address = told.address, child_school = school,
                          summary = told.summary
       FROM told WHERE told.no = call_id %% %(size)s""",
    """INSERT INTO cases (status, urgency, situation, place_id, opened_by, opened_at)
       SELECT 'open', 'standard', 'other', place_id, 1, received_at FROM reports ORDER BY id
       LIMIT greatest(0, %(cases)s - (SELECT count(*) FROM cases))""",
    """UPDATE cases SET child_name = name, address = told.address, child_school = school
       FROM told WHERE told.no = cases.id %% %(size)s""",
    """INSERT INTO transcripts (call_sid, engine, network_sid, status, created_at, finished_at)
       SELECT call_sid, 'network', 'GT' || id, 'done', started_at, started_at
       FROM calls ORDER BY id LIMIT %(transcripts)s""",
    """INSERT INTO transcript_lines (transcript_id, number, voice, text, tokens)
       SELECT transcripts.id, 1, 'caller', said, said_tokens
       FROM transcripts JOIN told ON told.no = transcripts.id %% %(size)s""",
    """INSERT INTO search_entries (kind, row_id, at, tokens)
       SELECT kind, row_id, at, tokens FROM (
           SELECT 'report' AS kind, id AS row_id, received_at AS at, call_id AS n FROM reports
           UNION ALL SELECT 'case', id, opened_at, id FROM cases
           UNION ALL SELECT 'transcript', id, created_at, id FROM transcripts) AS rows
       JOIN told_tokens USING (kind)
       WHERE month = to_char(at AT TIME ZONE 'UTC', 'YYYYMM') AND no = n %% %(size)s
       ON CONFLICT DO NOTHING""",
    """CREATE INDEX ix_search_entries_tokens ON search_entries USING gin (tokens)
       WITH (fastupdate = off)""",
)


@dataclass(frozen=True)
class Description:
    """One child as it was told of."""

    number: int
    phone: str
    child: Told
    summary: str

    @property
    def said(self) -> str:
        """A line of the transcript."""
        return f"喂你好{self.summary}"


def descriptions() -> list[Description]:
    """All of them, always the same."""
    chance = random.Random(7)
    return [
        Description(number, f"+861000{number:07d}", pair.one, _summary(chance))
        for number, pair in enumerate(pairs(7, DESCRIPTIONS))
    ]


def _summary(chance: random.Random) -> str:
    return (
        "，".join(chance.choice(words) for words in (WHEN, WHO, WHAT))
        + f"，第{chance.randrange(900)}次"
    )


def spread(settings: Settings) -> None:
    """Tell all of it of the reports that are there, and index it."""
    known = descriptions()
    values = {"size": DESCRIPTIONS, "cases": CASES, "transcripts": TRANSCRIPTS}
    with seed.connected(settings) as connection:
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute(_MADE)
        months = [
            month
            for (month,) in connection.execute(
                "SELECT DISTINCT to_char(at AT TIME ZONE 'UTC', 'YYYYMM') FROM ("
                "SELECT received_at AS at FROM reports UNION ALL SELECT opened_at FROM cases) AS rows"
            )
        ]
        _copy(connection, known, months)
        for statement in _WRITTEN:
            connection.execute(statement, values if "%(" in statement else None)
    seed.settle(settings, "reports, calls, cases, transcripts, transcript_lines, search_entries")


def _copy(connection: psycopg.Connection, known: list[Description], months: list[str]) -> None:
    cursor = connection.cursor()
    with cursor.copy("COPY told FROM STDIN") as rows:
        for one in known:
            told = (
                one.child["name"],
                one.child["address"],
                one.child["school"],
                one.summary,
                one.said,
            )
            sealed = [text and crypto.encrypt(text) for text in (one.phone, *told)]
            rows.write_row((one.number, *sealed, tokens.of_line(one.said)))
    with cursor.copy("COPY told_tokens FROM STDIN") as rows:
        for one in known:
            for kind, words in _words(one):
                for month in months:
                    rows.write_row((kind, month, one.number, terms.keyed(kind, month, words)))


def _words(one: Description) -> Iterator[tuple[Kind, set[str]]]:
    told = one.child
    texts = (told["name"], told["address"], told["school"])
    of_child = terms.of_name(told["name"]).union(*map(terms.of_text, texts))
    traits = Traits(
        at=dt.datetime.now(dt.UTC),
        name=told["name"],
        address=addresses.parsed(told["address"]),
        school=addresses.school(told["school"]),
    )
    of_child |= set(clues(traits))
    yield Kind.case, of_child
    yield Kind.report, of_child | terms.of_text(one.summary) | terms.of_number(one.phone)
    yield Kind.transcript, terms.of_speech(one.said)
