"""Every option of the running desk, read once from the workspace's kefu.toml.

Secrets come from the environment, or from files it names; see bot/secrets/values.py."""

import re
import tomllib
from datetime import time
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, StrictBool, ValidationError, field_validator

from bot.errors import BotError
from bot.secrets.values import VARIABLE, secret
from bot.setting_problems import setting_problems, table_problems
from bot.timetable import parse_timetable
from bot.web_address import is_web_address

WANTED_ADDRESS = "wanted an address such as 'https://chat.example/hooks/1'"
Share = Annotated[float, Field(gt=0, lt=1)]
Seconds = Annotated[float, Field(gt=0)]


class SettingsError(BotError):
    """kefu.toml or the environment holds something unusable."""


class Group(BaseModel):
    """A table of kefu.toml: frozen, unknown keys refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Desk(Group):
    """[desk]: who the bot speaks for."""

    name: str = "Support"  # shown to customers
    language: Literal["en", "zh"] = "en"  # of the desk's own wording, unless the customer chose another
    time_zone: str = "UTC"  # dates such as "tomorrow" are meant in it
    opens: time | None = None  # support staff are there from, local time; None: always
    closes: time | None = None
    days: tuple[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"], ...] = (
        "mon",
        "tue",
        "wed",
        "thu",
        "fri",
    )
    currency: str = Field(default="EUR", pattern="^[A-Z]{3}$")  # of amounts without a sign
    country: str = Field(default="US", pattern="^[A-Z]{2}$")  # of phone numbers without a prefix

    @field_validator("time_zone")
    @classmethod
    def is_known_zone(cls, name: str) -> str:
        if name not in available_timezones():
            raise ValueError("wanted a name of the tz database such as 'Europe/London'")
        return name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class Understanding(Group):
    """[understanding]: the model that serves."""

    precision: Literal["int8", "fp32"] = "int8"
    threads: int = Field(default=1, ge=1, le=64)  # of ONNX Runtime for one message
    max_chars: int = Field(default=4096, ge=64)  # longer texts are understood by their first part


class Decide(Group):
    """[decide]: how sure is sure enough."""

    max_wrong_answers: Share = 0.05  # share of the bot's own answers that may be wrong


class Conversation(Group):
    """[conversation]: what is remembered, and for how long."""

    forget_slots_after_s: Seconds = 1800  # an order number is not asked for again within this time
    human_silence_s: Seconds = 86400  # after this long without a word the bot speaks again
    messages_per_minute: int = Field(
        default=20, ge=1
    )  # from one customer; more is answered with a request to wait
    feedback_buttons: bool = True  # helpful / not, under answers
    ask_rating: bool = True  # 1 to 5, once staff closed a conversation


class TelegramBot(Group):
    """[telegram.bots.NAME]: a further bot."""

    token_env: str = Field(pattern="^[A-Za-z_][A-Za-z0-9_]*$")  # the environment variable with its token


class Telegram(Group):
    """[telegram]: bots, of which TELEGRAM_BOT_TOKEN's needs no table."""

    base_url: str = "https://api.telegram.org/bot"  # a local Bot API server can take its place
    poll_timeout_s: int = Field(default=25, ge=0, le=50)
    webhook: StrictBool = False  # Telegram posts updates to [web] public_url, instead of being asked for them
    bots: dict[Annotated[str, Field(pattern="^[a-z][a-z0-9-]{0,31}$")], TelegramBot] = Field(
        default_factory=dict
    )
    staff_group: int = Field(default=0, le=0)  # the id of the staff's group with topics, e.g. -1001234567890


