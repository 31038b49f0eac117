"""Short messages, in both directions."""

import re
import time
from collections.abc import Iterator

from hotline.simulator import numbering
from hotline.simulator.calls import API_VERSION, as_params
from hotline.simulator.courier import CALLBACK_WARNING, Request, WebhookFailure
from hotline.simulator.exchange import Exchange, Handset
from hotline.simulator.messages import Message, segments
from hotline.simulator.twiml import MESSAGING, TwimlError, parse

UNREACHABLE = 30003
FILTERED = 30007
_URL = re.compile(r"https?://|www\.", re.IGNORECASE)
_STEP_SECONDS = 0.8


def send(exchange: Exchange, message: Message) -> None:
    """Accept a message; what becomes of it is told later."""
    exchange.keep(message)
    exchange.begin(_deliver, exchange, message)


def _deliver(exchange: Exchange, message: Message) -> None:
    trouble = _trouble(exchange, message)
    for status in _statuses(exchange, trouble):
        if exchange.pace.real:
            time.sleep(_STEP_SECONDS)
        if status == "delivered":
            _arrive(exchange, message)
        message.becomes(status, trouble if status == "undelivered" else None)
        _report(exchange, message)
    message.settled = True
    exchange.journal.event(
        "sms", f"{message.from_} → {message.to}: {message.status}", sid=message.sid
    )


def _statuses(exchange: Exchange, trouble: int | None) -> Iterator[str]:
    odd = exchange.faults.switches.sms_odd_words
    yield "sent"
    if odd:
        yield "partially_delivered"
    yield "undelivered" if trouble else "delivered"
    if odd and not trouble:
        yield "read"


def _trouble(exchange: Exchange, message: Message) -> int | None:
    """The network's code for why the message does not arrive, or None."""
    undelivered = exchange.faults.switches.sms_undelivered
    for number, code in undelivered.items():
        if number == "*" or numbering.key(number) == numbering.key(message.to):
            return code
    if numbering.is_chinese_mobile(message.to) and _URL.search(message.body):
        return FILTERED
    handset = exchange.handset(message.to)
    return UNREACHABLE if handset and handset.phone.habit == "unreachable" else None


def _arrive(exchange: Exchange, message: Message) -> None:
    handset = exchange.handset(message.to)
    if handset is not None:
        with exchange.bell.lock:
            handset.texts.append(message)
        exchange.bell.ring()


def _report(exchange: Exchange, message: Message) -> None:
    params = as_params(
        {
            "AccountSid": message.account_sid,
            "ApiVersion": API_VERSION,
            "MessageSid": message.sid,
            "MessageStatus": message.status,
            "SmsSid": message.sid,
            "SmsStatus": message.status,
            "From": message.from_,
            "To": message.to,
            "ErrorCode": message.error_code,
        }
    )
    callback = message.callback
    request = Request("sms-status", callback.url, callback.method, params, message.sid)
    exchange.courier.notify(message.sid, request)
    exchange.bell.ring()


def text_in(exchange: Exchange, handset: Handset, to: str, body: str) -> Message:
    """Somebody texts one of the lines; the line's answer, if any, is texted back."""
    number, line = exchange.line_entry(to) or (to, None)
    message = Message(
        exchange.config.account_sid, handset.phone.number, number, body, "inbound", "received"
    )
    handset.texts.append(message)
    exchange.keep(message)
    if line is None or not line.sms_url:
        message.becomes("failed")
        message.settled = True
        exchange.bell.ring()
    else:
        exchange.begin(_hand_over, exchange, message, line.sms_url)
    return message


def _hand_over(exchange: Exchange, message: Message, url: str) -> None:
    try:
        reply = exchange.courier.ask(Request("sms", url, "POST", _inbound(message), message.sid))
        answers = parse(reply.body, MESSAGING) if reply.body.strip() else ()
    except (WebhookFailure, TwimlError) as failure:
        exchange.journal.error(failure.code, str(failure), message.sid, url)
        answers = ()
    for verb in answers:
        if verb.name == "Message":
            _answer(exchange, message, verb.text)
        else:
            exchange.journal.error(CALLBACK_WARNING, f"<{verb.name}> in a message", message.sid)
    message.settled = True
    exchange.bell.ring()


def _answer(exchange: Exchange, message: Message, body: str) -> None:
    reply = Message(message.account_sid, message.to, message.from_, body, "outbound-reply")
    send(exchange, reply)


def _inbound(message: Message) -> dict[str, str]:
    params = {
        "AccountSid": message.account_sid,
        "ApiVersion": API_VERSION,
        "MessageSid": message.sid,
        "SmsSid": message.sid,
        "SmsMessageSid": message.sid,
        "SmsStatus": "received",
        "From": message.from_,
        "To": message.to,
        "Body": message.body,
        "NumMedia": "0",
        "NumSegments": str(segments(message.body)),
    }
    for side, number in (("From", message.from_), ("To", message.to)):
        params |= {f"{side}City": "", f"{side}State": "", f"{side}Zip": ""}
        params[f"{side}Country"] = numbering.country(number)
    return params
