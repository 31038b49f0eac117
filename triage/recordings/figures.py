"""Recordings and transcripts that are not done, to be scraped: `failed` ones are an alarm."""

from collections.abc import Iterable
from enum import StrEnum

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hotline import db
from triage.intake.models import Recording
from triage.recordings.models import Transcript

Kind = type[Recording] | type[Transcript]
# As the partial indexes have it: a count of what is done would look at every row there ever was.
UNSETTLED = ("announced", "fetching", "failed", "deleting")
UNWRITTEN = ("pending", "working", "failed")


class RecordingFigures(Collector):
    """How many are under way, and how many have failed."""

    def collect(self) -> Iterable[Metric]:
        return [
            _by_status("hotline_recordings", "Recordings not stored yet", Recording, UNSETTLED),
            _by_status("hotline_transcripts", "Transcripts not ready", Transcript, UNWRITTEN),
        ]


def counts(kind: Kind, those: tuple[str, ...]) -> sa.Select[StrEnum, int]:
    """How many rows stand at each of these statuses."""
    # In words rather than parameters: only so does PostgreSQL see that the index holds them all.
    wanted = kind.status.in_([sa.literal_column(f"'{status}'") for status in those])
    return sa.select(kind.status, sa.func.count()).where(wanted).group_by(kind.status)


def _by_status(name: str, text: str, kind: Kind, those: tuple[str, ...]) -> Metric:
    figures = GaugeMetricFamily(name, text, labels=["status"])
    with db.transaction() as session:
        found = {status.value: number for status, number in session.execute(counts(kind, those))}
    for status in those:
        figures.add_metric([status], found.get(status, 0))
    return figures
