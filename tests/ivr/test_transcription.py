"""What is said, written down by the network while it is said, or by our own engine afterwards."""

import io
import json
import sys
from array import array
from types import SimpleNamespace

import pytest
import sqlalchemy as sa

from hotline import clock, config, crypto, db, live, queues, storage
from ivr import listening, recordings, transcription
from ivr.listening import NoEngine, Utterance
from tests.ivr.people import counted
from tests.ivr.test_recordings import Network, announce, sound
from triage.intake.models import Recording
from triage.recordings.models import Transcript, TranscriptLine
from triage.recordings.states import Engine, TranscriptStatus, Voice


@pytest.fixture
def nudges(database, monkeypatch):
    """Jobs that workers have been asked for."""
    asked: list[tuple] = []
    monkeypatch.setattr(queues, "_enqueue", lambda _, *what: asked.append(what))
    monkeypatch.setattr(live, "_publish", print)
    yield asked
    queues.flush()


def chosen(monkeypatch, tmp_path, way: str) -> None:
    settings = config.current().model_copy(
        update={"transcription": way, "transcription_model": tmp_path / "model"}
    )
    monkeypatch.setattr(config, "_current", settings)


def transcript() -> Transcript:
    with db.transaction() as session:
        return session.scalars(sa.select(Transcript)).one()


def lines() -> list[tuple[Voice, str, int | None]]:
    with db.transaction() as session:
        by_number = sa.select(TranscriptLine).order_by(TranscriptLine.number)
        return [(one.voice, one.text, one.seconds) for one in session.scalars(by_number)]


# --- The network's own way, in the words of its documentation ---


def tell(event: str, number: int = 1, sid: str = "GT1", **more: str) -> None:
    form = {
        "TranscriptionSid": sid,
        "TranscriptionEvent": f"transcription-{event}",
        "SequenceId": str(number),
        "LanguageCode": "cmn-Hans-CN",
        **more,
    }
    with db.transaction() as session:
        transcription.came(session, "CA1", form)


def content(text: str, number: int, track: str = "inbound_track", **more: str) -> None:
    data = json.dumps({"transcript": text, "confidence": 0.93})
    tell("content", number, Track=track, TranscriptionData=data, Final="true", **more)


def test_the_network_tells_twice_late_and_in_any_order(nudges):
    content("他打我", 4)
    tell("started", 1)
    tell("stopped", 6)
    content("请慢慢说", 3, track="outbound_track")
    content("他打我", 4)
    tell("stopped", 6)
    assert (transcript().status, transcript().engine) == (TranscriptStatus.done, Engine.network)
    assert transcript().call_sid == "CA1"
    assert lines() == [(Voice.line, "请慢慢说", None), (Voice.caller, "他打我", None)]


def test_two_sides_that_count_for_themselves_lose_nothing(nudges):
    content("喂", 1)
    content("您好", 1, track="outbound_track")
    assert len(lines()) == 2


def test_half_a_character_and_a_number_beyond_all_numbers_lose_nothing(nudges):
    content("救命\ud83d", int("9" * 4000))
    assert lines() == [(Voice.caller, "救命?", None)]


def test_an_end_that_comes_first_is_the_end(nudges):
    tell("stopped", 6)
    content("救命", 2)
    assert transcript().status is TranscriptStatus.done
    assert lines() == [(Voice.caller, "救命", None)]


def test_an_engine_that_fails_says_so(nudges):
    content("救命", 2)
    tell("error", 3, TranscriptionErrorCode="32650", TranscriptionError="engine")
    assert (transcript().status, transcript().error) == (TranscriptStatus.failed, "32650")


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"TranscriptionData": ""},
        {"TranscriptionData": "no json"},
        {"TranscriptionData": "[]"},
        {"TranscriptionData": '"text"'},
        {"TranscriptionData": '{"confidence": 1}'},
        {"TranscriptionData": '{"transcript": null}'},
        {"TranscriptionData": '{"transcript": "  "}'},
        {"TranscriptionData": '{"transcript": "x"}', "SequenceId": "first"},
        {"TranscriptionData": '{"transcript": "x"}', "Final": "false"},
        {"TranscriptionData": '{"transcript": "x"}', "TranscriptionSid": ""},
    ],
)
def test_what_cannot_be_read_costs_nothing(nudges, form):
    tell("content", 1, **form)
    assert lines() == []


