"""Prompts recorded by a person, played instead of the network's voice: found, and handed to the network.

A recording is ``PROMPTS_DIR/<language>/<key>.wav`` or ``.mp3``, and only sentences without blanks have
one. Whatever is wrong with it, the sentence is spoken instead: no caller hears silence for a bad file.
Beside the recordings a note keeps which text each one says, so that a sentence that was rewritten since
is spoken until it has been recorded anew.
"""

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, abort, request, send_file
from pydantic import TypeAdapter

from hotline import config
from hotline.accounts.guard import public
from ivr.wording import fields_of, wordings

MEDIA_TYPES = {".wav": "audio/wav", ".mp3": "audio/mpeg"}
"""The network plays nothing that comes without an audio type (Twilio error 13420)."""

NOTE = "said.json"
A_YEAR = 365 * 24 * 3600

blueprint = Blueprint("played", __name__, url_prefix="/ivr/prompts")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A recording that can be played, with the digest of its content."""

    path: Path
    digest: str


@dataclass(frozen=True, slots=True)
class Said:
    """What a recording, by its digest, says."""

    digest: str
    text: str


def url_of(language: str, key: str) -> str | None:
    """The address of the recording of a sentence; None where it is to be spoken. Costs a look at the
    folder; files are read when they have changed."""
    if config.current().prompts_dir is None:
        return None
    recorded = find(language, key)
    if recorded is None:
        return None
    base = config.current().public_url
    return f"{base}{blueprint.url_prefix}/{language}/{recorded.path.name}?v={recorded.digest}"


def find(language: str, key: str) -> Recorded | None:
    """The recording of a sentence of this installation, if it may be played."""
    text = recordable(language).get(key)
    folder = folder_of(language)
    recorded = recording(folder, key) if text and folder else None
    if recorded is None or is_outdated(note_of(recorded.path.parent).get(key), recorded, text):
        return None
    return recorded


@functools.lru_cache(maxsize=16)
def recordable(language: str) -> dict[str, str]:
    """The sentences of a language that are always the same words, by key."""
    wording = wordings().get(language)
    say = wording.say if wording else {}
    return {key: text for key, text in say.items() if not fields_of(text)}


def folder_of(language: str) -> Path | None:
    """Where the recordings of a language lie; None without PROMPTS_DIR."""
    top = config.current().prompts_dir
    return top.absolute() / language if top else None


def recording(folder: Path, key: str) -> Recorded | None:
    """The recording of that key which is there and whole enough to be played."""
    for suffix in MEDIA_TYPES:
        path = folder / f"{key}{suffix}"
        if digest := digest_of(path):
            return Recorded(path, digest)
    return None


def digest_of(path: Path) -> str | None:
    """A digest of the recording's content; None if it is not there or cannot be played."""
    try:
        found = path.stat()
        return _digest(path, found.st_mtime_ns, found.st_size)
    except OSError:
        return None


def is_outdated(said: Said | None, recorded: Recorded, text: str | None) -> bool:
    """Whether this very recording has been noted as saying something else."""
    return said is not None and said.digest == recorded.digest and said.text != text


def note_of(folder: Path) -> dict[str, Said]:
    """What the recordings of a folder say, as it was noted; nothing if there is no such note."""
    path = folder / NOTE
    try:
        return _note(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):  # not there, or no note
        return {}


def take_note(language: str) -> None:
    """Note for each new recording that it says what its sentence says now. Raises OSError."""
    folder = folder_of(language)
    if folder is None or not folder.is_dir():
        return
    before = note_of(folder)
    found = {key: recording(folder, key) for key in recordable(language)}
    now = {
        key: _said(before.get(key), recorded, recordable(language)[key])
        for key, recorded in found.items()
        if recorded
    }
    if now != before:
        (folder / NOTE).write_bytes(_NOTE.dump_json(now, indent=1))


@blueprint.get("/<language>/<name>")
@public("whoever rings the line hears it")
def send(language: str, name: str) -> Response:
    """One recording. Its address changes with its content, so that the network may keep it."""
    recorded = find(language, Path(name).stem)
    if recorded is None or recorded.path.name != name:
        abort(404)
    response = send_file(
        recorded.path, MEDIA_TYPES[recorded.path.suffix], etag=recorded.digest, max_age=A_YEAR
    )
    if request.args.get("v") != recorded.digest:
        response.cache_control.max_age = None
        response.cache_control.no_cache = True
    return response


def _said(known: Said | None, recorded: Recorded, text: str) -> Said:
    return known if known and known.digest == recorded.digest else Said(recorded.digest, text)


@functools.lru_cache(maxsize=2048)
def _digest(path: Path, changed: int, size: int) -> str | None:
    content = path.read_bytes()
    return hashlib.sha256(content).hexdigest()[:16] if _is_sound(path.suffix, content) else None


def _is_sound(suffix: str, content: bytes) -> bool:
    if suffix == ".wav":
        return content[:4] == b"RIFF" and content[8:12] == b"WAVE"
    return content[:3] == b"ID3" or (content[:1] == b"\xff" and content[1:2] >= b"\xe0")


@functools.lru_cache(maxsize=16)
def _note(path: Path, changed: int) -> dict[str, Said]:
    return _NOTE.validate_json(path.read_bytes())


_NOTE = TypeAdapter(dict[str, Said])
