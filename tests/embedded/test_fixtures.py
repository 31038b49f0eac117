"""The fixtures that every other test stands on."""

import datetime as dt

import pytest
import redis as redis_client
import sqlalchemy as sa

from hotline import audit, clock, config, db
from hotline.embedded.redis import Redis


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_every_test_finds_the_database_empty_and_counts_from_one(
    database: config.Settings, attempt: str
) -> None:
    with db.transaction() as session:
        audit.record(session, audit.SYSTEM, attempt, "test")
    with db.transaction() as session:
        assert session.scalars(sa.select(audit.AuditEntry.id)).all() == [1]


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_every_test_finds_redis_empty(redis: redis_client.Redis, attempt: str) -> None:
    assert redis.incr("visits") == 1


def test_a_redis_of_ones_own_can_be_stopped_and_comes_back_at_the_same_address(
    own_redis: Redis,
) -> None:
    assert config.current().redis_url == own_redis.url
    with redis_client.Redis.from_url(own_redis.url) as client:
        assert client.ping()
        own_redis.stop()
        with pytest.raises(redis_client.ConnectionError):
            client.ping()
        own_redis.start()
        assert client.ping()


@pytest.mark.parametrize("attempt", ["first", "second"])
def test_a_moved_clock_is_put_right_again(attempt: str) -> None:
    assert abs(clock.now() - dt.datetime.now(dt.UTC)) < dt.timedelta(seconds=5)
    clock.shift(dt.timedelta(days=1))
