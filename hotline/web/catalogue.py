"""Keeps the English catalogue: `python -m hotline.web.catalogue` after adding or changing strings.

Collects every `_("中文")` of hotline, triage and ivr (templates too) into
`translations/en/LC_MESSAGES/messages.po`, compiles it, and names the strings that still lack their
English; write it into that file (`msgstr`) and run again. A test does the same comparison. To only
compile (the build does): `pybabel compile -d hotline/web/translations`.
"""

import os
import sys
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
ROOMS = ("hotline", "triage", "ivr")
ENGLISH = HERE / "translations" / "en" / "LC_MESSAGES" / "messages.po"
KEYWORDS = {**DEFAULT_KEYWORDS, "lazy_gettext": None}


def in_source() -> Catalog:
    """Every string that the source marks for translation."""
    with (HERE / "babel.cfg").open() as mapping:
        methods, options = parse_mapping_cfg(mapping)  # type: ignore[no-untyped-call]
    found = Catalog()
    for room in ROOMS:
        rows = extract_from_dir(ROOT / room, methods, options, keywords=KEYWORDS)
        for _file, _line, message, comments, context in rows:
            found.add(message, auto_comments=comments, context=context)
    return found


def english() -> Catalog:
    """The catalogue as it stands in the file."""
    with ENGLISH.open("rb") as file:
        return read_po(file, locale="en")


def lacking(source: Catalog, catalogue: Catalog) -> list[str]:
    """Strings of `source` without English, or with a guessed (fuzzy) one."""
    wanted = (message for message in source if message.id)
    pairs = ((message, catalogue.get(message.id, message.context)) for message in wanted)
    return [str(message.id) for message, known in pairs if not _is_translated(known)]


def _is_translated(known: object) -> bool:
    if known is None or "fuzzy" in known.flags:  # type: ignore[attr-defined]
        return False
    text = known.string  # type: ignore[attr-defined]
    return all(text) if isinstance(text, tuple) else bool(text)


def update() -> list[str]:
    """Bring the file in line with the source and compile it; what still lacks its English."""
    source, catalogue = in_source(), english()
    catalogue.update(source, no_fuzzy_matching=True, update_creation_date=False)
    with ENGLISH.open("wb") as file:
        write_po(file, catalogue, sort_output=True, ignore_obsolete=True, width=100)
    compile_english()
    return lacking(source, catalogue)


def compile_english() -> None:
    """Write the form in which programs read the catalogue, beside it."""
    # Replaced in one step: a console that is running reads the old file or the new one.
    draft = ENGLISH.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, english())
    draft.replace(ENGLISH.with_suffix(".mo"))


def main() -> int:
    """The command. Returns the exit status: 1 if a string lacks its English."""
    missing = update()
    for text in missing:
        print(f"no English yet: {text}", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
