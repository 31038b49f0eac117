"""Who may post to us, and who may not."""

import hashlib
import json
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from twilio.request_validator import RequestValidator
from werkzeug.datastructures import MultiDict

from hotline import config
from tests.ivr.people import CALLER, NOTHING, everything

FORM = {"CallSid": "CA1", "From": CALLER, "To": "12355"}


def routes(app) -> list[str]:
    return [
        rule.rule
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/ivr") and "POST" in (rule.methods or ())
    ]


def test_every_route_under_ivr_refuses_what_is_not_signed(wire):
    paths = routes(wire.client.application)
    assert len(paths) >= 8
    for path in paths:
        assert wire.client.post(path, data=FORM).status_code == 403, path
        for signature in ("", " ", "nonsense", "é", "x" * 28):
            assert wire.send(path, FORM, signature=signature).status_code == 403, path
    assert everything() == NOTHING


def test_a_genuine_one_is_taken(wire):
    assert wire.send("/ivr/voice", FORM).status_code == 200
    assert everything()["reports"] == 1


@pytest.mark.parametrize(
    "changed",
    [{"From": "+8613900000000"}, {"CallSid": "CA2"}, {"Digits": "1"}, {"AccountSid": "AC2"}],
)
def test_what_was_changed_on_the_way_is_refused(wire, changed):
    form = {"AccountSid": wire.settings.twilio_account_sid, **FORM}
    url = wire.settings.public_url + "/ivr/voice"
    signature = RequestValidator(wire.settings.twilio_auth_token).compute_signature(url, form)
    assert wire.send("/ivr/voice", form, signature=signature).status_code == 200
    assert wire.send("/ivr/voice", {**form, **changed}, signature=signature).status_code == 403
    assert wire.send("/ivr/sms", form, signature=signature).status_code == 403
    assert wire.send("/ivr/voice?x=1", form, signature=signature).status_code == 403


def test_another_account_of_the_same_network_is_refused(wire):
    assert wire.send("/ivr/voice", {**FORM, "AccountSid": "AC2"}).status_code == 403


def signed_as_it_is(
    wire, body: str, content_type: str = "application/x-www-form-urlencoded"
) -> int:
    """Posts exactly this, signed with our own token."""
    path, signed = "/ivr/voice", MultiDict(parse_qsl(body, keep_blank_values=True))
    if content_type == "application/json":
        path, signed = f"{path}?bodySHA256={hashlib.sha256(body.encode()).hexdigest()}", MultiDict()
    token = RequestValidator(wire.settings.twilio_auth_token)
    signature = token.compute_signature(wire.settings.public_url + path, signed)
    return wire.client.post(
        path, data=body, content_type=content_type, headers={"X-Twilio-Signature": signature}
    ).status_code


def test_one_that_names_no_account_is_ours_by_its_signature(wire):
    """Each account has a token of its own; a caller is not refused for a parameter."""
    assert signed_as_it_is(wire, urlencode(FORM)) == 200
    assert everything()["reports"] == 1


@pytest.mark.parametrize("accounts", ["AC2", "", "{ours}&AccountSid=AC2", "AC2&AccountSid={ours}"])
def test_one_that_names_another_account_anywhere_is_refused(wire, accounts):
    named = accounts.format(ours=wire.settings.twilio_account_sid)
    assert signed_as_it_is(wire, f"{urlencode(FORM)}&AccountSid={named}") == 403
    assert everything() == NOTHING


def test_the_account_that_a_json_body_names_counts_as_well(wire):
    for account, answer in ((wire.settings.twilio_account_sid, 200), ("AC2", 403)):
        body = json.dumps({"AccountSid": account})
        assert signed_as_it_is(wire, body, "application/json") == answer
    for odd in ("[]", "null", "{", '{"AccountSid": null}', '"AccountSid"'):
        expected = 403 if ":" in odd else 200
        assert signed_as_it_is(wire, odd, "application/json") == expected, odd


