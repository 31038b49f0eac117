"""`hotline search …`: the index over what is sealed, and what has been asked of it."""

import click

from hotline import audit, db
from hotline.starting import OPERATOR, started
from triage.finding import index
from triage.search import queries


@click.group()
def search() -> None:
    """The search."""


@search.command()
@click.option(
    "--resume", is_flag=True, help="Go on with what is still to be indexed; mark nothing."
)
def rebuild(*, resume: bool) -> None:
    """Index every row anew. It may be interrupted: the sweeper, or --resume, goes on."""
    started()
    if not resume:
        index.mark_all()
    done = 0
    while worked := index.sweep():
        done += worked
    click.echo(f"{done} rows indexed")


@search.command()
@click.option("--officer", "username", required=True, help="Sign-in name.")
@click.option("--days", default=30, show_default=True)
def asked(username: str, days: int) -> None:
    """What somebody has searched for, the oldest first: when, and the words. That it was read is written
    down in turn."""
    started()
    with db.transaction() as session:
        audit.record(session, OPERATOR, "read", "searches", officer=username)
        for question in queries.asked_by(session, username, days):
            click.echo(f"{question.at:%Y-%m-%d %H:%M:%S}Z\t{question.asked}")
