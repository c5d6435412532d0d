"""Every setting of the system: one frozen dataclass, read once, complete at the start."""

import base64
import os
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

DEVELOPMENT, PRODUCTION = "development", "production"
REQUIRED_IN_PRODUCTION = (
    "PUBLIC_URL",
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "DATA_KEYS",
    "SEARCH_PEPPER",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_API_KEY",
    "TWILIO_API_SECRET",
    "TWILIO_APP_SID",
    "HOTLINE_NUMBER",
)

DEMO_AREA_CODE = "0791"
AREA_CODE = re.compile(r"0(?:10|2[0-9]|[3-9][0-9]{2})")

YES, NO = {"yes", "true", "1", "on"}, {"no", "false", "0", "off"}

Network = IPv4Network | IPv6Network

# What encrypts personal data: AES-256.
KEY_BYTES = 32


class SettingMissing(Exception):
    """A setting that has no safe default was not given."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"缺少配置 {name}：请在环境变量中设置 ({name} is not set; see docs/operations.md)"
        )
        self.name = name


class SettingInvalid(Exception):
    """A setting was given, but its value cannot be used."""

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"配置 {name} 无效：{why} ({name} is invalid)")
        self.name = name


@dataclass(frozen=True)
class Settings:
    """What an operator can set; names in upper case are the environment variables."""

    env: str
    host: str
    port: int
    # How many proxies of ours stand in front: only what they add to a header is believed.
    trusted_proxies: int
    public_url: str
    # In production one proxy may stand before all processes; locally each has its port.
    live_url: str
    fallback_url: str
    database_url: str
    redis_url: str
    secret_key: str
    data_keys: tuple[tuple[str, str], ...]
    search_pepper: str
    twilio_account_sid: str
    twilio_auth_token: str
    twilio_api_key: str
    twilio_api_secret: str
    twilio_app_sid: str
    twilio_api_url: str
    hotline_number: str
    # The city's own: landlines are told without it there.
    area_code: str
    signal_url: str
    var_dir: Path
    # Where several web processes leave their counts; the metrics library reads it by itself.
    metrics_dir: str
    menu_enabled: bool
    llm_base_url: str
    llm_api_key: str
    llm_model: str
    asr_engine: str
    # A bucket stores recordings in S3; without one they lie under VAR_DIR.
    recordings_bucket: str
    s3_endpoint_url: str
    # Who is on channel 1 and 2: the leg that is recorded, and the other side.
    recording_channels: tuple[str, ...]
    # Without an address of its own the text message goes through the carrier.
    sms_url: str
    sms_token: str
    # Inside networks that webhooks may enter all the same, such as the government's own.
    webhook_networks: tuple[Network, ...]
    # Looks for viruses in attachments: given a file's path, it ends with 0 for clean, 1 for found.
    scan_command: tuple[str, ...]

    @property
    def production(self) -> bool:
        return self.env == PRODUCTION

    @property
    def emulated(self) -> bool:
        """True when the carrier is the local emulator, which the browser is told how to reach."""
        return bool(self.signal_url)

    @classmethod
    def read(cls, environ: Mapping[str, str] | None = None) -> "Settings":
        """Raise SettingMissing or SettingInvalid rather than start half configured."""
        values = os.environ if environ is None else environ
        port = _number(values, "PORT", 5000)
        return cls._of(values, port, partial(_text, values))

    @classmethod
    def _of(cls, values: Mapping[str, str], port: int, text: Callable[..., str]) -> "Settings":
        return cls(
            env=_complete(values),
            host=text("HOST", "127.0.0.1"),
            port=port,
            trusted_proxies=_number(values, "TRUSTED_PROXIES", 0),
            public_url=text("PUBLIC_URL", f"http://127.0.0.1:{port}").rstrip("/"),
            live_url=text("LIVE_URL", _beside(values, port, 1)).rstrip("/"),
            fallback_url=text("FALLBACK_URL", _beside(values, port, 4)).rstrip("/"),
            database_url=_given(values, "DATABASE_URL"),
            redis_url=_given(values, "REDIS_URL"),
            secret_key=_given(values, "SECRET_KEY"),
            data_keys=_keys(_given(values, "DATA_KEYS")),
            search_pepper=_given(values, "SEARCH_PEPPER"),
            twilio_account_sid=_given(values, "TWILIO_ACCOUNT_SID"),
            twilio_auth_token=_given(values, "TWILIO_AUTH_TOKEN"),
            twilio_api_key=_given(values, "TWILIO_API_KEY"),
            twilio_api_secret=_given(values, "TWILIO_API_SECRET"),
            twilio_app_sid=_given(values, "TWILIO_APP_SID"),
            twilio_api_url=text("TWILIO_API_URL", "https://api.twilio.com").rstrip("/"),
            hotline_number=_given(values, "HOTLINE_NUMBER"),
            area_code=_area_code(values),
            signal_url=text("SIGNAL_URL"),
            var_dir=Path(text("VAR_DIR", "var")),
            metrics_dir=text("PROMETHEUS_MULTIPROC_DIR"),
            menu_enabled=_wanted(values, "MENU_ENABLED"),
            llm_base_url=_address_of_model(values),
            llm_api_key=text("LLM_API_KEY"),
            llm_model=text("LLM_MODEL"),
            asr_engine=_engine(text("ASR_ENGINE")),
            recordings_bucket=text("RECORDINGS_BUCKET"),
            s3_endpoint_url=text("S3_ENDPOINT_URL"),
            recording_channels=_channels(text("RECORDING_CHANNELS", "leg,other")),
            sms_url=_address(values, "SMS_URL"),
            sms_token=text("SMS_TOKEN"),
            webhook_networks=_networks(text("WEBHOOK_NETWORKS")),
            scan_command=_command(text("SCAN_COMMAND")),
        )


def _complete(values: Mapping[str, str]) -> str:
    """The environment, when nothing that it requires is missing; raises SettingMissing."""
    env = values.get("HOTLINE_ENV", DEVELOPMENT)
    if env not in (DEVELOPMENT, PRODUCTION):
        # Taken for development, a misspelt production would run with demo people.
        raise SettingInvalid("HOTLINE_ENV", f"应为 {PRODUCTION} 或 {DEVELOPMENT}")
    for name in REQUIRED_IN_PRODUCTION if env == PRODUCTION else ():
        if not values.get(name, "").strip():
            raise SettingMissing(name)
    return env


def _address(values: Mapping[str, str], name: str) -> str:
    address = _text(values, name)
    if address and not address.startswith(("http://", "https://")):
        raise SettingInvalid(name, "应以 http:// 或 https:// 开头")
    return address


def _address_of_model(values: Mapping[str, str]) -> str:
    address = _address(values, "LLM_BASE_URL")
    if address and not _text(values, "LLM_MODEL"):
        raise SettingMissing("LLM_MODEL")
    return address


def _text(values: Mapping[str, str], name: str, default: str = "") -> str:
    return values.get(name, default).strip()


def _given(values: Mapping[str, str], name: str) -> str:
    value = values.get(name, "").strip()
    if not value:
        raise SettingMissing(name)
    return value


def _beside(values: Mapping[str, str], port: int, step: int) -> str:
    local = f"http://127.0.0.1:{port + step}"
    return values.get("PUBLIC_URL", local) if values.get("HOTLINE_ENV") == PRODUCTION else local


def _number(values: Mapping[str, str], name: str, default: int) -> int:
    value = values.get(name, str(default))
    if not (value.isascii() and value.isdecimal()):
        raise SettingInvalid(name, f"“{value}”不是数字")
    return int(value)


def _area_code(values: Mapping[str, str]) -> str:
    """Another city's would lead to strangers: only the demo city has one by default."""
    demo = "" if values.get("HOTLINE_ENV") == PRODUCTION else DEMO_AREA_CODE
    code = _text(values, "AREA_CODE", demo)
    if code and not AREA_CODE.fullmatch(code):
        raise SettingInvalid("AREA_CODE", "应为 0 开头的区号，如 0791")
    return code


