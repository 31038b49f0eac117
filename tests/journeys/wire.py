"""The network's own way of posting to us, by hand: what a telephone alone could not bring about."""

import re
import threading
from html import unescape

import requests
from twilio.request_validator import RequestValidator

from hotline.config import Settings

CALL = "CA" + "7" * 32


class Wire:
    """Signs as the configured network does, unless told otherwise."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def signature(self, path: str, form: dict[str, str]) -> str:
        """The genuine signature of a webhook."""
        token = RequestValidator(self.settings.twilio_auth_token)
        return str(token.compute_signature(self.settings.public_url + path, self._whole(form)))

    def post(
        self, path: str, form: dict[str, str], *, signature: str | None = None
    ) -> requests.Response:
        """Post a webhook; `signature` replaces the genuine one."""
        signature = self.signature(path, form) if signature is None else signature
        return self._send(path, form, {"X-Twilio-Signature": signature})

    def unsigned(self, path: str, form: dict[str, str]) -> requests.Response:
        """Post without the header."""
        return self._send(path, form, {})

    def _send(self, path: str, form: dict[str, str], headers: dict[str, str]) -> requests.Response:
        url = self.settings.public_url + path
        return requests.post(url, data=self._whole(form), headers=headers, timeout=20)

    def _whole(self, form: dict[str, str]) -> dict[str, str]:
        return {"AccountSid": self.settings.twilio_account_sid, **form}

    def post_at_once(self, times: int, path: str, form: dict[str, str]) -> list[requests.Response]:
        """The same webhook so many times in the same moment."""
        barrier = threading.Barrier(times)
        answers: list[requests.Response] = []

        def one() -> None:
            barrier.wait()
            answers.append(self.post(path, form))

        threads = [threading.Thread(target=one) for _ in range(times)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return answers

    def path_in(self, document: str, attribute: str = "action") -> str:
        """The path that an answer tells the network to post to next."""
        found = re.search(rf'{attribute}="([^"]+)"', document)
        assert found, f"no {attribute} in {document}"
        address, _, _ = unescape(found[1]).partition("#")  # what follows is for the network alone
        return address.removeprefix(self.settings.public_url)


def incoming(call: str = CALL, **more: str) -> dict[str, str]:
    """What the network says of a call that comes in."""
    return {"CallSid": call, "From": "10000000001", "To": "12355", "CallStatus": "ringing", **more}
