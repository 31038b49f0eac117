"""The whole application, and the network's side of it by hand."""

import pytest
from argon2 import PasswordHasher

from hotline import live, queues
from hotline.accounts import passwords
from hotline.app import create_app
from hotline.embedded import demo
from tests.ivr.people import Wire


@pytest.fixture
def wire(database, monkeypatch):
    """Webhooks to the line with its demo people; nobody hears nudges."""
    monkeypatch.setattr(queues, "_enqueue", print)
    monkeypatch.setattr(live, "_publish", print)
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", cheap)
    demo.load()
    yield Wire(create_app(database).test_client(), database)
    queues.flush()