def _wanted(values: Mapping[str, str], name: str) -> bool:
    """Wanted unless refused; what is neither is a mistake."""
    value = _text(values, name, "yes").lower()
    if value not in YES | NO:
        raise SettingInvalid(name, "应为 yes 或 no")
    return value in YES


def _keys(value: str) -> tuple[tuple[str, str], ...]:
    """``id:base64key,id2:base64key2``; the first key encrypts, all of them decrypt."""
    pairs = [item.strip().partition(":") for item in value.split(",") if item.strip()]
    if not pairs or any(not name or not key for name, _, key in pairs):
        raise SettingInvalid("DATA_KEYS", "应为 编号:密钥,编号:密钥")
    for name, _, key in pairs:
        try:
            whole = len(base64.b64decode(key, validate=True)) == KEY_BYTES
        except ValueError:
            whole = False
        if not whole:
            raise SettingInvalid("DATA_KEYS", f"密钥 {name} 应为 {KEY_BYTES} 字节的 base64")
    return tuple((name, key) for name, _, key in pairs)


def _engine(value: str) -> str:
    """``faster-whisper:folder`` or ``openai:address#model``."""
    kind, _, rest = value.partition(":")
    address, _, model = rest.partition("#")
    known = (kind == "faster-whisper" and rest) or (kind == "openai" and address and model)
    if value and not known:
        raise SettingInvalid("ASR_ENGINE", "应为 faster-whisper:模型路径 或 openai:地址#模型")
    return value


def _networks(value: str) -> tuple[Network, ...]:
    """``10.12.0.0/16,10.13.7.0/24``"""
    try:
        return tuple(ip_network(one.strip()) for one in value.split(",") if one.strip())
    except ValueError as error:
        raise SettingInvalid("WEBHOOK_NETWORKS", "应为以逗号分隔的网段，如 10.12.0.0/16") from error


def _command(value: str) -> tuple[str, ...]:
    try:
        return tuple(shlex.split(value))
    except ValueError as error:
        raise SettingInvalid("SCAN_COMMAND", "引号没有成对") from error


def _channels(value: str) -> tuple[str, ...]:
    sides = tuple(side.strip() for side in value.split(","))
    if sorted(sides) != ["leg", "other"]:
        raise SettingInvalid("RECORDING_CHANNELS", "应为 leg,other 或 other,leg")
    return sides
