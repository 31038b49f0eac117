"""Where the hand-over of a report stands."""

import enum

from hotline.states import Moves


class HandoverStatus(enum.StrEnum):
    """`lapsed`: nobody said yes in time, or the report went another way meanwhile."""

    offered = "offered"
    accepted = "accepted"
    declined = "declined"
    withdrawn = "withdrawn"
    lapsed = "lapsed"


class HandoverEvent(enum.StrEnum):
    """What can happen to it."""

    accept = "accept"
    decline = "decline"
    withdraw = "withdraw"
    lapse = "lapse"


S, E = HandoverStatus, HandoverEvent
HANDOVER_MOVES: Moves[HandoverStatus, HandoverEvent] = Moves(
    "hand-over",
    {
        (S.offered, E.accept): S.accepted,
        (S.offered, E.decline): S.declined,
        (S.offered, E.withdraw): S.withdrawn,
        (S.offered, E.lapse): S.lapsed,
    },
)
