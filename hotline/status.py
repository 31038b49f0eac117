"""For whoever watches over the line: is the process there, is everything there, how much is waiting;
and the stream by which consoles hear that something has changed."""

import structlog
from flask import Blueprint, Response, jsonify
from flask.typing import ResponseReturnValue
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy.exc import SQLAlchemyError

from hotline import health, live
from hotline.accounts.guard import public, requires
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


@blueprint.get("/healthz")
@public("says only that the process lives")
def healthz() -> ResponseReturnValue:
    """This process answers."""
    return "ok\n"


@blueprint.get("/readyz")
@public("names parts, no content")
def readyz() -> ResponseReturnValue:
    """Each part that a call needs, by name; 503 if one is missing."""
    faults = health.checks()
    return jsonify({name: fault or "ok" for name, fault in faults.items()}), (
        503 if any(faults.values()) else 200
    )


@blueprint.get("/metrics")
@public("counts only, no content")
def metrics() -> ResponseReturnValue:
    """Figures in Prometheus' text format. They come from the database; without it there is one alone,
    which says so, and by which an alarm is set."""
    figures = b""
    try:
        figures = generate_latest(registry)
    except SQLAlchemyError as fault:
        log.warning("no_figures", error=type(fault).__name__)
    return Response(figures + DATABASE_UP % bool(figures), mimetype="text/plain")


@blueprint.get("/live")
@requires(Permission.see_queue)
def live_stream() -> ResponseReturnValue:
    """Server-sent events: topic and number of what has changed. 204 tells a browser not to come back:
    it then asks by itself every few seconds."""
    try:
        events = live.events()
    except live.TooMany:
        return "", 204
    return Response(
        events,
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )
