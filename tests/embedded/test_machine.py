"""What a machine has and keeps: a folder, free ports, secrets that stay the same."""

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotline import config
from hotline.embedded import machine
from hotline.embedded.machine import Refused


@pytest.fixture
def busy() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_folder_that_cannot_be_made_is_a_sentence_with_a_remedy(tmp_path: Path):
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match=r"Cannot write to .*\n.*folder of your own"):
        machine.make_folder(tmp_path / "file" / "var")


def test_one_folder_serves_one_run(tmp_path: Path):
    with (
        machine.only_one(tmp_path),
        pytest.raises(Refused, match=f"process {os.getpid()}"),
        machine.only_one(tmp_path),
    ):
        pytest.fail("two at once")
    with machine.only_one(tmp_path):
        assert (tmp_path / "up.lock").read_text() == f"{os.getpid()}\n"


def test_a_port_asked_for_is_taken(monkeypatch: pytest.MonkeyPatch, busy: int):
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = server.getsockname()[1]
    monkeypatch.setenv("PORT", str(free))
    assert machine.choose_port("PORT", busy) == free


def test_a_busy_port_that_was_asked_for_is_refused(monkeypatch: pytest.MonkeyPatch, busy: int):
    monkeypatch.setenv("PORT", str(busy))
    with pytest.raises(Refused, match=f"Port {busy} is busy.*\n.*make up PORT="):
        machine.choose_port("PORT", 8000)


@pytest.mark.parametrize("asked", ["eighty", "-1", "0", "65536", "8000 "])
def test_what_is_no_port_is_refused(monkeypatch: pytest.MonkeyPatch, asked: str):
    monkeypatch.setenv("PORT", asked)
    with pytest.raises(Refused, match="not a port"):
        machine.choose_port("PORT", 8000)


def test_otherwise_the_next_free_port_is_taken(monkeypatch: pytest.MonkeyPatch, busy: int):
    monkeypatch.delenv("PORT", raising=False)
    assert busy < machine.choose_port("PORT", busy) < busy + machine.PORTS_TRIED


def test_settings_are_kept_for_this_account_alone(tmp_path: Path):
    path = tmp_path / "settings.env"
    settings = {"SECRET_KEY": "a b'c\"$d#e=", "SPOOL_DIR": "/热线/spool"}
    machine.keep_settings(path, {"old": "x"})
    machine.keep_settings(path, settings)
    assert machine.read_settings(path) == settings
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_no_settings_kept_yet(tmp_path: Path):
    assert machine.read_settings(tmp_path / "settings.env") == {}


def test_new_secrets_are_fit_and_never_the_same(settings: config.Settings):
    one, other = machine.new_secrets(), machine.new_secrets()
    assert all(one[name] != other[name] for name in one)
    lower = {name.lower(): value for name, value in one.items()}
    config.Settings(**{**settings.model_dump(), **lower})
