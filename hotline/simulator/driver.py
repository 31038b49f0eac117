"""A person with a telephone, for tests and benches.

    with pocket_network({"12355": Line(voice_url=...)}, account_sid=..., auth_token=...) as network:
        caller = network.phone("13800000001")
        caller.dial("12355").hears("您好").presses("1").says(text="…").hangs_up()

Everything goes over HTTP, so the network may as well run in another process. At the fast pace
nothing depends on timing: what a person does waits until the network listens, and the network waits
until the person does something.
"""

import base64
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import requests

from hotline.simulator.config import Line, NetworkConfig, Phone
from hotline.simulator.server import Simulator

LIMIT = 10.0  # seconds that a person waits for anything before the test fails
_HTTP_SLACK = 20.0

Plan = Sequence[Mapping[str, Any]]


class Network:
    """A running pocket network, wherever it runs."""

    def __init__(self, base_url: str, limit: float = LIMIT) -> None:
        self.base_url = base_url.rstrip("/")
        self.limit = limit
        self._http = requests.Session()
        self._http.trust_env = False

    def phone(self, number: str, label: str = "", kind: str = "") -> "Telephone":
        """Plug in a telephone. The number is delivered verbatim: `anonymous`, nothing, anything."""
        self.post("phones", {"number": number, "label": label, "kind": kind})
        return Telephone(self, number)

    def line(self, number: str, **urls: str) -> None:
        """Configure an incoming number: `voice_url fallback_url status_callback sms_url`."""
        self.post("lines", {"number": number, **urls})

    def faults(self, **switches: Any) -> None:
        """Switch faults, by the names in `hotline.simulator.faults.Switches`."""
        self.send("PATCH", "faults", switches)

    def heals(self) -> None:
        """Switch all faults off."""
        self.send("DELETE", "faults", {})

    @property
    def errors(self) -> list[dict[str, Any]]:
        """What the network's debugger shows: `code message sid url at`."""
        errors: list[dict[str, Any]] = self.send("GET", "journal", None)["errors"]
        return errors

    @property
    def events(self) -> list[dict[str, Any]]:
        """The log: `kind text status ms sid at`."""
        events: list[dict[str, Any]] = self.send("GET", "journal", None)["events"]
        return events

    @property
    def timings(self) -> list[tuple[str, float]]:
        """(kind, milliseconds) of each webhook and REST request since `forgets()`."""
        return [(kind, ms) for kind, ms in self.send("GET", "timings", None)]

    @property
    def conferences(self) -> list[dict[str, Any]]:
        """The conferences that are open: `sid name started persons` (their numbers)."""
        return list(self.send("GET", "conferences", None))

    def forgets(self) -> None:
        """Empty the log, the errors and the timings."""
        self.send("DELETE", "journal", {})

    def settles(self, within: float | None = None) -> None:
        """Wait until no call is up and no callback under way."""
        limit = self.limit if within is None else within
        while limit > 0:
            if self.post("settle", {"limit": min(limit, 50)})["met"]:
                return
            limit -= 50
        raise AssertionError(f"the network has not settled; its log:\n{self._log()}")

    def starts_over(self) -> None:
        """Hang up every call, forget telephones, messages, recordings, faults and the log."""
        if not self.post("start-over", {"limit": self.limit})["met"]:
            raise AssertionError("the network was still busy when it started over")

    def load(self, to: str, plan: Plan, calls: int, at_once: int, per_second: float = 0) -> None:
        """Let many callers dial `to` and follow the plan; returns at once, `settles` waits."""
        self.post(
            "load",
            {
                "to": to,
                "plan": list(plan),
                "calls": calls,
                "at_once": at_once,
                "per_second": per_second,
            },
        )

    def _log(self) -> str:
        return "\n".join(f"{e['kind']} {e['text']} {e['status']}" for e in self.events[-30:])

    def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """One request to the side door; what the network cannot do is an AssertionError."""
        return dict(self.send("POST", path, body))

    def send(self, method: str, path: str, body: Mapping[str, Any] | None) -> Any:
        answer = self._http.request(
            method, f"{self.base_url}/control/{path}", json=body, timeout=60 + _HTTP_SLACK
        )
        if answer.status_code == requests.codes.conflict:
            raise AssertionError(answer.json()["error"])
        if not answer.ok:
            raise ValueError(f"{path}: HTTP {answer.status_code} {answer.text[:300]}")
        return answer.json()


