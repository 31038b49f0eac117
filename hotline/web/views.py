"""What belongs to every page: the choice of language."""

from flask import Blueprint, redirect, request
from flask.typing import ResponseReturnValue

from hotline.accounts.guard import public, safe_path
from hotline.config import current
from hotline.web import i18n

blueprint = Blueprint("web", __name__, template_folder="templates")
A_YEAR = 31_536_000


@blueprint.post("/language")
@public("the choice comes before signing in")
def language() -> ResponseReturnValue:
    """Keep the chosen language in a cookie, and go back to where the choice was made."""
    response = redirect(safe_path(request.form.get("next", "/")), 303)
    chosen = request.form.get("language", "")
    if chosen in i18n.LANGUAGES:
        response.set_cookie(
            i18n.COOKIE,
            chosen,
            max_age=A_YEAR,
            secure=current().secure_cookies,
            httponly=True,
            samesite="Lax",
        )
    return response
