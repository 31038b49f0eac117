"""Who reports by duty, on what ground, and how long after they came to know."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from hotline import checkdigits, db
from tests.triage.people import answered, arrival, do, officer
from triage.answers import GROUND
from triage.intake import service as intake
from triage.intake.models import Call, Report
from triage.mandated import known, queries, service
from triage.mandated.known import Delay, Known
from triage.mandated.models import Ground, Institution, InstitutionKind, Precision
from triage.mandated.queries import Duty
from triage.mandated.service import Established

SHANGHAI = ZoneInfo("Asia/Shanghai")
pytestmark = pytest.mark.usefixtures("settings")


def at(text: str) -> dt.datetime:
    """A moment on the line's clock."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


CALLED = at("2026-03-02 09:30")


def since(received: dt.datetime = CALLED, **answers: str) -> Known | None:
    return known.from_answers(answers, received)


def test_now_is_the_call_itself():
    assert since(known="now") == Known(CALLED, Precision.minute)


@pytest.mark.parametrize(
    ("answers", "day", "precision"),
    [
        ({"known": "today"}, "2026-03-02", Precision.day),
        ({"known": "yesterday"}, "2026-03-01", Precision.day),
        ({"known": "earlier", "known_on": "0215"}, "2026-02-15", Precision.day),
        # Not after the call: the year before.
        ({"known": "earlier", "known_on": "1231"}, "2025-12-31", Precision.day),
        ({"known": "earlier", "known_on": "0303"}, "2025-03-03", Precision.day),
        ({"known": "earlier", "known_on": "0302"}, "2026-03-02", Precision.day),
        ({"known": "earlier"}, "2026-02-28", Precision.before),
        ({"known": "earlier", "known_on": "1332"}, "2026-02-28", Precision.before),
        ({"known": "earlier", "known_on": "0229"}, "2026-02-28", Precision.before),
        ({"known": "earlier", "known_on": "215"}, "2026-02-28", Precision.before),
        # A day left over from an answer that was changed says nothing.
        ({"known": "today", "known_on": "0215"}, "2026-03-02", Precision.day),
    ],
)
def test_what_the_keys_say_of_the_day(answers, day, precision):
    found = since(**answers)
    assert found
    assert (found.day.isoformat(), found.precision) == (day, precision)


@pytest.mark.parametrize("answers", [{}, {"known": "9"}, {"known_on": "0215"}])
def test_what_was_not_answered_is_not_known(answers):
    assert since(**answers) is None


def test_the_day_is_the_lines_and_not_greenwichs():
    just_after_midnight = at("2026-03-02 00:10").astimezone(dt.UTC)
    found = since(just_after_midnight, known="yesterday")
    assert found
    assert found.day == dt.date(2026, 3, 1)


def test_the_twenty_ninth_of_february_in_the_year_after():
    found = since(at("2025-01-05 12:00"), known="earlier", known_on="0229")
    assert found
    assert found.day == dt.date(2024, 2, 29)


@given(
    st.integers(0, 10**8).map(lambda second: at("2024-01-01") + dt.timedelta(seconds=second)),
    st.text("0123456789", min_size=0, max_size=6),
)
def test_no_digits_are_refused_and_no_day_lies_ahead(received, digits):
    found = since(received, known="earlier", known_on=digits)
    assert found
    assert found.at <= received
    assert known.delay(found, received).time >= dt.timedelta()


@pytest.mark.parametrize(
    ("since", "delay"),
    [
        (
            Known(at("2026-03-02 07:25"), Precision.minute),
            Delay(dt.timedelta(hours=2, minutes=5), exact=True, at_least=False),
        ),
        (known.Known(CALLED, Precision.minute), Delay(dt.timedelta(), exact=True, at_least=False)),
        (
            Known(at("2026-03-02 00:00"), Precision.day),
            Delay(dt.timedelta(), exact=False, at_least=False),
        ),
        # Known at noon or at midnight: by the calendar one day, whatever the hours.
        (
            Known(at("2026-03-01 00:00"), Precision.day),
            Delay(dt.timedelta(days=1), exact=False, at_least=False),
        ),
        (
            Known(at("2026-02-28 00:00"), Precision.before),
            Delay(dt.timedelta(days=2), exact=False, at_least=True),
        ),
        (
            Known(at("2026-03-02 09:31"), Precision.minute),
            Delay(dt.timedelta(), exact=True, at_least=False),
        ),
    ],
)
def test_the_delay_is_told_no_more_exactly_than_it_is_known(since, delay):
    assert known.delay(since, CALLED) == delay


def call(**answers: str) -> None:
    do(intake.file_report, arrival("CA1"))
    for question, value in answers.items():
        do(answered, "CA1", question, value)


