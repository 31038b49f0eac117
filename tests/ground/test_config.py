"""Settings: each fault is one line that names the variable."""

import base64

import pytest
from pydantic import ValidationError

from hotline import config
from hotline.config import BadSettings, Settings

GOOD = {
    "DATABASE_URL": "postgresql://line@db.example.org/line",
    "REDIS_URL": "redis://cache.example.org:6379/0",
    "PUBLIC_URL": "https://line.example.org/",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz",
    "DATA_KEYS": base64.urlsafe_b64encode(bytes(range(32))).decode(),
    "RECORDINGS_URL": "s3://recordings/line",
    "TWILIO_ACCOUNT_SID": "AC1",
    "TWILIO_AUTH_TOKEN": "token",
    "SMS_FROM": "+8610000012355",
    "CALLER_ID": "+8610000012355",
}
REQUIRED = sorted(GOOD)


@pytest.fixture
def environment(monkeypatch):
    """An environment of good settings, and a way to set further ones."""
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for name, value in GOOD.items():
        monkeypatch.setenv(name, value)
    return monkeypatch.setenv


def faults() -> list[str]:
    with pytest.raises(BadSettings) as refused:
        config.from_environment()
    assert str(refused.value) == "\n".join(refused.value.faults)
    return refused.value.faults


def test_good_settings_with_their_defaults(environment):
    settings = config.from_environment()
    assert settings.public_url == "https://line.example.org"
    assert settings.database_url == "postgresql+psycopg://line@db.example.org/line"
    assert settings.secure_cookies
    assert settings.flows_by_number == {"12355": "12355"}
    assert (settings.alert_ack_seconds, settings.page_officers_seconds) == (60, 60)
    assert (settings.page_supervisors_seconds, settings.auto_forward_seconds) == (120, 300)
    assert (settings.claim_lease_seconds, settings.recording_max_seconds) == (900, 300)
    assert str(settings.zone) == "Asia/Shanghai"
    assert settings.twilio_base_url == "https://api.twilio.com"


@pytest.mark.parametrize("name", REQUIRED)
def test_a_missing_or_empty_one_is_named(environment, name):
    environment(name, "")
    assert faults() == [f"{name} is not set"]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("DATABASE_URL", "sqlite:///line.db", "must be a PostgreSQL address"),
        ("REDIS_URL", "http://cache", "must be a Redis address"),
        ("PUBLIC_URL", "line.example.org", "must be an http(s) address"),
        ("PUBLIC_URL", "ftp://line.example.org", "must be an http(s) address"),
        ("PUBLIC_URL", "http://line.example.org", "only to loopback"),
        ("PUBLIC_URL", "http://127.0.0.1.example.org", "only to loopback"),
        ("TWILIO_BASE_URL", "http://10.0.0.7:8010", "only to loopback"),
        ("SECRET_KEY", "0123456789abcdefghijklmnopqrstu", "is too weak"),
        ("SECRET_KEY", "abcabcabc" * 8, "is too weak"),
        ("DATA_KEYS", "not a key", "must be Fernet keys"),
        ("DATA_KEYS", f"{GOOD['DATA_KEYS']},", "must be Fernet keys"),
        ("DATA_KEYS", "钥匙", "must be Fernet keys"),
        ("RECORDINGS_URL", "/var/recordings", "must be file:///"),
        ("RECORDINGS_URL", "file://host/recordings", "must be file:///"),
        ("HOTLINE_NUMBERS", "12355", "must be number=flow pairs"),
        ("HOTLINE_NUMBERS", "12355=12355,=police", "must be number=flow pairs"),
        ("HOTLINE_NUMBERS", "12355=12355,", "must be number=flow pairs"),
        ("TIMEZONE", "Asia/Yunxi", "must be a time zone's name"),
        ("ALERT_ACK_SECONDS", "0", "must be one second or more"),
        ("PAGE_OFFICERS_SECONDS", "0", "must be one second or more"),
        ("CLAIM_LEASE_SECONDS", "-1", "must be one second or more"),
        ("RECORDING_MAX_SECONDS", "0", "must be one second or more"),
        ("RING_SECONDS", "0", "must be one second or more"),
        ("SESSION_IDLE_SECONDS", "0", "must be one second or more"),
        ("AUTO_FORWARD_SECONDS", "-1", "must be 0 or more"),
        ("TRUSTED_PROXIES", "-1", "must be 0 or more"),
        ("ALERT_ACK_SECONDS", "soon", "valid integer"),
    ],
)
def test_a_bad_one_is_named_and_told_why(environment, name, value, told):
    environment(name, value)
    [fault] = faults()
    assert fault.startswith(f"{name}: ")
    assert told in fault
    assert "\n" not in fault


def test_a_secret_that_is_refused_is_not_repeated(environment):
    environment("SECRET_KEY", "hunter2-hunter2")
    environment("DATA_KEYS", "hunter2-hunter2")
    assert "hunter2" not in "".join(faults())


def test_several_faults_are_several_lines(environment):
    environment("DATABASE_URL", "")
    environment("SECRET_KEY", "short")
    environment("PUBLIC_URL", "http://line.example.org")
    found = faults()
    assert [fault.split(":")[0].split()[0] for fault in found] == [
        "DATABASE_URL",
        "PUBLIC_URL",
        "SECRET_KEY",
    ]


