"""A folder that the bundled PostgreSQL can reach also when the tests run as root."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def reachable() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="hotline-embedded-")).resolve()
    yield folder
    shutil.rmtree(folder)
