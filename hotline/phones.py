"""Telephone numbers as the network really brings them: one caller, one form; and no input refused."""

import enum
import re
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat, PhoneNumberType

REGION = "CN"
WITHHELD = frozenset(
    {
        "",
        "anonymous",
        "restricted",
        "private",
        "unknown",
        "unavailable",
        # What carriers send for ANONYMOUS, RESTRICTED, PRIVATE, UNAVAILABLE … spelled on a keypad.
        "266696687",
        "7378742833",
        "7748283",
        "86282452253",
        "2562533",
        "8656696",
    }
)
LONGEST_SHORT_CODE = 6
MOST_CHARACTERS = 128
"""Of whatever the network sends; nothing that can be rung is as long."""
_CHINESE_PREFIX = re.compile(r"^(?:\+|00)?86(?=\d)")


class Kind(enum.StrEnum):
    """What sort of number it is: decides whether it can be texted or called back."""

    mobile = "mobile"
    landline = "landline"
    short_code = "short_code"
    foreign = "foreign"
    sip = "sip"
    withheld = "withheld"
    odd = "odd"


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number in the one form in which it is stored and compared.

    `text` is E.164 for ordinary numbers, bare digits for short codes (12345), the address for SIP,
    empty if withheld, and the raw text if nothing fits.
    """

    text: str
    kind: Kind

    @property
    def masked(self) -> str:
        """Enough to tell two callers apart on a screen or in a log, too little to ring them."""
        return mask(self.text)

    @property
    def can_be_called(self) -> bool:
        """Whether a call-back can be placed at all (whether it is safe is another question)."""
        return self.kind not in {Kind.withheld, Kind.odd}


def mask(text: str) -> str:
    """A number for screens and logs: +86138****8000, ***45, empty if withheld."""
    if text.startswith("sip:"):
        return "sip:***"
    if len(text) < 9:
        return "***" + text[-2:] if len(text) > 3 else text
    # Four characters at least stay hidden, however short the number.
    if len(text) < 12:
        return f"{text[:2]}****{text[-3:]}"
    return f"{text[:5]}****{text[-3:]}" if len(text) < 14 else f"{text[:6]}****{text[-4:]}"


def normalise(raw: str | None) -> Number:
    """The number in its one form. Total: whatever the network sends gives a `Number`.

    `phonenumbers` alone would refuse `anonymous`, call 110 and 12355 invalid and make +8612355 of
    the latter (network fact), so those are told apart first.
    """
    text = (raw or "").strip()[:MOST_CHARACTERS].strip()
    if text.lstrip("+").lower() in WITHHELD:
        return Number("", Kind.withheld)
    if text.lower().startswith(("sip:", "sips:")):
        return _sip(text.split(":", 1)[1].split(";")[0].strip().lower())
    digits = re.sub(r"[^\d+]", "", text)
    short = _CHINESE_PREFIX.sub("", digits).lstrip("+")
    if short.isdigit() and len(short) <= LONGEST_SHORT_CODE:
        return Number(short, Kind.short_code)
    return _ordinary(text, digits)


def _sip(address: str) -> Number:
    # sip:anonymous@anonymous.invalid (RFC 3323): without a caller like `anonymous` alone.
    if address.partition("@")[0].lstrip("+") in WITHHELD:
        return Number("", Kind.withheld)
    return Number("sip:" + address, Kind.sip)


def _ordinary(text: str, digits: str) -> Number:
    international = re.sub(r"^00", "+", digits)
    if re.fullmatch(r"86\d{10,11}", international):
        international = "+" + international
    try:
        parsed = phonenumbers.parse(international, REGION)
    except NumberParseException:
        return Number(text, Kind.odd)
    if not phonenumbers.is_possible_number(parsed):
        return Number(text, Kind.odd)
    return Number(phonenumbers.format_number(parsed, PhoneNumberFormat.E164), _kind(parsed))


def _kind(parsed: phonenumbers.PhoneNumber) -> Kind:
    if parsed.country_code != phonenumbers.country_code_for_region(REGION):
        return Kind.foreign
    if phonenumbers.number_type(parsed) is PhoneNumberType.MOBILE:
        return Kind.mobile
    national = str(parsed.national_number)
    # Demo numbers and new ranges are not in the library's tables; 11 digits from 1 are mobiles.
    return Kind.mobile if len(national) == 11 and national[0] == "1" else Kind.landline
