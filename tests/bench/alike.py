"""How well look-alikes are told from others: on labelled pairs of a town that does not exist (`children`),
half of them to tune by, half held out. `python -m tests.bench.alike` prints points that fit the first half,
for `triage/alike/weights.toml`; `make bench` prints what the points in force do on the second."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.bench.children import Pair, Told, pairs
from tests.bench.table import Figure, at_least
from triage import addresses
from triage.alike import score
from triage.alike.score import Reason
from triage.finding.traits import Traits, clues
from triage.intake.models import Sex

COUNT = 4_000
"""Pairs in each half."""
TUNING, HELD_OUT = 1, 2
"""Seeds."""
STEPS = (-10, -5, 5, 10)
"""Points around the threshold at which precision and recall are shown, too."""

ROUNDS = 300
CALM = 1.5
"""How strongly points are drawn towards none, in pairs that say nothing: no rare reason counts too much."""
SCALE = 10
BY_HAND = {Reason.same_id_number: 90, Reason.different_id_number: -60, Reason.same_caller: 20}
"""Identity numbers are too seldom known on both sides to tune by, and decisive: one with a wrong digit is not
taken. The same caller of whom nothing else is known is to be shown, whatever the pairs say."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A labelled pair as the line sees it; `met` says whether the index would bring them together."""

    pair: Pair
    reasons: list[Reason]
    met: bool

    @property
    def points(self) -> int:
        """Their sum by the points in force."""
        return sum(score.load().points[reason] for reason in self.reasons)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How many were rightly and wrongly shown, and how many missed."""

    right: int
    wrong: int
    missed: int

    @property
    def precision(self) -> float:
        """Share of the shown that is right."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """Share of what should be shown that is."""
        return self.right / max(1, self.right + self.missed)


def figures() -> Iterator[Figure]:
    """Precision and recall on the held-out half."""
    held_out = compared(HELD_OUT, COUNT)
    threshold = score.load().threshold
    found = outcome(held_out, threshold)
    note = f"{COUNT} held-out pairs, {COUNT} others to tune by"
    yield at_least("look-alikes: precision", f"{found.precision:.3f}", found.precision, 0.9, note)
    met = sum(one.met for one in held_out if one.pair.same) / (found.right + found.missed)
    note = f"{met:.3f} share anything to be found by"
    yield at_least("  recall", f"{found.recall:.3f}", found.recall, 0.8, note)
    for step in STEPS:
        found = outcome(held_out, threshold + step)
        shown = f"precision {found.precision:.3f}  recall {found.recall:.3f}"
        yield Figure(f"  threshold {step:+d}", shown)
    yield from _by_kind(held_out, threshold)


def _by_kind(held_out: Sequence[Compared], threshold: int) -> Iterator[Figure]:
    for kind in dict.fromkeys(one.pair.kind for one in held_out):
        theirs = [one for one in held_out if one.pair.kind == kind]
        shown = sum(is_shown(one, threshold) for one in theirs)
        yield Figure(f"  {kind}", f"{shown / len(theirs):.1%} shown", note=f"{len(theirs)} pairs")


def compared(seed: int, count: int) -> list[Compared]:
    """So many pairs of this seed, compared."""
    return [_compared(pair) for pair in pairs(seed, count)]


def _compared(pair: Pair) -> Compared:
    one, other = _traits(pair.one), _traits(pair.other)
    found = list(score.reasons(one, other))
    by_index = {Reason.same_caller, Reason.same_id_number} & set(found)
    met = bool(by_index) or bool(set(clues(one)) & set(clues(other)))
    return Compared(pair, found, met)


def _traits(told: Told) -> Traits:
    sealed = {"address", "school", "sex"}
    return Traits(
        **{key: value for key, value in told.items() if key not in sealed},
        sex=Sex(told["sex"]) if told["sex"] else None,
        address=addresses.parsed(told["address"]),
        school=addresses.school(told["school"]),
    )


def is_shown(one: Compared, threshold: int) -> bool:
    """Whether the line would offer it."""
    return one.met and one.points >= threshold


def outcome(them: Sequence[Compared], threshold: int) -> Outcome:
    """What is shown and what is missed at this threshold."""
    right = sum(is_shown(one, threshold) for one in them if one.pair.same)
    wrong = sum(is_shown(one, threshold) for one in them if not one.pair.same)
    return Outcome(right, wrong, sum(one.pair.same for one in them) - right)


def tuned(them: Sequence[Compared]) -> tuple[int, dict[Reason, int]]:
    """Threshold and points by logistic regression, ten points for each e-fold of the odds. The threshold
    is where one is as likely right as wrong."""
    weights, base = {reason: BY_HAND.get(reason, 0) / SCALE for reason in Reason}, 0.0
    met = Counter(reason for one in them for reason in one.reasons)
    for _ in range(ROUNDS):
        slopes, slope = dict.fromkeys(Reason, 0.0), 0.0
        for one in them:
            error = one.pair.same - _logistic(base + sum(weights[reason] for reason in one.reasons))
            slope += error
            for reason in one.reasons:
                slopes[reason] += error
        base += slope / len(them)
        for reason in set(Reason) - set(BY_HAND):
            weights[reason] += (slopes[reason] - CALM * weights[reason]) / (met[reason] + CALM)
    points = {reason: round(SCALE * weight) for reason, weight in weights.items()}
    return round(-SCALE * base), points


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value))


def main() -> None:
    """Print points that fit the tuning half, and what they do there."""
    them = [one for one in compared(TUNING, COUNT) if one.met]
    threshold, points = tuned(them)
    print(f"threshold = {threshold}\n\n[points]")
    print("\n".join(f"{reason} = {count}" for reason, count in points.items()))


if __name__ == "__main__":
    main()
