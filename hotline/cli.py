"""`hotline …`: the commands by which an installation is run. Each is a few lines; the work is elsewhere."""

import datetime as dt
import signal
import sys
import threading
from collections.abc import Callable
from types import FrameType
from urllib.parse import urlsplit

import click
from cryptography.fernet import Fernet
from sqlalchemy.exc import OperationalError

import migrations
from hotline import app, audit, config, db, export, health, queues, sweeper, watchdog
from hotline import doctor as examination
from hotline import keys as sealing_keys
from hotline.accounts import factors
from hotline.accounts import service as accounts
from hotline.accounts.permissions import Role
from hotline.alert_commands import alerts, policy
from hotline.carrier import CarrierError
from hotline.embedded import demo as demo_data
from hotline.embedded import up as bare_machine
from hotline.embedded.month import load as month
from hotline.search_commands import search
from hotline.server import Server
from hotline.simulator.config import Line, NetworkConfig, Phone
from hotline.simulator.server import serve
from hotline.starting import OPERATOR, started
from ivr import draw, flow, played, reconcile, script
from ivr.wording import wordings


class _Commands(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except OperationalError as fault:
            [what, *_] = str(fault.orig).strip().splitlines() or [type(fault).__name__]
            remedy = "check DATABASE_URL and that the server runs; more from: hotline doctor"
            raise click.ClickException(f"the database did not answer ({what}); {remedy}") from fault


@click.group(cls=_Commands)
def main() -> None:
    """The line: a children's protection hotline, from the first ring to the police's acknowledgement."""


main.add_command(alerts)
main.add_command(policy)
main.add_command(search)


def _until_told() -> threading.Event:
    """An event that SIGTERM and SIGINT set."""
    stop = threading.Event()

    def told(number: int, frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, told)
    signal.signal(signal.SIGINT, told)
    return stop


@main.command()
def up() -> None:
    """Everything on one bare machine: servers, demo data, web, worker, sweeper, telephones."""
    sys.exit(bare_machine.up())


@main.command()
@click.option("--port", default=8000, show_default=True)
@click.option("--host", default="127.0.0.1", show_default=True)
def web(port: int, host: str) -> None:
    """The web process: the network's way in, and the console."""
    Server(host, port, started(), app.create_app).run()


@main.command()
@click.option("--queue", "names", multiple=True, type=click.Choice(queues.ALL))
def worker(names: tuple[str, ...]) -> None:
    """A worker: sends messages, fetches recordings. Without --queue it serves all of them."""
    started()
    served = names or queues.ALL
    health.keep_beating(health.worker_name(served), threading.Event())
    queues.work(served)


@main.command(name="sweeper")
def sweeper_() -> None:
    """The clock process: whatever has fallen due."""
    started()
    sweeper.run(app.duties(), _until_told())


@main.command(name="watchdog")
def watchdog_() -> None:
    """Looks at every part of the line, and tells the technical contact of what stays bad."""
    started()
    watchdog.run(_until_told())


@main.command()
@click.option("--port", default=8010, show_default=True)
def simulator(port: int) -> None:
    """The pocket telephone network with its telephones, on loopback only."""
    settings = started()
    if urlsplit(settings.twilio_base_url).hostname not in config.LOOPBACK:
        raise click.ClickException(
            "TWILIO_BASE_URL names a real network; the pocket network is for trying things out only"
        )
    serve("127.0.0.1", port, _pocket_network(settings))


def _pocket_network(settings: config.Settings) -> NetworkConfig:
    line = Line(
        voice_url=f"{settings.public_url}/ivr/voice",
        fallback_url=f"{settings.public_url}/ivr/fallback",
        status_callback=f"{settings.public_url}/ivr/status",
        sms_url=f"{settings.public_url}/ivr/sms",
    )
    return NetworkConfig(
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
        lines=dict.fromkeys([*settings.flows_by_number, settings.caller_id], line),
        phones=tuple(
            Phone(number=phone.number, label=phone.label, label_en=phone.label_en, kind=phone.kind)
            for phone in demo_data.TELEPHONES
        ),
    )


@main.command()
def migrate() -> None:
    """Bring the database's tables up to this version."""
    started()
    migrations.upgrade()


@main.command()
def demo() -> None:
    """Load example places, officers, stations and a month of invented calls. Never in production."""
    if started().secure_cookies:
        raise click.ClickException(
            "PUBLIC_URL is not on loopback: a line that takes real calls is no place for invented "
            "people with passwords that everybody knows"
        )
    demo_data.load()
    month.load()


@main.command()
def doctor() -> None:
    """Is this installation fit to take calls? Every failure with its remedy."""
    started()
    findings = examination.examine()
    for finding in findings:
        click.echo(f"{'ok  ' if finding.fit else 'FAIL'} {finding.name}: {finding.text}")
    sys.exit(0 if all(finding.fit for finding in findings) else 1)


@main.group()
def officers() -> None:
    """Who works on the line."""


def _account_command(act: Callable[[], None]) -> None:
    try:
        act()
    except accounts.AccountFault as fault:
        raise click.ClickException(str(fault)) from fault


@officers.command(name="add")
@click.argument("username")
@click.option("--name", required=True, help="Name as colleagues know it.")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="officer")
@click.option("--phone", default="", help="Where calls and pages reach them.")
@click.password_option()
def officers_add(username: str, name: str, role: str, phone: str, password: str) -> None:
    """Add an account; its owner chooses another password at the first sign-in."""
    started()

    def act() -> None:
        with db.transaction() as session:
            accounts.add(
                session,
                OPERATOR,
                username=username,
                name=name,
                role=Role(role),
                password=password,
                phone=phone,
                must_change=True,
            )

    _account_command(act)


