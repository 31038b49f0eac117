"""Who carries our messages and calls."""

from dataclasses import dataclass

FIRST, SECOND = "first", "second"
"""The names of the networks, as they stand on the record."""


@dataclass(frozen=True, slots=True)
class Network:
    """One account at one network that carries our messages and calls. `auth_tokens`: the one we use, and
    others still accepted on webhooks."""

    name: str
    account_sid: str
    auth_tokens: tuple[str, ...]
    base_url: str
    sms_from: str
    caller_id: str
    byoc_trunk: str = ""
