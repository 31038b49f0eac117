"""What has been kept long enough is deleted; what is open, held or running never is."""

import datetime as dt

import pydantic
import pytest
import sqlalchemy as sa

from hotline import audit, clock, db, storage
from hotline.audit import AuditEntry
from tests.triage import desk
from tests.triage.people import at_once, do, judgement, officer
from triage.alerts import service as alerts
from triage.cases import service as cases
from triage.intake import service as intake
from triage.intake.models import Call, Disposition, Recording, Report
from triage.intake.states import RecordingEvent, RecordingStatus, Urgency
from triage.queue import judging
from triage.queue import service as queue
from triage.recordings import deletion, retention, service, transcripts
from triage.recordings.models import Transcript, TranscriptLine
from triage.recordings.retention import Table
from triage.recordings.states import Voice
from triage.recordings.transcripts import Said

YEARS = dt.timedelta(days=4000)


def stored(**judged) -> int:
    """A report with a recording that is here; claimed, and judged if `judged` says how."""
    number = desk.call(sound=b"RIFF a voice")
    report = desk.report(number).id
    do(queue.claim, report, officer())
    if judged:
        do(judging.classify, report, officer(), judgement(**judged))
    return report


def closed(disposition: Disposition = Disposition.advice_given, **judged) -> int:
    """The same, dealt with."""
    report = stored(**judged)
    do(judging.dispose, report, officer(), disposition, "已答复")
    return report


def recording(report: int) -> Recording:
    return do(lambda session: session.get_one(Recording, desk.recording_of(number(report))))


def number(report: int) -> str:
    return f"{do(lambda session: session.get_one(Report, report)).number}"


def there(report: int) -> bool:
    """Whether the audio lies in the storage."""
    name = recording(report).storage_name
    assert name
    try:
        with storage.get(name) as audio:
            return bool(audio.read())
    except storage.StorageError:
        return False


def days(count: float) -> None:
    clock.shift(dt.timedelta(days=count))


def log(action: str, subject: str = "recording") -> list[AuditEntry]:
    return desk.written(action, subject)


def test_after_its_days_it_is_deleted_and_that_is_written_down(district):
    report = closed()
    days(364)
    assert deletion.sweep() == 0
    assert there(report)
    days(1.1)
    assert deletion.sweep() == 1
    one = recording(report)
    assert (one.status, there(report)) == (RecordingStatus.deleted, False)
    assert one.deleted_at is not None
    [marked], [deleted] = log("expire"), log("delete")
    assert marked.subject_id == deleted.subject_id == one.id
    assert "一年" in marked.reason
    assert (deleted.actor, deleted.details) == (audit.SWEEPER.name, {"sha256": one.sha256})
    assert deletion.sweep() == 0
    assert len(log("delete")) == 1


def test_the_transcripts_go_with_it(district):
    report = closed()
    sid = recording(report).call_sid
    do(transcripts.hear, sid, "GT1", Said(1, Voice.caller, "有人打我"))
    days(366)
    deletion.sweep()
    with db.transaction() as session:
        for kind in (Transcript, TranscriptLine):
            assert session.scalar(sa.select(sa.func.count()).select_from(kind)) == 0
    assert len(log("delete", "transcript")) == 1


def test_a_transcript_without_a_recording_goes_as_well(district):
    receipt = desk.call()
    report = desk.report(receipt).id
    do(queue.claim, report, officer())
    do(judging.dispose, report, officer(), Disposition.no_content, "无人说话")
    with db.transaction() as session:
        [sid] = session.scalars(sa.select(Call.call_sid))
        transcripts.hear(session, sid, "GT1", Said(1, Voice.caller, "喂"))
    days(31)
    deletion.sweep()
    assert len(log("delete", "transcript")) == 1


