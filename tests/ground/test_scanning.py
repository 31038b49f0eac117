"""The scanner, asked over both kinds of socket."""

import socket
import threading
from pathlib import Path

import pytest

from hotline import config, scanning
from tests.triage import fake_clamd


def use(monkeypatch: pytest.MonkeyPatch, settings: config.Settings, address: str) -> None:
    changed = settings.model_copy(update={"clamav_socket": address})
    monkeypatch.setattr(config, "_current", changed)


def test_clean_and_infected_files_are_told_apart(
    settings: config.Settings, monkeypatch: pytest.MonkeyPatch
):
    with fake_clamd.running() as address:
        use(monkeypatch, settings, address)
        assert scanning.is_configured()
        assert scanning.scan([b"a" * 70_000, b"b"]) == ""
        assert scanning.scan([fake_clamd.EICAR[:20], fake_clamd.EICAR[20:]]) == (
            "Eicar-Test-Signature"
        )
        with pytest.raises(scanning.ScannerError, match="ERROR"):
            scanning.scan([b"confuse"])


def test_a_scanner_that_is_away_or_falls_silent_gives_no_verdict(
    settings: config.Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    assert not scanning.is_configured()
    path = tmp_path / "clamd.ctl"
    use(monkeypatch, settings, f"unix://{path}")
    with pytest.raises(scanning.ScannerError, match="does not answer"):
        scanning.scan([b"x"])
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen()
        hangs_up = threading.Thread(target=_hang_up, args=(listener,))
        hangs_up.start()
        with pytest.raises(scanning.ScannerError):
            scanning.scan([b"x"])
        hangs_up.join()


def _hang_up(listener: socket.socket) -> None:
    listener.accept()[0].close()
