"""An officer at the console, over real HTTP: opens pages, fills in forms, presses buttons."""

import re
from html import unescape

import requests


class Officer:
    """One browser, without a screen."""

    def __init__(self, base: str) -> None:
        self.base = base
        self.browser = requests.Session()
        self.browser.trust_env = False
        self.page = ""

    def sign_in(self, username: str, password: str) -> None:
        """Fill in the sign-in page and send it."""
        self.opens("/sign-in")
        self.sends("/sign-in", username=username, password=password)

    def opens(self, path: str) -> "Officer":
        """Open a page."""
        answer = self.browser.get(self.base + path, timeout=20)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:400]}"
        self.page = answer.text
        return self

    def sends(self, path: str, *, expect: int = 200, **fields: str) -> "Officer":
        """Send a form of the page that is open."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.page)
        assert token, "the open page has no form"
        answer = self.browser.post(
            self.base + path, data={**fields, "csrf_token": token[1]}, timeout=20
        )
        assert answer.status_code == expect, f"{path}: {answer.status_code} {answer.text[:800]}"
        self.page = answer.text
        return self

    def claims(self, number: str) -> "Officer":
        """Take a report."""
        return self.opens(f"/reports/{number}").sends(f"/reports/{number}/claim")

    def classifies(self, number: str, **judged: str) -> "Officer":
        """Fill in the judgement of a report that is claimed, and save it."""
        return self.opens(f"/reports/{number}").sends(
            f"/reports/{number}/classify", expect=200, **judged
        )

    def forwards(self, number: str) -> str:
        """The two clicks: look at what would go out, and send it; the text that was shown."""
        text = self.opens(f"/reports/{number}/forward").value("text_seen")
        self.sends(f"/reports/{number}/alerts", text_seen=text)
        return text

    def hears_recording(self, number: int, **headers: str) -> requests.Response:
        """Play a recording, or the part of it that the headers ask for."""
        return self.browser.get(f"{self.base}/recordings/{number}", headers=headers, timeout=20)

    def sees(self, *texts: str) -> "Officer":
        """Each text stands on the open page."""
        seen = self.text
        for text in texts:
            assert text in seen, f"{text!r} is not on the page:\n{seen[:6000]}"
        return self

    def does_not_see(self, text: str) -> "Officer":
        """The text stands nowhere on the open page."""
        assert text not in self.text, f"{text!r} is on the page"
        return self

    def presses(self, label: str) -> "Officer":
        """Press a button by its name: the form that holds it is sent."""
        found = re.search(
            rf'<form[^>]*action="([^"]+)"(?:(?!</form>).)*aria-label="{re.escape(label)}"',
            self.page,
            flags=re.DOTALL,
        )
        assert found, f"no button {label}"
        return self.sends(found[1])

    def option(self, name: str, label: str) -> str:
        """The value behind one of the choices of a list on the open page."""
        choices = re.search(rf'name="{name}".*?</select>', self.page, flags=re.DOTALL)
        assert choices, f"no list {name} on the page"
        found = re.search(rf'<option value="([^"]*)">[^<]*{label}', choices[0])
        assert found, f"no choice {label} in {choices[0]}"
        return found[1]

    @property
    def text(self) -> str:
        """What can be read on the open page."""
        bare = re.sub(r"<(script|style)\b.*?</\1>", " ", self.page, flags=re.DOTALL)
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", bare)))

    def value(self, name: str) -> str:
        """What a field of the open page holds."""
        found = re.search(rf'name="{name}"[^>]*?value="([^"]*)"', self.page)
        assert found, f"no field {name} on the page"
        return unescape(found[1])