class Telephone:
    """One telephone and the person using it. What a person does returns the telephone."""

    def __init__(self, network: Network, number: str) -> None:
        self.network = network
        self.number = number
        self._call = ""
        self._heard = 0
        self._read = 0

    # calling

    def dial(self, to: str) -> "Telephone":
        """Dial a number."""
        return self._done(self._post("dial", to=to))

    def follows(self, to: str, plan: Plan) -> "Telephone":
        """Dial, and do all of the plan without anybody watching; see `hotline.simulator.people`."""
        return self._done(self._post("dial", to=to, plan=list(plan)))

    def hears(self, text: str, within: float | None = None) -> "Telephone":
        """Wait until the text has been said, after what was last done in the call."""
        seen = self._wait({"what": "hears", "text": text, "from": self._heard}, within)
        lines = self._lines(seen)
        if not seen["met"]:
            raise AssertionError(
                f"{self.number} has not heard {text!r}, but:\n{_transcript(lines)}"
            )
        after = range(self._heard, len(lines))
        own = ("mine", "pressed")
        heard = (i for i in after if lines[i]["kind"] not in own and text in lines[i]["text"])
        self._heard = next(heard)
        return self

    @property
    def heard(self) -> str:
        """Everything heard in the present or the last call, one line each."""
        return _transcript(self._lines(self._look()))

    @property
    def said_last(self) -> str:
        """What was heard since the person last did something."""
        return _transcript(self._lines(self._look())[self._heard :])

    def presses(self, digits: str) -> "Telephone":
        """Press keys, when the network next listens."""
        return self._acts("press", digits=digits)

    def says(
        self,
        wav: str | Path | bytes | None = None,
        text: str = "",
        language: str = "zh",
        seconds: float | None = None,
    ) -> "Telephone":
        """Speak: a WAV file or its bytes, text that becomes speech, or a tone of some seconds."""
        sound: dict[str, Any] = {"text": text, "language": language} if text else {}
        if seconds is not None:
            sound["tone"] = seconds
        if wav is not None:
            data = wav if isinstance(wav, bytes) else Path(wav).read_bytes()
            sound["wav"] = base64.b64encode(data).decode()
        return self._acts("say", sound=sound)

    def stays_silent(self) -> "Telephone":
        """Do nothing until the network gives up waiting."""
        return self._acts("silence")

    def waits(self) -> "Telephone":
        """Stay on the line in silence, round after round, until connected or doing something."""
        return self._acts("waits")

    def hangs_up(self) -> "Telephone":
        """Put the receiver down; returns when the network has dealt with it."""
        return self._done(self._post("hangup", limit=self.network.limit))

    def is_hung_up_on(self, within: float | None = None) -> "Telephone":
        """Wait until the call has ended without the person's doing."""
        return self._must("ends", "is still in a call", within)

    # being called

    def rings(self, within: float | None = None) -> "Telephone":
        """Wait until it rings."""
        return self._must("rings", "does not ring", within)

    def does_not_ring(self, seconds: float = 0.3) -> "Telephone":
        """Listen for a while: it must stay quiet."""
        if self._wait({"what": "rings"}, seconds)["met"]:
            raise AssertionError(f"{self.number} rings")
        return self

    def answers(self, within: float | None = None) -> "Telephone":
        """Answer, once it rings."""
        return self._decides("answer", within)

    def declines(self, within: float | None = None) -> "Telephone":
        """Refuse the call, once it rings: the caller gets `busy`."""
        return self._decides("decline", within)

    def lets_it_ring(self, within: float | None = None) -> "Telephone":
        """Once it rings, let it ring until the network gives up."""
        return self._decides("ignore", within)

    def is_connected(self, within: float | None = None) -> "Telephone":
        """Wait until a person is at the other end."""
        return self._must("connected", "is connected to nobody", within)

    def is_with(self, *others: "Telephone", within: float | None = None) -> "Telephone":
        """Wait until exactly these are at the other end, as in a conference."""
        numbers = [other.number for other in others]
        seen = self._wait({"what": "with", "numbers": numbers}, within)
        if not seen["met"]:
            company = seen["phone"]["call"]["company"] if seen["phone"]["call"] else []
            raise AssertionError(f"{self.number} is not with {numbers}, but with {company}")
        return self

    def never_answers(self) -> "Telephone":
        """From now on: nobody there."""
        return self._habit("unanswered")

    def is_busy(self) -> "Telephone":
        """From now on: engaged."""
        return self._habit("busy")

    def has_voicemail(self) -> "Telephone":
        """From now on a machine answers; it listens, and presses nothing."""
        return self._habit("voicemail")

    def is_unreachable(self) -> "Telephone":
        """From now on: no network; calls fail, messages come back with 30003."""
        return self._habit("unreachable")

    def answers_by_itself(self, plan: Plan = ()) -> "Telephone":
        """From now on it answers and follows the plan, such as `[{"presses": "1"}]`."""
        return self._habit("answers", plan=list(plan))

    # short messages

    def receives_sms(self, text: str, within: float | None = None) -> dict[str, Any]:
        """Wait for a message that contains the text, after the last one received; returns it."""
        seen = self._wait({"what": "text", "text": text, "from": self._read}, within)
        messages = seen["phone"]["texts"]
        for place in range(self._read, len(messages)):
            if not messages[place]["mine"] and text in messages[place]["body"]:
                self._read = place + 1
                found: dict[str, Any] = messages[place]
                return found
        bodies = "\n".join(message["body"] for message in messages)
        raise AssertionError(f"{self.number} has received no {text!r}, but:\n{bodies}")

    def sends_sms(self, to: str, text: str) -> "Telephone":
        """Send a message."""
        self._post("text", to=to, body=text)
        return self

    @property
    def messages(self) -> list[dict[str, Any]]:
        """The whole thread: `from to body mine status at sid`."""
        messages: list[dict[str, Any]] = self._look()["phone"]["texts"]
        return messages

    # how it is done

    @property
    def state(self) -> str:
        """idle, dialling, ringing or talking."""
        return str(self._look()["phone"]["state"])

    @property
    def call(self) -> dict[str, Any]:
        """The present or last call: `sid from to direction status awaiting duration heard`."""
        call: dict[str, Any] = self._look()["phone"]["call"]
        return call

    def _acts(self, kind: str, **more: Any) -> "Telephone":
        try:
            done = self._post("act", act=kind, limit=self.network.limit, **more)
        except AssertionError as error:
            raise AssertionError(f"{self.number} {error}; heard:\n{self.heard}") from None
        return self._done(done)

    def _decides(self, decision: str, within: float | None) -> "Telephone":
        limit = self.network.limit if within is None else within
        return self._done(self._post("answer", act=decision, limit=limit))

    def _habit(self, habit: str, plan: Sequence[Mapping[str, Any]] = ()) -> "Telephone":
        self._post("phones", habit=habit, plan=list(plan))
        return self

    def _must(self, what: str, otherwise: str, within: float | None) -> "Telephone":
        seen = self._wait({"what": what}, within)
        if not seen["met"]:
            transcript = _transcript(self._lines(seen))
            raise AssertionError(f"{self.number} {otherwise}; heard:\n{transcript}")
        return self

    def _look(self) -> dict[str, Any]:
        return self._wait({"what": "rings"}, 0)

    def _wait(self, until: dict[str, Any], within: float | None) -> dict[str, Any]:
        limit = self.network.limit if within is None else within
        return self._post("wait", until=until, limit=limit)

    def _post(self, path: str, **body: Any) -> dict[str, Any]:
        return self.network.post(path, {"number": self.number, **body})

    def _done(self, answer: Mapping[str, Any]) -> "Telephone":
        if answer["call"] != self._call:
            self._call = answer["call"]
            self._heard = 0
        self._heard = max(self._heard, int(answer["heard"]))
        return self

    @staticmethod
    def _lines(seen: Mapping[str, Any]) -> list[dict[str, Any]]:
        call = seen["phone"]["call"]
        return list(call["heard"]) if call else []


def _transcript(lines: Sequence[Mapping[str, Any]]) -> str:
    return "\n".join(f"[{line['kind']}] {line['text']}" for line in lines)


@contextmanager
def pocket_network(
    numbers: Mapping[str, Line] | None = None,
    *,
    account_sid: str,
    auth_token: str,
    pace: str = "fast",
    phones: Sequence[Phone] = (),
    **settings: float,
) -> Iterator[Network]:
    """Start a network in this process on a free port, and stop it at the end.

    `settings`: `webhook_seconds`, `patience`, `hang_seconds` of NetworkConfig.
    """
    config = NetworkConfig(
        account_sid, auth_token, dict(numbers or {}), tuple(phones), pace, **settings
    )
    with Simulator("127.0.0.1", 0, config) as simulator:
        yield Network(simulator.base_url)
