"""When something cannot be done: one clear sentence, one remedy; a page, a toast, or plain text."""

import json
from typing import NamedTuple

import structlog
from flask import Flask, Response, current_app, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException, InternalServerError, MethodNotAllowed

from hotline.accounts.guard import wanted_page

log = structlog.get_logger()
DEEPEST = 2
"""Parts of a whole page's address at most; below it are its pieces, and what is done there."""


class Trouble(NamedTuple):
    """What a person is told."""

    what: str
    remedy: str


def _trouble(status: int) -> Trouble:
    known = {
        400: Trouble(_("这个请求不完整，没有处理。"), _("请返回上一页，刷新后再试一次。")),
        403: Trouble(
            _("您的角色不能做这件事。"),
            _("这不是您的错。如果工作需要，请联系带班领导或系统管理员。"),
        ),
        404: Trouble(
            _("没有找到这个页面。"), _("它可能已被移走，或者地址有误。请从导航重新进入。")
        ),
        405: Trouble(_("这个地址不能这样打开。"), _("请从导航重新进入。")),
        413: Trouble(_("提交的内容太大。"), _("请缩短后再提交。")),
        429: Trouble(_("尝试次数太多了。"), _("请等一分钟再试。")),
        503: Trouble(_("系统正忙。"), _("已填写的草稿还在，请稍候再试。")),
    }
    return known.get(status) or Trouble(
        _("系统出了问题，这一步没有完成。"),
        _("请再试一次；仍然不行，请把下面的编号告诉系统管理员。来电受理不受影响。"),
    )


def _page_expired(error: CSRFError) -> Response:
    trouble = Trouble(_("这个页面放得太久，已经失效。"), _("请返回刚才的页面，再试一次。"))
    return _answer(400, trouble)


def _refused(error: HTTPException) -> Response:
    if error.response is not None:
        return error.response  # type: ignore[return-value]  # a view chose its own answer
    return _answer(error.code or 500, _trouble(error.code or 500))


def _not_opened(error: MethodNotAllowed) -> ResponseReturnValue:
    """An address at which something is only done was opened: reloaded, come back to, or led to by signing
    in again. It leads to its page, and nothing is done a second time."""
    if request.method != "GET" or "HX-Request" in request.headers or not _is_for_browser():
        return _refused(error)
    flash(_("这一步没有重复提交。已回到它所在的页面。"), "info")
    return redirect(_page_of(request.path), 303)


def _page_of(path: str) -> str:
    """The nearest page above an address."""
    addresses = current_app.create_url_adapter(request)
    assert addresses is not None
    parts = path.strip("/").split("/")[:DEEPEST]
    above = ("/" + "/".join(parts[:count]) for count in range(len(parts), 0, -1))
    return next((page for page in above if addresses.test(page, "GET")), "/")


def _is_for_browser() -> bool:
    return "text/html" in request.accept_mimetypes.values()


def _failed(error: InternalServerError) -> Response:
    log.error("request_failed", exc_info=error.original_exception or error)
    return _answer(500, _trouble(500))


def _answer(status: int, trouble: Trouble) -> Response:
    if "HX-Request" in request.headers:
        toast = {"toast": {"text": f"{trouble.what}{trouble.remedy}", "kind": "danger"}}
        # A header holds ASCII only; JSON escapes the rest.
        return Response(status=status, headers={"HX-Trigger": json.dumps(toast)})
    if not _is_for_browser():
        return Response(f"{trouble.what}\n", status, content_type="text/plain; charset=utf-8")
    # Where the form stands that was sent.
    back = "/" if request.method == "GET" else wanted_page()
    page = render_template("error.html", status=status, trouble=trouble, back=back)
    return Response(page, status)


def install(app: Flask) -> None:
    """Answer errors of `app`."""
    app.register_error_handler(CSRFError, _page_expired)
    app.register_error_handler(MethodNotAllowed, _not_opened)
    app.register_error_handler(InternalServerError, _failed)
    app.register_error_handler(HTTPException, _refused)
