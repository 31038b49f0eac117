"""Who may enter which route: every view says so itself, and what says nothing is closed.

@blueprint.get("/cases")
@requires(Permission.see_case)
def cases(): ...
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import structlog
from flask import Flask, Response, abort, current_app, redirect, request
from flask.typing import ResponseReturnValue
from flask_login import AnonymousUserMixin, LoginManager, current_user

from hotline import db
from hotline.accounts import service
from hotline.accounts.models import Stage
from hotline.accounts.permissions import HOME, Permission
from hotline.audit import Actor

log = structlog.get_logger()
View = TypeVar("View", bound=Callable[..., Any])

SIGN_IN = "/sign-in"
SECOND_STEP = "/sign-in/second"
CHANGE_PASSWORD = "/password"  # noqa: S105 (a path)
FACTORS = "/me/factors"
NEW_FACTOR = f"{FACTORS}/new"
CONFIRM = f"{FACTORS}/confirm"
LOCKED = "/locked"
BACKGROUND = "X-Background"
"""Set by the console's scripts on requests that a live notice made, not a human being."""


@dataclass(frozen=True)
class Public:
    """Open without signing in, and why that is right."""

    reason: str


@dataclass(frozen=True)
class SignedIn:
    """Open to whoever is signed in, whatever the role."""


@dataclass(frozen=True)
class During:
    """Open to a sign-in that stands at one of these stages, whatever the role."""

    stages: frozenset[Stage]


Entry = Permission | Public | SignedIn | During


def requires(permission: Permission) -> Callable[[View], View]:
    """Marks a view: only for roles that have `permission`."""
    return _mark(permission)


def public(reason: str) -> Callable[[View], View]:
    """Marks a view: for everyone; `reason` says why, or what guards it instead."""
    return _mark(Public(reason))


def signed_in(view: View) -> View:
    """Marks a view: for every role."""
    return _mark(SignedIn())(view)


def during(*stages: Stage) -> Callable[[View], View]:
    """Marks a view: for sign-ins at one of these stages only, and before all that is due first."""
    return _mark(During(frozenset(stages)))


def even_locked(view: View) -> View:
    """Marks a view that carries nothing about anybody: a locked console may go on asking for it."""
    vars(view)["even_locked"] = True
    return view


def _mark(entry: Entry) -> Callable[[View], View]:
    def marked(view: View) -> View:
        vars(view)["entry"] = entry
        return view

    return marked


def entry_of(view: Callable[..., Any]) -> Entry | None:
    """What `view` declares, None if nothing. Decorators that use `functools.wraps` keep it."""
    return getattr(view, "entry", None)


def current_person() -> service.Person:
    """Who is signed in.

    Raises:
        RuntimeError: nobody is: a public view must not ask.
    """
    if not current_user.is_authenticated:
        raise RuntimeError("nobody is signed in")
    person = current_user._get_current_object()  # noqa: SLF001 (how a LocalProxy is opened)
    assert isinstance(person, service.Person)
    return person


def current_actor() -> Actor:
    """Who causes this request, for the audit log.

    Raises:
        RuntimeError: nobody is signed in: a public view must name its actor itself.
    """
    person = current_person()
    return Actor(person.username, person.account_id, request.remote_addr or "")


class Nobody(AnonymousUserMixin):  # type: ignore[misc]  # Flask-Login has no types
    """A browser that is not signed in."""

    def can(self, permission: Permission) -> bool:
        """Nothing."""
        return False


def check() -> ResponseReturnValue | None:
    """Before every request: let it through (None), or turn it away."""
    if request.endpoint is None:
        return None  # No such address; there is nothing to guard.
    entry = entry_of(current_app.view_functions[request.endpoint])
    if isinstance(entry, Public):
        return None
    if entry is None:
        log.error("route_without_permission", endpoint=request.endpoint)
        abort(403)
    if not current_user.is_authenticated:
        return _to(SIGN_IN, {"next": wanted_page()})
    return _first_of_all(current_person(), entry) or _permitted(entry)


def _first_of_all(person: service.Person, entry: Entry) -> ResponseReturnValue | None:
    """What this person has to do before what was asked for; None if nothing is due."""
    if isinstance(entry, During) and person.stage in entry.stages:
        return None
    if person.stage is Stage.half:
        return _to(SECOND_STEP, {"next": wanted_page()})
    view = current_app.view_functions[request.endpoint or ""]
    if person.stage is Stage.locked and not getattr(view, "even_locked", False):
        return _locked()
    if isinstance(entry, During):
        return _to("/", {})
    if person.must_change:
        return None if request.path == CHANGE_PASSWORD else _to(CHANGE_PASSWORD, {})
    if person.lacks_factor:
        return None if request.path.startswith(f"{FACTORS}/") else _to(NEW_FACTOR, {})
    return None


def _permitted(entry: Entry) -> ResponseReturnValue | None:
    if isinstance(entry, Permission) and not current_user.can(entry):
        if request.path == "/":
            return _to(HOME[current_user.role], {})
        log.warning("not_permitted", account=current_user.account_id, permission=str(entry))
        abort(403)
    return None


def _locked() -> ResponseReturnValue:
    """The page that unlocks, or a word to the script that covers the page already there."""
    if "HX-Request" not in request.headers and "text/html" in request.accept_mimetypes.values():
        return redirect(f"{LOCKED}?{urlencode({'next': wanted_page()})}", 303)
    return Response(status=423, headers={"HX-Trigger": "locked"})


def wanted_page() -> str:
    """The page on which the browser stood or which it asked for: a local path, to return to."""
    if request.method == "GET" and "HX-Request" not in request.headers:
        return request.full_path.removesuffix("?")
    stood = urlsplit(request.headers.get("HX-Current-URL") or request.referrer or "/")
    return safe_path(stood.path + (f"?{stood.query}" if stood.query else ""))


def safe_path(text: str) -> str:
    """`text` if it is a path on this site, else "/": nobody is led elsewhere after signing in."""
    is_local = text.startswith("/") and not text.startswith(("//", "/\\"))
    return text if is_local and not any(ord(letter) < 32 for letter in text) else "/"


def _to(path: str, query: dict[str, str]) -> ResponseReturnValue:
    address = f"{path}?{urlencode(query)}" if query else path
    if "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Redirect": address})
    if request.accept_mimetypes.best == "text/event-stream":
        return Response(status=401)
    return redirect(address, 303)


def _load(token: str) -> service.Person | None:
    present = BACKGROUND not in request.headers
    streams = request.accept_mimetypes.best == "text/event-stream"
    with db.transaction() as session:
        return service.person_behind(session, token, present=present and not streams)


def install(app: Flask) -> None:
    """Put the guard before every request of `app`."""
    manager = LoginManager(app)
    manager.session_protection = None  # A sign-in is checked against the database instead.
    manager.anonymous_user = Nobody
    manager.user_loader(_load)
    app.before_request(check)
