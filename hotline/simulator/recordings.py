"""Recordings as the network keeps them, until somebody deletes them."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hotline.simulator.calls import new_sid
from hotline.simulator.sound import Sound, to_wav

SHORTEST = 0.5  # seconds; less is reported as absent


@dataclass(eq=False)
class Recording:
    """`media_at` counts down the 404s that the fault `media_late` asks for."""

    account_sid: str
    call_sid: str
    source: str  # RecordVerb, DialVerb
    tracks: Sequence[Sound] = ()
    status: str = "in-progress"
    ready: bool = False
    late: int = 0
    sid: str = field(default_factory=lambda: new_sid("RE"))
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    updated: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def path(self) -> str:
        return f"/2010-04-01/Accounts/{self.account_sid}/Recordings/{self.sid}"

    @property
    def channels(self) -> int:
        return max(1, len(self.tracks))

    @property
    def seconds(self) -> float:
        return max((track.seconds for track in self.tracks), default=0.0)

    @property
    def duration(self) -> int:
        """Whole seconds, as every webhook and resource says it."""
        return max(1, round(self.seconds)) if self.seconds else 0

    def becomes(self, status: str) -> None:
        self.status = status
        self.updated = datetime.now(UTC)

    def media(self) -> bytes | None:
        """The WAV file, or None while it is not there yet (each asking counts)."""
        if self.late > 0:
            self.late -= 1
            return None
        return to_wav(self.tracks) if self.ready and self.tracks else None
