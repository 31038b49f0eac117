"""What a browser holds for months: a token for each account that knows it (`known`), in one signed cookie.

Signed, although no token can be guessed: so the limits tell our cookies from invented ones without asking
the database.
"""

from collections.abc import Sequence

from flask import request
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response

from hotline import config
from hotline.accounts.known import KNOWN_FOR


def _name() -> str:
    return "__Host-known" if config.current().secure_cookies else "known"


def _seal() -> URLSafeSerializer:
    return URLSafeSerializer(config.current().secret_key, salt="known browser")


def held() -> list[str]:
    """The tokens that this browser holds, the newest first; none if its cookie is not one of ours."""
    try:
        return list(_seal().loads(request.cookies.get(_name(), "")))
    except BadData:
        return []


def hold(response: Response, tokens: Sequence[str]) -> None:
    """From now on the browser holds these."""
    response.set_cookie(
        _name(),
        str(_seal().dumps(list(tokens))),
        max_age=KNOWN_FOR,
        secure=config.current().secure_cookies,
        httponly=True,
        # Strict: it is read where our own forms are sent to, and nowhere else.
        samesite="Strict",
    )
