"""The pictures of the officers' guide, from demo data: `python -m tests.guide` puts them into
docs/guide/pictures."""

import contextlib
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import sync_playwright
from werkzeug.serving import make_server

from hotline import config, health
from hotline.web import assets, catalogue
from tests import servers
from tests.chromium import launch
from tests.guide.scenes import SCENES, Album
from tests.triage import desk

PICTURES = Path(__file__).parents[2] / "docs" / "guide" / "pictures"
HEAVIEST = 150_000
"""Bytes."""


@contextlib.contextmanager
def standing() -> Iterator[tuple[Flask, str]]:
    """The whole application with the demo district, at its address."""
    assets.fetch()
    catalogue.compile_english()
    running = servers.start()
    try:
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
            settings = servers.settings(Path(folder), **running.for_worker("guide"))
            config.use(settings)
            # Nothing is said of the parts that do not run for pictures.
            patch.setattr(health, "PARTS", [])
            app = desk.open_line(settings, patch)
            server = make_server("127.0.0.1", 0, app, threaded=True)
            thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
            thread.start()
            yield app, f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()
    finally:
        running.stop()


def main() -> int:
    """Take every picture, in the order of the shift; 1 if one is too heavy."""
    with standing() as (app, address), sync_playwright() as player:
        browser = launch(player)
        album = Album(browser, app, address, PICTURES)
        for scene in SCENES:
            scene(album)
        browser.close()
    heavy = [path.name for path in PICTURES.glob("*.png") if path.stat().st_size > HEAVIEST]
    print(f"{len(list(PICTURES.glob('*.png')))} pictures; too heavy: {heavy or 'none'}")
    return 1 if heavy else 0


if __name__ == "__main__":
    sys.exit(main())
