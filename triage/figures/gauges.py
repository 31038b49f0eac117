"""How the line answers, to be scraped: who waits at this moment, and what came of the last day's calls."""

from collections.abc import Iterable

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from hotline import db
from triage.conversations.states import CallbackStatus
from triage.figures import queries
from triage.figures.queries import A_DAY, Figures, Now


class CallFigures(Collector):
    """Callers now, and the calls of the last 24 hours: a gauge, because a count of all calls there ever
    were would have to look at each of them at every scrape."""

    def collect(self) -> Iterable[Metric]:
        with db.transaction() as session:
            now, day = queries.now(session), queries.told(queries.count(session, A_DAY)).total
        return [*_now(now), *_day(day)]


def _now(now: Now) -> list[Metric]:
    return [
        _gauge("hotline_calls_in_progress", "Callers on the line", now.in_progress),
        _gauge("hotline_calls_waiting", "Callers who wait for a person", now.waiting),
        _gauge(
            "hotline_calls_longest_wait_seconds",
            "How long the first of them has waited",
            now.longest_wait.total_seconds(),
        ),
    ]


def _day(day: Figures) -> list[Metric]:
    outcomes = GaugeMetricFamily(
        "hotline_calls_last_day", "Calls of the last 24 hours by outcome", labels=["outcome"]
    )
    for outcome, count in day.outcomes.items():
        outcomes.add_metric([outcome], count)
    return [
        outcomes,
        _gauge("hotline_waited_last_day", "Of these, callers who waited", day.waited),
        _gauge("hotline_connected_last_day", "Of these, connected to a person", day.connected),
        _gauge("hotline_in_time_last_day", "Of these, within 15 s", day.in_time),
        _gauge("hotline_gave_up_last_day", "Callers who waited and gave up", day.gave_up),
        _gauge(
            "hotline_callbacks_open_last_day",
            "Call-backs still owed to callers of the last 24 hours",
            day.callbacks[CallbackStatus.open],
        ),
        _gauge(
            "hotline_greeting_seconds_p95_last_day",
            "From the network's first request to our answer, 95th percentile",
            day.to_greeting.p95 or 0,
        ),
    ]


def _gauge(name: str, text: str, value: float) -> Metric:
    gauge = GaugeMetricFamily(name, text)
    gauge.add_metric([], value)
    return gauge