@pytest.mark.parametrize("query", ["杏花社区", "a=杏花&b=%2F+x", "x=%E6%9D%8F", "x=1&x=2&y="])
def test_a_query_is_signed_as_it_was_sent(wire, query):
    raw = quote(query, safe="=&%+")
    assert wire.send(f"/ivr/status?{raw}", FORM).status_code == 200


def test_chinese_text_in_the_form(wire):
    assert (
        wire.send("/ivr/sms", {"MessageSid": "SM1", "Body": "孩子一个人在家😀", **FORM}).status_code
        == 200
    )


def test_the_public_address_counts_and_not_the_host_of_the_request(wire, monkeypatch):
    public = wire.settings.model_copy(update={"public_url": "https://line.example.org"})
    assert wire.send("/ivr/status", FORM).status_code == 200
    monkeypatch.setattr(config, "_current", public)
    assert wire.send("/ivr/status", FORM).status_code == 403
    wire.settings = public
    assert wire.send("/ivr/status", FORM).status_code == 200
    forged = wire.client.post("/ivr/status", data=FORM, headers={"Host": "line.example.org"})
    assert forged.status_code == 403


def test_the_previous_token_while_it_is_being_rotated(wire, monkeypatch):
    assert wire.send("/ivr/status", FORM, token="previous").status_code == 403
    both = wire.settings.model_copy(update={"twilio_auth_token_previous": "previous"})
    monkeypatch.setattr(config, "_current", both)
    assert wire.send("/ivr/status", FORM, token="previous").status_code == 200
    assert wire.send("/ivr/status", FORM).status_code == 200
    assert wire.send("/ivr/status", FORM, token="").status_code == 403


@pytest.fixture
def second(wire, monkeypatch):
    """A second network: its account and its token."""
    changes = {
        "twilio_second_account_sid": "AC2",
        "twilio_second_auth_token": "second-token",
        "twilio_second_base_url": "http://127.0.0.1:8",
        "second_sms_from": "+8610000012345",
        "second_caller_id": "+8610000012345",
    }
    monkeypatch.setattr(config, "_current", wire.settings.model_copy(update=changes))
    return {"AccountSid": "AC2", **FORM}


def test_the_second_network_is_heard_as_well(wire, second):
    assert wire.send("/ivr/status", second, token="second-token").status_code == 200
    assert wire.send("/ivr/status", FORM).status_code == 200


def test_each_network_speaks_for_its_own_account_only(wire, second):
    assert wire.send("/ivr/status", second).status_code == 403
    assert wire.send("/ivr/status", FORM, token="second-token").status_code == 403
    assert wire.send("/ivr/status", second, token="previous").status_code == 403


def test_whoever_names_both_accounts_is_refused(wire, second):
    ours = wire.settings.twilio_account_sid
    assert signed_as_it_is(wire, f"{urlencode(FORM)}&AccountSid=AC2&AccountSid={ours}") == 403


def json_post(wire, body: bytes, query: str) -> int:
    path = f"/ivr/status{query}"
    token = RequestValidator(wire.settings.twilio_auth_token)
    signature = token.compute_signature(wire.settings.public_url + path, {})
    return wire.client.post(
        path,
        data=body,
        content_type="application/json",
        headers={"X-Twilio-Signature": signature},
    ).status_code


def test_a_json_body_is_bound_by_its_digest(wire):
    body = json.dumps({"CallSid": "CA1", "说": "杏花"}, ensure_ascii=False).encode()
    digest = f"?bodySHA256={hashlib.sha256(body).hexdigest()}"
    assert json_post(wire, body, digest) == 200
    assert json_post(wire, body + b" ", digest) == 403
    assert json_post(wire, body, "") == 403
    assert json_post(wire, b"", "") == 403
    assert json_post(wire, body, "?bodySHA256=") == 403


def test_nothing_of_it_is_answered_to_a_browser(wire):
    assert wire.client.get("/ivr/voice").status_code == 405
