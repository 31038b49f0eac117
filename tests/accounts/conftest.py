"""An application of accounts and web alone, and a browser's worth of it."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from hotline.config import Settings
from tests.accounts import console


@pytest.fixture
def app(database: Settings, redis: object) -> Flask:
    """The console without any room above the ground."""
    return console.build(database)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """One browser."""
    return app.test_client()
