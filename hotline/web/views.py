"""What belongs to every page: the choice of language, and of how the console looks."""

from collections.abc import Collection

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from hotline.accounts.guard import public, safe_path, signed_in
from hotline.config import current
from hotline.web import appearance, i18n

blueprint = Blueprint("web", __name__, template_folder="templates")
A_YEAR = 31_536_000


@blueprint.post("/language")
@public("the choice comes before signing in")
def language() -> ResponseReturnValue:
    """Keep the chosen language."""
    return _keep(i18n.COOKIE, i18n.LANGUAGES)


@blueprint.post("/appearance")
@signed_in
def look() -> ResponseReturnValue:
    """Keep the chosen look."""
    return _keep(appearance.COOKIE, appearance.LOOKS)


def _keep(name: str, choices: Collection[str]) -> ResponseReturnValue:
    """A choice goes into this browser's cookie; then back to where it was made."""
    response = redirect(safe_path(request.form.get("next", "/")), 303)
    chosen = request.form.get(name, "")
    if chosen in choices:
        response.set_cookie(
            name,
            chosen,
            max_age=A_YEAR,
            secure=current().secure_cookies,
            httponly=True,
            samesite="Lax",
        )
    return response
