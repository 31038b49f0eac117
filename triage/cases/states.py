"""Where a case stands."""

import enum

from hotline.states import Moves


class CaseStatus(enum.StrEnum):
    """From opening through assessment (paper 000 五(二)4), help and follow-up to the closing
    evaluation 结案评估 (paper 004 五(四))."""

    open = "open"
    assessing = "assessing"
    helping = "helping"
    monitoring = "monitoring"
    closed = "closed"


class CaseEvent(enum.StrEnum):
    """What can happen to a case."""

    assess = "assess"
    help = "help"
    monitor = "monitor"
    close = "close"
    reopen = "reopen"


S, E = CaseStatus, CaseEvent
CASE_MOVES: Moves[CaseStatus, CaseEvent] = Moves(
    "case",
    {
        (S.open, E.assess): S.assessing,
        (S.open, E.help): S.helping,
        (S.assessing, E.help): S.helping,
        (S.assessing, E.monitor): S.monitoring,
        (S.helping, E.assess): S.assessing,
        (S.helping, E.monitor): S.monitoring,
        (S.monitoring, E.assess): S.assessing,
        (S.monitoring, E.help): S.helping,
        **{(state, E.close): S.closed for state in (S.open, S.assessing, S.helping, S.monitoring)},
        (S.closed, E.reopen): S.open,
    },
)
