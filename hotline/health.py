"""Is everything there that a call needs? Heartbeats, every part by name, and figures to scrape.

`PARTS` is the one table of them; rooms above add theirs with `register()`.
"""

import datetime as dt
import functools
import shutil
import threading
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor, wait
from pathlib import Path
from urllib.parse import unquote, urlsplit

import redis
import sqlalchemy as sa
import structlog
from flask_babel import lazy_gettext as _
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import orm
from sqlalchemy.dialects import postgresql

from hotline import clock, config, db, queues, storage
from hotline.carrier import CarrierError, carrier
from hotline.checkup import DATABASE, Checkup, Finding, Part
from hotline.db import Base
from hotline.outbox import Lane, MessageStatus, OutboxMessage

BEAT_SECONDS = 2
STALE = dt.timedelta(seconds=10)
"""A process not heard of for so long counts as gone."""
PROCESSES = ("sweeper", "worker", "alerts", "watchdog")
"""Everything that beats. Of several of one name the newest beat counts."""
OLDEST = {
    Lane.alert: dt.timedelta(seconds=15),
    Lane.page: dt.timedelta(seconds=60),
    Lane.other: dt.timedelta(minutes=10),
}
"""How long a message may wait. An alert: a lost worker (`STALE`) and a few rounds of the sweeper. A page:
as long as an officer may take to claim. Receipts: nobody waits for one, and a network's throttle may hold
many of them back."""
MOST_REFUSED = 3
"""One or two may be wrong in themselves; three at once are not."""
NETWORK_SECONDS = 5
"""Patience with the networks: less than with a whole look."""
FREE_BYTES = 2**30
"""18 hours of speech as the network records it (8 kHz, 16 bits), and time to act."""
CONNECTIONS_TAKEN = 0.85
"""Of those the server allows; the others are for a burst of calls."""
WAITING = (MessageStatus.pending, MessageStatus.sending)
FAILED = (MessageStatus.failed, MessageStatus.undelivered)

log = structlog.get_logger()


class Heartbeat(Base):
    """The last sign of life of a process, by its role."""

    __tablename__ = "heartbeats"

    name: orm.Mapped[str] = orm.mapped_column(primary_key=True)
    at: orm.Mapped[dt.datetime]


def beat(name: str) -> None:
    """Leave a sign of life."""
    now = clock.now()
    statement = postgresql.insert(Heartbeat).values(name=name, at=now)
    with db.transaction() as session:
        session.execute(statement.on_conflict_do_update(index_elements=["name"], set_={"at": now}))


def keep_beating(name: str, stop: threading.Event, well: Callable[[], bool] = lambda: True) -> None:
    """Beat from a thread of its own until `stop`, as long as `well()` holds."""

    def run() -> None:
        while not stop.is_set():
            try:
                if well():
                    beat(name)
            except sa.exc.SQLAlchemyError as fault:
                log.warning("heartbeat_failed", process=name, error=type(fault).__name__)
            stop.wait(BEAT_SECONDS)

    threading.Thread(target=run, name="heartbeat", daemon=True).start()


def worker_name(served: Collection[str]) -> str:
    """What a worker that serves these queues is called: one for what is urgent alone by its own name."""
    return "worker" if queues.DEFAULT in served else "alerts"


def _alive(name: str) -> Callable[[orm.Session], str]:
    def ask(session: orm.Session) -> str:
        last = session.scalar(sa.select(Heartbeat.at).where(Heartbeat.name == name))
        if last is None:
            return "has never been running"
        silent = clock.now() - last
        return f"silent for {int(silent.total_seconds())} s" if silent > STALE else ""

    return ask


def _oldest(lane: Lane) -> Callable[[orm.Session], str]:
    first = sa.select(sa.func.min(OutboxMessage.created_at)).where(
        OutboxMessage.status.in_(WAITING), OutboxMessage.lane == lane
    )

    def ask(session: orm.Session) -> str:
        oldest = session.scalar(first)
        waited = clock.now() - oldest if oldest else dt.timedelta(0)
        return f"waiting for {int(waited.total_seconds())} s" if waited > OLDEST[lane] else ""

    return ask


