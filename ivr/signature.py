"""Who may post to us: only a configured network, by its signature, for its own account.

The signature covers the exact public URL. It is built from PUBLIC_URL and the raw path and query, because
the framework un-escapes Chinese query text and, behind a proxy, has the wrong scheme and host; both make
genuine requests fail (network fact).
"""

import functools

from flask import Request
from twilio.request_validator import RequestValidator

from hotline import config


@functools.cache
def _validator(token: str) -> RequestValidator:
    return RequestValidator(token)


def genuine(request: Request) -> bool:
    """Whether this request comes from a configured network and is about its account. A missing or empty
    signature is simply not genuine."""
    settings = config.current()
    signature = request.headers.get("X-Twilio-Signature", "")
    if not signature:
        return False
    url = settings.public_url + request.environ["RAW_URI"]
    # A JSON body is bound by bodySHA256 in the query and must be checked as a body (network fact); one
    # that is not bound is signed by nobody.
    if request.is_json and not request.args.get("bodySHA256"):
        return False
    signed = request.get_data(as_text=True) if request.is_json else request.form
    return any(
        _validator(token).validate(url, signed, signature)
        for token in _tokens(settings, set(_accounts(request)))
    )


def _tokens(settings: config.Settings, accounts: set[str]) -> list[str]:
    """The tokens with which a webhook that names these accounts may be signed."""
    return [
        token
        for network in settings.networks.values()
        if accounts <= {network.account_sid}
        for token in network.auth_tokens
    ]


def _accounts(request: Request) -> list[str]:
    """The accounts that a webhook names. None is no fault: each account signs with a token of its own, so
    the signature alone tells whose it is; but one that names another is not about our calls."""
    if not request.is_json:
        return request.form.getlist("AccountSid")
    body = request.get_json(silent=True)
    return [str(body["AccountSid"])] if isinstance(body, dict) and "AccountSid" in body else []
