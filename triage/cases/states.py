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


class MergeStatus(enum.StrEnum):
    """Whether two cases that were put together still are."""

    standing = "standing"
    undone = "undone"


class MergeEvent(enum.StrEnum):
    """What can happen to a merge."""

    undo = "undo"


MERGE_MOVES: Moves[MergeStatus, MergeEvent] = Moves(
    "merge", {(MergeStatus.standing, MergeEvent.undo): MergeStatus.undone}
)


class TaskStatus(enum.StrEnum):
    """Whether a task is still to be done."""

    open = "open"
    done = "done"


class TaskEvent(enum.StrEnum):
    """What can happen to a task."""

    finish = "finish"
    reopen = "reopen"


TASK_MOVES: Moves[TaskStatus, TaskEvent] = Moves(
    "task",
    {
        (TaskStatus.open, TaskEvent.finish): TaskStatus.done,
        (TaskStatus.done, TaskEvent.reopen): TaskStatus.open,
        # Two officers tick it off at the same moment: it is done.
        (TaskStatus.done, TaskEvent.finish): TaskStatus.done,
        (TaskStatus.open, TaskEvent.reopen): TaskStatus.open,
    },
)


class AttachmentStatus(enum.StrEnum):
    """From the first byte to the last: on its way into the storage, there, looked at by the scanner, gone.

    A file in which something was found stays in quarantine: nobody opens it, and it can be deleted."""

    arriving = "arriving"
    unscanned = "unscanned"
    clean = "clean"
    infected = "infected"
    deleting = "deleting"
    deleted = "deleted"


class AttachmentEvent(enum.StrEnum):
    """What can happen to an attachment."""

    store = "store"
    clear = "clear"
    quarantine = "quarantine"
    remove = "remove"
    delete = "delete"


A, AE = AttachmentStatus, AttachmentEvent
ATTACHMENT_MOVES: Moves[AttachmentStatus, AttachmentEvent] = Moves(
    "attachment",
    {
        (A.arriving, AE.store): A.unscanned,
        (A.unscanned, AE.clear): A.clean,
        (A.unscanned, AE.quarantine): A.infected,
        # One that never arrived is cleared away like one that somebody removed.
        **{
            (state, AE.remove): A.deleting
            for state in (A.arriving, A.unscanned, A.clean, A.infected)
        },
        (A.deleting, AE.delete): A.deleted,
        # Removed while the scanner had it, or deleted by two sweepers at once.
        **{(A.deleting, event): A.deleting for event in (AE.clear, AE.quarantine, AE.remove)},
        **{
            (A.deleted, event): A.deleted
            for event in (AE.clear, AE.quarantine, AE.delete, AE.remove)
        },
        # Scanned twice, because the first time took longer than anybody waits: the worse finding holds.
        (A.clean, AE.clear): A.clean,
        (A.clean, AE.quarantine): A.infected,
        **{(A.infected, event): A.infected for event in (AE.clear, AE.quarantine)},
    },
)
