"""One short message, as the network's API shows it."""

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from hotline.simulator.calls import Callback, new_sid

FINAL = frozenset(("delivered", "undelivered", "failed", "received", "read", "canceled"))
MAX_CHARACTERS = 1600
_GSM = re.compile(
    r"[@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,\-./0-9:;<=>?¡A-ZÄÖÑÜ§¿a-zäöñüà^{}\\\[~\]|€]*"
)


def segments(body: str) -> int:
    """How many messages the text is billed as: 160 / 153 GSM characters, else 70 / 67 UCS-2 units."""
    single, joined = (160, 153) if _GSM.fullmatch(body) else (70, 67)
    units = len(body) if single == 160 else len(body.encode("utf-16-le")) // 2
    return 1 if units <= single else -(-units // joined)


@dataclass(eq=False)
class Message:
    """`direction`: inbound, outbound-api, outbound-reply."""

    account_sid: str
    from_: str
    to: str
    body: str
    direction: str
    status: str = "queued"
    error_code: int | None = None
    callback: Callback = field(default_factory=Callback)
    settled: bool = False  # no more callbacks will follow
    sid: str = field(default_factory=lambda: new_sid("SM"))
    created: datetime = field(default_factory=lambda: datetime.now(UTC))
    sent: datetime | None = None

    def becomes(self, status: str, error_code: int | None = None) -> None:
        self.status = status
        self.error_code = error_code
        if status in FINAL or status == "sent":
            self.sent = datetime.now(UTC)