def duty() -> Duty | None:
    with db.transaction() as session:
        report, call = session.execute(sa.select(Report, Call).join(Call)).one()
        return queries.duty(session, report, call)


def school() -> Institution:
    with db.transaction() as session:
        named = sa.select(Institution).where(Institution.kind == InstitutionKind.school)
        return session.scalars(named).one()


def establish(**facts: object) -> None:
    usual = dict.fromkeys(("institution", "kind", "ground", "known"))
    texts = dict.fromkeys(("unlisted_name", "reporter", "post", "told_back"), "")
    told = Established(**{**usual, **texts, **facts})  # type: ignore[arg-type]
    with db.transaction() as session:
        number = session.scalars(sa.select(Report.id)).one()
        service.establish(session, number, officer(), told)


def test_institutions_have_codes_with_check_digits(district):
    with db.transaction() as session:
        codes = list(session.scalars(sa.select(Institution.code)))
    assert len(codes) == len(set(codes)) == 4
    assert all(checkdigits.holds(code) and len(code) == 6 for code in codes)


def test_an_ordinary_report_is_none_by_duty(district):
    call(who="child", danger="yes", callback="yes")
    assert duty() is None


def test_the_keys_say_who_and_why_and_since_when(district):
    call(institution=school().code, ground="4", known="now")
    found = duty()
    assert found
    assert (found.name, found.kind, found.ground) == (
        "云溪区杏花小学",
        InstitutionKind.school,
        Ground.injured,
    )
    assert found.delay == Delay(dt.timedelta(), exact=True, at_least=False)
    assert found.place == "长桥街道"
    assert not found.saved_by


@pytest.mark.parametrize("question", queries.QUESTIONS)
def test_one_answer_is_enough(district, question):
    call(**{question: "1"})
    assert duty()


def test_a_code_that_is_not_listed_is_kept_as_typed(district):
    call(institution=checkdigits.append("9999"), ground="9")
    found = duty()
    assert found
    assert (found.institution, found.name, found.code_typed) == (
        None,
        "",
        checkdigits.append("9999"),
    )


def test_a_ground_that_does_not_exist_is_none(district):
    call(ground="0")
    found = duty()
    assert found
    assert found.ground is None


def test_the_place_typed_stands_before_the_institutions_own(district):
    call(institution=school().code, place_code="990103")
    found = duty()
    assert found
    assert found.place == "青禾镇"


def test_the_keys_one_to_nine_are_the_nine_grounds_in_their_order():
    assert list(queries.GROUND_KEYS.values()) == list(Ground) == list(GROUND)
    assert queries.GROUND_KEYS["7"] is Ground.unknown_origin


def test_what_an_officer_established_counts_and_no_longer_the_keys(district):
    call(institution=school().code, ground="4", known="today")
    establish(
        unlisted_name="云溪区向阳幼儿园",
        kind=InstitutionKind.school,
        ground=Ground.abandoned,
        known=Known(at("2026-03-01 08:00"), Precision.minute),
        reporter="高老师",
        post="园长",
        told_back="已通知派出所",
    )
    found = duty()
    assert found
    assert (found.institution, found.name, found.ground) == (
        None,
        "云溪区向阳幼儿园",
        Ground.abandoned,
    )
    assert found.known == Known(at("2026-03-01 08:00"), Precision.minute)
    assert (found.reporter, found.post, found.told_back) == ("高老师", "园长", "已通知派出所")
    assert found.saved_by == "林晓岚"
    assert found.code_typed == school().code


def test_it_is_corrected_by_saving_it_again(district):
    call()
    establish(institution=school(), ground=Ground.other)
    establish(unlisted_name="某医院", ground=Ground.begging)
    found = duty()
    assert found
    assert (found.institution, found.name, found.ground) == (None, "某医院", Ground.begging)


def test_names_lie_sealed(district):
    call()
    establish(unlisted_name="某医院", reporter="高老师", post="园长", told_back="已通知")
    with db.transaction() as session:
        raw = session.execute(
            sa.text("SELECT reporter, post, told_back FROM mandated_reports")
        ).one()
    assert not [one for one in raw if "高老师".encode() in one or "园长".encode() in one]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{code} 云溪区杏花小学", "云溪区杏花小学"),
        ("{code}", "云溪区杏花小学"),
        ("云溪区杏花小学", "云溪区杏花小学"),
        ("云溪区杏花", None),
        ("", None),
    ],
)
def test_which_institution_is_meant(district, text, name):
    with db.transaction() as session:
        found = queries.meant(session, text.format(code=school().code))
    assert (found.name if found else None) == name
