"""Settings: read once from the environment, typed, frozen, and refused early when unfit.

`current()` is what the rest of the process reads. A process has exactly one set of settings;
`use()` puts them in force (the web application, every command and the tests call it first).
"""

import datetime as dt
import re
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from cryptography.fernet import Fernet
from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from hotline import signing
from hotline.network import FIRST, SECOND, Network

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
SHORTEST_SECRET = 32
POLICE_LINE = "police_line"
"""The flow on whose number the police call us."""


_FORMS = {
    "redis_url": (r"(rediss?|unix)://.*", "must be a Redis address: redis://host:6379/0"),
    "recordings_url": (r"(file:///|s3://).*", "must be file:///a/folder or s3://bucket/prefix"),
    "tech_contact_phone": (r"(\+?\d{5,15})?", "must be one number such as +8613800138000"),
    "tech_contact_email": (r"([^@\s,]+@[^@\s,]+)?", "must be one e-mail address"),
    "clamav_socket": (
        r"(unix:///\S+|tcp://[^/\s:]+:\d{1,5})?",
        "must be unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310",
    ),
    "contact_test": (
        r"((0?[1-9]|1\d|2[0-8]) ([01]\d|2[0-3]):[0-5]\d)?",
        "must be a day of the month (1-28) and a time: 1 10:00",
    ),
}
"""Settings of one form, and what is said of those that have another."""