@pytest.mark.parametrize(
    ("disposition", "judged", "kept"),
    [
        (Disposition.wrong_number, {}, 30),
        (Disposition.no_content, {}, 30),
        (Disposition.nuisance, {}, 183),
        (Disposition.duplicate, {}, 365),
        (Disposition.advice_given, {"urgency": Urgency.consult}, 365),
        (Disposition.transferred, {"urgency": Urgency.urgent}, 1096),
        # Whatever became of it: somebody thought a child in danger.
        (Disposition.nuisance, {"urgency": Urgency.emergency}, 1826),
    ],
)
def test_each_class_has_its_time(district, disposition, judged, kept):
    report = closed(disposition, **judged)
    found = do(retention.keeping, report)
    assert found.rule.days == kept
    assert found.until is not None
    assert found.until - clock.now() == pytest.approx(
        dt.timedelta(days=kept), abs=dt.timedelta(minutes=1)
    )
    days(kept - 0.1)
    assert deletion.sweep() == 0
    days(0.2)
    assert deletion.sweep() == 1


def test_a_case_keeps_it_until_it_is_closed_and_its_time_counts_from_there(district):
    report = stored(urgency=Urgency.standard)
    case = do(cases.open_case, report, officer()).id
    clock.shift(YEARS)
    assert deletion.sweep() == 0
    assert do(retention.keeping, report).until is None
    do(cases.close, case, officer("daiban"), "已回访")
    days(1825)
    assert deletion.sweep() == 0
    days(1.1)
    assert deletion.sweep() == 1


def test_an_open_report_keeps_it(district):
    report = stored(urgency=Urgency.standard)
    clock.shift(YEARS)
    assert deletion.sweep() == 0
    assert there(report)


def test_a_report_that_is_opened_again_keeps_it(district):
    report = closed()
    days(366)
    do(judging.reopen, report, officer("daiban"), "家长再次来电")
    assert deletion.sweep() == 0
    assert there(report)


def test_a_running_alert_keeps_it(district):
    report = closed(urgency=Urgency.emergency)
    alert = do(alerts.raise_alert, report, officer())
    clock.shift(YEARS)
    assert deletion.sweep() == 0
    do(alerts.cancel, alert.id, officer("daiban"), "误报")
    assert deletion.sweep() == 1


def test_a_hold_keeps_it_until_it_is_lifted(district):
    report = closed()
    do(service.place_hold, report, officer("daiban"), "法院调取证据")
    clock.shift(YEARS)
    assert deletion.sweep() == 0
    assert there(report)
    do(service.lift_hold, report, officer("daiban"), "案件已审结")
    assert deletion.sweep() == 1
    [placed], [lifted] = log("hold", "report"), log("lift_hold", "report")
    assert (placed.reason, lifted.reason) == ("法院调取证据", "案件已审结")
    assert placed.subject_id == lifted.subject_id == report


def test_a_report_has_one_hold_at_a_time_and_may_have_another_later(district):
    report = closed()
    first = do(service.place_hold, report, officer("daiban"), "第一次").id
    assert do(service.place_hold, report, officer("daiban"), "第二次").id == first
    do(service.lift_hold, report, officer("daiban"), "解除")
    do(service.lift_hold, report, officer("daiban"), "再解除")
    assert len(log("lift_hold", "report")) == 1
    assert do(service.place_hold, report, officer("daiban"), "又一次").id != first
    standing = do(service.hold, report)
    assert standing
    assert standing.reason == "又一次"


def test_two_who_hold_it_at_once(district):
    report, holder = closed(), officer("daiban")
    outcomes = at_once(*[lambda: do(service.place_hold, report, holder, "同时")] * 4)
    assert len({one.id for one in outcomes}) == 1


def test_a_hold_that_comes_between_the_look_and_the_mark_wins(district):
    report = closed()
    days(366)
    do(service.place_hold, report, officer("daiban"), "刚刚")
    # What the sweeper had found a moment before.
    do(deletion.expire, report)
    assert recording(report).status is RecordingStatus.stored


