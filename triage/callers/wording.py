"""What callers are texted, in the languages of the line, and the kinds of office they are told of.

An SMS may be read by whoever holds the telephone, perhaps the one the caller is afraid of: it says
neither what the number belongs to nor who sends it.
"""

import enum

RECEIPTS: dict[str | None, str] = {
    None: "您的受理编号是{number}，查询码是{pin}。查询时请按提示输入。",
    "en": "Your reference number is {number} and your code is {pin}. Have both ready when you enquire.",
}
"""By the answer to the question `language`; None for whatever else."""


class Office(enum.StrEnum):
    """Who has a report that was handed over."""

    police = "police"
    department = "department"


def receipt_text(number: str, pin: str, language: str | None) -> str:
    """The receipt as an SMS of one segment where Chinese (70 characters, network fact)."""
    text = RECEIPTS.get(language, RECEIPTS[None])
    return text.format(number=number, pin=pin)
