"""For whoever watches over the line: is the process there, is everything there, how much is waiting;
and the stream by which consoles hear that something has changed."""

from collections.abc import Iterable

import structlog
from flask import Blueprint, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from hotline import health, streams
from hotline.accounts.guard import even_locked, public, requires
from hotline.accounts.permissions import Permission

DATABASE_UP = b"""# HELP hotline_database_up Whether the database gave the other figures
# TYPE hotline_database_up gauge
hotline_database_up %d
"""

log = structlog.get_logger()
blueprint = Blueprint("status", __name__)
# A registry of our own: figures come from the database, the same in every web process.
registry = CollectorRegistry()
registry.register(health.OutboxFigures())


class _Parts(Collector):
    """Whether each part is well, as `/readyz` has it."""

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily(
            "hotline_up", "Whether this part is known to be well", labels=["part"]
        )
        for finding in health.findings():
            up.add_metric([finding.part.name], not finding.fault)
        return [up]


# Apart from the others, which cannot be had without the database.
parts = CollectorRegistry()
parts.register(_Parts())


@blueprint.get("/healthz")
@public("says only that the process lives")
def healthz() -> ResponseReturnValue:
    """This process answers."""
    return "ok\n"


@blueprint.get("/readyz")
@public("names parts, no content")
def readyz() -> ResponseReturnValue:
    """Each part by name; 503 if one is missing without which a call cannot be taken or an alert cannot
    leave. The findings are a few seconds old at most."""
    found = health.findings()
    missing = any(finding.fault and finding.part.fatal for finding in found)
    told = {finding.part.name: finding.fault or "ok" for finding in found}
    return jsonify(told), 503 if missing else 200


@blueprint.get("/banner")
@public("names parts, as /readyz does; without the database no sign-in can be checked")
def banner() -> ResponseReturnValue:
    """What every open console shows above its page: the parts that are not well, in plain words."""
    bad = [finding.part for finding in health.findings() if finding.fault and finding.known]
    bad.sort(key=lambda part: not part.fatal)
    # Not `render_template`: what it gives to every page (who is signed in) asks the database.
    return current_app.jinja_env.get_template("banner.html").render(parts=bad)


@blueprint.get("/metrics")
@public("counts only, no content")
def metrics() -> ResponseReturnValue:
    """Figures in Prometheus' text format. Most come from the database; without it there are those of the
    parts alone, and one that says so, by which an alarm is set."""
    figures = b""
    try:
        figures = generate_latest(registry)
    except SQLAlchemyError as fault:
        log.warning("no_figures", error=type(fault).__name__)
    return Response(
        generate_latest(parts) + figures + DATABASE_UP % bool(figures), mimetype="text/plain"
    )


@blueprint.get("/live")
@requires(Permission.see_queue)
@even_locked
def live_stream() -> ResponseReturnValue:
    """Server-sent events: topic and number of what has changed. 204 tells a browser not to come back:
    it then asks by itself every few seconds."""
    try:
        events = streams.stream(request.environ)
    except streams.TooMany:
        return "", 204
    return Response(
        events,
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
