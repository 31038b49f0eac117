"""A town of children who do not exist, and what callers say of them: pairs of reports with the label
whether both are about the same child. Made by a seed; knows nothing of how the line compares them."""

import datetime as dt
import random
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

Told = dict[str, Any]
"""What a report says: name, sex, age, born, id_number, address, school, place, caller, at."""

TOWN = tomllib.loads(Path(__file__).with_name("children.toml").read_text("utf-8"))
FAMILIES: dict[str, int] = TOWN["families"]
HEARD_AS: dict[str, str] = TOWN["heard_as"]
GIVEN, SAME_SOUND, NEAR = (TOWN[name].split() for name in ("given", "same_sound", "near"))
ESTATES = [
    first + second
    for first in TOWN["estates"].split()
    for second in TOWN["kinds_of_estate"].split()
]
SCHOOLS = [place + kind for place in TOWN["schools"].split() for kind in ("小学", "中学", "幼儿园")]
NUMERALS = "零一二三四五六七八九"
BEGINS = dt.datetime(2024, 1, 1, tzinfo=dt.UTC)
DAYS = 1000


@dataclass(frozen=True)
class Child:
    """A child as it is."""

    family: str
    given: str
    sex: str
    born: dt.date
    id_number: int
    estate: str
    door: tuple[int, int, int]
    school: str
    place: int
    callers: tuple[int, ...]


@dataclass(frozen=True)
class Pair:
    """Two reports, whether they are about one child, and what sort of pair it is."""

    one: Told
    other: Told
    same: bool
    kind: str


def pairs(seed: int, count: int) -> list[Pair]:
    """So many pairs, a third of them about one child."""
    chance = random.Random(seed)
    made: list[Pair] = []
    for _ in range(count):
        kind = chance.choices(list(KINDS), [share for share, _ in KINDS.values()])[0]
        made.append(KINDS[kind][1](chance, kind))
    return made


def _same_child(chance: random.Random, kind: str) -> Pair:
    child = _child(chance)
    return _pair(chance, child, child, kind, same=True)


def _twins(chance: random.Random, kind: str) -> Pair:
    child = _child(chance)
    return _pair(chance, child, _brother(chance, child, child.born), kind)


def _siblings(chance: random.Random, kind: str) -> Pair:
    child = _child(chance)
    born = child.born + dt.timedelta(days=chance.choice((-1, 1)) * chance.randint(330, 2600))
    return _pair(chance, child, _brother(chance, child, born), kind)


def _namesakes(chance: random.Random, kind: str) -> Pair:
    child, other = _child(chance), _child(chance)
    given = chance.choice(GIVEN)
    return _pair(
        chance,
        replace(child, given=given),
        replace(other, family=child.family, given=given),
        kind,
    )


def _one_caller(chance: random.Random, kind: str) -> Pair:
    """A teacher or a doctor, who reports one child and then another."""
    child, other = _child(chance), _child(chance)
    school = child.school if chance.random() < 0.7 else other.school
    other = replace(other, callers=child.callers, school=school, place=child.place)
    return _pair(chance, child, other, kind, same_caller=True)


def _neighbours(chance: random.Random, kind: str) -> Pair:
    child, other = _child(chance), _child(chance)
    number, unit, _ = child.door
    door = (number, chance.choice((unit, 1, 2, 3)), other.door[2])
    other = replace(other, estate=child.estate, door=door, place=child.place)
    return _pair(chance, child, other, kind)


def _classmates(chance: random.Random, kind: str) -> Pair:
    child, other = _child(chance), _child(chance)
    born = child.born + dt.timedelta(days=chance.randint(-200, 200))
    return _pair(chance, child, replace(other, school=child.school, born=born), kind)


def _strangers(chance: random.Random, kind: str) -> Pair:
    return _pair(chance, _child(chance), _child(chance), kind)


KINDS: dict[str, tuple[float, Callable[[random.Random, str], Pair]]] = {
    "same child": (0.34, _same_child),
    "twins": (0.06, _twins),
    "siblings": (0.12, _siblings),
    "namesakes": (0.10, _namesakes),
    "one caller, two children": (0.09, _one_caller),
    "neighbours": (0.08, _neighbours),
    "classmates": (0.08, _classmates),
    "strangers": (0.13, _strangers),
}


def _child(chance: random.Random) -> Child:
    born = dt.date(2008, 1, 1) + dt.timedelta(days=chance.randrange(5600))
    age = 2025 - born.year
    kind = "幼儿园" if age < 7 else "小学" if age < 13 else "中学"
    return Child(
        family=chance.choices(list(FAMILIES), list(FAMILIES.values()))[0],
        given=_given(chance),
        sex=chance.choice(("male", "female")),
        born=born,
        id_number=chance.getrandbits(40),
        estate=chance.choice(ESTATES),
        door=(
            chance.randint(1, 12),
            chance.randint(1, 3),
            chance.randint(1, 18) * 100 + chance.randint(1, 4),
        ),
        school=chance.choice([school for school in SCHOOLS if school.endswith(kind)]),
        place=chance.randint(1, 9),
        callers=tuple(chance.getrandbits(40) for _ in range(3)),
    )


def _given(chance: random.Random) -> str:
    if chance.random() < 0.3:
        return chance.choice(GIVEN)
    letters = [chance.choice(group)[0] if chance.random() < 0.5 else chance.choice(chance.choice(SAME_SOUND))
               for group in chance.sample(SAME_SOUND, 2)]  # fmt: skip
    return letters[0] if chance.random() < 0.13 else "".join(letters)


