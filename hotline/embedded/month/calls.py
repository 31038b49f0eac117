"""A story as rows: the call and its trace, the report as it was judged, the conversation, what is owed."""

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from sqlalchemy import orm

from hotline import phones
from hotline.accounts.models import Account
from hotline.audit import AuditEntry
from hotline.embedded.month.stories import Matter, Story, Way
from triage.conversations.models import Callback, CallbackReason, Leg, LegKind, Outcome
from triage.conversations.states import CallbackStatus, LegStatus
from triage.facts import answers
from triage.intake import service as intake
from triage.intake.models import Call, CallAnswer, CallStep, Disposition, Report, ReporterKind
from triage.intake.states import FIRST_ACTION_DUE, CallStatus, ReportStatus, Situation, Urgency
from triage.mandated.models import (
    Ground,
    Institution,
    InstitutionKind,
    MandatedReport,
    Precision,
)
from triage.suggestion.models import UrgencySuggestion
from triage.suggestion.rules import Evidence, suggest

START = ("greeting", "start", "")
TRACES: Mapping[Way, tuple[tuple[str, str, str], ...]] = {
    Way.hung_up: (START, ("greeting", "hangup", "")),
    Way.talked: (
        START,
        ("officer", "timeout", ""),
        ("talk", "answered", ""),
        ("talked", "over", ""),
    ),
    Way.message: (
        START,
        ("officer", "timeout", ""),
        ("officer", "unanswered", ""),
        ("statement", "digits", "2"),
        ("heard", "recorded", ""),
    ),
    Way.mandated: (
        START,
        ("mandated_code", "digits", "3"),
        ("mandated_ground", "digits", ""),
        ("mandated_known", "digits", ""),
        ("mandated_place", "digits", "1"),
        ("mandated_statement", "digits", ""),
        ("heard", "recorded", ""),
    ),
    Way.silent: (
        START,
        ("quiet_who", "digits", "5"),
        ("quiet_danger", "digits", "1"),
        ("quiet_hurt", "digits", "2"),
        ("quiet_police", "digits", "2"),
        ("quiet_room", "digits", "2"),
        ("quiet_done", "over", ""),
    ),
}
"""Node, event and key of each step; see `triage.trace`. What `_keys` says is filled in."""
QUIET_ANSWERS = {"who": "child", "danger": "no", "hurt": "no", "police": "no"}
"""What the quiet caller answers by key. Whoever needs the police at once comes as an emergency."""
GROUNDS = {
    Situation.domestic_violence: Ground.injured,
    Situation.unlawful_harm: Ground.injured,
    Situation.accident: Ground.unnatural,
    Situation.abandoned: Ground.abandoned,
    Situation.neglected: Ground.abandoned,
    Situation.missing: Ground.unknown_origin,
    Situation.trafficked: Ground.unknown_origin,
    Situation.wandering: Ground.begging,
}
POSTS = {
    InstitutionKind.school: ("老师", "班主任"),
    InstitutionKind.hospital: ("医生", "儿科医生"),
    InstitutionKind.committee: ("主任", "儿童主任"),
    InstitutionKind.rescue: ("社工", "值班社工"),
}
"""How somebody who works there is called, and their post; the demo's institutions are of these kinds."""
LONG_WAIT = 60
"""Seconds: of those who leave a message a few have waited; the others chose it at once."""
CALLED_BACK = 0.6
"""The share of those who left a message and are called back."""


@dataclass(frozen=True, slots=True)
class House:
    """What the rows refer to: places by code, officers, institutions, lines by flow."""

    places: Mapping[str, int]
    names: Mapping[int, str]
    """Of places, by their row."""
    officers: list[Account]
    supervisor: Account
    institutions: list[Institution]
    lines: Mapping[str, str]

    def line(self, flow: str) -> str:
        """The number that is dialled for it; where there is none, any of the line's."""
        return self.lines.get(flow) or next(iter(self.lines.values()))

    def institution(self, number: int) -> Institution:
        """One of the institutions."""
        return self.institutions[number % len(self.institutions)]

    def officer(self, number: int) -> Account:
        """One of the officers."""
        return self.officers[number % len(self.officers)]


@dataclass(frozen=True, slots=True)
class Told:
    """A story and what became of it in the database."""

    story: Story
    call: Call
    report: Report
    officer: Account


