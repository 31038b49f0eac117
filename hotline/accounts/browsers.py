"""Where somebody is signed in: the browsers, in plain words, and the end of one or of all."""

import sqlalchemy as sa
from sqlalchemy import orm

from hotline import audit, clock
from hotline.accounts import known, service
from hotline.accounts.models import SignIn, Stage
from hotline.accounts.service import Person
from hotline.audit import Actor

# What browsers call themselves, the particular before the general: most also claim to be Chrome and Safari.
PROGRAMS = (
    ("MicroMessenger/", "微信"),
    ("QQBrowser/", "QQ 浏览器"),
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Version/", "Safari"),
)
SYSTEMS = (
    ("HarmonyOS", "HarmonyOS"),
    ("OpenHarmony", "HarmonyOS"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)


def in_words(agent: str) -> str:
    """A browser's name for itself, as its owner would call it: "Chrome 140 · Windows". Empty if nothing
    in it is known."""
    program = next(
        (f"{name} {_version(agent, mark)}" for mark, name in PROGRAMS if mark in agent), ""
    )
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    return " · ".join(part.strip() for part in (program, system) if part)


def _version(agent: str, mark: str) -> str:
    return agent.partition(mark)[2].partition(".")[0][:4]


def signed_in(session: orm.Session, person: Person) -> list[SignIn]:
    """The sign-ins of a person that are not over, this one first, then as they were last seen."""
    open_ones = sa.select(SignIn).where(
        SignIn.account_id == person.account_id,
        SignIn.ended_at.is_(None),
        SignIn.stage != Stage.half,
    )
    order = (SignIn.id != person.sign_in_id, SignIn.last_seen_at.desc())
    return [
        one
        for one in session.scalars(open_ones.order_by(*order))
        if not service.is_over(one, person.role)
    ]


def end(session: orm.Session, actor: Actor, person: Person, sign_in_id: int) -> None:
    """End one of one's own. Nothing happens if it is over already, or somebody else's."""
    ended = session.scalar(
        sa.update(SignIn)
        .where(
            SignIn.id == sign_in_id,
            SignIn.account_id == person.account_id,
            SignIn.ended_at.is_(None),
        )
        .values(ended_at=clock.now())
        .returning(SignIn.id)
    )
    if ended:
        audit.record(
            session, actor, "sign_in_ended", "account", person.account_id, sign_in=sign_in_id
        )


def end_all(session: orm.Session, actor: Actor, person: Person) -> None:
    """Sign out everywhere, here as well; every browser is a stranger's again."""
    service.end_sign_ins(session, person.account_id)
    known.forget(session, person.account_id)
    audit.record(session, actor, "signed_out_everywhere", "account", person.account_id)
