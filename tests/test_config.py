"""A setting that cannot be used is named at the start, not at the first call."""

from pathlib import Path

import pytest

from config import SettingInvalid
from tests import services


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("HOTLINE_ENV", "prod", "production"),
        ("HOTLINE_ENV", "", "production"),
        ("PORT", "five", "不是数字"),
        ("PORT", "²", "不是数字"),
        ("MENU_ENABLED", "off please", "yes 或 no"),
        ("SMS_URL", "sms.example/send", "http"),
        ("DATA_KEYS", "k1", "编号:密钥"),
        ("DATA_KEYS", "k1:not base64!", "密钥 k1 应为 32 字节"),
        ("DATA_KEYS", "k1:QUJD", "密钥 k1 应为 32 字节"),
        ("SCAN_COMMAND", "clamdscan 'half", "引号"),
        ("WEBHOOK_NETWORKS", "10.0.0.1/8", "网段"),
        ("AREA_CODE", "791", "0 开头"),
        ("AREA_CODE", "0791-", "0 开头"),
        ("RECORDING_CHANNELS", "left,right", "leg,other"),
        ("ASR_ENGINE", "magic", "faster-whisper"),
    ],
)
def test_what_is_wrong_is_said_with_its_name(
    tmp_path: Path, name: str, value: str, why: str
) -> None:
    with pytest.raises(SettingInvalid, match=name) as refused:
        services.settings("postgresql://", "redis://", tmp_path, **{name: value})
    assert why in str(refused.value)


def test_only_the_demo_city_has_an_area_code_by_default(tmp_path: Path) -> None:
    """In another city a landline without its area would lead to a stranger."""
    given = "postgresql://", "redis://", tmp_path
    assert services.settings(*given).area_code == "0791"
    assert services.settings(*given, HOTLINE_ENV="production").area_code == ""
    assert services.settings(*given, HOTLINE_ENV="production", AREA_CODE="010").area_code == "010"
