"""Webhooks that came while the database was away: on disk before the answer, replayed in order, each once.

A file is a sealed JSON document, written whole (fsync, then renamed into place, and the folder's own fsync,
without which a power cut takes the name away). Replaying the same one twice changes nothing, because every
handler is idempotent; so a file is removed only after its commit.
"""

import datetime as dt
import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import structlog
from sqlalchemy import exc

from hotline import config, crypto, db
from ivr import calls
from ivr.calls import Hook

SUFFIX = ".hook"
BAD = ".bad"

log = structlog.get_logger()


def keep(route: str, hook: Hook) -> None:
    """Write a webhook to disk, durably, before the caller is answered.

    Raises:
        OSError: the disk is full, or gone.
    """
    folder = _folder()
    # By the time it came, not by the time we gave up on the database: those that wait longer would
    # otherwise be replayed after their successors.
    name = f"{hook.at:%Y%m%dT%H%M%S%f}-{secrets.token_hex(4)}"
    body = {"route": route, "args": hook.args, "form": hook.form, "at": hook.at.isoformat()}
    being_written = folder / f"{name}.part"
    try:
        _write(being_written, crypto.encrypt(json.dumps(body)))
        being_written.rename(folder / f"{name}{SUFFIX}")
        _sync(folder)
    except OSError:
        being_written.unlink(missing_ok=True)
        raise


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def replay() -> int:
    """File what was kept, oldest first; how many. Stops at the first one that finds the database away
    again, so that the order stays; one that cannot be filed is set aside and named in the log."""
    done = 0
    for path in sorted(waiting()):
        try:
            _replay_one(path)
        except FileNotFoundError:  # another sweeper was faster
            continue
        except (exc.DataError, exc.IntegrityError) as fault:
            _set_aside(path, fault)
            continue
        except (exc.DBAPIError, exc.TimeoutError) as fault:
            if _is_too_large(fault):
                _set_aside(path, fault)
                continue
            break  # away, or not ours to write to: a stand-by, no tables yet
        except Exception as fault:  # noqa: BLE001 - the webhooks behind it must not wait for ever
            _set_aside(path, fault)
            continue
        path.unlink(missing_ok=True)
        done += 1
    return done


def _is_too_large(fault: Exception) -> bool:
    """Whether the database will never take it: a name too long for an index (SQLSTATE class 54). The
    driver tells it in the class of those that mean that the database is away."""
    state = getattr(getattr(fault, "orig", None), "sqlstate", None)
    return state is not None and state.startswith("54")


def _set_aside(path: Path, fault: Exception) -> None:
    log.error("spool_set_aside", file=path.name, error=type(fault).__name__)
    path.rename(path.with_suffix(BAD))


def waiting() -> Iterator[Path]:
    """The files not yet replayed."""
    return _folder().glob(f"*{SUFFIX}")


def _replay_one(path: Path) -> None:
    kept = json.loads(crypto.decrypt(path.read_bytes()))
    hook = Hook(kept["args"], kept["form"], dt.datetime.fromisoformat(kept["at"]))
    with db.transaction() as session:
        calls.HANDLERS[kept["route"]](session, hook)


def _folder() -> Path:
    folder = config.current().spool_dir
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return folder
