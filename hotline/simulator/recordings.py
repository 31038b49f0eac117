"""Recordings as the network keeps them, until somebody deletes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hotline.simulator.calls import new_sid
from hotline.simulator.sound import Sound, mixed, to_wav

SHORTEST = 0.5  # seconds; less is reported as absent


@dataclass(eq=False)
class Recording:
    """`media_at` counts down the 404s that the fault `media_late` asks for."""

    account_sid: str
    call_sid: str
    source: str  # RecordVerb, DialVerb, Conference
    tracks: Sequence[Sound] = ()
    status: str = "in-progress"
    ready: bool = False
    late: int = 0
    conference_sid: str = ""
    sid: str = field(default_factory=lambda: new_sid("RE"))
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def path(self) -> str:
        return f"/2010-04-01/Accounts/{self.account_sid}/Recordings/{self.sid}"

    @property
    def channels(self) -> int:
        # The network's page on <Conference>: "Only 1 channel is supported".
        return 1 if self.conference_sid else max(1, len(self.tracks))

    @property
    def seconds(self) -> float:
        return max((track.seconds for track in self.tracks), default=0.0)

    @property
    def duration(self) -> int:
        """Whole seconds, as every webhook and resource says it."""
        return max(1, round(self.seconds)) if self.seconds else 0

    def keep(self, tracks: Sequence[Sound]) -> None:
        """Take what was recorded, or nothing when it is too short."""
        long_enough = tracks[0].seconds >= SHORTEST
        self.tracks = tracks if long_enough else ()
        self.becomes("processing" if long_enough else "absent")

    def becomes(self, status: str) -> None:
        self.status = status
        self.updated = datetime.now(UTC)

    def media(self, channels: int = 0) -> bytes | None:
        """The WAV file, or None while it is not there yet (each asking counts).

        `channels`: 0 for as many as were asked for when it was made. A conference is kept on two,
        the first to join and all others, and handed out as one unless two are requested (the
        network's change log, 9 July 2024 and 15 September 2025).
        """
        if self.late > 0:
            self.late -= 1
            return None
        if not (self.ready and self.tracks):
            return None
        one = (channels or self.channels) == 1
        return to_wav((mixed(self.tracks),) if one else self.tracks)
