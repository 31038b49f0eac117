"""Figures, and the one table that shows them."""

import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `measured` and `aim` are written as they are to be read; `met` is empty
    where there is no aim."""

    name: str
    measured: str
    aim: str = ""
    met: bool | None = None
    note: str = ""


def at_least(name: str, shown: str, value: float, aim: float, note: str = "") -> Figure:
    """A figure that is good when large; `shown` may say more than the one value that has an aim."""
    return Figure(name, shown, f"≥ {aim:g}", value >= aim, note)


def below(name: str, shown: str, value: float, aim: str, note: str = "") -> Figure:
    """A figure that is good when small; `aim` names its unit: "p99 < 50 ms"."""
    limit = float(aim.partition("<")[2].split()[0])
    return Figure(name, shown, aim, value < limit, note)


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that `share` of all do not exceed (nearest rank)."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def milliseconds(values: Sequence[float], *shares: float) -> str:
    """Percentiles of seconds, in ms: `p50 4.1  p99 12.0 ms`."""
    parts = [f"p{share * 100:.0f} {percentile(values, share) * 1000:.1f}" for share in shares]
    return "  ".join(parts) + " ms"


def spread(values: Sequence[float], form: str = "{:.2f}") -> str:
    """Median, smallest and largest."""
    low, high = form.format(min(values)), form.format(max(values))
    return f"{form.format(median(values))} ({low} … {high})"


COLUMNS: tuple[tuple[str, Callable[[Figure], str]], ...] = (
    ("figure", lambda figure: figure.name),
    ("measured", lambda figure: figure.measured),
    ("aim", lambda figure: figure.aim),
    ("", lambda figure: {None: "", True: "met", False: "MISSED"}[figure.met]),
    ("note", lambda figure: figure.note),
)


def drawn(figures: Sequence[Figure]) -> str:
    """The table as text."""
    rows = [[title for title, _ in COLUMNS]]
    rows += [[cell(figure) for _, cell in COLUMNS] for figure in figures]
    widths = [max(map(_width, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    rule = "  ".join("─" * width for width in widths)
    return "\n".join([lines[0], rule, *lines[1:]])


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = (cell + " " * (width - _width(cell)) for cell, width in zip(row, widths, strict=True))
    return "  ".join(cells).rstrip()


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)
