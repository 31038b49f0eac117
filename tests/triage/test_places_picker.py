"""One place out of thousands, by characters, pinyin or initials."""

import time

import pytest
import sqlalchemy as sa

from hotline import db
from tests.triage import desk
from triage.places import picker
from triage.places.models import Level, Place

XINGHUA = "云溪区 / 长桥街道 / 杏花社区"
CHANGQIAO = "云溪区 / 长桥街道"


def found(text: str) -> list[str]:
    with db.transaction() as session:
        return [one.path for one in picker.search(session, text)]


def meant(text: str) -> str | None:
    with db.transaction() as session:
        return picker.path(session, picker.named(session, text))


@pytest.mark.parametrize(
    "text",
    ["杏花", "xhsq", "XHSQ", "xinghua", "xinghuashequ", "长桥 杏花", "cqjd xh", "yunxi xhsq"],
)
def test_it_is_found_in_many_ways(district: object, text: str) -> None:
    assert found(text)[0] == XINGHUA


def test_what_fits_better_comes_first_and_unknown_is_empty(district: object) -> None:
    assert found("长桥街道") == [CHANGQIAO]
    assert len(found("社区")) == 4
    assert found("sh")[0].endswith("上禾村")
    assert found("火星") == found("dongdu xhsq") == found("") == found(" / ") == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (XINGHUA, XINGHUA),
        ("xhsq", XINGHUA),
        ("杏花", XINGHUA),
        ("长桥 柳岸", "云溪区 / 长桥街道 / 柳岸社区"),
        ("长桥街道", CHANGQIAO),
        ("东渡 杏花", None),
        ("社区", None),
        ("xing", None),
        ("火星", None),
        ("", None),
    ],
)
def test_what_is_typed_means_one_place_or_none(
    district: object, text: str, path: str | None
) -> None:
    assert meant(text) == path


def test_a_city_of_seven_thousand_is_looked_through_at_once(district: object) -> None:
    with db.transaction() as session:
        street = session.scalars(sa.select(Place.id).where(Place.code == "990101")).one()
        rows = [
            {
                "code": f"99{number:07}",
                "name": f"第{number}社区",
                "level": Level.community,
                "parent_id": street,
            }
            for number in range(7000)
        ]
        session.execute(sa.insert(Place), rows)
    assert len(found("社区")) == picker.MOST_FOUND
    begun = time.perf_counter()
    assert found("xhsq") == [XINGHUA]
    assert time.perf_counter() - begun < 1, "spelled once, then only looked through"


def test_the_list_is_asked_for_piece_by_piece(officer: desk.Desk) -> None:
    page = officer.asks("/places/find", text="xhsq").get_data(as_text=True)
    assert f'data-path="{XINGHUA}"' in page
    assert page.count('role="option"') == 1
    assert "没有找到" in officer.asks("/places/find", text="火星").get_data(as_text=True)
    officer.sees("/places/find?text=xhsq", status=405)
    number = desk.call()
    officer.does(f"/reports/{number}/claim")
    assert "码头社区" not in officer.sees(f"/reports/{number}"), (
        "the page carries no list of places"
    )