@officers.command(name="list")
def officers_list() -> None:
    """Every account, those in use first."""
    started()
    with db.transaction() as session:
        for account in accounts.everyone(session):
            state = "" if account.active else "  (disabled)"
            click.echo(f"{account.username:<20} {account.role:<12} {account.name}{state}")


@officers.command(name="disable")
@click.argument("username")
def officers_disable(username: str) -> None:
    """Close an account and end its sign-ins."""
    started()

    def act() -> None:
        with db.transaction() as session:
            accounts.disable(session, OPERATOR, username)

    _account_command(act)


@officers.command(name="reset")
@click.argument("username")
@click.option("--password", help="The new one; asked for if not given.")
@click.option(
    "--second-factor",
    help="Instead, or as well: take the second factor away, for this REASON.",
)
def officers_reset(username: str, password: str | None, second_factor: str | None) -> None:
    """Give an account a new password, and unlock it; or take away a second factor that is lost."""
    started()
    if second_factor is None and password is None:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)

    def act() -> None:
        with db.transaction() as session:
            if second_factor is not None:
                factors.reset(session, OPERATOR, username, second_factor)
            if password is not None:
                accounts.reset(session, OPERATOR, username, password)

    _account_command(act)


@main.group(name="flow")
def flow_() -> None:
    """The call flows."""


@flow_.command(name="check")
def flow_check() -> None:
    """Check every flow and prompt; one line for each fault."""
    try:
        flows = flow.load_all()
    except flow.FlowError as refusal:
        for fault in refusal.faults:
            click.echo(fault, err=True)
        sys.exit(1)
    for name, one in flows.items():
        click.echo(f"ok   {name}: {len(one.nodes)} nodes, {', '.join(one.languages)}")


@flow_.command(name="draw")
@click.argument("name", default=flow.DEFAULT_FLOW)
@click.option("--all", "as_page", is_flag=True, help="Print docs/flows.md: every flow, with a key.")
def flow_draw(name: str, *, as_page: bool) -> None:
    """Draw a flow as a Mermaid diagram."""
    try:
        text = draw.page(flow.load_all()) if as_page else draw.mermaid(flow.load(name))
        click.echo(text, nl=False)
    except flow.FlowError as fault:
        raise click.ClickException(str(fault)) from fault


@main.group()
def prompts() -> None:
    """What the line says, written and recorded (PROMPTS_DIR)."""


@prompts.command(name="check")
def prompts_check() -> None:
    """Check texts and recordings, and note which text each new recording says."""
    started()
    try:
        for language in wordings():
            played.take_note(language)
            click.echo("\n".join(script.summary(language)))
    except OSError as fault:
        raise click.ClickException(f"{fault}; see PROMPTS_DIR and its access rights") from fault
    wrong = script.faults()
    for line in wrong:
        click.echo(line, err=True)
    sys.exit(1 if wrong else 0)


@prompts.command(name="script")
@click.argument("language", type=click.Choice(list(wordings())))
def prompts_script(language: str) -> None:
    """Print what a speaker reads: file and sentence, a tab between."""
    for name, text in script.lines(language):
        click.echo(f"{name}\t{text}")


@main.command()
@click.option("--json", "as_json", is_flag=True, required=True, help="One JSON object a line.")
def reports(*, as_json: bool) -> None:
    """Every report, oldest first."""
    started()
    with db.transaction() as session:
        for line in export.reports(session):
            click.echo(line)


@main.command(name="reconcile")
@click.option("--hours", default=24, show_default=True, help="How far back to ask.")
def reconcile_(hours: int) -> None:
    """Ask the network for calls and recordings, and file whatever we do not know."""
    started()
    try:
        found = reconcile.run(dt.timedelta(hours=hours))
    except CarrierError as fault:
        raise click.ClickException(f"{fault}; see TWILIO_BASE_URL") from fault
    click.echo(f"{found.calls} calls and {found.recordings} recordings filed")


@main.group()
def keys() -> None:
    """The keys that seal what identifies a person."""


@keys.command(name="new")
def keys_new() -> None:
    """A new key for the front of DATA_KEYS."""
    click.echo(Fernet.generate_key().decode())


@keys.command(name="rotate")
def keys_rotate() -> None:
    """Seal everything in the database with the newest key, so that older ones can be taken out."""
    started()
    with db.transaction() as session:
        for table, count in sealing_keys.rotate(session, app.metadata).items():
            click.echo(f"{table}: {count}")


@main.group(name="audit")
def audit_() -> None:
    """The log of who did and saw what."""


@audit_.command(name="verify")
def audit_verify() -> None:
    """Check the chain of seals; one line for each fault."""
    started()
    with db.transaction() as session:
        faults = audit.verify(session)
    for fault in faults:
        click.echo(fault, err=True)
    click.echo("the chain holds" if not faults else f"{len(faults)} faults")
    sys.exit(1 if faults else 0)
