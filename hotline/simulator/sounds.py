"""Sounds that <Play> fetches: once, and again only if their server will not have them kept."""

from collections import OrderedDict
from dataclasses import dataclass

from hotline.simulator.bell import Bell
from hotline.simulator.courier import Courier, Request
from hotline.simulator.sound import NotSound, from_wav

_KEPT = 64
_UNKNOWN_LENGTH = 3.0


class NoAudio(ValueError):
    """What came from the URL is no sound."""


@dataclass(frozen=True)
class Clip:
    """A sound as its server sent it, and how long it lasts."""

    content_type: str
    body: bytes
    seconds: float


class Sounds:
    """Obeys the caching headers of whoever serves the sound, as the network's page on <Play> has it."""

    def __init__(self, courier: Courier, bell: Bell) -> None:
        self._courier = courier
        self._bell = bell
        self._kept: OrderedDict[str, tuple[Clip, bool]] = OrderedDict()

    def fetch(self, url: str, sid: str) -> Clip:
        """The sound at a URL, for the call `sid`. Raises WebhookFailure or NoAudio."""
        known = self._kept.get(url)
        if known and known[1]:
            return known[0]
        reply = self._courier.ask(Request("play", url, "GET", {}, sid))
        if not reply.content_type.startswith("audio/"):
            raise NoAudio(f"{reply.content_type or 'no type'} is no audio")
        clip = Clip(reply.content_type, reply.body, _seconds(reply.body))
        with self._bell.lock:
            self._kept[url] = (clip, reply.lasting)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return clip

    def kept(self, url: str) -> Clip | None:
        """What was played from there, for the page."""
        known = self._kept.get(url)
        return known[0] if known else None

    def forget(self) -> None:
        """Keep nothing any more."""
        with self._bell.lock:
            self._kept.clear()


def _seconds(body: bytes) -> float:
    try:
        return from_wav(body).seconds
    except NotSound:  # an MP3, for one: the network can play it, this one only cannot measure it
        return _UNKNOWN_LENGTH
