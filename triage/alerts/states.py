"""Where an alert stands on its way to a named person who acknowledges it, and the words for what is said
to and by the police."""

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
    correct = "correct"


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
        # A false alarm is often known only once the police have it.
        (S.acknowledged, E.cancel): S.cancelled,
        # A second acknowledgement is written down and changes nothing; likewise one that comes after
        # the alert was resolved or called off.
        **{(state, E.acknowledge): state for state in (S.acknowledged, S.resolved, S.cancelled)},
        # A correction is sent while it is open, and changes nothing of where it stands.
        **{(state, E.correct): state for state in (S.raised, S.unanswered, S.acknowledged)},
        (S.resolved, E.resolve): S.resolved,
        (S.cancelled, E.cancel): S.cancelled,
    },
)

RUNNING = (AlertStatus.raised, AlertStatus.unanswered)


class Purpose(enum.StrEnum):
    """For whom an alert is: the police, who are to act at once, or the town or street office, which is
    told what the police found (paper 001 二(五): 及时通报) and assesses (paper 000 五(二)4)."""

    police = "police"
    office = "office"


class NoticeKind(enum.StrEnum):
    """What is said to an agency in the thread of one alert."""

    alert = "alert"
    update = "update"
    correction = "correction"
    cancel = "cancel"
    reminder = "reminder"
    """Asks for the feedback that is overdue."""
    office = "office"
    """The first notice of an alert for an office."""


NEWS = (NoticeKind.update, NoticeKind.correction, NoticeKind.cancel)
"""What is sent after the first notice and has to be heard in its own right."""


class AcknowledgedHow(enum.StrEnum):
    """The ways that count. `delivered` and `completed` never do."""

    keypress = "keypress"
    """A key in a call of ours."""
    called_in = "called_in"
    """The police called the police line and entered the code."""
    sms = "sms"
    telephone = "telephone"
    """An officer's entry: by telephone with a named person."""


class Feedback(enum.StrEnum):
    """What the police report back while they act. The numbers are the keys on a telephone."""

    on_the_way = "on_the_way"
    on_the_spot = "on_the_spot"
    safe = "safe"
    not_found = "not_found"
    needs_others = "needs_others"


class Finding(enum.StrEnum):
    """What the police found (paper 000 五(二)3, paper 001 二(五))."""

    guardian_absent = "guardian_absent"
    """Under 16 living alone, or a small child outside safe care."""
    guardian_failing = "guardian_failing"
    parents_unreachable = "parents_unreachable"
    missing = "missing"
    domestic_violence = "domestic_violence"
    other_harm = "other_harm"
    unfounded = "unfounded"
    """No child in danger was found: not in the papers, but an answer the police must be able to give."""


class Measure(enum.StrEnum):
    """What followed from it; the same papers."""

    admonished = "admonished"
    ordered_to_mend = "ordered_to_mend"
    entrusted = "entrusted"
    temporary_care = "temporary_care"
    to_relatives = "to_relatives"
    to_committee = "to_committee"
    to_rescue = "to_rescue"
    to_welfare_home = "to_welfare_home"
    parents_told = "parents_told"
    rapid_search = "rapid_search"
    violence_stopped = "violence_stopped"
    to_shelter = "to_shelter"
    harm_stopped = "harm_stopped"
    child_protected = "child_protected"
    evidence_secured = "evidence_secured"
    medical_care = "medical_care"
    injury_certified = "injury_certified"


M = Measure
MEASURES: dict[Finding, tuple[Measure, ...]] = {
    Finding.guardian_absent: (M.admonished, M.ordered_to_mend),
    Finding.guardian_failing: (M.entrusted, M.temporary_care),
    Finding.parents_unreachable: (
        M.to_relatives,
        M.to_committee,
        M.to_rescue,
        M.to_welfare_home,
        M.parents_told,
    ),
    Finding.missing: (M.rapid_search,),
    Finding.domestic_violence: (M.violence_stopped, M.to_shelter),
    Finding.other_harm: (
        M.harm_stopped,
        M.child_protected,
        M.evidence_secured,
        M.medical_care,
        M.injury_certified,
    ),
    Finding.unfounded: (),
}
"""What may follow from each finding."""
