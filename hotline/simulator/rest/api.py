"""What all resources share: who may ask, errors, pages, and the faults of an API under strain."""

import hmac
import socket
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, cast
from urllib.parse import urlencode

from flask import Blueprint, Response, current_app, g, jsonify, request

from hotline.simulator.exchange import Exchange

PREFIX = "/2010-04-01/Accounts/<account>"
_PAGE_SIZE = 50
_MOST = 1000


class ApiError(Exception):
    """An answer of the API that is no success, in the network's own form."""

    def __init__(self, status: int, code: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def exchange() -> Exchange:
    """The network that this application serves."""
    return cast("Exchange", current_app.extensions["exchange"])


def resource_blueprint(name: str) -> Blueprint:
    """A blueprint under the account's prefix, with authentication, errors, faults and the log."""
    blueprint = Blueprint(name, __name__, url_prefix=PREFIX)
    blueprint.before_request(_begin)
    blueprint.after_request(_end)
    blueprint.register_error_handler(ApiError, _as_answer)
    return blueprint


def _begin() -> Response | None:
    g.began = time.perf_counter()
    _authenticate()
    faults, resource = exchange().faults, _resource()
    if faults.use("rest_hangs", resource):
        time.sleep(exchange().config.hang_seconds)
        return _hang_up_on_client(Response())
    if faults.use("rest_throttled", resource):
        raise ApiError(429, 20429, "Too Many Requests")
    if faults.use("rest_errors", resource):
        raise ApiError(503, 20503, "Service unavailable")
    return None


def _authenticate() -> None:
    config, given = exchange().config, request.authorization
    account = str((request.view_args or {}).get("account", ""))
    user = (given.username or "") if given else ""
    password = (given.password or "") if given else ""
    if not (
        hmac.compare_digest(user.encode(), config.account_sid.encode())
        and hmac.compare_digest(password.encode(), config.auth_token.encode())
    ):
        raise ApiError(401, 20003, "Authenticate")
    if account != config.account_sid:
        raise not_found()


def _resource() -> str:
    """`Messages`, `Calls` or `Recordings`."""
    last = request.path.removesuffix(".json").split("/Accounts/", 1)[1].split("/")
    return next((part for part in reversed(last) if part[:1].isupper() and len(part) < 20), "")


def _end(response: Response) -> Response:
    ms = (time.perf_counter() - g.began) * 1000
    text = f"{request.method} {request.full_path.rstrip('?')}"
    exchange().journal.event("rest", text, response.status_code, ms)
    processed = response.status_code < 400 and request.method != "GET"
    if processed and exchange().faults.use("rest_answers_lost", _resource()):
        return _hang_up_on_client(response)
    return response


def _hang_up_on_client(response: Response) -> Response:
    connection: socket.socket = request.environ["werkzeug.socket"]
    connection.shutdown(socket.SHUT_RDWR)
    return response


def _as_answer(error: ApiError) -> tuple[Response, int]:
    body = {
        "code": error.code,
        "message": str(error),
        "more_info": f"https://www.twilio.com/docs/errors/{error.code}",
        "status": error.status,
    }
    return jsonify(body), error.status


def not_found() -> ApiError:
    """The network's answer for a resource that is not there."""
    message = f"The requested resource {request.path} was not found"
    return ApiError(404, 20404, message)


def known_form(*names: str) -> dict[str, str]:
    """The form's values. An unknown name is an error in plain sight, not ignored."""
    unknown = sorted(request.form.keys() - set(names))
    if unknown:
        message = f"The pocket network does not know: {', '.join(unknown)}"
        exchange().journal.error(20001, message, url=request.path)
        raise ApiError(400, 20001, message)
    return {name: request.form[name] for name in names if name in request.form}


def page(key: str, items: Sequence[Any], show: Callable[[Any], dict[str, Any]]) -> Response:
    """One page of a list, with the links that the client library follows."""
    size = min(_MOST, max(1, request.args.get("PageSize", _PAGE_SIZE, type=int)))
    number = max(0, request.args.get("Page", 0, type=int))
    begin = number * size
    more = begin + size < len(items)
    return jsonify(
        {
            key: [show(item) for item in items[begin : begin + size]],
            "page": number,
            "page_size": size,
            "start": begin,
            "end": max(begin, min(begin + size, len(items)) - 1),
            "uri": _page_uri(number, size),
            "first_page_uri": _page_uri(0, size),
            "previous_page_uri": _page_uri(number - 1, size) if number else None,
            "next_page_uri": _page_uri(number + 1, size) if more else None,
        }
    )


def _page_uri(number: int, size: int) -> str:
    filters = {k: v for k, v in request.args.items() if k not in ("Page", "PageSize", "PageToken")}
    return f"{request.path}?" + urlencode({**filters, "PageSize": size, "Page": number})


def rfc2822(moment: datetime | None) -> str | None:
    """The form of every time in this API, in UTC."""
    return format_datetime(moment) if moment else None


def within(name: str, moment: datetime | None) -> bool:
    """Whether a time passes the filters `name`, `name<` and `name>` of the query.

    A bare date means that whole UTC day, and `<`, `>` include the date they name.
    """
    given = {sign: request.args.get(name + sign) for sign in ("", "<", ">")}
    if not any(given.values()):
        return True
    if moment is None:
        return False
    earliest = _begins(given[">"]) or _begins(given[""])
    latest = _ends(given["<"]) or _ends(given[""])
    return (earliest is None or moment >= earliest) and (latest is None or moment <= latest)


def _begins(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ApiError(400, 20001, f"Invalid date: {text}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _ends(text: str | None) -> datetime | None:
    moment = _begins(text)
    if moment is None or text is None:
        return None
    whole_day = len(text) == len("2025-01-01")
    return moment + timedelta(days=1) if whole_day else moment


def matches(**wanted: str) -> bool:
    """Whether each value equals the query's filter of that name, where there is one."""
    given: Iterable[tuple[str, str]] = wanted.items()
    return all(request.args.get(name, value) == value for name, value in given)
