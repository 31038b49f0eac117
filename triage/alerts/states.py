"""Where an alert stands on its way to a named person who acknowledges it."""

import enum

from hotline.states import Moves


class AlertStatus(enum.StrEnum):
    """`unanswered`: every step of the policy was tried; alarms go on until somebody acts."""

    raised = "raised"
    unanswered = "unanswered"
    acknowledged = "acknowledged"
    resolved = "resolved"
    cancelled = "cancelled"


class AlertEvent(enum.StrEnum):
    """What can happen to an alert."""

    acknowledge = "acknowledge"
    run_out = "run_out"
    resolve = "resolve"
    cancel = "cancel"


S, E = AlertStatus, AlertEvent
ALERT_MOVES: Moves[AlertStatus, AlertEvent] = Moves(
    "alert",
    {
        (S.raised, E.acknowledge): S.acknowledged,
        (S.raised, E.run_out): S.unanswered,
        (S.raised, E.cancel): S.cancelled,
        (S.unanswered, E.run_out): S.unanswered,
        # A late acknowledgement always counts.
        (S.unanswered, E.acknowledge): S.acknowledged,
        (S.unanswered, E.cancel): S.cancelled,
        (S.acknowledged, E.resolve): S.resolved,
        # A second acknowledgement is written down and changes nothing; likewise one that comes after
        # the alert was resolved or called off.
        **{(state, E.acknowledge): state for state in (S.acknowledged, S.resolved, S.cancelled)},
        (S.resolved, E.resolve): S.resolved,
        (S.cancelled, E.cancel): S.cancelled,
    },
)

RUNNING = (AlertStatus.raised, AlertStatus.unanswered)
