"""How the console looks: as this machine's system is set, or as somebody has chosen in this browser."""

from typing import NamedTuple

from flask import Flask, request
from flask_babel import LazyString
from flask_babel import lazy_gettext as _

COOKIE = "appearance"
DEFAULT = "auto"


class Look(NamedTuple):
    """One choice. What it means for colours is said in `theme.js` and `themes.css`."""

    label: LazyString
    icon: str


LOOKS = {
    "auto": Look(_("跟随系统"), "device-desktop"),
    "light": Look(_("浅色"), "sun"),
    "dark": Look(_("深色"), "moon"),
    "contrast": Look(_("高对比度"), "contrast"),
}


def chosen_look() -> str:
    """The look of this request: what the cookie says, else the system's."""
    look = request.cookies.get(COOKIE, DEFAULT)
    return look if look in LOOKS else DEFAULT


def install(app: Flask) -> None:
    """The choice of looks for `app`'s templates."""
    app.jinja_env.globals.update(LOOKS=LOOKS, look=chosen_look)
