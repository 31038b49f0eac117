"""Documents are read strictly."""

import pytest

from hotline.simulator.twiml import MESSAGING, TwimlError, Verb, parse


def _parse(inside: str) -> tuple[Verb, ...]:
    return parse(f"<Response>{inside}</Response>".encode())


def test_a_document_is_read_with_its_nesting():
    gather, redirect = _parse(
        '<Gather numDigits="1"><Say language="zh-CN">请按<say-as interpret-as="digits">1</say-as>'
        "</Say><Pause/></Gather><Redirect>/next?a=1&amp;b=2</Redirect>"
    )
    assert [child.name for child in gather.children] == ["Say", "Pause"]
    assert gather.children[0].text == "请按1"
    assert gather.number("numDigits", 0) == 1
    assert redirect.text == "/next?a=1&b=2"


@pytest.mark.parametrize(
    "inside",
    [
        "<Sing/>",
        '<Say tempo="fast">x</Say>',
        '<Gather numDigits="many"/>',
        '<Gather input="telepathy"/>',
        '<Gather finishOnKey="##"/>',
        '<Gather method="PUT"/>',
        "<Gather><Record/></Gather>",
        '<Record maxLength="0"/>',
        '<Record trim="some"/>',
        '<Record recordingStatusCallbackEvent="done"/>',
        '<Record recordingStatusCallbackEvent="in-progress"/>',
        '<Gather timeout="auto"/>',
        '<Record transcribe="true"/>',
        '<Start><Transcription track="some"/></Start>',
        '<Transcription name="one"/>',
        "<Enqueue>police</Enqueue>",
        "<Dial><Conference/></Dial>",
        "<Dial><Conference>a</Conference><Number>1</Number></Dial>",
        '<Dial><Conference maxParticipants="251">a</Conference></Dial>',
        '<Dial><Conference statusCallbackEvent="hold">a</Conference></Dial>',
        "<Conference>a</Conference>",
        "<Dial><Sip>sip:a@example.org</Sip></Dial>",
        '<Dial record="always"/>',
        "<Number>1</Number>",
        '<Pause length="-1"/>',
        "words between verbs",
    ],
)
def test_what_is_not_known_is_an_error(inside):
    with pytest.raises(TwimlError) as caught:
        _parse(inside)
    assert caught.value.code == 12200


@pytest.mark.parametrize("body", [b"", b"<Response>", b"<Answer/>", b"hello"])
def test_what_is_no_document_is_a_parse_failure(body):
    with pytest.raises(TwimlError) as caught:
        parse(body)
    assert caught.value.code == 12100


def test_a_message_is_no_verb_of_a_call():
    body = b"<Response><Message>hello</Message></Response>"
    assert parse(body, MESSAGING)[0].text == "hello"
    with pytest.raises(TwimlError):
        parse(body)
