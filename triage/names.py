"""Keyed tokens of a Chinese name or address, so that similar ones are found although both are sealed.

The database sees only keyed digests (`crypto.blind_index`); what is found is compared again in the
clear, in memory, before anyone is told of a likeness.
"""

import re

from pypinyin import lazy_pinyin

from hotline import crypto

_SPACE = re.compile(r"[\s·・.,,。、-]+")


def plain(name: str) -> str:
    """A name without spaces and separators, Latin letters small."""
    return _SPACE.sub("", name).lower()


def sound(name: str) -> str:
    """How it sounds, in pinyin without tones: 李小雨 and 黎晓宇 sound alike on a telephone."""
    return " ".join(lazy_pinyin(plain(name)))


def tokens(name: str | None) -> list[int]:
    """Keyed tokens: the name, its sound, and the given name alone (a child is seldom called by the
    family name, and a caller may know only the rest)."""
    if not name or not plain(name):
        return []
    whole = plain(name)
    given = whole[1:] if len(whole) > 2 else whole
    words = {
        f"name:{whole}",
        f"sound:{sound(whole)}",
        f"given:{given}",
        f"given-sound:{sound(given)}",
    }
    return sorted(crypto.blind_index("name", word) for word in words)
