"""Example places, stations, people and telephones, of a district that does not exist.

Every number starts with 100 0000: no such mobile number can be given out in China. Loading twice changes
nothing.
"""

import datetime as dt
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock, config, db, phones
from hotline.accounts import service as accounts
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from triage.mandated.models import Institution, InstitutionKind
from triage.places import service as places
from triage.places.models import Agency, AgencyKind, Contact, Level, Line, Place, Shift


@dataclass(frozen=True, slots=True)
class SignIn:
    """A demo account. `phone` is empty for those who are never rung."""

    role: Role
    username: str
    password: str
    name: str
    phone: str = ""


SIGN_INS = (
    SignIn(Role.officer, "zhiban", "yunxi-zhiban-1", "林晓岚", "+8610000000101"),
    SignIn(Role.officer, "zhiban2", "yunxi-zhiban-2", "周牧", "+8610000000102"),
    SignIn(Role.supervisor, "daiban", "yunxi-daiban-1", "陈若谷", "+8610000000201"),
    SignIn(Role.admin, "guanli", "yunxi-guanli-1", "吴清"),
    SignIn(Role.auditor, "shenji", "yunxi-shenji-1", "郑明远"),
)
ON_DUTY = ("zhiban", "daiban")
SHIFT = dt.timedelta(days=3650)


@dataclass(frozen=True, slots=True)
class Telephone:
    """A telephone on the pocket network's page."""

    number: str
    label: str
    label_en: str
    kind: str = "mobile"


TELEPHONES = (
    Telephone("10000000001", "来电人", "Caller"),
    Telephone("10000000101", "值班员 林晓岚", "Duty officer Lin Xiaolan"),
    Telephone("10000000301", "长桥派出所 值班室", "Changqiao police station, duty desk"),
    Telephone("10000000002", "另一位来电人", "Another caller"),
    Telephone("10000000201", "带班领导 陈若谷", "Supervisor Chen Ruogu"),
    Telephone("10000000302", "长桥派出所 值班所长", "Changqiao police station, officer in charge"),
    Telephone(
        "10000000331", "长桥街道办事处 儿童督导员", "Changqiao street office, child supervisor"
    ),
    Telephone(
        "10000000332", "长桥街道办事处 值班室", "Changqiao street office, duty room", "landline"
    ),
    Telephone("10000000901", "技术人员", "Technician"),
)
TECHNICIAN = "+8610000000901"

DISTRICT = ("990100", "云溪区")
LINES = {
    "12345": "12345 政务热线转来",
    "district": "云溪区儿童保护热线",
    "police_line": "公安专线",
}
"""Names of lines, by the flow that answers them."""
STREETS = {
    ("990101", "长桥街道"): [("990101001", "杏花社区"), ("990101002", "柳岸社区")],
    ("990102", "东渡街道"): [("990102001", "码头社区"), ("990102002", "钟楼社区")],
    ("990103", "青禾镇"): [("990103001", "上禾村"), ("990103002", "下禾村")],
}
_Agency = tuple[str, str, tuple[tuple[str, str, bool], ...]]
# Place, agency, then its contacts: name, number, takes SMS.
STATIONS: tuple[_Agency, ...] = (
    (
        "990100",
        "云溪公安分局指挥中心",
        (("指挥长 何平", "+8610000000311", True), ("值班电话", "+8610000000312", False)),
    ),
    (
        "990101",
        "长桥派出所",
        (("值班民警 王建国", "+8610000000301", True), ("值班所长 李卫东", "+8610000000302", True)),
    ),
    (
        "990103",
        "青禾派出所",
        (("值班民警 赵海", "+8610000000321", True), ("值班所长 孙立", "+8610000000322", True)),
    ),
)
PINS = {"云溪公安分局指挥中心": "311311", "长桥派出所": "301301", "青禾派出所": "321321"}
"""By which stations acknowledge on the police line from a telephone that is not known."""
ASKS_BADGE = "青禾派出所"
# Street offices: the same.
OFFICES: tuple[_Agency, ...] = (
    (
        "990101",
        "长桥街道办事处",
        (("儿童督导员 许静", "+8610000000331", True), ("值班室", "+8610000000332", False)),
    ),
    ("990102", "东渡街道办事处", (("儿童督导员 罗敏", "+8610000000341", True),)),
    ("990103", "青禾镇人民政府", (("儿童督导员 田芳", "+8610000000351", True),)),
)
OFFICE_HOURS = "08:30-12:00,14:00-18:00"
IN_OFFICE_HOURS = {
    "+8610000000331": "+8610000000332",
    "+8610000000341": None,
    "+8610000000351": None,
}
"""Who is there in office hours only, and who stands in for them; all others answer around the clock."""

