"""What is committed speaks of the project alone: no machine, no download address, no leftovers."""

import re
import subprocess
import tomllib
from itertools import chain
from pathlib import Path

ROOT = Path(__file__).parents[2]
A_MACHINE = re.compile(rb"/(?:home|Users)/\w+|/root/|/opt/|/wo[r]k/")
UNFINISHED = re.compile(rb"\b(?:TO[D]O|FIX[M]E|X[X]X)\b")
TOP_LEVEL = {
    *("hotline", "ivr", "triage", "migrations", "tests", "docs"),
    *("pyproject.toml", "Procfile", "README.md", "Makefile", "LICENSE", "CHANGELOG.md"),
    "requirements.lock",
}


def _files() -> list[str]:
    """What git tracks, or would if it were added."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listed.stdout.split("\0") if name and (ROOT / name).exists()]


FILES = _files()
WRITTEN = [name for name in FILES if not name.endswith(".png")]
"""Bytes of a picture may spell anything."""


def test_there_is_something_to_look_at():
    assert {"Makefile", "hotline/db.py"} <= set(FILES)


def test_the_top_level_is_the_one_agreed():
    top = {name.split("/")[0] for name in FILES}
    assert {name for name in top if not name.startswith(".")} <= TOP_LEVEL


def test_no_file_knows_the_machine_it_was_written_on():
    others = [name for name in WRITTEN if name != "tests/house/test_files.py"]
    assert _holding(A_MACHINE, others) == {}


def test_nothing_is_left_for_later():
    assert _holding(UNFINISHED, WRITTEN) == {}


def _holding(pattern: re.Pattern[bytes], names: list[str]) -> dict[str, list[bytes]]:
    found = {name: pattern.findall((ROOT / name).read_bytes()) for name in names}
    return {name: hits for name, hits in found.items() if hits}


def test_the_lock_names_packages_and_hashes_only():
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    packages = [line for line in lines if not line.startswith(" ")]
    assert len(packages) > 50
    assert [line for line in packages if not re.match(r"[\w.-]+==[\w.]+( ; .+)? \\$", line)] == []
    hashes = [line for line in lines if line.startswith(" ")]
    assert [h for h in hashes if not re.fullmatch(r"    --hash=sha256:[0-9a-f]{64}( \\)?", h)] == []


def test_every_dependency_is_locked():
    locked = set(
        re.findall(r"^[\w.-]+(?===)", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    )
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {re.split(r"[\[>=<]", wish)[0].lower() for wish in wanted}
    assert len(names) > 30
    assert names <= locked