class Web(Group):
    """[web]: the chat page, widget and REST API."""

    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65535)
    allowed_origins: tuple[str, ...] = ()  # sites that may embed the widget, e.g. "https://shop.example"
    requests_per_minute: int = Field(default=60, ge=1)  # for one client; as many sockets may it hold open
    pages_per_minute: int = Field(default=3000, ge=1)  # pages and all else but the API, for one client
    max_connections: int = Field(default=900, ge=1)  # below the 1024 open files a process usually may have
    connections_per_client: int = Field(default=250, ge=1)
    public_url: str = ""  # where customers reach it, when behind a proxy
    drain_s: float = Field(default=0.0, ge=0, le=300)  # told to stop, it serves on; /readyz says 503
    trusted_proxies: tuple[
        str, ...
    ] = ()  # addresses whose X-Forwarded-For names the client, e.g. "10.0.0.0/8"

    @field_validator("allowed_origins")
    @classmethod
    def are_origins(cls, origins: tuple[str, ...]) -> tuple[str, ...]:
        for origin in origins:
            if not re.fullmatch(r"https?://[A-Za-z0-9.\[\]:-]+", origin):
                raise ValueError(
                    f"{origin!r} is no origin; wanted scheme and host such as 'https://shop.example'"
                )
        return tuple(origin.lower() for origin in origins)

    @field_validator("public_url")
    @classmethod
    def is_address(cls, url: str) -> str:
        if url and not is_web_address(url):
            raise ValueError("wanted an address such as 'https://desk.example/'")
        return url

    @field_validator("trusted_proxies")
    @classmethod
    def are_networks(cls, proxies: tuple[str, ...]) -> tuple[str, ...]:
        for proxy in proxies:
            ip_network(proxy, strict=False)  # its ValueError says what is wrong
        return proxies


class Metrics(Group):
    """[metrics]: where Prometheus asks; nowhere without a port."""

    host: str = "127.0.0.1"
    port: int | None = Field(default=None, ge=0, le=65535)


class Tracing(Group):
    """[tracing]: traces for OpenTelemetry; where to is said by the environment, see docs/monitoring.md."""

    enabled: bool = False


class Watch(Group):
    """[watch]: whether more customers are unhappy than usual."""

    enabled: bool = True
    webhook: str = Field(default="", repr=False)  # alerts are posted there as JSON; "$NAME" is a secret's

    @field_validator("webhook")
    @classmethod
    def is_address(cls, url: str) -> str:
        if url and not VARIABLE.fullmatch(url) and not is_web_address(url, to_post_to=True):
            raise ValueError(WANTED_ADDRESS)
        return url


class Retrain(Group):
    """[retrain]: what `kefu retrain` lets go live."""

    test_share: Annotated[float, Field(gt=0, le=0.5)] = 0.15  # of the dialogues are never learned from
    max_calibration_error: Share = 0.05
    max_ms: float = Field(default=100.0, gt=0)  # median time of a message, where it is trained
    max_release_mb: float = Field(default=1000.0, gt=0)
    shadow_messages: int = Field(default=0, ge=0)  # a candidate sees first; 0: it goes live at once
    shadow_agreement: Share = 0.9  # with the release that answers, at the lower end of its interval


class Retention(Group):
    """[retention]: what is kept for so many days only; 0: for good."""

    every: str = "night at 03:00"  # when the desk removes what is older, in its time zone
    conversations_days: int = Field(default=0, ge=0)  # what was said, what was made of it, and by whom
    attachments_days: int = Field(default=0, ge=0)  # the channel's ids of pictures and files
    mask_days: int = Field(default=0, ge=0)  # after so long without a word personal data are masked
    mask_types: tuple[str, ...] = ()  # entity types of yours that are personal, beside the usual
    labels_days: int = Field(default=0, ge=0)  # corrections of staff, with the words they are about
    updates_days: int = Field(default=0, ge=0)  # ids of updates that were answered
    alerts_days: int = Field(default=0, ge=0)  # alerts and warnings that are over
    audit_days: int = Field(default=0, ge=0)  # the audit log

    @field_validator("every")
    @classmethod
    def is_timetable(cls, text: str) -> str:
        try:
            parse_timetable(text, ZoneInfo("UTC"))
        except BotError as error:
            raise ValueError(str(error)) from error
        return text

    @field_validator("updates_days")
    @classmethod
    def outlasts_repeats(cls, days: int) -> int:
        if days == 1:
            raise ValueError("wanted 0, or 2 and more: Telegram may send an update again for a day")
        return days


