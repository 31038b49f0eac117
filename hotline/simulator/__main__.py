"""`python -m hotline.simulator`: start the pocket network by itself."""

from pathlib import Path

import click

from hotline.simulator.config import PACES, ConfigError, NetworkConfig, load_plan
from hotline.simulator.server import serve


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", default=8090, show_default=True, type=int)
@click.option("--account-sid", required=True, envvar="TWILIO_ACCOUNT_SID")
@click.option("--auth-token", required=True, envvar="TWILIO_AUTH_TOKEN")
@click.option(
    "--numbers",
    required=True,
    type=click.Path(path_type=Path, dir_okay=False),
    help="JSON or TOML: `lines` (number to its URLs) and `phones`.",
)
@click.option("--pace", default="real", type=click.Choice(PACES), show_default=True)
def main(host: str, port: int, account_sid: str, auth_token: str, numbers: Path, pace: str) -> None:
    """A telephone network for one machine: the page with the telephones is at `/`."""
    try:
        lines, phones = load_plan(numbers)
        serve(host, port, NetworkConfig(account_sid, auth_token, lines, phones, pace))
    except (ConfigError, OSError) as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    main()
