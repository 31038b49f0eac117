"""The script of the line: what a speaker reads, and what is missing between text and recordings."""

from collections.abc import Iterator
from pathlib import Path

from hotline import config
from ivr import played
from ivr.wording import FOLDER, INVITATIONS, Wording, fields_of, read_wordings, wordings


def faults() -> list[str]:
    """What must be put right, a line each: texts first, then recordings."""
    written, unread = read_wordings(FOLDER)
    files = (fault for language in written for fault in _files(language))
    return [*unread, *_texts(written), *_folders(written), *files]


def summary(language: str) -> Iterator[str]:
    """How much of a language is recorded; if some of it is, then which sentences are spoken."""
    keys = list(played.recordable(language))
    spoken = [key for key in keys if not played.find(language, key)]
    yield f"{language}: {len(keys) - len(spoken)} of {len(keys)} sentences recorded"
    if len(spoken) < len(keys):
        yield from (f"  spoken: {key}" for key in spoken)


def lines(language: str) -> Iterator[tuple[str, str]]:
    """What a speaker reads: the name of the file to be recorded, and the sentence."""
    for key, text in played.recordable(language).items():
        yield f"{key}.wav", text


def _texts(written: dict[str, Wording]) -> Iterator[str]:
    for key in dict.fromkeys(key for wording in written.values() for key in wording.say):
        expected = {INVITATIONS[key]} if key in INVITATIONS else written.keys()
        blanks = {name: fields_of(one.say[key]) for name, one in written.items() if key in one.say}
        for language in sorted(expected - blanks.keys()):
            yield f"{language} {key}: not written"
        if len(set(blanks.values())) > 1:
            yield f"{key}: different blanks in {', '.join(blanks)}"


def _folders(written: dict[str, Wording]) -> Iterator[str]:
    top = config.current().prompts_dir
    if top is None:
        return
    if not top.is_dir():
        yield f"PROMPTS_DIR {top}: not a folder"
        return
    for path in sorted(top.iterdir()):
        if path.name not in written:
            yield f"{path.name}: not a language of the line"


def _files(language: str) -> Iterator[str]:
    folder = played.folder_of(language)
    if folder is None or not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.name != played.NOTE and (fault := _fault(language, path)):
            yield f"{language}/{path.name}: {fault}"


def _fault(language: str, path: Path) -> str | None:
    text = played.recordable(language).get(path.stem)
    if text is None:
        known = path.stem in wordings()[language].say
        return "has blanks and is always spoken" if known else "belongs to no sentence"
    digest = played.digest_of(path) if path.suffix in played.MEDIA_TYPES else None
    if digest is None:
        return "cannot be played: not a WAV or MP3 file that can be read"
    said = played.note_of(path.parent).get(path.stem)
    if played.is_outdated(said, played.Recorded(path, digest), text):
        return "its text was changed since; spoken until it is recorded anew"
    return None
