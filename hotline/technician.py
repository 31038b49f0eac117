"""Tells the technical contact that something is wrong, by the shortest ways out: straight to the telephone
network and by e-mail. Nothing here needs the database, Redis, the outbox or a worker."""

import smtplib
import ssl
from collections.abc import Callable
from email.message import EmailMessage
from urllib.parse import unquote, urlsplit

import structlog

from hotline import config
from hotline.carrier import CarrierError, carrier

MAIL_SECONDS = 10
"""Patience with each step towards the mail server."""
VALID_SECONDS = 900
"""An SMS about a fault that is older says nothing; it will have been repeated by then."""
NO_ROW = 0
"""These messages stand in no outbox: what the network reports of them belongs to nobody."""

log = structlog.get_logger()


def ways() -> dict[str, Callable[[str], None]]:
    """The ways to the technical contact that are set, by name."""
    settings = config.current()
    found: dict[str, Callable[[str], None]] = {}
    if settings.tech_contact_phone:
        found["sms"] = _text
    if settings.tech_contact_email:
        found["e-mail"] = _mail
    return found


def tell(text: str) -> bool:
    """Send `text` by every way there is: whether any took it. Without any it stays in the log, which is
    all that can be done."""
    ways_out = ways()
    if not ways_out:
        log.critical("no_technical_contact", message=text)
        return True
    taken = [name for name, way in ways_out.items() if _took(name, way, text)]
    if not taken:
        log.critical("technical_contact_not_reached", message=text)
    return bool(taken)


def _took(name: str, way: Callable[[str], None], text: str) -> bool:
    try:
        way(text)
    except (CarrierError, smtplib.SMTPException, OSError) as fault:
        log.error("way_to_technician_failed", way=name, error=type(fault).__name__)
        return False
    return True


def _text(text: str) -> None:
    """By the first network that takes it."""
    refusals: list[CarrierError] = []
    for name in config.current().networks:
        try:
            carrier(name).send_sms(config.current().tech_contact_phone, text, NO_ROW, VALID_SECONDS)
        except CarrierError as refusal:
            refusals.append(refusal)
        else:
            return
    raise refusals[-1]


def _mail(text: str) -> None:
    settings = config.current()
    server = urlsplit(settings.smtp_url)
    user = unquote(server.username or "")
    mail = EmailMessage()
    mail["To"] = settings.tech_contact_email
    mail["From"] = user if "@" in user else settings.tech_contact_email
    mail["Subject"] = text
    mail.set_content(text)
    with _server() as smtp:
        smtp.send_message(mail)


def _server() -> smtplib.SMTP:
    server = urlsplit(config.current().smtp_url)
    host = server.hostname or ""
    if server.scheme == "smtps":
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            host, server.port or 465, timeout=MAIL_SECONDS, context=ssl.create_default_context()
        )
    else:
        smtp = smtplib.SMTP(host, server.port or 25, timeout=MAIL_SECONDS)
    if server.username:
        smtp.login(unquote(server.username), unquote(server.password or ""))
    return smtp


def check_mail() -> None:
    """Greet the mail server, and sign in to it.

    Raises:
        smtplib.SMTPException: it will not have us.
        OSError: nobody there.
    """
    with _server() as smtp:
        smtp.noop()