def write(session: orm.Session, house: House, stories: list[Story], chance: Random) -> list[Told]:
    """All rows of the calls of these stories, and of what they became."""
    told = begin(session, house, stories, chance)
    for one in told:
        _judge(one, house)
    session.flush()
    for one in told:
        session.add_all(_with_it(one, house, chance))
        session.add_all(_written_down(one))
        session.add_all(_suggested(one))
    return told


def begin(session: orm.Session, house: House, stories: list[Story], chance: Random) -> list[Told]:
    """The calls with their trace and their reports, before an officer has judged."""
    told = [_told(house, story, chance) for story in stories]
    session.add_all(one.call for one in told)
    session.flush()
    for one in told:
        one.report.call_id = one.call.id
        session.add_all(_trace(one, house, chance))
        session.add_all(_by_key(one, house))
    session.add_all(one.report for one in told)
    return told


def _told(house: House, story: Story, chance: Random) -> Told:
    officer = house.officer(story.officer)
    return Told(story, _call(house, story, chance), _report(house, story), officer)


def _call(house: House, story: Story, chance: Random) -> Call:
    caller = phones.normalise(story.caller)
    talked = story.way is Way.talked
    waited = talked or (story.way is Way.message and story.waited > LONG_WAIT)
    since = story.at + dt.timedelta(seconds=9)
    begun = since + dt.timedelta(seconds=story.waited)
    return Call(
        call_sid=f"CA{chance.getrandbits(128):032x}",
        caller=caller.text,
        caller_kind=caller.kind,
        line_number=house.line(story.flow),
        flow=story.flow,
        status=CallStatus.abandoned if story.way is Way.hung_up else CallStatus.completed,
        started_at=story.at,
        ended_at=_ended(story),
        answered_by=house.officer(story.officer).id if talked else None,
        answered_at=begun if talked else None,
        waiting_since=since if waited else None,
        talking_since=begun if talked else None,
    )


def _ended(story: Story) -> dt.datetime:
    return story.at + dt.timedelta(seconds=9 + story.waited + story.spoke)


def _report(house: House, story: Story) -> Report:
    matter = story.matter
    urgency = matter.urgency if matter else None
    return Report(
        line_number=house.line(story.flow),
        status=ReportStatus.triaged,
        urgency=urgency,
        received_at=story.at,
        due_at=story.at + FIRST_ACTION_DUE[urgency],
        caller_index=intake.caller_index(phones.normalise(story.caller)),
        disposition=story.disposition,
        disposition_reason=story.reason or None,
    )


def _judge(told: Told, house: House) -> None:
    report, matter = told.report, told.story.matter
    report.triaged_by = told.officer.id
    report.triaged_at = _ended(told.story) + dt.timedelta(seconds=told.story.handled_after)
    if matter is not None:
        describe(report, matter, house)


def describe(report: Report, matter: Matter, house: House) -> None:
    """What the officer wrote about the matter."""
    child = matter.child
    danger = "yes" if matter.urgency is Urgency.emergency else "no"
    said = {"danger_now": danger, "hurt": "unknown"}
    report.facts = answers.sealed(answers.asked(matter.situation, said))
    report.situation, report.summary = matter.situation, matter.summary
    report.child_name, report.child_sex = child.name, child.sex
    report.child_age = child.age(report.received_at.date())
    report.child_school = child.school or None
    report.place_id, report.address = house.places[child.place], child.address
    report.reporter_kind = matter.reporter
    report.reporter_hidden = matter.reporter is ReporterKind.anonymous


def _suggested(told: Told) -> Iterator[UrgencySuggestion]:
    """What stood beside the form when it was judged, if any rule held."""
    report = told.report
    known = Evidence(
        received_at=report.received_at,
        now=report.triaged_at or report.received_at,
        situation=report.situation,
        age=report.child_age,
        reporter=report.reporter_kind,
        facts=answers.of(report),
        nodes={node for node, _, _ in TRACES[told.story.way]},
    )
    if report.urgency and (suggestion := suggest(known)):
        yield UrgencySuggestion(
            report_id=report.id,
            suggested=suggestion.urgency,
            chosen=report.urgency,
            rules=[rule.name for rule in suggestion.rules],
            chosen_by=told.officer.id,
            chosen_at=report.triaged_at,
        )


