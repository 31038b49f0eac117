"""Where a leg of a conversation stands, and where a call-back that is owed stands."""

import enum

from hotline.states import Moves


class LegStatus(enum.StrEnum):
    """`joined`: accepted by key, and in the conversation. `missed`: rang and was never in it."""

    ringing = "ringing"
    joined = "joined"
    left = "left"
    missed = "missed"


class LegEvent(enum.StrEnum):
    """What can happen to a leg."""

    accept = "accept"
    end = "end"


S, E = LegStatus, LegEvent
LEG_MOVES: Moves[LegStatus, LegEvent] = Moves(
    "leg",
    {
        (S.ringing, E.accept): S.joined,
        (S.ringing, E.end): S.missed,
        (S.joined, E.end): S.left,
        # The same key, or the same word of the network, once more.
        (S.joined, E.accept): S.joined,
        (S.left, E.end): S.left,
        (S.missed, E.end): S.missed,
    },
)

ACTIVE = (LegStatus.ringing, LegStatus.joined)


class CallbackStatus(enum.StrEnum):
    """`given_up`: the last try was not answered either, and the report is on the queue for it."""

    open = "open"
    done = "done"
    given_up = "given_up"


class CallbackEvent(enum.StrEnum):
    """What can happen to a call-back. `settle`: dealt with in another way."""

    talk = "talk"
    settle = "settle"
    no_answer = "no_answer"
    run_out = "run_out"


C, CE = CallbackStatus, CallbackEvent
CALLBACK_MOVES: Moves[CallbackStatus, CallbackEvent] = Moves(
    "call-back",
    {
        (C.open, CE.talk): C.done,
        (C.open, CE.settle): C.done,
        (C.open, CE.no_answer): C.open,
        (C.open, CE.run_out): C.given_up,
    },
)
