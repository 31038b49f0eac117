"""The ways out to the technical contact."""

import smtplib
import ssl

import pytest

from hotline import config, technician
from hotline.simulator.config import Line
from hotline.simulator.driver import pocket_network
from tests.postbox import postbox

PHONE = "+8610000000901"
TEXT = "【儿童保护热线】系统故障：数据库无响应（14:05起）。处理办法见运行手册。"
SECOND_NUMBER = "+8610000012399"
SECOND_SID = "AC" + "f" * 32


@pytest.fixture
def use(settings, monkeypatch):
    """Puts settings in force beside those already there."""

    def put(**more):
        monkeypatch.setattr(config, "_current", config.current().model_copy(update=more))

    return put


@pytest.fixture
def network(settings, use):
    with pocket_network(
        {settings.sms_from: Line()},
        account_sid=settings.twilio_account_sid,
        auth_token=settings.twilio_auth_token,
    ) as network:
        use(tech_contact_phone=PHONE, twilio_base_url=network.base_url)
        yield network


@pytest.fixture
def phone(network):
    return network.phone(PHONE, kind="mobile")


@pytest.fixture
def box(use):
    with postbox() as box:
        use(tech_contact_email="jishu@example.org", smtp_url=box.url)
        yield box


def test_by_sms_and_by_e_mail(phone, box):
    assert technician.tell(TEXT)
    assert phone.receives_sms("系统故障")["body"] == TEXT
    [letter] = box.letters
    assert letter["Subject"] == TEXT
    assert letter["To"] == letter["From"] == "jishu@example.org"
    assert letter.get_content().strip() == TEXT


def test_the_network_away_and_the_e_mail_arrives(use, box):
    use(tech_contact_phone=PHONE, twilio_base_url="http://127.0.0.1:9")
    assert technician.tell(TEXT)
    assert len(box.letters) == 1


def test_the_mail_server_away_and_the_sms_arrives(phone, box):
    box.closed = True
    assert technician.tell(TEXT)
    phone.receives_sms("系统故障")
    assert box.letters == []


def test_the_second_network_when_the_first_is_away(use):
    with pocket_network(
        {SECOND_NUMBER: Line()}, account_sid=SECOND_SID, auth_token="second"
    ) as another:
        phone = another.phone(PHONE, kind="mobile")
        use(
            tech_contact_phone=PHONE,
            twilio_second_account_sid=SECOND_SID,
            twilio_second_auth_token="second",
            twilio_second_base_url=another.base_url,
            second_sms_from=SECOND_NUMBER,
            second_caller_id=SECOND_NUMBER,
        )
        assert technician.tell(TEXT)
        assert phone.receives_sms("系统故障")["from"] == SECOND_NUMBER


def test_one_network_is_enough(use, phone):
    use(twilio_second_account_sid=SECOND_SID, twilio_second_base_url="http://127.0.0.1:9")
    assert technician.tell(TEXT)
    phone.receives_sms("系统故障")
    assert len(phone.messages) == 1


def test_nobody_reached(use, box):
    use(tech_contact_phone=PHONE)
    box.closed = True
    assert not technician.tell(TEXT)


def test_nobody_named_is_for_the_log_alone(settings):
    assert technician.ways() == {}
    assert technician.tell(TEXT)


def test_over_tls_with_a_password(use, monkeypatch):
    said = []

    class Server:
        def __init__(self, *address, **named):
            said.append((*address, named["timeout"]))
            assert named["context"].verify_mode is ssl.CERT_REQUIRED

        __enter__ = lambda self: self  # noqa: E731
        __exit__ = lambda *_: None  # noqa: E731

        def login(self, *credentials):
            said.append(credentials)

        def send_message(self, mail):
            said.append(mail["From"])

    monkeypatch.setattr(smtplib, "SMTP_SSL", Server)
    use(
        tech_contact_email="jishu@example.org",
        smtp_url="smtps://line%40example.org:p%3Aw@mail.example.org",
    )
    assert technician.tell(TEXT)
    assert said == [
        ("mail.example.org", 465, technician.MAIL_SECONDS),
        ("line@example.org", "p:w"),
        "line@example.org",
    ]
