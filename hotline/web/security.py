"""Headers that keep the console's pages to themselves."""

import secrets

from flask import Flask, Response, g

from hotline.config import Settings

POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    # Tabler draws ticks and arrows as images written into its style sheet.
    "img-src": "'self' data:",
    "font-src": "'self'",
    "connect-src": "'self'",
    # A recording is fetched whole, once, and played from memory.
    "media-src": "'self' blob:",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not no-referrer: over TLS the forgery check wants to see that a form came from our own page.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
A_YEAR = 31_536_000


def style_nonce() -> str:
    """Lets one style element of this page through: the waveform's, in its shadow tree."""
    if "style_nonce" not in g:
        g.style_nonce = secrets.token_urlsafe(16)
    return str(g.style_nonce)


def policy() -> str:
    """The Content-Security-Policy of this response."""
    parts = dict(POLICY)
    if "style_nonce" in g:
        parts["style-src"] += f" 'nonce-{g.style_nonce}'"
    return "; ".join(f"{name} {value}" for name, value in parts.items())


def install(app: Flask, settings: Settings) -> None:
    """Put the headers on every response of `app`."""

    @app.after_request
    def protect(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", policy())
        # What a shared desk's browser keeps, the next person can read.
        response.headers.setdefault("Cache-Control", "no-store")
        if settings.secure_cookies:
            response.headers["Strict-Transport-Security"] = f"max-age={A_YEAR}"
        return response

    app.jinja_env.globals["style_nonce"] = style_nonce
