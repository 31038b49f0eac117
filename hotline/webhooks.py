"""Documents posted to whoever wants to know: signed, so that the receiver knows they are ours.

After Standard Webhooks 1.0.0 (standardwebhooks.com): the signature covers id, time and body. The id stays
the same when a document is posted again, so that the receiver can tell.
"""

from urllib.parse import urlsplit

import requests

from hotline import clock, config, signing
from hotline.carrier import CarrierError
from hotline.outbox import OutboxMessage
from hotline.troubles import Trouble

SECONDS = 5
"""Patience with the receiver, to connect and again to answer."""
CONTENT_TYPE = "application/cap+xml"


def post(message: OutboxMessage) -> None:
    """Post the document `message.body` to the address `message.to`. Redirects are not followed.

    Raises:
        CarrierError: not taken; for good if the receiver is gone (410), or if the address is not https.
    """
    parts = urlsplit(message.to)
    if parts.scheme != "https" and parts.hostname not in config.LOOPBACK:
        raise CarrierError("not https", Trouble.refused)
    body = message.body.encode()
    try:
        answer = requests.post(
            message.to,
            data=body,
            headers=_headers(message.dedupe_key, body),
            timeout=SECONDS,
            allow_redirects=False,
            # Only the status counts, and a receiver may send without end.
            stream=True,
        )
    except requests.RequestException as fault:
        raise CarrierError("unreachable", Trouble.unanswered) from fault
    answer.close()
    if answer.status_code == requests.codes.gone:
        raise CarrierError("410", Trouble.refused)
    if not 200 <= answer.status_code < 300:
        raise CarrierError(str(answer.status_code), Trouble.unanswered)


def _headers(name: str, body: bytes) -> dict[str, str]:
    moment = str(int(clock.now().timestamp()))
    secret = config.current().cap_webhook_secret
    return {
        "Content-Type": CONTENT_TYPE,
        "webhook-id": name,
        "webhook-timestamp": moment,
        "webhook-signature": signing.signature(secret, name, moment, body),
    }
