"""The browser of the tests: Debian's Chromium. Its headless shell, where that is installed, draws the same
pages at half the cost, because there is no window around them."""

import shutil

from playwright.sync_api import Browser, Playwright

CHROMIUM = shutil.which("chromium-headless-shell") or shutil.which("chromium")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-sync",
    "--disable-component-update",
)


def launch(player: Playwright, *flags: str) -> Browser:
    """Without a window, without a sandbox (tests run as root in containers), asking nobody for news."""
    return player.chromium.launch(executable_path=CHROMIUM, args=[*FLAGS, *flags])