def _answers(session: orm.Session) -> str:
    session.execute(sa.text("SELECT 1"))
    return ""


def _connections(session: orm.Session) -> str:
    question = "SELECT count(*), current_setting('max_connections')::int FROM pg_stat_activity"
    taken, allowed = session.execute(sa.text(question)).one()
    return f"{taken} of {allowed} taken" if taken > CONNECTIONS_TAKEN * allowed else ""


def _sending(session: orm.Session) -> str:
    """Messages that the network would not take at the last try, and that are being tried again."""
    tried_again = sa.select(sa.func.count()).where(
        OutboxMessage.status.in_(WAITING), OutboxMessage.error_code != ""
    )
    refused = session.scalar(tried_again) or 0
    return f"{refused} messages not taken" if refused >= MOST_REFUSED else ""


def _redis() -> str:
    try:
        queues.connection().ping()
    except redis.RedisError as fault:
        return f"no answer ({type(fault).__name__})"
    return ""


def _carrier() -> str:
    faults = _networks()
    return "; ".join(faults.values()) if all(faults.values()) else ""


def _one_network() -> str:
    if len(config.current().networks) == 1:
        return ""
    return "; ".join(f"{name}: {fault}" for name, fault in _networks().items() if fault)


def _networks() -> dict[str, str]:
    """What is wrong with each network, all asked at once: one that hangs must not hide that another works."""
    names = list(config.current().networks)
    asking = ThreadPoolExecutor(len(names))
    asked = {name: asking.submit(_reach, name) for name in names}
    wait(asked.values(), NETWORK_SECONDS)
    asking.shutdown(wait=False)
    return {name: one.result() if one.done() else "no answer" for name, one in asked.items()}


def _reach(name: str) -> str:
    try:
        carrier(name).reachable()
    except CarrierError as fault:
        return str(fault)
    return ""


def _storage() -> str:
    try:
        storage.check()
    except storage.StorageError as fault:
        return str(fault)
    return ""


def _disk() -> str:
    settings = config.current()
    folders = [settings.spool_dir]
    if settings.recordings_url.startswith("file:"):
        folders.append(Path(unquote(urlsplit(settings.recordings_url).path)))
    least = min(shutil.disk_usage(_standing(folder)).free for folder in folders)
    return f"{least // 2**20} MB left" if least < FREE_BYTES else ""


def _standing(folder: Path) -> Path:
    """`folder`, or what it will be made in."""
    return next(path for path in (folder, *folder.resolve().parents) if path.exists())


WATCHDOG = Part(
    name="watchdog",
    words=_("故障监视停止"),
    advice=_("业务照常，但再有故障时不会通知技术人员。"),
    fatal=False,
    grace=10,
    ask=_alive("watchdog"),
)