# Institutions that must report: place, kind, name. The database gives them their codes.
INSTITUTIONS = (
    ("990101", InstitutionKind.school, "云溪区杏花小学"),
    ("990102", InstitutionKind.hospital, "云溪区东渡医院"),
    ("990101001", InstitutionKind.committee, "杏花社区居民委员会"),
    ("990100", InstitutionKind.rescue, "云溪区未成年人救助保护中心"),
)


def load() -> None:
    """Load what is not there yet."""
    with db.transaction() as session:
        known = session.scalar(sa.select(sa.func.count()).select_from(Place))
        if not known:
            _places(session)
            _institutions(session)
            _people(session)
        # Also into the database of an earlier version, which knows fewer lines.
        _lines(session)


def _places(session: orm.Session) -> None:
    district = _place(session, *DISTRICT, Level.district, None)
    for street, communities in STREETS.items():
        parent = _place(session, *street, Level.street, district)
        for community in communities:
            _place(session, *community, Level.community, parent)
    for code, name, contacts in STATIONS:
        station = _agency(session, AgencyKind.police, code, name, contacts)
        station.asks_badge = name == ASKS_BADGE
        station.pin_index = places.pin_index(station.id, PINS[name])
    for code, name, contacts in OFFICES:
        _agency(session, AgencyKind.street_office, code, name, contacts)
    _office_hours(session)


def _lines(session: orm.Session) -> None:
    district = session.scalar(sa.select(Place).where(Place.code == DISTRICT[0]))
    for number, flow in config.current().flows_by_number.items():
        dialled = phones.normalise(number).text
        if district and session.get(Line, dialled) is None:
            name = LINES.get(flow, f"{number} 儿童保护热线")
            session.add(Line(number=dialled, name=name, place_id=district.id))


def _place(session: orm.Session, code: str, name: str, level: Level, parent: Place | None) -> Place:
    place = Place(code=code, name=name, level=level, parent_id=parent.id if parent else None)
    session.add(place)
    session.flush()
    return place


def _agency(
    session: orm.Session,
    kind: AgencyKind,
    code: str,
    name: str,
    contacts: tuple[tuple[str, str, bool], ...],
) -> Agency:
    place = session.scalars(sa.select(Place).where(Place.code == code)).one()
    agency = Agency(kind=kind, name=name, place_id=place.id)
    session.add(agency)
    session.flush()
    for position, (who, number, takes_sms) in enumerate(contacts, start=1):
        session.add(
            Contact(
                agency_id=agency.id,
                position=position,
                name=who,
                number=number,
                takes_sms=takes_sms,
                takes_calls=True,
            )
        )
    return agency


def _office_hours(session: orm.Session) -> None:
    session.flush()
    by_number = {contact.number: contact for contact in session.scalars(sa.select(Contact))}
    for number, substitute in IN_OFFICE_HOURS.items():
        contact = by_number[number]
        contact.workdays, contact.weekends = OFFICE_HOURS, ""
        contact.substitute_id = by_number[substitute].id if substitute else None


def _institutions(session: orm.Session) -> None:
    for code, kind, name in INSTITUTIONS:
        place = session.scalars(sa.select(Place.id).where(Place.code == code)).one()
        session.add(Institution(kind=kind, name=name, place_id=place))
        session.flush()  # one by one, so that the codes follow this list


def _people(session: orm.Session) -> None:
    for person in SIGN_INS:
        account = accounts.add(
            session,
            audit.SYSTEM,
            username=person.username,
            name=person.name,
            role=person.role,
            password=person.password,
            phone=person.phone,
        )
        if person.username in ON_DUTY:
            _on_duty(session, account)


def _on_duty(session: orm.Session, account: Account) -> None:
    """Since this morning, so that the roster shows no hour of today without them."""
    today = clock.now().astimezone(config.current().zone)
    since = today.replace(hour=0, minute=0, second=0, microsecond=0)
    session.add(Shift(account_id=account.id, starts_at=since, ends_at=since + SHIFT))
