"""By which tokens this browser answers what it has been asked: kept in its signed cookie."""

from flask import session as browser


def asked(purpose: str) -> str:
    """The token of what this browser was asked last for `purpose`; empty if nothing."""
    return str(browser.get(f"asked {purpose}", ""))


def is_asked(purpose: str, token: str) -> None:
    """This browser has been asked, and answers by `token`."""
    browser[f"asked {purpose}"] = token
