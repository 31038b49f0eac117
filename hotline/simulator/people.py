"""What people do with their telephones, and waiting until they can."""

import base64
import binascii
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from hotline.simulator import numbering, sound
from hotline.simulator.calls import Act, Call
from hotline.simulator.exchange import Exchange, Handset
from hotline.simulator.sound import Sound
from hotline.simulator.speech import spoken

_LISTENING = {
    "press": ("gather", "record", "bridge"),
    "say": ("gather", "record", "bridge"),
    "silence": ("gather", "record"),
    "waits": ("", "gather", "record", "bridge"),
}

_OWN = ("mine", "pressed")  # in the captions, but not heard


class NotNow(RuntimeError):
    """The telephone is not in a state in which this can be done."""


def sound_of(given: Mapping[str, Any]) -> Sound:
    """The sound that is meant: `wav` (base64), `text` to be spoken, `tone` or `quiet` in seconds.

    Raises NotSound, Speechless or ValueError.
    """
    if "wav" in given:
        try:
            return sound.from_wav(base64.b64decode(given["wav"], validate=True))
        except binascii.Error as error:
            raise sound.NotSound(str(error)) from error
    if "tone" in given:
        return sound.tone(float(given["tone"]))
    if "quiet" in given:
        return sound.silence(float(given["quiet"]))
    return spoken(str(given["text"]), str(given.get("language", "zh")))


def plan_of(steps: Sequence[Mapping[str, Any]]) -> tuple[Act, ...]:
    """Acts from their JSON form: `{"presses": "1"}`, `{"says": {"tone": 5}}`,
    `{"stays_silent": true}`, `{"waits": 0.5}` (seconds that a round of waiting lasts at the fast
    pace, until somebody is there to talk to), `{"hangs_up": true}`."""
    return tuple(_step(step) for step in steps)


def _step(step: Mapping[str, Any]) -> Act:
    ((name, given),) = step.items()
    if name == "presses":
        return Act("press", digits=str(given))
    if name == "says":
        return Act("say", sound=sound_of(given), text=str(given.get("text", "")))
    if name == "waits":
        return Act("waits", seconds=float(given))
    return Act({"stays_silent": "silence", "hangs_up": "hang_up"}[name])  # type: ignore[arg-type]


def act(exchange: Exchange, handset: Handset, what: Act, limit: float) -> tuple[Call, int]:
    """Do something in the call as soon as the network listens, at most `limit` seconds later.

    Returns the call and how much of it had been heard by then. Raises NotNow.
    """
    call = _call(handset)
    expected = _LISTENING[what.kind]

    def listening() -> bool:
        return call.over or (call.awaiting in expected and not call.acts)

    with exchange.bell.lock:
        if not exchange.bell.wait_for(listening, limit) or call.over:
            state = "the call is over" if call.over else "nobody listens"
            raise NotNow(f"cannot {what.kind}: {state}")
        _remember(call, what)
        heard = len(call.heard)
        call.inbox.clear()  # who does something no longer waits
        call.does(what)
    exchange.bell.wait_for(lambda: call.over or not call.acts, limit)
    return call, heard


def _remember(call: Call, what: Act) -> None:
    """Show in the captions what the person did, apart from what they heard."""
    if what.kind == "press":
        call.hears("pressed", what.digits)
    if what.kind == "say":
        call.hears("mine", what.text or f"{what.sound.seconds:.1f} s")


def answer(exchange: Exchange, handset: Handset, decision: str, limit: float) -> Call:
    """Answer, decline or ignore the call that rings, within `limit` seconds. Raises NotNow."""
    if not exchange.bell.wait_for(lambda: rings(handset), limit):
        raise NotNow("the telephone does not ring")
    call = _call(handset)
    call.change(decision=decision)
    exchange.bell.wait_for(lambda: call.over or call.started is not None, limit)
    return call


