"""The demo district, without a network and without workers."""

import pytest
from argon2 import PasswordHasher

from hotline import live, queues
from hotline.accounts import passwords
from hotline.embedded import demo


@pytest.fixture
def district(database, monkeypatch):
    """Places, stations and people are there; nobody hears nudges. The settings."""
    monkeypatch.setattr(queues, "_enqueue", print)
    monkeypatch.setattr(live, "_publish", print)
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)
    demo.load()
    yield database
    queues.flush()
