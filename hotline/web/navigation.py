"""The console's main navigation: paths and the deed each needs, as data."""

from collections.abc import Callable
from typing import NamedTuple

from flask import Flask
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

from hotline.accounts.permissions import Permission


class Place(NamedTuple):
    """One entry: rooms above own the pages, so it is named by path. The keys g and `letter` lead there."""

    path: str
    label: LazyString
    icon: str
    permission: Permission
    letter: str


NAVIGATION = (
    Place("/", _("值守台"), "headset", Permission.see_queue, "q"),
    Place("/cases", _("个案"), "folders", Permission.see_case, "c"),
    Place("/tasks", _("我的任务"), "list-check", Permission.see_case, "w"),
    Place("/callbacks", _("回拨"), "phone-outgoing", Permission.call_back, "p"),
    Place("/board", _("警情看板"), "layout-dashboard", Permission.see_alerts, "b"),
    Place("/alerts", _("警情推送"), "speakerphone", Permission.see_alerts, "a"),
    Place("/recordings", _("录音"), "microphone", Permission.hear_recording, "r"),
    Place("/agencies", _("联系人"), "building-bank", Permission.see_contacts, "k"),
    Place("/roster", _("排班"), "calendar-time", Permission.see_contacts, "o"),
    Place("/exercises", _("演练"), "shield", Permission.see_alerts, "x"),
    Place("/callers", _("来电标记"), "flag", Permission.flag_caller, "f"),
    Place("/institutions", _("强制报告单位"), "building", Permission.edit_places, "i"),
    Place("/figures", _("接听统计"), "timeline", Permission.see_figures, "t"),
    Place("/officers", _("人员"), "users", Permission.manage_officers, "u"),
    Place("/audit", _("审计日志"), "shield-check", Permission.see_audit, "l"),
)

AT_HAND = 7
"""How many entries stand side by side; more have no room on a desk's screen, and go behind one word."""


def entries(can: Callable[[Permission], bool]) -> tuple[list[Place], list[Place]]:
    """What somebody who `can` do this may open: the entries at hand, and those behind a further one."""
    theirs = [place for place in NAVIGATION if can(place.permission)]
    # One alone behind the word would need no less room than the word.
    at_hand = AT_HAND if len(theirs) > AT_HAND + 1 else len(theirs)
    return theirs[:at_hand], theirs[at_hand:]


def is_here(place: Place, path: str) -> bool:
    """Whether the page at `path` belongs to `place`."""
    if place.path == "/":
        return path == "/" or path.startswith("/reports")
    return path == place.path or path.startswith(place.path + "/")


def install(app: Flask) -> None:
    """Navigation for `app`'s templates."""
    app.jinja_env.globals.update(navigation=entries, is_here=is_here)
    app.jinja_env.tests["here"] = is_here
