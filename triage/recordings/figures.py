"""Recordings and transcripts by status, to be scraped: `failed` ones are an alarm."""

from collections.abc import Iterable

import sqlalchemy as sa
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hotline import db
from triage.intake.models import Recording
from triage.recordings.models import Transcript


class RecordingFigures(Collector):
    """How many stand where."""

    def collect(self) -> Iterable[Metric]:
        return [
            _by_status("hotline_recordings", "Recordings by status", Recording),
            _by_status("hotline_transcripts", "Transcripts by status", Transcript),
        ]


def _by_status(name: str, text: str, kind: type[Recording | Transcript]) -> Metric:
    figures = GaugeMetricFamily(name, text, labels=["status"])
    with db.transaction() as session:
        counts = sa.select(kind.status, sa.func.count()).group_by(kind.status)
        for status, count in session.execute(counts):
            figures.add_metric([status], count)
    return figures