def test_supervisors_are_not_paged_before_officers(environment):
    environment("PAGE_SUPERVISORS_SECONDS", "59")
    [fault] = faults()
    assert "PAGE_SUPERVISORS_SECONDS must not be less than PAGE_OFFICERS_SECONDS" in fault


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "localhost", "[::1]:8000"])
def test_plain_http_to_loopback_is_fine(environment, host):
    environment("PUBLIC_URL", f"http://{host}")
    assert not config.from_environment().secure_cookies


def test_never_to_forward_by_itself_is_a_choice(environment):
    environment("AUTO_FORWARD_SECONDS", "0")
    assert config.from_environment().auto_forward_seconds == 0


def test_several_lines_and_keys_are_read_with_spaces(environment):
    older = base64.urlsafe_b64encode(bytes(32)).decode()
    environment("HOTLINE_NUMBERS", "12355=12355, 12345 = 12355")
    environment("DATA_KEYS", f"{GOOD['DATA_KEYS']}, {older}")
    settings = config.from_environment()
    assert settings.flows_by_number == {"12355": "12355", "12345": "12355"}
    assert settings.data_key_list == [GOOD["DATA_KEYS"], older]


def test_settings_are_frozen(settings):
    with pytest.raises(ValidationError):
        settings.alert_ack_seconds = 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMTP_URL", "mail.example.org"),
        ("SMTP_URL", "smtp://mail.example.org"),
        ("TECH_CONTACT_PHONE", "13800138000,13900139000"),
        ("TECH_CONTACT_EMAIL", "nobody"),
        ("TECH_CONTACT_EMAIL", "jishu@example.org"),  # without SMTP_URL
    ],
)
def test_a_technical_contact_that_could_not_be_reached(environment, name, value):
    environment(name, value)
    [fault] = faults()
    assert name in fault


def test_the_technical_contact(environment):
    environment("TECH_CONTACT_PHONE", "+8613800138000")
    environment("TECH_CONTACT_EMAIL", "jishu@example.org")
    environment("SMTP_URL", "smtps://line:secret@mail.example.org")
    assert config.from_environment().tech_contact_phone == "+8613800138000"


SECOND = {
    "TWILIO_SECOND_ACCOUNT_SID": "AC2",
    "TWILIO_SECOND_AUTH_TOKEN": "token-2",
    "TWILIO_SECOND_BASE_URL": "https://second.example.org/",
    "SECOND_SMS_FROM": "+8610000012345",
    "SECOND_CALLER_ID": "+8610000012346",
}


def test_one_network_by_itself(environment):
    environment("TWILIO_AUTH_TOKEN_PREVIOUS", "older")
    [first] = config.from_environment().networks.values()
    assert (first.name, first.account_sid) == ("first", "AC1")
    assert first.auth_tokens == ("token", "older")


def test_a_second_network(environment):
    for name, value in SECOND.items():
        environment(name, value)
    first, second = config.from_environment().networks.values()
    assert (first.name, second.name) == ("first", "second")
    assert (second.account_sid, second.auth_tokens) == ("AC2", ("token-2",))
    assert second.base_url == "https://second.example.org"
    assert (second.sms_from, second.caller_id) == ("+8610000012345", "+8610000012346")


@pytest.mark.parametrize("missing", SECOND)
def test_a_second_network_is_whole_or_none(environment, missing):
    for name, value in SECOND.items():
        environment(name, "" if name == missing else value)
    [fault] = faults()
    assert fault.endswith(f"missing: {missing}")


def test_the_second_network_is_another_one(environment):
    for name, value in SECOND.items():
        environment(name, value)
    environment("TWILIO_SECOND_BASE_URL", "https://api.twilio.com")
    assert config.from_environment().networks["second"].account_sid == "AC2"
    environment("TWILIO_SECOND_ACCOUNT_SID", "AC1")
    [fault] = faults()
    assert "the first one again" in fault


def test_the_second_network_in_plain_http_is_on_loopback(environment):
    for name, value in SECOND.items():
        environment(name, value)
    environment("TWILIO_SECOND_BASE_URL", "http://10.0.0.7")
    [fault] = faults()
    assert fault.startswith("TWILIO_SECOND_BASE_URL: must be https")


KEY = "whsec_" + base64.b64encode(bytes(24)).decode()


@pytest.mark.parametrize(
    ("url", "secret", "told"),
    [
        ("https://cap.example.org/", "", "CAP_WEBHOOK_SECRET"),
        ("http://cap.example.org/", KEY, "CAP_WEBHOOK_URL: must be https"),
        ("https://cap.example.org/", "whsec_c2hvcnQ=", "CAP_WEBHOOK_SECRET: must be base64"),
        ("https://cap.example.org/", "no base64, however long it is", "CAP_WEBHOOK_SECRET: must"),
    ],
)
def test_documents_leave_signed_or_not_at_all(environment, url, secret, told):
    environment("CAP_WEBHOOK_URL", url)
    environment("CAP_WEBHOOK_SECRET", secret)
    [fault] = faults()
    assert told in fault


def test_the_address_for_documents_is_kept_as_it_is(environment):
    environment("CAP_WEBHOOK_URL", "https://cap.example.org/in/")
    environment("CAP_WEBHOOK_SECRET", KEY)
    assert config.from_environment().cap_webhook_url == "https://cap.example.org/in/"
