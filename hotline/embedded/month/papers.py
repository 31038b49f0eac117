"""Files of cases, drawn by code: what a child has painted, and what an officer has written down."""

import datetime as dt
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from hotline.embedded.month.calls import House
from hotline.embedded.month.sealed import Sealed, keep
from hotline.embedded.month.stories import words
from triage.cases.models import Attachment, Case, CaseNote, NoteKind
from triage.cases.states import AttachmentStatus

WIDE, HIGH = 360, 240
PAGE = "0 0 595 842"
"""A4, in points."""
FONT = "STSong-Light"
"""One that every reader of PDF has for Chinese by itself (Adobe-GB1)."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One that is stored, and of no case yet."""

    name: str
    media_type: str
    sealed: Sealed


def store(now: dt.datetime, chance: Random) -> list[Paper]:
    """Make them and put them into the storage, where the product would.

    Raises:
        storage.StorageError: one was not stored.
    """
    papers = []
    for name, lines in words()["papers"].items():
        media_type, content = _content(lines, chance)
        sealed = keep(f"cases/{now:%Y/%m}/{chance.getrandbits(128):032x}", content)
        papers.append(Paper(name, media_type, sealed))
    return papers


def _content(lines: list[str], chance: Random) -> tuple[str, bytes]:
    return ("application/pdf", pdf(lines)) if lines else ("image/png", drawing(chance))


def of(house: House, case: Case, paper: Paper, at: dt.datetime) -> Iterator[Attachment | CaseNote]:
    """The rows of one that was added to this case at that moment."""
    author = case.assigned_to or house.supervisor.id
    yield Attachment(
        case_id=case.id,
        status=AttachmentStatus.unscanned,
        name=paper.name,
        media_type=paper.media_type,
        size=paper.sealed.size,
        sha256=paper.sealed.sha256,
        storage_name=paper.sealed.name,
        added_by=author,
        added_at=at,
        next_try_at=at,
    )
    yield CaseNote(
        case_id=case.id, kind=NoteKind.attached, author_id=author, at=at, body=paper.name
    )


def drawing(chance: Random) -> bytes:
    """A PNG file (ISO/IEC 15948): a house with a door, the sun and a meadow."""
    wall, roof = (tuple(chance.randrange(90, 240) for _ in range(3)) for _ in range(2))
    rows = b"".join(
        b"\0" + b"".join(bytes(_paint(x, y, wall, roof)) for x in range(WIDE)) for y in range(HIGH)
    )
    header = struct.pack(">IIBBBBB", WIDE, HIGH, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in chunks)


def _paint(x: int, y: int, wall: tuple[int, ...], roof: tuple[int, ...]) -> tuple[int, ...]:
    if (x - 300) ** 2 + (y - 50) ** 2 < 28**2:
        return (250, 200, 60)
    if 120 <= x < 240 and 120 <= y < 200:
        return (110, 70, 40) if 165 <= x < 195 and y >= 150 else wall
    if 60 <= y < 120 and abs(x - 180) < (y - 50) * 1.1:
        return roof
    return (120, 180, 90) if y >= 200 else (205, 228, 245)


def _chunk(kind: bytes, content: bytes) -> bytes:
    check = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", check)


def pdf(lines: list[str]) -> bytes:
    """A PDF file of one page (ISO 32000-1): a title, and lines below it."""
    head, *rest = (f"<{line.encode('utf-16-be').hex()}> Tj" for line in lines)
    page = f"BT /F 18 Tf 60 770 Td 26 TL {head} /F 12 Tf " + " ".join(f"T* {one}" for one in rest)
    stream = f"{page} ET".encode()
    objects = (
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        f"<</Type/Page/Parent 2 0 R/MediaBox[{PAGE}]/Contents 4 0 R"
        "/Resources<</Font<</F 5 0 R>>>>>>".encode(),
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        f"<</Type/Font/Subtype/Type0/BaseFont/{FONT}/Encoding/UniGB-UCS2-H"
        "/DescendantFonts[6 0 R]>>".encode(),
        f"<</Type/Font/Subtype/CIDFontType0/BaseFont/{FONT}/FontDescriptor 7 0 R"
        "/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 2>>>>".encode(),
        f"<</Type/FontDescriptor/FontName/{FONT}/Flags 4/FontBBox[-25 -254 1000 880]"
        "/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>".encode(),
    )
    return _bound(objects)


def _bound(objects: tuple[bytes, ...]) -> bytes:
    """The objects in a file, with the table that says where each begins."""
    file, places = b"%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(file))
        file += b"%d 0 obj%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    size = len(objects) + 1
    return (
        file
        + b"xref\n0 %d\n0000000000 65535 f \n" % size
        + table
        + b"trailer<</Size %d/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % (size, len(file))
    )