class Action(Group):
    """[actions.NAME]: a call to the company's own system."""

    url: str = Field(repr=False)  # may hold {{ order_number }}; values are URL-quoted
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    body: dict[str, str] = Field(default_factory=dict)  # JSON body; values are templates
    headers: dict[str, str] = Field(default_factory=dict, repr=False)  # "$NAME" takes a secret of that name
    timeout_s: Annotated[float, Field(gt=0, le=60)] = 3.0
    retries: int = Field(default=2, ge=0, le=5)  # only for GET, PUT, DELETE or when idempotent is set
    idempotent: bool | None = None  # None: as the method says


class Outgoing(Group):
    """[outgoing]: what the desk may call besides the hosts written in [actions.*] and [watch]."""

    hosts: tuple[str, ...] = ()  # for actions whose host is a template: "eu.shop.example", "*.shop.example"
    private_hosts: tuple[str, ...] = ()  # names that lead to addresses of your own network

    @field_validator("hosts", "private_hosts")
    @classmethod
    def are_hosts(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if not re.fullmatch(r"(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]*[A-Za-z0-9_])?|[0-9A-Fa-f:]+", host):
                raise ValueError(
                    f"{host!r} is no host; wanted a name or an address such as 'orders.internal'"
                )
        return tuple(host.lower() for host in hosts)

    @field_validator("private_hosts")
    @classmethod
    def are_whole(cls, hosts: tuple[str, ...]) -> tuple[str, ...]:
        for host in hosts:
            if host.startswith("*"):
                raise ValueError(
                    f"{host!r}: each host is written out here, for its owner chooses its address"
                )
        return hosts


class Settings(Group):
    """The whole of kefu.toml, with the folder it came from."""

    folder: Path
    desk: Desk = Desk()
    understanding: Understanding = Understanding()
    decide: Decide = Decide()
    conversation: Conversation = Conversation()
    telegram: Telegram = Telegram()
    web: Web = Web()
    metrics: Metrics = Metrics()
    tracing: Tracing = Tracing()
    watch: Watch = Watch()
    retrain: Retrain = Retrain()
    outgoing: Outgoing = Outgoing()
    retention: Retention = Retention()
    actions: dict[str, Action] = Field(default_factory=dict)

    @property
    def database_url(self) -> str:
        return secret("KEFU_DATABASE_URL") or f"sqlite+aiosqlite:///{self.folder.resolve() / 'kefu.db'}"

    @property
    def api_key(self) -> str:
        return secret("KEFU_API_KEY")

    @property
    def signing_key(self) -> str:
        return secret("KEFU_SIGNING_KEY")


def load_settings(workspace: Path) -> Settings:
    """Read WORKSPACE/kefu.toml.

    Raises SettingsError with a line for all that is wrong: the file, the key, the value met and what was wanted."""
    path = workspace / "kefu.toml"
    if not path.is_file():
        raise SettingsError(
            f"{path}: not found; a workspace is a folder with a kefu.toml (`kefu init {workspace}` makes one)"
        )
    try:
        tables: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (ValueError, RecursionError) as error:  # besides its own: numbers too long, brackets too deep
        raise SettingsError(f"{path}: not TOML: {error}") from error
    wrong = list(table_problems(path, tables))
    try:
        settings = Settings(**{**tables, "folder": workspace})
    except ValidationError as error:
        wrong += setting_problems(path, error, Settings)
    if wrong:  # Not `from error`: its text shows values, secret ones too.
        raise SettingsError("\n".join(wrong))
    return settings
