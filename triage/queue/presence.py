"""Who is looking at which report, now.

Kept in Redis alone, for `TTL_SECONDS` after the last word from the browser, and best effort: without Redis
nobody is shown. It is no record of anything: who has read what stands in the audit log.
"""

import enum
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TypeVar, cast

import redis
import structlog

from hotline import clock, live, queues

KEY = "presence"
TOPIC = "presence"
"""The live notice; its number is the receipt number of the report, unless that is kept from anybody."""
TTL_SECONDS = 12
"""A page says that it is still there every five seconds; one that dies without a word is gone after these,
and from every colleague's screen a few seconds later."""

log = structlog.get_logger()
Answer = TypeVar("Answer")


class Doing(enum.StrEnum):
    """Looks at the report, or works on it: has claimed it and has its form open."""

    looking = "looking"
    working = "working"


@dataclass(frozen=True, slots=True)
class Here:
    """Somebody at a report. `number` is its receipt number."""

    number: str
    account: int
    name: str
    doing: Doing


def stay(here: Here) -> bool:
    """Somebody is there, and will say so again soon; whether that is news for colleagues."""
    return _try(lambda client: _stay(client, here), False)


def leave(here: Here) -> bool:
    """Somebody has closed the page; whether that is news for colleagues."""
    return _try(lambda client: bool(client.zrem(KEY, _packed(here))), False)


def tell(number: str | None) -> None:
    """Consoles that show this report ask who is there; None: a report whose number is not for everybody,
    and whoever is at any report asks."""
    _try(lambda client: _tell(client, number), None)


def everybody() -> list[Here]:
    """Who is where now; nobody, if Redis is away."""
    return _try(_everybody, [])


def _stay(client: redis.Redis, here: Here) -> bool:
    now = clock.now().timestamp()
    member = _packed(here)
    with client.pipeline() as steps:
        steps.zscore(KEY, member)
        steps.zremrangebyscore(KEY, "-inf", now)
        steps.zadd(KEY, {member: now + TTL_SECONDS})
        steps.expire(KEY, TTL_SECONDS * 2)
        known, *_ = steps.execute()
    return known is None or known <= now


def _everybody(client: redis.Redis) -> list[Here]:
    members = client.zrangebyscore(KEY, clock.now().timestamp(), "+inf")
    return [_unpacked(member) for member in cast("list[bytes]", members)]


def _tell(client: redis.Redis, number: str | None) -> None:
    live.tell_uncounted(client, TOPIC, None if number is None else int(number))


def _packed(here: Here) -> str:
    return json.dumps(asdict(here), sort_keys=True)


def _unpacked(member: bytes) -> Here:
    fields = json.loads(member)
    return Here(**fields | {"doing": Doing(fields["doing"])})


def _try(act: Callable[[redis.Redis], Answer], otherwise: Answer) -> Answer:
    try:
        return act(queues.connection())
    except redis.RedisError as fault:
        log.info("presence_unknown", error=type(fault).__name__)
        return otherwise
