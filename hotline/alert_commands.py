"""`hotline alerts …` and `hotline policy …`: for when the console is out of reach, and for whoever sets
how alerts travel."""

import click
import pydantic

from hotline import audit, db, export
from hotline.starting import OPERATOR, started
from triage.alerts import drawing, service
from triage.alerts import policy as policies
from triage.alerts.previews import AlreadyRunning
from triage.cap import service as cap
from triage.cap.document import document, identifier


@click.group(name="alerts", invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_context
def alerts(context: click.Context, *, as_json: bool) -> None:
    """Every alert, oldest first; or raise one."""
    if context.invoked_subcommand:
        return
    if not as_json:
        raise click.UsageError("say --json, or a command: raise")
    started()
    with db.transaction() as session:
        for line in export.alerts(session):
            click.echo(line)


@alerts.command(name="raise")
@click.option("--report", "number", required=True, help="The report's receipt number.")
def alerts_raise(number: str) -> None:
    """Send a report's emergency to the police when the console is out of reach."""
    started()
    with db.transaction() as session:
        report_id = export.report_id(session, number)
        if report_id is None:
            raise click.ClickException(f"there is no report {number}")
        try:
            alert = service.raise_alert(session, report_id, OPERATOR)
        except AlreadyRunning as running:
            raise click.ClickException(f"{running}; see: hotline alerts --json") from running
        click.echo(f"alert {alert.number} raised: {alert.agency_name or 'no station known'}")


@alerts.command(name="cap")
@click.argument("number", type=int)
@click.option("--notice", help="The number of one notice, or ack; without it, the latest message.")
def alerts_cap(number: int, notice: str | None) -> None:
    """Print a message of an alert as CAP 1.2."""
    started()
    with db.transaction() as session:
        thread = cap.thread(session, number)
        message = cap.named(thread, notice) if thread else None
        if thread is None or message is None:
            raise click.ClickException(f"there is no such message of an alert {number}")
        name = identifier(thread.alert, message)
        audit.record(session, OPERATOR, "export", "alert", number, message=name)
        click.echo(document(thread, message))


@click.group()
def policy() -> None:
    """How alerts travel (ALERT_POLICY)."""


@policy.command(name="check")
def policy_check() -> None:
    """Read the policies and say what is wrong with them."""
    started()
    book = _read()
    for one in book.policies:
        click.echo(f"ok   {one.name}: {len(one.attempts)} steps, then the alarm ({one.purpose})")


@policy.command(name="draw")
def policy_draw() -> None:
    """Print docs/policy.md: every policy, drawn."""
    settings = started()
    click.echo(drawing.page(_read(), settings.alert_ack_seconds), nl=False)


def _read() -> policies.Book:
    try:
        return policies.load()
    except (OSError, ValueError, pydantic.ValidationError) as fault:
        raise click.ClickException(f"{fault}; see ALERT_POLICY") from fault
