"""The one place where everything is put together."""

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

import hotline.accounts
import hotline.web
from hotline import audit, config, db, ends, health, networks, relay, status, watchdog
from hotline.db import Base
from hotline.sweeper import Duty
from hotline.web import uploads
from ivr import health as spool_health
from ivr import played, reconcile, recordings, spool, transcription, webhooks
from triage import words
from triage.alerts import board_views, feedback, forward_views, news, paging, steps
from triage.alerts import health as alert_health
from triage.alerts import views as alert_views
from triage.alike import score as likeness
from triage.alike import views as alike_views
from triage.callers import views as caller_views
from triage.cap import service as cap
from triage.cap import views as cap_views
from triage.casefile import views as casefile_views
from triage.cases import (
    attachment_views,
    attachments,
    joining_views,
    part_views,
    secrecy_views,
)
from triage.cases import views as case_views
from triage.conversations import overdue
from triage.conversations import views as conversation_views
from triage.exercises import contact_tests
from triage.exercises import views as exercise_views
from triage.figures import kept as figures
from triage.figures import views as figures_views
from triage.figures.gauges import CallFigures
from triage.finding import index as search_index
from triage.intake import service as intake
from triage.intake import views as intake_views
from triage.mandated import views as mandated_views
from triage.places import roster_views
from triage.places import views as place_views
from triage.queue import choice_views, drafts, handovers, report_views, together_views
from triage.queue import service as queue
from triage.queue import views as queue_views
from triage.recordings import deletion
from triage.recordings import views as recordings_views
from triage.recordings.figures import RecordingFigures
from triage.search import views as search_views

status.registry.register(RecordingFigures())
status.registry.register(CallFigures())
health.register(alert_health.PART, alert_health.POLICY, spool_health.PART)

metadata = Base.metadata
"""Every table: importing this module has imported every model."""

LARGEST_POST = 1024 * 1024


def create_app(settings: config.Settings) -> Flask:
    """The web application: the network's way in, and the console."""
    config.use(settings)
    app = Flask("hotline", static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = LARGEST_POST
    app.request_class = uploads.InMemory
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
    hotline.web.install(app, settings)
    hotline.accounts.install(app, settings)
    words.install(app)
    likeness.load()  # unfit weights are refused at the start, not at the first report
    for room in (
        webhooks,
        played,
        queue_views,
        report_views,
        together_views,
        choice_views,
        intake_views,
        casefile_views,
        case_views,
        alike_views,
        search_views,
        part_views,
        attachment_views,
        joining_views,
        secrecy_views,
        alert_views,
        forward_views,
        board_views,
        cap_views,
        exercise_views,
        place_views,
        roster_views,
        mandated_views,
        caller_views,
        conversation_views,
        recordings_views,
        figures_views,
        status,
    ):
        app.register_blueprint(room.blueprint)
    return app


def duties() -> list[Duty]:
    """What the sweeper looks after, and how often (seconds)."""
    return [
        Duty("alerts", steps.sweep),
        Duty("news", news.sweep),
        Duty("feedback", feedback.sweep),
        Duty("pages", paging.sweep),
        Duty("cap", cap.sweep),
        Duty("conversations", overdue.sweep),
        Duty("contact tests", contact_tests.sweep, every=5),
        Duty("alert messages", relay.sweep_urgent),
        Duty("outbox", relay.sweep_others),
        Duty("ends of calls", ends.sweep, every=5),
        Duty("failing networks", networks.try_failing, every=5),
        Duty("networks", networks.try_all, every=600),
        Duty("recordings", recordings.sweep),
        Duty("spool", spool.replay),
        Duty("reconcile", reconcile.sweep, every=600),
        Duty("leases", queue.release_overdue, every=5),
        Duty("handovers", handovers.lapse_overdue, every=5),
        Duty("drafts", drafts.sweep, every=3600),
        Duty("forgotten calls", intake.end_forgotten_calls, every=60),
        Duty("search index", search_index.sweep),
        Duty("transcripts", transcription.sweep, every=60),
        Duty("figures", figures.sweep, every=600),
        Duty("retention", deletion.sweep, every=3600),
        Duty("watchdog", watchdog.over_the_watchdog().round, every=5),
        Duty("attachments", attachments.sweep, every=5),
        Duty("audit seal", _seal, every=5),
    ]


def _seal() -> int:
    with db.transaction() as session:
        return audit.seal(session)
