"""TwiML, read strictly: what is not known here is an error, never ignored.

The real network only warns of an attribute it does not know and carries on without it. A system
under test is better served by a network that stops.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from xml.etree import ElementTree as ET

PARSE_FAILURE = 12100
INVALID_CONTENT_TYPE = 12300
SCHEMA_WARNING = 12200

Check = Callable[[str], bool]


class TwimlError(ValueError):
    """A document that the network cannot perform, with the network's error code."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class Verb:
    """One element: name, attributes, nested elements, and all the text inside."""

    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)
    children: tuple["Verb", ...] = ()
    text: str = ""

    def get(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, default)

    def number(self, name: str, default: int) -> int:
        return int(self.attributes.get(name, default))

    def flag(self, name: str, *, default: bool) -> bool:
        return self.attributes.get(name, str(default)).lower() == "true"


def _one_of(*words: str) -> Check:
    return lambda value: value in words


def _some_of(*words: str) -> Check:
    return lambda value: bool(value.split()) and set(re.split(r"[\s,]+", value)) <= set(words)


def _matches(pattern: str) -> Check:
    return lambda value: re.fullmatch(pattern, value) is not None


_ANY: Check = bool
_URL = _matches(r"\S+")
_METHOD = _one_of("GET", "POST")
_COUNT = _matches(r"\d{1,5}")
_POSITIVE = _matches(r"[1-9]\d{0,4}")
_FLAG = _one_of("true", "false")
_SECONDS_OR_AUTO = _matches(r"[1-9]\d{0,4}|auto")
_CALLBACK: dict[str, Check] = {"statusCallback": _URL, "statusCallbackMethod": _METHOD}
_RECORDING: dict[str, Check] = {
    "recordingStatusCallback": _URL,
    "recordingStatusCallbackMethod": _METHOD,
    "recordingStatusCallbackEvent": _some_of("completed", "absent"),  # what this one sends
    "trim": _one_of("trim-silence", "do-not-trim"),
}
_ACTION: dict[str, Check] = {"action": _URL, "method": _METHOD}

VOICE: dict[str, dict[str, Check]] = {
    "Say": {"voice": _ANY, "language": _ANY, "loop": _COUNT},
    "Play": {"loop": _COUNT, "digits": _matches(r"[0-9w*#]+")},
    "Pause": {"length": _POSITIVE},
    "Gather": _ACTION
    | {
        "input": _some_of("dtmf", "speech"),
        "timeout": _POSITIVE,
        "speechTimeout": _SECONDS_OR_AUTO,
        "numDigits": _POSITIVE,
        "finishOnKey": _matches(r"[0-9*#]?"),
        "actionOnEmptyResult": _FLAG,
        "language": _ANY,
        "hints": _matches(r"[\s\S]*"),
        "speechModel": _ANY,
        "enhanced": _FLAG,
        "profanityFilter": _FLAG,
        "bargeIn": _FLAG,
    },
    "Record": _ACTION
    | _RECORDING
    | {
        "timeout": _COUNT,  # 0: silence never ends it
        "finishOnKey": _matches(r"[0-9*#]*"),  # empty: no key ends it
        "maxLength": _POSITIVE,
        "playBeep": _FLAG,
    },
    "Dial": _ACTION
    | _RECORDING
    | {
        "timeout": _POSITIVE,
        "timeLimit": _POSITIVE,
        "callerId": _ANY,
        "answerOnBridge": _FLAG,
        "record": _one_of(
            "do-not-record",
            "record-from-answer",
            "record-from-answer-dual",
            "record-from-ringing",
            "record-from-ringing-dual",
        ),
    },
    "Number": _CALLBACK
    | {
        "url": _URL,
        "method": _METHOD,
        "statusCallbackEvent": _some_of("initiated", "ringing", "answered", "completed"),
    },
    "Conference": _CALLBACK
    | _RECORDING
    | {
        "statusCallbackEvent": _some_of("start", "end", "join", "leave"),
        "startConferenceOnEnter": _FLAG,
        "endConferenceOnExit": _FLAG,
        "muted": _FLAG,
        "beep": _one_of("true", "false", "onEnter", "onExit"),
        "waitUrl": _matches(r"\S*"),  # empty: no music
        "waitMethod": _METHOD,
        "maxParticipants": lambda value: _POSITIVE(value) and 2 <= int(value) <= 250,
        "participantLabel": _matches(r".{1,128}"),
        "record": _one_of("do-not-record", "record-from-start"),
    },
    "Start": {},
    "Transcription": {
        "name": _ANY,
        "track": _one_of("inbound_track", "outbound_track", "both_tracks"),
        "statusCallbackUrl": _URL,
        "statusCallbackMethod": _METHOD,
        "languageCode": _ANY,
        "transcriptionEngine": _one_of("google", "deepgram"),
        "partialResults": _FLAG,
        "profanityFilter": _FLAG,
        "enableAutomaticPunctuation": _FLAG,
    },
    "Redirect": {"method": _METHOD},
    "Reject": {"reason": _one_of("rejected", "busy")},
    "Hangup": {},
}
MESSAGING: dict[str, dict[str, Check]] = {
    "Message": {},
    "Body": {},
    "Redirect": {"method": _METHOD},
}
# What a synthetic voice understands inside <Say>; its attributes are the voice's own affair.
_SSML = frozenset(
    ("break", "emphasis", "lang", "p", "phoneme", "prosody", "s", "say-as", "sub", "w")
)
_INSIDE: dict[str, frozenset[str]] = {
    "Response": frozenset(VOICE.keys() | MESSAGING.keys())
    - {"Number", "Conference", "Transcription", "Body"},
    "Gather": frozenset(("Say", "Play", "Pause")),
    "Dial": frozenset(("Number", "Conference")),
    "Start": frozenset(("Transcription",)),
    "Message": frozenset(("Body",)),
}


