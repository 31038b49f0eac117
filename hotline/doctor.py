"""Is this installation fit to take calls? Every failure with its remedy."""

import os
import smtplib
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

import migrations
from hotline import clock, config, crypto, db, health, hours, storage, technician
from hotline.accounts.models import Account
from hotline.accounts.permissions import Role
from hotline.carrier import CarrierError, carrier
from hotline.network import FIRST, SECOND
from ivr import flow, played, spool
from ivr.nodes import Audience
from ivr.wording import wordings
from triage.alerts import policy
from triage.intake.models import Call
from triage.places import service as places

WRONG_CREDENTIALS = frozenset({"401", "403", "20003"})
OTHER_KEY = "DATA_KEYS does not open what is stored; put the older key back"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `text` says what is wrong and the remedy, or what was seen."""

    name: str
    fit: bool
    text: str


class Unfit(Exception):
    """What is wrong and what to do about it."""


def examine() -> list[Finding]:
    """Look at everything a call needs, in the order in which to mend it."""
    looks: dict[str, Callable[[], str]] = {
        "flows": _flows,
        "calendar": _calendar,
        "recorded prompts": _prompts,
        "alert policy": lambda: f"{len(policy.load().policies)} policies",
        "database": _database,
        "keys": _keys,
        "people and places": _people,
        "redis, sweeper and worker": _processes,
        "technical contact": _technician,
        "storage": _storage,
        "spool": _spool,
        "carrier": _carrier,
    }
    if SECOND in config.current().networks:
        looks["second carrier"] = _second_carrier
    return [_finding(name, look) for name, look in looks.items()]


def _finding(name: str, look: Callable[[], str]) -> Finding:
    try:
        return Finding(name, fit=True, text=look())
    except Unfit as fault:
        return Finding(name, fit=False, text=str(fault))
    except crypto.Unreadable:
        return Finding(name, fit=False, text=OTHER_KEY)
    except sa.exc.SQLAlchemyError as fault:
        return Finding(
            name, fit=False, text=f"the database: {type(fault).__name__}; see DATABASE_URL"
        )


def _flows() -> str:
    try:
        flows = flow.load_all()
    except flow.FlowError as fault:
        raise Unfit(f"{fault}; see: hotline flow check") from fault
    for_callers = {name for name, one in flows.items() if one.audience is Audience.caller}
    unknown = set(config.current().flows_by_number.values()) - for_callers
    if unknown:
        raise Unfit(f"HOTLINE_NUMBERS names no flow for callers: {', '.join(sorted(unknown))}")
    return ", ".join(flows)


def _calendar() -> str:
    fault = hours.calendar_fault(clock.now().astimezone(config.current().zone).date())
    if fault:
        raise Unfit(fault)
    return "public holidays known"


def _prompts() -> str:
    top = config.current().prompts_dir
    if top is None:
        return "none: every sentence is spoken by the network's voice"
    if not top.is_dir():
        raise Unfit(f"PROMPTS_DIR is no folder: {top}")
    closed = [path for path in (top, *top.rglob("*")) if not os.access(path, os.R_OK)]
    if closed:
        raise Unfit(f"PROMPTS_DIR cannot be read: {closed[0]}; see its access rights")
    found = sum(
        played.find(language, key) is not None
        for language in wordings()
        for key in played.recordable(language)
    )
    return f"sentences played: {found}, the others are spoken; see: hotline prompts check"


def _database() -> str:
    with db.engine().connect() as connection:
        is_at = MigrationContext.configure(connection).get_current_revision()
    newest = ScriptDirectory.from_config(migrations.configuration()).get_current_head()
    if is_at != newest:
        raise Unfit(
            f"its tables are at {is_at or 'nothing'}, not at {newest}; run: hotline migrate"
        )
    return f"tables at {newest}"


def _keys() -> str:
    with db.transaction() as session:
        session.scalars(sa.select(Account).limit(1)).all()
        session.scalars(sa.select(Call).order_by(Call.id).limit(1)).all()
    return f"{len(config.current().data_key_list)} in DATA_KEYS"


def _people() -> str:
    roles = {Role.officer, Role.supervisor}
    with db.transaction() as session:
        for number in config.current().flows_by_number:
            home = places.home_place(session, number)
            station = places.police_for(session, None, number) if home else None
            if station is None or not places.contacts(session, station.id):
                raise Unfit(
                    f"line {number} has no police contact for its district; emergencies go unheard"
                )
        missing = [role for role in roles if not places.on_duty(session, role)]
    if missing:
        raise Unfit(
            f"nobody with a telephone in the role {', '.join(missing)}; run: hotline officers add"
        )
    return "every line has a police contact, an officer and a supervisor to call"


def _processes() -> str:
    found = health.checks()
    faults = [f"{name}: {found[name]}" for name in ("redis", *health.PROCESSES) if found[name]]
    if faults:
        told = "; ".join(faults)
        raise Unfit(f"{told}; start what is missing (see Procfile), and see REDIS_URL")
    return "alive"


def _technician() -> str:
    ways = technician.ways()
    if not ways:
        raise Unfit("nobody is told when the line fails; set TECH_CONTACT_PHONE")
    if "e-mail" in ways:
        try:
            technician.check_mail()
        except (smtplib.SMTPException, OSError) as fault:
            raise Unfit(f"the mail server: {type(fault).__name__}; see SMTP_URL") from fault
    return f"told by {' and '.join(ways)}"


def _storage() -> str:
    try:
        storage.check()
    except storage.StorageError as fault:
        raise Unfit(f"{fault}; see RECORDINGS_URL and its access rights") from fault
    return "written, read and removed"


def _spool() -> str:
    left = len(list(spool.waiting()))
    if left:
        raise Unfit(f"{left} webhooks wait to be replayed; is the sweeper running?")
    return "empty"


def _carrier() -> str:
    return _reached(FIRST, "TWILIO")


def _second_carrier() -> str:
    return _reached(SECOND, "TWILIO_SECOND")


def _reached(network: str, settings: str) -> str:
    try:
        carrier(network).reachable()
    except CarrierError as fault:
        if fault.code in WRONG_CREDENTIALS:
            raise Unfit(
                f"the network refuses {settings}_ACCOUNT_SID with {settings}_AUTH_TOKEN; copy both anew"
            ) from fault
        raise Unfit(f"{fault}; see {settings}_BASE_URL and the way out to it") from fault
    return "answers, and knows the account"
