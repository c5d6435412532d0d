"""A number is written in one way however it was told, and shown without what identifies it."""

import pytest

from infra import privacy
from infra.privacy import mask, national

MOBILE = "13812345678"
LANDLINE = "079188123456"
BEIJING = "01088123456"


@pytest.fixture(autouse=True)
def _nanchang(monkeypatch):
    monkeypatch.setattr(privacy, "_area_code", "0791")


@pytest.mark.parametrize(
    ("told", "plain"),
    [
        ("13812345678", MOBILE),
        ("+8613812345678", MOBILE),
        ("008613812345678", MOBILE),
        ("8613812345678", MOBILE),
        ("013812345678", MOBILE),
        ("+86 138-1234-5678", MOBILE),
        ("１３８１２３４５６７８", MOBILE),
        ("\u202a+86 138 1234 5678\u202c", MOBILE),
        ("+8679188123456", LANDLINE),
        ("008679188123456", LANDLINE),
        ("+86079188123456", LANDLINE),
        ("+86 (0)791 8812 3456", LANDLINE),
        ("0791-88123456", LANDLINE),
        ("（0791）88123456", LANDLINE),
        ("0791 8812 3456", LANDLINE),
        ("+861088123456", BEIJING),
        ("010-88123456", BEIJING),
        ("+863178123456", "03178123456"),
        ("+8679112345", "079112345"),
        ("88123456", LANDLINE),
        ("8812 3456", LANDLINE),
        ("８８１２３４５６", LANDLINE),
        ("8123456", "07918123456"),
        ("18123456", "18123456"),
        ("95013456", "95013456"),
        ("110", "110"),
        ("12345", "12345"),
        ("+8612345", "12345"),
        ("+8695588", "95588"),
        ("+864001234567", "4001234567"),
        ("400-123-4567", "4001234567"),
        ("+14155551234", "+14155551234"),
        ("0014155551234", "+14155551234"),
        ("+1 (415) 555-1234", "+14155551234"),
        ("+85291234567", "+85291234567"),
        ("anonymous", "anonymous"),
        ("client:agent_1", "client:agent_1"),
        ("", ""),
    ],
)
def test_a_number_is_written_in_one_way(told, plain):
    assert national(told) == plain
    assert national(plain) == plain


def test_where_no_area_is_set_none_is_guessed(monkeypatch):
    monkeypatch.setattr(privacy, "_area_code", "")
    assert (national("88123456"), mask("88123456")) == ("88123456", "****3456")


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+8613812345678", "138****5678"),
        ("0791-88889110", "0791****9110"),
        ("01088123456", "010****3456"),
        ("88123456", "0791****3456"),
        ("8123456", "079****3456"),
        ("95013456", "****3456"),
        ("9501345", "****345"),
        ("4001234567", "40****4567"),
        ("+14155551234", "+141****1234"),
        ("+6512345678", "+65****5678"),
        ("+1234567", "****567"),
        ("110", "110"),
        ("12345", "12345"),
        ("961234", "961234"),
        ("", "号码未显示"),
        ("+", "号码未显示"),
        ("anonymous", "号码未显示"),
        ("client:agent_1", "号码未显示"),
    ],
)
def test_a_number_is_shown_without_its_middle(number, shown):
    assert mask(number) == shown


@pytest.mark.parametrize("length", range(7, 16))
@pytest.mark.parametrize("sign", ["", "+"])
def test_at_least_four_digits_are_always_hidden(sign, length):
    number = sign + "987654321987654"[:length]
    digits = [one for one in mask(number) if one.isdigit()]
    assert len(digits) <= length - 4
    assert len(mask(number).rpartition("*")[2]) <= 4
