"""What every command does first."""

import sys

import click

from hotline import audit, config
from hotline.web import logs

OPERATOR = audit.Actor("command line")
"""Who acts when somebody types a command."""


def started() -> config.Settings:
    """Settings in force and logs going, or a line for each fault and the end."""
    try:
        settings = config.current()
    except config.BadSettings as refusal:
        for fault in refusal.faults:
            click.echo(fault, err=True)
        sys.exit(2)
    logs.configure()
    return settings
