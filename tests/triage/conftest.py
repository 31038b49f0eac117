"""The demo district, without a network and without workers."""

import pytest
from argon2 import PasswordHasher
from flask import Flask

from hotline import live, queues
from hotline.accounts import passwords
from hotline.config import Settings
from hotline.embedded import demo
from tests.triage import desk


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


@pytest.fixture
def app(database: Settings, redis: object, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The console, with demo people and without workers."""
    return desk.open_line(database, monkeypatch)


@pytest.fixture
def officer(app: Flask) -> desk.Desk:
    """A duty officer who has signed in."""
    return desk.Desk(app, "zhiban")