PARTS = [
    Part(
        name=DATABASE,
        words=_("数据库无响应"),
        advice=_(
            "来电照常接听和录音，恢复后自动补录。现在不能领取和推送：紧急情况请直接打电话给派出所。"
        ),
        fatal=True,
        grace=10,
        ask=_answers,
    ),
    Part(
        name="redis",
        words=_("Redis 无响应"),
        advice=_("紧急警情由定时处理发出，会慢几秒；页面每 10 秒刷新一次。"),
        fatal=True,
        grace=20,
        look=_redis,
    ),
    Part(
        name="sweeper",
        words=_("定时处理停止"),
        advice=_("警情到时没有签收也不会自动升级：请盯住警情推送页，到时打电话给派出所。"),
        fatal=True,
        grace=10,
        ask=_alive("sweeper"),
    ),
    Part(
        name="worker",
        words=_("后台处理停止"),
        advice=_("定时处理还在时，短信和电话由它代发，会慢几秒；录音会晚一些出现。"),
        fatal=True,
        grace=10,
        ask=_alive("worker"),
    ),
    Part(
        name="alerts",
        words=_("警情发送进程停止"),
        advice=_("警情由其他进程发出，可能慢几秒。"),
        fatal=False,
        grace=10,
        ask=_alive("alerts"),
    ),
    WATCHDOG,
    Part(
        name="carrier",
        words=_("短信电话网络不通"),
        advice=_("警情发不出去，系统会不断重试：紧急情况请用自己的电话联系派出所。"),
        fatal=True,
        grace=20,
        look=_carrier,
        every=60,
    ),
    Part(
        name="network",
        words=_("一条短信电话网络不通"),
        advice=_("警情正通过另一条网络发送；请准备好用电话联系派出所。"),
        fatal=False,
        grace=20,
        look=_one_network,
        every=60,
    ),
    Part(
        name="sending",
        words=_("短信电话接连发送失败"),
        advice=_("系统会不断重试。请看警情推送页，没有送达的打电话给派出所。"),
        fatal=False,
        grace=20,
        ask=_sending,
    ),
    Part(
        name="outbox_alert",
        words=_("警情积压"),
        advice=_("有警情没有按时发出：请打开警情推送页，打电话给派出所。"),
        fatal=True,
        grace=5,
        ask=_oldest(Lane.alert),
    ),
    Part(
        name="outbox_page",
        words=_("呼叫值班人员的消息积压"),
        advice=_("新的紧急诉求可能没有人被叫到：请看值守台，并当面或打电话叫人。"),
        fatal=False,
        grace=5,
        ask=_oldest(Lane.page),
    ),
    Part(
        name="outbox_other",
        words=_("普通短信积压"),
        advice=_("警情和呼叫值班人员不受影响。"),
        fatal=False,
        grace=60,
        ask=_oldest(Lane.other),
    ),
    Part(
        name="storage",
        words=_("录音存储不可用"),
        advice=_("来电照常接听；新录音留在通信网络，恢复后自动取回。已有的录音暂时听不了。"),
        fatal=False,
        grace=30,
        look=_storage,
        every=30,
    ),
    Part(
        name="disk",
        words=_("磁盘将满"),
        advice=_("业务照常。磁盘一满，录音和来电就存不下了：请马上告诉技术人员。"),
        fatal=False,
        grace=60,
        look=_disk,
    ),
    Part(
        name="connections",
        words=_("数据库连接将满"),
        advice=_("页面可能变慢；来电照常接听。"),
        fatal=False,
        grace=60,
        ask=_connections,
    ),
]
"""Everything that is looked after. `fatal` is what makes `/readyz` 503."""


def register(*parts: Part) -> None:
    """Add parts of a room above to the table."""
    PARTS.extend(parts)


def checks() -> dict[str, str]:
    """Each part by name, looked at now, with what is wrong with it; an empty text means well."""
    return {finding.part.name: finding.fault for finding in Checkup(PARTS).round()}


@functools.lru_cache(maxsize=1)
def _checkup(settings: config.Settings) -> Checkup:
    return Checkup(PARTS)


def findings() -> list[Finding]:
    """Every part as this process last found it, a few seconds ago at most (`hotline.checkup`)."""
    return _checkup(config.current()).findings()


class OutboxFigures(Collector):
    """Messages that have not left, those of the last 24 hours that came to nothing, and the age of the
    oldest that has not left, in seconds."""

    def collect(self) -> Iterable[Metric]:
        by_status = GaugeMetricFamily(
            "hotline_outbox_messages",
            "Messages that wait, and those of the last 24 hours that failed",
            labels=["status"],
        )
        oldest = GaugeMetricFamily(
            "hotline_outbox_oldest_seconds", "Age of the oldest message that has not left"
        )
        with db.transaction() as session:
            for status, number in session.execute(_messages()):
                by_status.add_metric([status], number)
            first = session.scalar(
                sa.select(sa.func.min(OutboxMessage.created_at)).where(
                    OutboxMessage.status.in_(WAITING)
                )
            )
        oldest.add_metric([], (clock.now() - first).total_seconds() if first else 0)
        return [by_status, oldest]


def _messages() -> sa.CompoundSelect[MessageStatus, int]:
    status = OutboxMessage.status
    yesterday = clock.now() - dt.timedelta(days=1)
    failed = sa.and_(status.in_(FAILED), OutboxMessage.created_at > yesterday)
    counts = sa.select(status, sa.func.count()).group_by(status)
    return counts.where(status.in_(WAITING)).union_all(counts.where(failed))
