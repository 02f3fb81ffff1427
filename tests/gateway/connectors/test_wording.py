"""Texts of a row put together."""

import pytest

from gateway.connectors import wording


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (("PIX ENVIADO", "Almoço"), "PIX ENVIADO - Almoço"),
        (("Pix enviado", "PIX ENVIADO", None, " ", 7), "Pix enviado"),
        (("PIX ENVIADO", "PIX"), "PIX ENVIADO"),
        (("PIX ENVIADO", "ENVIA"), "PIX ENVIADO - ENVIA"),
        ((), ""),
    ],
)
def test_nothing_is_dropped_and_nothing_said_twice(texts, expected):
    """A text is left out only where another one has its words."""
    assert wording.composed(*texts) == expected


@pytest.mark.parametrize(
    ("told", "found"),
    [
        ("E60746948202603171205abcDEF12345", True),
        (" D60746948202603171205abcDEF12345 ", True),
        ("E60746948202603171205abcDEF1234", False),
        ("F60746948202603171205abcDEF12345", False),
        (7, False),
        (None, False),
    ],
)
def test_end_to_end_ids(told, found):
    """`E` or `D` and 31 more signs, the whole of a value."""
    assert wording.end_to_end_id(told) == (told.strip() if found else None)


def test_texts_within():
    """All texts of what a bank sends, in order, but those under the keys that are passed over."""
    value = {"a": "x", "b": ["y", {"c": "z", "d": 1}], "e": "w"}

    assert list(wording.texts_within(value, without=["e"])) == ["x", "y", "z"]
