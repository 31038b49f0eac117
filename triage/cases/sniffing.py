"""What a file is, by its own content: its name and what the browser says of it count for nothing."""

import zipfile
from typing import IO

import puremagic

KINDS = {
    ".jpg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".heif": "image/heif",
    ".pdf": "application/pdf",
    ".wav": "audio/wav",
    ".mp3": "audio/mpeg",
    ".mpga": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".opus": "audio/ogg",
    ".amr": "audio/amr",
    ".doc": "application/msword",
}
"""What is accepted, by the ending under which the library knows it."""
OFFICE = {
    "word/document.xml": ".docx",
    "xl/workbook.xml": ".xlsx",
    "ppt/presentation.xml": ".pptx",
}
"""Office documents are archives: which one it is says the part that each must have (ECMA-376)."""
PREVIEWED = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
"""What every browser shows as a picture."""
_OFFICE_TYPE = "application/vnd.openxmlformats-officedocument."
OFFICE_TYPES = {
    ".docx": _OFFICE_TYPE + "wordprocessingml.document",
    ".xlsx": _OFFICE_TYPE + "spreadsheetml.sheet",
    ".pptx": _OFFICE_TYPE + "presentationml.presentation",
}
ENDINGS = {kind: ending for ending, kind in (KINDS | OFFICE_TYPES).items() if ending != ".mpga"}
_ARCHIVE = b"PK\x03\x04"


class NotAccepted(Exception):
    """It is none of the kinds that belong to a case."""


def saved_as(name: str, media_type: str) -> str:
    """A name for the file when somebody saves it: theirs, with the ending of what it really is."""
    ending = ENDINGS[media_type]
    return name if name.lower().endswith(ending) else name + ending


def media_type(file: IO[bytes]) -> str:
    """The media type of what is in `file`, which is read from its beginning.

    Raises:
        NotAccepted: it is something else, or cannot be told.
    """
    file.seek(0)
    if file.read(len(_ARCHIVE)) == _ARCHIVE:
        return OFFICE_TYPES[_office(file)]
    file.seek(0)
    try:
        matches = puremagic.magic_stream(file)
    except (puremagic.PureError, ValueError) as fault:
        raise NotAccepted from fault
    known = (KINDS[match.extension] for match in matches if match.extension in KINDS)
    if (found := next(known, None)) is None:
        raise NotAccepted
    if found == KINDS[".doc"]:
        _refuse_macros(file)
    return found


def _refuse_macros(file: IO[bytes]) -> None:
    """Of an old document: its parts' names stand in it in UTF-16 ([MS-CFB] 2.6.1), and the part that every
    program in one has is called so ([MS-OVBA] 2.2.1)."""
    file.seek(0)
    if "_VBA_PROJECT".encode("utf-16-le") in file.read():
        raise NotAccepted


def _office(file: IO[bytes]) -> str:
    try:
        parts = zipfile.ZipFile(file).namelist()
    except (zipfile.BadZipFile, ValueError, OSError) as fault:
        raise NotAccepted from fault
    # A document with macros is a program.
    if any(part.endswith("vbaProject.bin") for part in parts):
        raise NotAccepted
    kinds = [ending for part, ending in OFFICE.items() if part in parts]
    if len(kinds) != 1:
        raise NotAccepted
    return kinds[0]