def _trace(told: Told, house: House, chance: Random) -> Iterator[CallStep]:
    story, steps, keys = told.story, TRACES[told.story.way], _keys(told, house)
    for number, (node, event, key) in enumerate(steps, start=1):
        # The last step is the call's end; those before it follow each other like keys do.
        share = (number - 1) / (len(steps) - 1)
        seconds = 9 + story.waited + story.spoke if share == 1 else (9 + story.waited) * share
        yield CallStep(
            call_id=told.call.id,
            step=number,
            at=story.at + dt.timedelta(seconds=seconds),
            node=node,
            event=event,
            value=keys.get(node, key),
            answer_ms=int(chance.gammavariate(3, 5)) + 4,
        )


def _keys(told: Told, house: House) -> Mapping[str, str]:
    """What whoever must report has keyed in, by the node to which it led."""
    if told.story.way is not Way.mandated:
        return {}
    assert told.story.matter
    return {
        "mandated_ground": house.institution(told.story.officer).code,
        "mandated_known": str(list(Ground).index(_ground(told)) + 1),
        "mandated_statement": told.story.matter.child.place,
    }


def _by_key(told: Told, house: House) -> Iterator[CallAnswer]:
    """What the caller told by the keys alone."""
    if told.story.way is Way.silent:
        yield from _answers(told, QUIET_ANSWERS)
    if keys := _keys(told, house):
        given = {"institution": keys["mandated_ground"], "ground": keys["mandated_known"]}
        yield from _answers(told, given)


def _ground(told: Told) -> Ground:
    matter = told.story.matter
    return GROUNDS.get(matter.situation, Ground.other) if matter else Ground.other


def _with_it(told: Told, house: House, chance: Random) -> Iterator[object]:
    match told.story.way:
        case Way.talked:
            yield _conversation(told)
        case Way.mandated:
            yield _duty(told, house, chance)
        case Way.message if chance.random() < CALLED_BACK:
            yield _callback(told, chance)


def _conversation(told: Told) -> Leg:
    return Leg(
        call_id=told.call.id,
        kind=LegKind.officer,
        status=LegStatus.left,
        account_id=told.officer.id,
        name=told.officer.name,
        rung_at=told.call.waiting_since,
        joined_at=told.call.talking_since,
        ended_at=told.call.ended_at,
    )


def _duty(told: Told, house: House, chance: Random) -> MandatedReport:
    institution = house.institution(told.story.officer)
    called, post = POSTS[institution.kind]
    return MandatedReport(
        report_id=told.report.id,
        institution_id=institution.id,
        institution_name="",
        kind=institution.kind,
        ground=_ground(told),
        known_at=told.story.at - dt.timedelta(minutes=chance.randrange(10, 600)),
        known_precision=Precision.minute,
        reporter=chance.choice("王李张刘陈") + called,
        post=post,
        told_back="已受理，将与街道儿童督导员联系；如有新情况请再次来电。",
        saved_by=told.officer.id,
        saved_at=told.report.triaged_at,
    )


def _answers(told: Told, given: Mapping[str, str]) -> Iterator[CallAnswer]:
    for after, (question, value) in enumerate(given.items(), start=1):
        at = told.story.at + dt.timedelta(seconds=5 * after)
        yield CallAnswer(call_id=told.call.id, question=question, value=value, at=at)


def _callback(told: Told, chance: Random) -> Callback:
    talked, asked = chance.random() < 0.85, chance.random() < 0.4
    return Callback(
        report_id=told.report.id,
        reason=CallbackReason.asked if asked else CallbackReason.missed,
        status=CallbackStatus.done if talked else CallbackStatus.given_up,
        tries=0 if talked else 3,
        next_try_at=told.report.triaged_at,
        last_outcome=Outcome.talked if talked else Outcome.no_answer,
        created_at=told.call.ended_at,
        done_by=told.officer.id,
        done_at=told.report.triaged_at,
    )


def _written_down(told: Told) -> Iterator[AuditEntry]:
    ended, decided = told.call.ended_at, told.report.triaged_at
    assert ended is not None
    assert decided is not None
    deeds: list[tuple[str, dt.datetime, dict[str, str]]] = [
        ("claim", ended, {}),
        ("read", ended, {}),
    ]
    if told.story.matter:
        deeds.append(("classify", decided, {"urgency": told.story.matter.urgency}))
    if told.story.disposition is not Disposition.case_opened:
        deeds.append(("dispose", decided, {"disposition": told.story.disposition}))
    for action, at, details in deeds:
        yield AuditEntry(
            at=at,
            actor=told.officer.username,
            account_id=told.officer.id,
            address="127.0.0.1",
            action=action,
            subject="report",
            subject_id=told.report.id,
            reason="",
            details=details,
        )
