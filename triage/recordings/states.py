"""Where a transcript stands, who makes it, and whose voice a line of it is."""

import enum

from hotline.states import Moves


class Engine(enum.StrEnum):
    """Who listens: the network while the call goes on, or our own machine afterwards."""

    network = "network"
    local = "local"


class Voice(enum.StrEnum):
    """Whose words: the caller's, or our side of the line (officers, police, prompts)."""

    caller = "caller"
    line = "line"


class TranscriptStatus(enum.StrEnum):
    """Where a transcript stands."""

    pending = "pending"
    working = "working"
    done = "done"
    failed = "failed"


class TranscriptEvent(enum.StrEnum):
    """What can happen to a transcript."""

    begin = "begin"
    finish = "finish"
    retry = "retry"
    give_up = "give_up"


T, TE = TranscriptStatus, TranscriptEvent
TRANSCRIPT_MOVES: Moves[TranscriptStatus, TranscriptEvent] = Moves(
    "transcript",
    {
        (T.pending, TE.begin): T.working,
        # An overdue one is taken over by somebody else.
        (T.working, TE.begin): T.working,
        (T.working, TE.finish): T.done,
        (T.working, TE.retry): T.pending,
        (T.working, TE.give_up): T.failed,
        # The network tells begin and end twice and in any order; the end stays.
        **{(state, event): state for state in (T.done, T.failed) for event in TE},
    },
)