def test_a_number_beyond_any_column(nudges):
    content("救命", 10**30)
    assert len(lines()) == 1


def test_an_utterance_is_one_statement(nudges):
    content("第一句", 1)
    with counted(db.engine()) as seen:
        content("第二句", 2)
    assert (len(seen.statements), seen.transactions) == (1, 1)


def test_what_was_said_lies_sealed_in_the_database(nudges):
    content("他打我", 1)
    with db.engine().connect() as connection:
        [row] = connection.execute(sa.text("SELECT text, tokens FROM transcript_lines"))
    assert "他打我".encode() not in bytes(row.text)
    assert crypto.decrypt(bytes(row.text)) == "他打我"


# --- Our own engine ---


class Ear:
    """Understands an utterance in every second, and what its samples were."""

    def __init__(self) -> None:
        self.heard: list[float] = []
        self.told = 0

    def hear(self, rate: int, samples) -> Utterance | None:
        assert rate == 8000
        self.heard += samples
        if len(self.heard) - self.told < rate:
            return None
        self.told += rate
        return Utterance(self.told / rate - 1, f"响度 {self.heard[-1]:.4f}")

    def rest(self) -> Utterance | None:
        return Utterance(self.told / 8000, "尾声") if len(self.heard) > self.told else None


@pytest.fixture
def home(nudges, monkeypatch, tmp_path):
    """Brings an audio home with our own engine on; gives the jobs asked for."""
    network = Network()
    monkeypatch.setattr(recordings, "carrier", lambda: network)
    monkeypatch.setattr(listening, "ear", Ear)
    chosen(monkeypatch, tmp_path, "local")

    def bring(audio: bytes, sid: str = "RE1") -> int:
        network.audio = audio
        recordings.fetch(announce(sid))
        queues.flush()
        return transcript().id if sid == "RE1" else 0

    return bring


def test_what_is_stored_is_wanted_and_written_down(home, nudges):
    number = home(sound(2.25))
    assert transcript().status is TranscriptStatus.pending
    assert (queues.SPEECH, transcription.LISTEN, number) in nudges
    listening.listen(number)
    one = transcript()
    assert (one.status, one.next_try_at, one.error) == (TranscriptStatus.done, None, "")
    loud = f"响度 {0x0201 / 32768:.4f}"
    assert lines() == [
        (Voice.caller, loud, 0),
        (Voice.caller, loud, 1),
        (Voice.caller, "尾声", 2),
    ]


def test_the_job_is_the_one_that_is_named():
    module, _, function = transcription.LISTEN.rpartition(".")
    assert getattr(sys.modules[module], function) is listening.listen


def test_both_sides_are_told_apart(home):
    listening.listen(home(sound(1, channels=2)))
    assert lines() == [
        (Voice.caller, f"响度 {0x0201 / 32768:.4f}", 0),
        (Voice.line, f"响度 {0x0403 / 32768:.4f}", 0),
    ]


def test_a_second_job_for_it_does_nothing(home, monkeypatch):
    number = home(sound(1))
    listening.listen(number)
    monkeypatch.setattr(listening, "ear", None)
    listening.listen(number)
    assert transcript().status is TranscriptStatus.done


def test_an_engine_that_is_missing_is_tried_again_and_then_given_up(home, nudges, monkeypatch):
    number = home(sound(1))
    nudges.clear()

    def nowhere() -> None:
        raise NoEngine("no model")

    monkeypatch.setattr(listening, "ear", nowhere)
    for wait in listening.WAITS:
        listening.listen(number)
        assert (transcript().status, transcript().error) == (TranscriptStatus.pending, "no model")
        assert transcription.sweep() == 0
        clock.shift(wait)
        assert transcription.sweep() == 1
    listening.listen(number)
    assert (transcript().status, transcript().next_try_at) == (TranscriptStatus.failed, None)
    queues.flush()
    jobs = [job for job in nudges if job[0] == queues.SPEECH]
    assert jobs == [(queues.SPEECH, transcription.LISTEN, number)] * len(listening.WAITS)