def test_a_storage_that_fails_is_asked_again(district, monkeypatch):
    report = closed()
    days(366)

    def refuses(name: str) -> None:
        raise storage.StorageError(name)

    with monkeypatch.context() as broken:
        broken.setattr(storage, "delete", refuses)
        deletion.sweep()
    assert (recording(report).status, log("delete")) == (RecordingStatus.deleting, [])
    assert deletion.sweep() == 1
    assert (recording(report).status, there(report)) == (RecordingStatus.deleted, False)


def test_a_hold_that_comes_while_the_storage_refuses_keeps_what_was_marked(district, monkeypatch):
    report = closed()
    days(366)

    def refuses(name: str) -> None:
        raise storage.StorageError(name)

    with monkeypatch.context() as broken:
        broken.setattr(storage, "delete", refuses)
        deletion.sweep()
    do(service.place_hold, report, officer("daiban"), "法院调取证据")
    deletion._delete(recording(report).id)
    assert deletion.sweep() == 0
    assert (recording(report).status, there(report)) == (RecordingStatus.stored, True)


def test_a_hold_that_comes_too_late_does_not_say_that_the_audio_is_there(district, monkeypatch):
    report = closed()
    days(366)
    delete = storage.delete

    def slow(name: str) -> None:
        delete(name)
        do(service.place_hold, report, officer("daiban"), "法院调取证据")

    monkeypatch.setattr(storage, "delete", slow)
    deletion.sweep()
    assert (recording(report).status, there(report)) == (RecordingStatus.deleted, False)


@pytest.mark.parametrize("last_step", ["delete", "_settle"])
def test_a_sweeper_that_dies_is_followed_by_one_that_goes_on(district, monkeypatch, last_step):
    report = closed()
    days(366)

    def dies(*what) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(storage if last_step == "delete" else deletion, last_step, dies)
        with pytest.raises(KeyboardInterrupt):
            deletion.sweep()
    assert recording(report).status is RecordingStatus.deleting
    deletion.sweep()
    assert (recording(report).status, there(report)) == (RecordingStatus.deleted, False)
    assert len(log("expire")) == len(log("delete")) == 1


def test_two_sweepers_delete_it_once(district):
    reports = [closed() for _ in range(4)]
    days(366)
    outcomes = at_once(deletion.sweep, deletion.sweep)
    assert all(isinstance(one, int) for one in outcomes), outcomes
    assert [recording(one).status for one in reports] == [RecordingStatus.deleted] * 4
    assert len(log("expire")) == len(log("delete")) == 4
    # The one that is a moment behind finds it gone.
    deletion._delete(recording(reports[0]).id)
    assert len(log("delete")) == 4


def test_late_news_of_the_network_brings_nothing_back(district):
    report = closed()
    days(366)
    deletion.sweep()
    one = recording(report)
    do(
        intake.attach_recording,
        one.recording_sid,
        one.call_sid,
        RecordingEvent.announce,
        "RecordVerb",
    )
    again = recording(report)
    assert (again.status, again.next_fetch_at) == (RecordingStatus.deleted, None)


def test_the_case_may_be_closed_and_opened_again(district):
    report = stored(urgency=Urgency.standard)
    case = do(cases.open_case, report, officer()).id
    do(cases.close, case, officer("daiban"), "已回访")
    days(1827)
    do(cases.reopen, case, officer("daiban"), "再次来电")
    assert deletion.sweep() == 0


@pytest.mark.parametrize(
    "rules",
    [
        [],
        [{"days": 0, "reason": "x"}],
        [{"days": 1, "reason": ""}],
        [{"days": 1, "reason": "x", "emergency": True}],
        [{"days": 1, "reason": "x"}, {"days": 2, "reason": "y"}],
        [{"days": 1, "reason": "x", "dispositions": ["lost"]}],
        [{"days": 1, "reason": "x", "colour": "red"}],
    ],
)
def test_a_table_that_makes_no_sense_is_refused(rules):
    with pytest.raises(pydantic.ValidationError):
        Table.model_validate({"rules": rules})