def _brother(chance: random.Random, child: Child, born: dt.date) -> Child:
    """Or a sister; often with one character of the name in common."""
    given = _given(chance)
    if chance.random() < 0.35 and len(child.given) == 2:
        given = child.given[0] + given[-1]
    while given == child.given:
        given = _given(chance)
    sex, number = chance.choice(("male", "female")), chance.getrandbits(40)
    return replace(child, given=given, sex=sex, born=born, id_number=number)


def _pair(
    chance: random.Random,
    one: Child,
    other: Child,
    kind: str,
    *,
    same: bool = False,
    same_caller: bool = False,
) -> Pair:
    at = BEGINS + dt.timedelta(minutes=chance.randrange(DAYS * 24 * 60))
    later = at + dt.timedelta(hours=min(chance.expovariate(1 / 1500), DAYS * 24))
    if not same and chance.random() < 0.5:
        later = BEGINS + dt.timedelta(minutes=chance.randrange(DAYS * 24 * 60))
    first, second = _told(chance, one, at), _told(chance, other, later)
    if same_caller:
        second["caller"] = first["caller"] = one.callers[0]
    return Pair(first, second, same, kind)


def _told(chance: random.Random, child: Child, at: dt.datetime) -> Told:
    """What a caller says of a child, and an officer types."""
    home = child if chance.random() > 0.04 else replace(child, estate=chance.choice(ESTATES))
    return {
        "at": at,
        "caller": chance.choices((child.callers[0], child.callers[1], None), (55, 25, 20))[0],
        "name": _name(chance, child),
        "sex": _sex(chance, child),
        "age": _age(chance, child, at),
        "born": _born(chance, child) if chance.random() < 0.18 else None,
        "id_number": child.id_number if chance.random() < 0.08 else None,
        "address": _address(chance, home) if chance.random() < 0.72 else None,
        "school": _school(chance, child.school) if chance.random() < 0.4 else None,
        "place": child.place if chance.random() < 0.85 else chance.randint(1, 9),
    }


def _name(chance: random.Random, child: Child) -> str | None:
    family, given = child.family, child.given
    ways = {
        "none": 17, "whole": 43, "given": 9, "nickname": 6, "written": 14, "heard": 7,
        "family": 3, "wrong": 1,
    }  # fmt: skip
    match chance.choices(list(ways), list(ways.values()))[0]:
        case "none":
            return None
        case "given":
            return given
        case "nickname":
            return _nickname(chance, given)
        case "written":
            return family + "".join(_written(chance, letter) for letter in given)
        case "heard":
            return family + "".join(_heard(chance, letter) for letter in given)
        case "family":
            return chance.choice(HEARD_AS.get(family, family)) + given
        case "wrong":
            return chance.choice(list(FAMILIES)) + given
    return family + given if chance.random() < 0.95 else f"{family} {given}"


def _nickname(chance: random.Random, given: str) -> str:
    core = given[-1]
    return chance.choice((core * 2, "小" + core, "阿" + core, core + "儿", core + "宝"))


def _written(chance: random.Random, letter: str) -> str:
    alike = [group for group in SAME_SOUND if letter in group]
    return chance.choice(alike[0]) if alike else letter


def _heard(chance: random.Random, letter: str) -> str:
    alike = [pair for pair in NEAR if letter in pair]
    return chance.choice(alike[0]) if alike else _written(chance, letter)


def _sex(chance: random.Random, child: Child) -> str | None:
    if chance.random() < 0.15:
        return None
    other = "male" if child.sex == "female" else "female"
    return child.sex if chance.random() > 0.012 else other


def _age(chance: random.Random, child: Child, at: dt.datetime) -> int | None:
    if chance.random() < 0.25:
        return None
    age = int((at.date() - child.born).days / 365.25)
    # 虚岁, or a guess.
    return max(0, age + chance.choices((0, 1, -1, 2), (76, 14, 7, 3))[0])


def _born(chance: random.Random, child: Child) -> dt.date:
    if chance.random() > 0.04:
        return child.born
    return child.born + dt.timedelta(days=chance.choice((-10, -1, 1, 10, 30)))


def _address(chance: random.Random, child: Child) -> str:
    number, unit, room = child.door
    office = chance.choices(
        ("", "云溪区", "云溪区长桥街道", "杏花社区", "杏花社区 "), (60, 12, 10, 12, 6)
    )[0]
    estate = child.estate
    if chance.random() < 0.06:
        estate = "".join(_heard(chance, letter) for letter in estate)
    estate += chance.choices(("", "小区"), (75, 25))[0] if estate[-1] not in "园村" else ""
    forms = (
        (25, estate),
        (20, f"{estate}{number}{chance.choice(('号楼', '栋', '幢', '座', '#'))}"),
        (18, f"{estate}{number}号楼{unit}单元{room}{chance.choice(('室', '', '号'))}"),
        (12, f"{estate}{number}{chance.choice('栋幢')}{room}"),
        (10, f"{estate}{number}-{unit}-{room}"),
        (8, f"{estate}{_spoken(number)}号楼{_spoken(unit)}单元"),
        (7, f"{estate} {number} 号楼 {unit} 单元 {room} 室"),
    )
    return office + chance.choices([form for _, form in forms], [share for share, _ in forms])[0]


def _spoken(number: int) -> str:
    tens, ones = divmod(number, 10)
    return (["", "十"][tens] + (NUMERALS[ones] if ones else "")) if number > 9 else NUMERALS[ones]


def _school(chance: random.Random, school: str) -> str:
    grade = chance.choice(NUMERALS[1:7])
    short = (
        school.replace("第一小学", "一小").replace("第一中学", "一中").replace("第二中学", "二中")
    )
    return chance.choices((school, f"云溪区{school}", f"{school}{grade}年级{chance.randint(1, 6)}班", short),
                          (60, 15, 15, 10))[0]  # fmt: skip
