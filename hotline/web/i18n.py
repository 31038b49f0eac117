"""Chinese and English, and times as people read them.

Source strings are Chinese and are their own catalogue; only English is one. How to add to it: see
`hotline.web.catalogue`.
"""

import datetime as dt
from pathlib import Path
from typing import Any

from babel import dates
from flask import Flask, g, request
from flask_babel import Babel, get_domain, get_locale, gettext

from hotline import clock, config

LANGUAGES = {"zh": "中文", "en": "English"}
COOKIE = "language"
DEFAULT = "zh"
TRANSLATIONS = Path(__file__).parent / "translations"


def chosen_language() -> str:
    """The language of this request: what the cookie says, else Chinese."""
    language = request.cookies.get(COOKIE, DEFAULT)
    return language if language in LANGUAGES else DEFAULT


def local_time(moment: dt.datetime | None) -> str:
    """`moment` on the clock of the line's zone, as short as is clear; empty if None."""
    if moment is None:
        return ""
    local, today = _local(moment), _local(clock.now()).date()
    hour = f"{local:%H:%M}"
    if local.date() == today:
        return hour
    if local.date() == today - dt.timedelta(days=1):
        return str(gettext("昨天 %(hour)s", hour=hour))
    return f"{_day(local, with_year=local.year != today.year)} {hour}"


def full_time(moment: dt.datetime | None) -> str:
    """`moment` to the second, with its day: for logs and for the tip over a short time."""
    return f"{_local(moment):%Y-%m-%d %H:%M:%S}" if moment else ""


def ago(moment: dt.datetime | None) -> str:
    """How long ago `moment` was, in words."""
    if moment is None:
        return ""
    past = moment - clock.now()
    return dates.format_timedelta(past, add_direction=True, locale=get_locale())


def countdown(due: dt.datetime) -> str:
    """How long until `due`, or how long past it: what `console.js` goes on ticking from."""
    left = int((due - clock.now()).total_seconds())
    length = duration(abs(left))
    late, early = gettext("超 %(time)s", time=length), gettext("剩 %(time)s", time=length)
    return str(late if left < 0 else early)


def duration(seconds: int) -> str:
    """A length of time as a clock shows it: 4:05, 1:04:05; days from two on."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    if hours >= 48:
        return str(gettext("%(days)s 天", days=hours // 24))
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def file_size(size: int) -> str:
    """A length in bytes as people compare them: 340 KB, 2.1 MB."""
    kilobytes = -(-size // 1000)
    return f"{kilobytes} KB" if kilobytes < 1000 else f"{size / 1_000_000:.1f} MB"


def _translations() -> Any:
    """Of this request's language. Asked for once: a page has a thousand words, and the library looks for the
    language at each of them."""
    if "translations" not in g:
        g.translations = get_domain().get_translations()
    return g.translations


def _local(moment: dt.datetime) -> dt.datetime:
    return moment.astimezone(config.current().zone)


def _day(local: dt.datetime, *, with_year: bool) -> str:
    if chosen_language() == "en":
        return dates.format_date(local, "d MMM y" if with_year else "d MMM", locale="en")
    return dates.format_date(local, "y年M月d日" if with_year else "M月d日", locale="zh")


def install(app: Flask) -> None:
    """Languages and time filters for `app`'s templates."""
    Babel(
        app,
        default_locale=DEFAULT,
        default_translation_directories=str(TRANSLATIONS),
        locale_selector=chosen_language,
    )
    # In place of the library's own, which are slower (`_translations`).
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _translations().ugettext(text),
        ngettext=lambda one, many, count: _translations().ungettext(one, many, count),
        newstyle=True,
    )
    app.jinja_env.filters.update(
        local_time=local_time,
        full_time=full_time,
        ago=ago,
        countdown=countdown,
        duration=duration,
        file_size=file_size,
        iso=dt.datetime.isoformat,
    )
    app.jinja_env.globals.update(
        LANGUAGES=LANGUAGES,
        language=chosen_language,
        now=clock.now,
        zone=lambda: config.current().timezone,
    )