def hang_up(exchange: Exchange, handset: Handset, limit: float) -> Call:
    """Put the receiver down, and wait until the network has dealt with it. Raises NotNow."""
    call = _call(handset)
    call.hang_up()
    exchange.bell.wait_for(lambda: call.over, limit)
    return call


def rings(handset: Handset) -> bool:
    """Whether the bell of this telephone is ringing now."""
    call = handset.call
    return call is not None and call.direction != "inbound" and call.status == "ringing"


def _call(handset: Handset) -> Call:
    if handset.call is None:
        raise NotNow("the telephone is in no call")
    return handset.call


def wait(exchange: Exchange, handset: Handset, until: Mapping[str, Any], limit: float) -> bool:
    """Wait until something is true of a telephone; whether it came true within the limit."""
    condition = _CONDITIONS[until["what"]]
    came = exchange.bell.wait_for(lambda: condition(handset, until), limit)
    return came and (until["what"] != "hears" or _has_heard(handset, until))


def _has_heard(handset: Handset, until: Mapping[str, Any]) -> bool:
    call = handset.last
    lines = call.heard[int(until.get("from", 0)) :] if call else []
    return any(str(until["text"]) in line.text for line in lines if line.kind not in _OWN)


def _heard_or_over(handset: Handset, until: Mapping[str, Any]) -> bool:
    """Heard, or never to be heard because the call is over."""
    call = handset.last
    return _has_heard(handset, until) or (call is not None and call.over)


def _has_text(handset: Handset, until: Mapping[str, Any]) -> bool:
    texts = handset.texts[int(until.get("from", 0)) :]
    return any(str(until["text"]) in text.body for text in texts if text.direction != "inbound")


def _rings(handset: Handset, _until: Mapping[str, Any]) -> bool:
    return rings(handset)


def _ends(handset: Handset, _until: Mapping[str, Any]) -> bool:
    return handset.call is None


def _connected(handset: Handset, _until: Mapping[str, Any]) -> bool:
    call = handset.call
    return call is not None and call.awaiting == "bridge" and bool(call.company)


def _with(handset: Handset, until: Mapping[str, Any]) -> bool:
    """Connected to these numbers and to nobody else."""
    company = {numbering.key(number) for number in handset.call.company} if handset.call else set()
    return _connected(handset, until) and company == set(map(numbering.key, until["numbers"]))


_CONDITIONS: dict[str, Callable[[Handset, Mapping[str, Any]], bool]] = {
    "rings": _rings,
    "ends": _ends,
    "connected": _connected,
    "with": _with,
    "hears": _heard_or_over,
    "text": _has_text,
}


def view(handset: Handset) -> dict[str, Any]:
    """A telephone as its owner sees it."""
    phone, call = handset.phone, handset.last
    return {
        "number": phone.number,
        "label": phone.label,
        "label_en": phone.label_en,
        "kind": phone.kind,
        "habit": phone.habit,
        "state": _state(handset),
        "call": _call_view(call) if call else None,
        "texts": [
            {
                "sid": text.sid,
                "from": text.from_,
                "to": text.to,
                "body": text.body,
                "mine": text.direction == "inbound",
                "status": text.status,
                "at": text.created.timestamp(),
            }
            for text in handset.texts
        ],
    }


def _state(handset: Handset) -> str:
    if handset.call is None:
        return "idle"
    if rings(handset):
        return "ringing"
    return "talking" if handset.call.started else "dialling"


def _call_view(call: Call) -> dict[str, Any]:
    return {
        "sid": call.sid,
        "from": call.from_,
        "to": call.to,
        "direction": call.direction,
        "status": call.status,
        "awaiting": call.awaiting,
        "company": list(call.company),
        "started": call.started.timestamp() if call.started else None,
        "duration": call.duration,
        "heard": [
            {"kind": line.kind, "text": line.text, "language": line.language, "at": line.at}
            for line in call.heard
        ],
    }
