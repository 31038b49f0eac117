"""An application of accounts and web alone, and a browser's worth of it."""

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from hotline.accounts import passwords
from hotline.config import Settings
from tests.accounts import console


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed at little cost."""
    hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "_hasher", hasher)


@pytest.fixture
def app(database: Settings, redis: object) -> Flask:
    """The console without any room above the ground."""
    return console.build(database)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """One browser."""
    return app.test_client()
