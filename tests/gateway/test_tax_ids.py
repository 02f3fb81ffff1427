"""CPF and CNPJ."""

import pytest

from gateway.tax_ids import is_cnpj, is_cpf, normalise


@pytest.mark.parametrize("value", ["11222333000181", "12ABC34501DE35", "00000000000191"])
def test_right_cnpjs_are_accepted(value: str) -> None:
    """Numeric ones, and the example of the official manual with letters."""
    assert is_cnpj(value)


@pytest.mark.parametrize(
    "value",
    [
        "11222333000182",
        "12ABC34501DE36",
        "12abc34501de35",
        "1122233300018",
        "00000000000000",
        "",
        "\N{ARABIC-INDIC DIGIT ONE}" * 14,
    ],
)
def test_wrong_cnpjs_are_refused(value: str) -> None:
    """A wrong digit, small letters, another length, repeated digits."""
    assert not is_cnpj(value)


@pytest.mark.parametrize("value", ["12345678909", "52998224725"])
def test_right_cpfs_are_accepted(value: str) -> None:
    """Well-known examples."""
    assert is_cpf(value)


@pytest.mark.parametrize("value", ["12345678900", "52998224735", "11111111111", "1234567890", "1234567890A", ""])
def test_wrong_cpfs_are_refused(value: str) -> None:
    """A wrong digit, repeated digits, another length, letters."""
    assert not is_cpf(value)


def test_punctuation_is_ignored() -> None:
    """Dots, hyphens, slashes and blanks go, letters become capitals."""
    assert normalise(" 12.abc.345/01de-35 ") == "12ABC34501DE35"