class BadSettings(Exception):
    """The settings are unfit to start with. `faults` has one line for each, naming the setting."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


class Settings(BaseSettings):
    """Everything an operator can set. Times are whole seconds; addresses are URLs."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    database_url: str
    redis_url: str
    public_url: str
    secret_key: str
    data_keys: str
    recordings_url: str
    spool_dir: Path = Path("var/spool")
    prompts_dir: Path | None = None
    """Folder of recorded prompts, `<language>/<key>.wav` or `.mp3`; without it all of them are spoken by
    the network's voice (`hotline prompts check`)."""

    twilio_account_sid: str
    twilio_auth_token: str
    twilio_auth_token_previous: str = ""
    """A second token that is still accepted on webhooks while the first is being rotated."""
    twilio_base_url: str = "https://api.twilio.com"
    twilio_byoc_trunk: str = ""
    """The carrier trunk (its sid, BY…) by which our own calls go out. Empty: by the network's own routes,
    which into the mainland may show no Chinese number (network fact)."""
    twilio_second_account_sid: str = ""
    """A second network (another account, or another base URL) that carries alerts when the first fails: all
    five settings, or none."""
    twilio_second_auth_token: str = ""
    twilio_second_base_url: str = ""
    second_sms_from: str = ""
    second_caller_id: str = ""
    hotline_numbers: str = "12355=12355"
    sms_from: str
    caller_id: str
    cap_webhook_url: str = ""
    """Where alerts are posted as CAP documents. Empty: nowhere."""
    cap_webhook_secret: str = ""
    """With which they are signed: base64 of 24 random bytes or more, `whsec_` before it (Standard
    Webhooks)."""
    police_local_number: str = ""
    """The number by which 110 of this place is reached from the network, to be brought into a call: a
    network abroad cannot dial 110 itself. Empty: not offered."""
    timezone: str = "Asia/Shanghai"

    alert_policy: Path | None = None
    """A file of the operator's own policies, in place of `triage/alerts/policy.toml`."""
    contact_test: str = ""
    """When every contact is tested each month: day (1-28) and time in the line's zone, `1 10:00`. Empty:
    only when a supervisor starts it."""
    alert_ack_seconds: int = 60
    page_officers_seconds: int = 60
    page_supervisors_seconds: int = 120
    auto_forward_seconds: int = 300
    claim_lease_seconds: int = 900
    recording_max_seconds: int = 300
    room_recording_seconds: int = 600
    """How long the line stays open and listens to the room of a caller who cannot speak."""
    ring_seconds: int = 15
    """How long officers' telephones ring before the caller goes on to the recording
    (GB/T 33358-2016: answered within 15 s)."""
    transcription: Literal["off", "network", "local"] = "off"
    """Who writes down what is said: nobody; the network while the call goes on, which sends a child's
    voice to a third party, perhaps abroad; or our own machine, with the model in `transcription_model`."""
    transcription_model: Path | None = None
    """Folder of a streaming sherpa-onnx model: `tokens.txt`, `encoder*.onnx`, `decoder*.onnx`, and
    `joiner*.onnx` if it is a transducer."""
    tech_contact_phone: str = ""
    """Who is sent an SMS when a part of the line fails (`hotline watchdog`). Empty: nobody."""
    tech_contact_email: str = ""
    """The same by e-mail, through `smtp_url`."""
    smtp_url: str = ""
    """The way out for e-mail: `smtps://user:password@host:465`, or `smtp://127.0.0.1:25` for a relay on this
    machine. What is not a plain letter or digit in user and password is written as %XX."""
    second_factor_required: bool | None = None
    """Whether everybody but a wall screen needs a second factor. Not set: where `public_url` is https."""
    lock_minutes: int = 15
    """After which a console left alone is locked; 0: it signs out after `session_idle_seconds` instead."""
    clamav_socket: str = ""
    """ClamAV's daemon: unix:///run/clamav/clamd.ctl, tcp://127.0.0.1:3310. Empty: files are not scanned."""
    attachment_max_megabytes: int = Field(default=20, ge=1, le=100)
    """Of one, held in memory until it is sealed. Not more than the scanner takes (`StreamMaxLength`)."""
    session_idle_seconds: int = 1800
    trusted_proxies: int = 0
    """How many proxies of our own stand before the web process; their word on the client's address is
    believed, nobody else's."""

    @field_validator("public_url", "twilio_base_url", "twilio_second_base_url")
    @classmethod
    def _without_trailing_slash(cls, value: str) -> str:
        return value and _safe_address(value).rstrip("/")

    @field_validator("cap_webhook_url")
    @classmethod
    def _empty_or_an_address(cls, value: str) -> str:
        return value and _safe_address(value)

    @field_validator("cap_webhook_secret")
    @classmethod
    def _webhook_key(cls, value: str) -> str:
        if value and len(signing.key(value)) < signing.SHORTEST_KEY:
            raise ValueError(f"must be base64 of {signing.SHORTEST_KEY} random bytes or more")
        return value

    @field_validator("database_url")
    @classmethod
    def _postgresql_through_psycopg(cls, value: str) -> str:
        value = re.sub(r"^postgres(ql)?(\+psycopg)?://", "postgresql+psycopg://", value)
        if not value.startswith("postgresql+psycopg://"):
            raise ValueError("must be a PostgreSQL address: postgresql://user:password@host/name")
        return value

    @field_validator(*_FORMS)
    @classmethod
    def _well_formed(cls, value: str, info: ValidationInfo) -> str:
        form, wanted = _FORMS[str(info.field_name)]
        if not re.fullmatch(form, value):
            raise ValueError(wanted)
        return value

    @field_validator("smtp_url")
    @classmethod
    def _mail_server(cls, value: str) -> str:
        parts = urlsplit(value)
        if value and (parts.scheme not in {"smtp", "smtps"} or not parts.hostname):
            raise ValueError("must be smtps://user:password@host:465")
        if parts.scheme == "smtp" and parts.hostname not in LOOPBACK:
            raise ValueError("must be smtps: plain smtp is allowed only to loopback")
        return value

    @field_validator("secret_key")
    @classmethod
    def _strong(cls, value: str) -> str:
        if len(value) < SHORTEST_SECRET or len(set(value)) < 10:
            raise ValueError(
                f"is too weak: at least {SHORTEST_SECRET} random characters "
                "(python -c 'import secrets; print(secrets.token_urlsafe(48))')"
            )
        return value

    @field_validator("data_keys")
    @classmethod
    def _fernet_keys(cls, value: str) -> str:
        for key in value.split(","):
            try:
                Fernet(key.strip())
            except ValueError as fault:
                raise ValueError(
                    "must be Fernet keys, newest first, comma between (hotline keys new makes one)"
                ) from fault
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("must be a time zone's name such as Asia/Shanghai")
        return value

    @field_validator(
        "alert_ack_seconds",
        "page_officers_seconds",
        "page_supervisors_seconds",
        "claim_lease_seconds",
        "recording_max_seconds",
        "room_recording_seconds",
        "ring_seconds",
        "session_idle_seconds",
    )
    @classmethod
    def _positive(cls, value: int) -> int:
        if value < 1:
            raise ValueError("must be one second or more")
        return value

    @field_validator("auto_forward_seconds", "trusted_proxies", "lock_minutes")
    @classmethod
    def _not_negative(cls, value: int) -> int:
        if value < 0:
            raise ValueError("must be 0 or more")
        return value

    @field_validator("hotline_numbers")
    @classmethod
    def _pairs(cls, value: str) -> str:
        for pair in value.split(","):
            number, _, flow = pair.partition("=")
            if not number.strip() or not flow.strip():
                raise ValueError("must be number=flow pairs, comma between: 12355=12355")
        return value

    @model_validator(mode="after")
    def _pages_in_order(self) -> "Settings":
        if self.page_supervisors_seconds < self.page_officers_seconds:
            raise ValueError("PAGE_SUPERVISORS_SECONDS must not be less than PAGE_OFFICERS_SECONDS")
        return self

    @model_validator(mode="after")
    def _local_needs_a_model(self) -> "Settings":
        if self.transcription == "local" and self.transcription_model is None:
            raise ValueError("TRANSCRIPTION=local needs TRANSCRIPTION_MODEL, a model's folder")
        return self

    @model_validator(mode="after")
    def _mail_needs_a_server(self) -> "Settings":
        if self.tech_contact_email and not self.smtp_url:
            raise ValueError("TECH_CONTACT_EMAIL needs SMTP_URL, the way out for e-mail")
        return self

    @model_validator(mode="after")
    def _second_network_whole(self) -> "Settings":
        given = {name.upper(): bool(getattr(self, name)) for name in _SECOND_NETWORK}
        if any(given.values()) and not all(given.values()):
            missing = ", ".join(name for name, there in given.items() if not there)
            raise ValueError(f"a second network needs all of its settings; missing: {missing}")
        first = (self.twilio_account_sid, self.twilio_base_url)
        if first == (self.twilio_second_account_sid, self.twilio_second_base_url):
            raise ValueError("TWILIO_SECOND_…: the second network is the first one again")
        return self

    @model_validator(mode="after")
    def _webhook_is_signed(self) -> "Settings":
        if self.cap_webhook_url and not self.cap_webhook_secret:
            raise ValueError("CAP_WEBHOOK_URL needs CAP_WEBHOOK_SECRET, by which it is signed")
        return self

    @property
    def networks(self) -> dict[str, Network]:
        """The networks by name, in the order in which they are used: the first, and a second if set."""
        tokens = (self.twilio_auth_token, self.twilio_auth_token_previous)
        first = Network(
            FIRST,
            self.twilio_account_sid,
            tuple(token for token in tokens if token),
            self.twilio_base_url,
            self.sms_from,
            self.caller_id,
            self.twilio_byoc_trunk,
        )
        if not self.twilio_second_account_sid:
            return {FIRST: first}
        second = Network(
            SECOND,
            self.twilio_second_account_sid,
            (self.twilio_second_auth_token,),
            self.twilio_second_base_url,
            self.second_sms_from,
            self.second_caller_id,
        )
        return {FIRST: first, SECOND: second}

    @property
    def flows_by_number(self) -> dict[str, str]:
        """Dialled number -> name of the flow that answers it, both as written by the operator."""
        pairs = (pair.partition("=") for pair in self.hotline_numbers.split(","))
        return {number.strip(): flow.strip() for number, _, flow in pairs}

    @property
    def contact_test_day(self) -> tuple[int, dt.time] | None:
        """`contact_test` as day of the month and time in the line's zone; None if it is off."""
        day, _, time = self.contact_test.partition(" ")
        return (int(day), dt.time.fromisoformat(time)) if time else None

    @property
    def police_number(self) -> str:
        """The number that the police are asked to call: that of the police line; without one, the number
        that calls of ours show."""
        of_line = (number for number, flow in self.flows_by_number.items() if flow == POLICE_LINE)
        return next(of_line, self.caller_id)

    @property
    def data_key_list(self) -> list[str]:
        """Fernet keys, newest first."""
        return [key.strip() for key in self.data_keys.split(",")]

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of screens and papers; inside, all times are UTC."""
        return ZoneInfo(self.timezone)

    @property
    def secure_cookies(self) -> bool:
        """Cookies only over TLS, except where the console itself is served on loopback."""
        return self.public_url.startswith("https://")

    @property
    def requires_second_factor(self) -> bool:
        """`second_factor_required`, or what follows from where the console is served."""
        given = self.second_factor_required
        return self.secure_cookies if given is None else given


_SECOND_NETWORK = (
    "twilio_second_account_sid",
    "twilio_second_auth_token",
    "twilio_second_base_url",
    "second_sms_from",
    "second_caller_id",
)


def _safe_address(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http(s) address such as https://line.example.org")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        raise ValueError("must be https: plain http is allowed only to loopback")
    return value


def from_environment() -> Settings:
    """Settings from the environment variables.

    Raises:
        BadSettings: one line per fault, each naming the variable and what it should be.
    """
    try:
        return Settings()  # type: ignore[call-arg]  # every field comes from the environment
    except ValidationError as errors:
        raise BadSettings([_fault(error) for error in errors.errors()]) from None


def _fault(error: object) -> str:
    assert isinstance(error, dict)
    name = str(error["loc"][0]).upper() if error["loc"] else "settings"
    if error["type"] == "missing":
        return f"{name} is not set"
    return f"{name}: {str(error['msg']).removeprefix('Value error, ')}"


_current: Settings | None = None


def use(settings: Settings) -> None:
    """Put `settings` in force for this process."""
    global _current
    _current = settings


def current() -> Settings:
    """The settings in force; read from the environment if nobody said otherwise.

    Raises:
        BadSettings: see `from_environment`.
    """
    if _current is None:
        use(from_environment())
    assert _current is not None
    return _current
