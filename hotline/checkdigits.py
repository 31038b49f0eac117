"""Check digits: a number with one digit misheard or two exchanged is noticed before anything is asked.

ISO 7064 MOD 97-10: two digits are put at the end so that the whole, divided by 97, leaves 1. The
database makes receipt numbers by the same rule (`triage.intake.models.CHECKED_NUMBER`).
"""

SHORTEST = 3
"""One digit and its two check digits."""


def append(number: str) -> str:
    """`number` with its two check digits.

    Raises:
        ValueError: it is not made of the digits 0 to 9.
    """
    if not _is_digits(number):
        raise ValueError("check digits are made for digits")
    return f"{number}{98 - int(number) * 100 % 97:02d}"


def holds(text: str) -> bool:
    """Whether `text` is digits of which the last two check the others. Total: never raises."""
    if not _is_digits(text) or len(text) < SHORTEST:
        return False
    return append(text[:-2]) == text


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