def test_a_worker_that_dies_is_followed_by_another(home, monkeypatch):
    number = home(sound(1))

    def dies() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as dying:
        dying.setattr(listening, "ear", dies)
        with pytest.raises(KeyboardInterrupt):
            listening.listen(number)
    assert transcript().status is TranscriptStatus.working
    listening.listen(number)
    assert transcript().status is TranscriptStatus.working
    clock.shift(listening.LEASE)
    assert transcription.sweep() == 1
    listening.listen(number)
    assert transcript().status is TranscriptStatus.done


def test_what_was_deleted_meanwhile_stays_deleted(home, monkeypatch):
    number = home(sound(1))

    class Slow(Ear):
        def rest(self):
            with db.transaction() as session:
                session.execute(sa.delete(Transcript))

    monkeypatch.setattr(listening, "ear", Slow)
    listening.listen(number)
    assert lines() == []


def test_mu_law_is_played_but_not_written_down(home):
    number = home(sound(1))
    sealed = io.BytesIO()
    mu_law = bytearray(sound(1))
    mu_law[20] = 7
    crypto.seal_stream([bytes(mu_law)], sealed)
    sealed.seek(0)
    with db.transaction() as session:
        name = session.scalars(sa.select(Recording.storage_name)).one()
    assert name
    storage.put(name, sealed)
    listening.listen(number)
    assert transcript().error == "not 16-bit PCM of one or two channels"


@pytest.mark.parametrize("way", ["off", "network"])
def test_nothing_is_wanted_unless_chosen(home, monkeypatch, tmp_path, way):
    chosen(monkeypatch, tmp_path, way)
    with pytest.raises(sa.exc.NoResultFound):
        home(sound(1))
    assert transcription.sweep() == 0


def test_an_mp3_is_not_wanted(home):
    with pytest.raises(sa.exc.NoResultFound):
        home((b"\xff\xf3\x48\xc0" + bytes(140)) * 100)


def test_it_is_never_held_as_a_whole(home, monkeypatch):
    most = []

    class Counting(Ear):
        def hear(self, rate, samples):
            most.append(len(samples))

        def rest(self):
            return None

    monkeypatch.setattr(listening, "ear", Counting)
    listening.listen(home(sound(300)))
    assert sum(most) == 300 * 8000
    assert max(most) <= 8000 * listening.CHUNK_SECONDS


# --- The engine's contract: a recogniser as sherpa-onnx has it ---


class Recogniser:
    """Decodes in steps, ends an utterance after 8000 samples; the same calls, in the same order."""

    def __init__(self) -> None:
        self.resets = 0

    def create_stream(self):
        return SimpleNamespace(
            samples=0,
            decoded=0,
            finished=False,
            accept_waveform=self._accept,
            input_finished=self._end,
        )

    def _accept(self, rate, samples) -> None:
        self.stream.samples += len(samples)

    def _end(self) -> None:
        self.stream.finished = True

    def is_ready(self, stream) -> bool:
        self.stream = stream
        return stream.decoded + 1000 <= stream.samples

    def decode_stream(self, stream) -> None:
        stream.decoded += 1000

    def is_endpoint(self, stream) -> bool:
        return stream.decoded >= 8000 * (self.resets + 1)

    def get_result(self, stream) -> str:
        return f"到 {stream.decoded}"

    def timestamps(self, stream) -> list[float]:
        return [0.25, 0.5]

    def start_time(self, stream) -> float:
        return float(self.resets)

    def reset(self, stream) -> None:
        self.resets += 1


def test_the_ear_asks_a_recogniser_as_it_wants_to_be_asked():
    recogniser = Recogniser()
    ear = listening._Sherpa(recogniser)
    recogniser.stream = ear.stream
    told = [ear.hear(8000, array("f", bytes(16_000))) for _ in range(5)]
    assert told == [None, Utterance(0.25, "到 8000"), None, Utterance(1.25, "到 16000"), None]
    assert ear.rest() == Utterance(2.25, "到 20000")
    assert ear.stream.finished


def test_without_engine_or_model_it_says_so(nudges, monkeypatch, tmp_path):
    chosen(monkeypatch, tmp_path, "local")
    with pytest.raises(NoEngine):
        listening.ear()
