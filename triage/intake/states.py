"""How urgent, of what kind, and where a call, a report and a recording stand."""

import datetime as dt
import enum

from hotline.states import Moves


class Urgency(enum.StrEnum):
    """How soon something has to happen; the officer's judgement, or the caller's key."""

    emergency = "emergency"
    urgent = "urgent"
    standard = "standard"
    consult = "consult"


FIRST_ACTION_DUE: dict[Urgency | None, dt.timedelta] = {
    Urgency.emergency: dt.timedelta(0),
    Urgency.urgent: dt.timedelta(hours=2),
    Urgency.standard: dt.timedelta(hours=24),
    Urgency.consult: dt.timedelta(days=7),
    # Nobody has judged it yet, so it may be anything: it stands before what is known to have time.
    None: dt.timedelta(minutes=10),
}
"""From receipt to the first action (2 h / 24 h / 7 d: public summaries of GB/T 33358-2016)."""


class Situation(enum.StrEnum):
    """What has to be reported: paper 000 五(二)2, paper 001 二(三), and 004 for the last five."""

    living_alone = "living_alone"
    missing = "missing"
    guardian_unable = "guardian_unable"
    guardian_unwilling = "guardian_unwilling"
    domestic_violence = "domestic_violence"
    accident = "accident"
    unlawful_harm = "unlawful_harm"
    abandoned = "abandoned"
    neglected = "neglected"
    dropped_out = "dropped_out"
    wandering = "wandering"
    trafficked = "trafficked"
    other = "other"


class CallStatus(enum.StrEnum):
    """Where a call stands, as the network tells it."""

    in_progress = "in_progress"
    completed = "completed"
    abandoned = "abandoned"
    failed = "failed"


class CallEvent(enum.StrEnum):
    """What can happen to a call. `hung_up_early`: before a person or a recording was reached."""

    ended = "ended"
    hung_up_early = "hung_up_early"
    broke = "broke"
    recorded = "recorded"


class ReportStatus(enum.StrEnum):
    """Where a report stands. All but `triaged` are on the queue."""

    incoming = "incoming"
    waiting = "waiting"
    claimed = "claimed"
    triaged = "triaged"


class ReportEvent(enum.StrEnum):
    """What can happen to a report. `settle`: its caller only asked after an earlier one, and was told."""

    call_ended = "call_ended"
    emergency = "emergency"
    claim = "claim"
    release = "release"
    lease_ran_out = "lease_ran_out"
    dispose = "dispose"
    reopen = "reopen"
    settle = "settle"


class RecordingStatus(enum.StrEnum):
    """Where a recording stands. The audio at the network is kept until `stored`; `deleting` is the mark
    that its time is over, set before the audio is touched, so that a deletion cut short is taken up again."""

    announced = "announced"
    fetching = "fetching"
    stored = "stored"
    absent = "absent"
    failed = "failed"
    deleting = "deleting"
    deleted = "deleted"


class RecordingEvent(enum.StrEnum):
    """What can happen to a recording. `keep`: a legal hold came before a deletion that was marked."""

    announce = "announce"
    fetch = "fetch"
    retry = "retry"
    store = "store"
    nothing_there = "nothing_there"
    give_up = "give_up"
    expire = "expire"
    keep = "keep"
    delete = "delete"


C, CE = CallStatus, CallEvent
CALL_MOVES: Moves[CallStatus, CallEvent] = Moves(
    "call",
    {
        (C.in_progress, CE.ended): C.completed,
        (C.in_progress, CE.hung_up_early): C.abandoned,
        (C.in_progress, CE.broke): C.failed,
        (C.in_progress, CE.recorded): C.in_progress,
        # The network tells the end twice and in any order; the first word stays …
        **{(state, event): state for state in (C.completed, C.abandoned, C.failed) for event in CE},
        # … except that a recording may be announced only after the end, and then it was no early one.
        (C.abandoned, CE.recorded): C.completed,
    },
)

R, RE = ReportStatus, ReportEvent
REPORT_MOVES: Moves[ReportStatus, ReportEvent] = Moves(
    "report",
    {
        (R.incoming, RE.call_ended): R.waiting,
        (R.incoming, RE.emergency): R.waiting,
        (R.incoming, RE.claim): R.claimed,
        (R.waiting, RE.claim): R.claimed,
        (R.claimed, RE.release): R.waiting,
        (R.claimed, RE.lease_ran_out): R.waiting,
        (R.claimed, RE.dispose): R.triaged,
        (R.triaged, RE.reopen): R.waiting,
        # The system itself answered an enquiry, and nobody has taken the report meanwhile.
        (R.incoming, RE.settle): R.triaged,
        (R.waiting, RE.settle): R.triaged,
        # A call can end, or turn into an emergency, after an officer has taken its report.
        **{(state, RE.call_ended): state for state in (R.waiting, R.claimed, R.triaged)},
        **{(state, RE.emergency): state for state in (R.waiting, R.claimed, R.triaged)},
    },
)

A, AE = RecordingStatus, RecordingEvent
RECORDING_MOVES: Moves[RecordingStatus, RecordingEvent] = Moves(
    "recording",
    {
        (A.announced, AE.announce): A.announced,
        (A.announced, AE.fetch): A.fetching,
        (A.announced, AE.nothing_there): A.absent,
        # An overdue fetch is taken over by somebody else.
        (A.fetching, AE.fetch): A.fetching,
        (A.fetching, AE.retry): A.announced,
        (A.fetching, AE.store): A.stored,
        (A.fetching, AE.give_up): A.failed,
        # Failed is an alarm, not the end: the audio is still at the network and is tried again, and the
        # alarm stands until it is stored.
        (A.failed, AE.fetch): A.failed,
        (A.failed, AE.give_up): A.failed,
        (A.failed, AE.store): A.stored,
        # The network may say `absent` first and `completed` after, or the other way round.
        (A.absent, AE.announce): A.announced,
        # Its time is over (triage/recordings/retention.toml).
        (A.stored, AE.expire): A.deleting,
        (A.deleting, AE.delete): A.deleted,
        (A.deleting, AE.keep): A.stored,
        # Kept while the storage was deleting it: too late.
        (A.stored, AE.delete): A.deleted,
        **{
            (state, AE.announce): state
            for state in (A.fetching, A.stored, A.failed, A.deleting, A.deleted)
        },
        **{
            (state, AE.nothing_there): state
            for state in (A.fetching, A.stored, A.absent, A.failed, A.deleting, A.deleted)
        },
    },
)

OPEN = (ReportStatus.incoming, ReportStatus.waiting, ReportStatus.claimed)
