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
from hotline.accounts.permissions import HOME, Permission
from hotline.audit import Actor

log = structlog.get_logger()
View = TypeVar("View", bound=Callable[..., Any])

SIGN_IN = "/sign-in"
CHANGE_PASSWORD = "/password"  # noqa: S105 (a path)
BACKGROUND = "X-Background"
"""Set by the console's scripts on requests that a live notice made, not a human being."""


@dataclass(frozen=True)
class Public:
    """Open without signing in, and why that is right."""

    reason: str


@dataclass(frozen=True)
class SignedIn:
    """Open to whoever is signed in, whatever the role."""


Entry = Permission | Public | SignedIn


def requires(permission: Permission) -> Callable[[View], View]:
    """Marks a view: only for roles that have `permission`."""
    return _mark(permission)


def public(reason: str) -> Callable[[View], View]:
    """Marks a view: for everyone; `reason` says why, or what guards it instead."""
    return _mark(Public(reason))


def signed_in(view: View) -> View:
    """Marks a view: for every role."""
    return _mark(SignedIn())(view)


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
    if current_user.must_change and request.path not in {CHANGE_PASSWORD, "/sign-out"}:
        return _to(CHANGE_PASSWORD, {})
    if isinstance(entry, Permission) and not current_user.can(entry):
        if request.path == "/":
            return _to(HOME[current_user.role], {})
        log.warning("not_permitted", account=current_user.account_id, permission=str(entry))
        abort(403)
    return None


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