def parse(body: bytes, verbs: Mapping[str, Mapping[str, Check]] = VOICE) -> tuple[Verb, ...]:
    """The verbs of a document. Raises TwimlError with the network's code."""
    try:
        root = ET.fromstring(body)
    except ET.ParseError as error:
        raise TwimlError(PARSE_FAILURE, f"Document parse failure: {error}") from error
    if root.tag != "Response":
        raise TwimlError(PARSE_FAILURE, f"Document parse failure: <{root.tag}> is no <Response>")
    if (root.text or "").strip():
        raise TwimlError(SCHEMA_WARNING, "Schema validation: text outside of any verb")
    return tuple(_verb(element, "Response", verbs) for element in root)


def _verb(element: ET.Element, inside: str, verbs: Mapping[str, Mapping[str, Check]]) -> Verb:
    name = element.tag
    if name not in verbs or name not in _INSIDE.get(inside, frozenset()):
        raise TwimlError(SCHEMA_WARNING, f"Schema validation: <{name}> not allowed in <{inside}>")
    for attribute, value in element.attrib.items():
        check = verbs[name].get(attribute)
        if check is None:
            raise TwimlError(SCHEMA_WARNING, f"Schema validation: <{name}> has no {attribute}=")
        if not check(value):
            raise TwimlError(SCHEMA_WARNING, f"Schema validation: <{name} {attribute}={value!r}>")
    _refuse_mixture(element)
    nested = [child for child in element if not (name == "Say" and child.tag in _SSML)]
    children = tuple(_verb(child, name, verbs) for child in nested)
    return Verb(name, dict(element.attrib), children, " ".join("".join(element.itertext()).split()))


def _refuse_mixture(element: ET.Element) -> None:
    """A <Dial> is for numbers, or for one conference, and that has a name."""
    rooms = [child for child in element if child.tag == "Conference"]
    if rooms and (len(element) > 1 or not "".join(rooms[0].itertext()).strip()):
        message = "Schema validation: <Conference> needs a name and a <Dial> to itself"
        raise TwimlError(SCHEMA_WARNING, message)
