"""The account that a bank names, compared with the one that was typed in."""

import pytest

from gateway.accounts.enrolment.held import check_held
from gateway.errors import AnotherAccount
from gateway.model import HeldAccount
from tests.gateway.storage.accounts.test_names import SOMEBODY, record

TYPED = record(SOMEBODY, "1234567")


@pytest.mark.parametrize(
    "held",
    [
        HeldAccount(),
        HeldAccount(number="1234567", holder_tax_id="11222333000181", branch="1"),
        HeldAccount(number="0001234567"),
        HeldAccount(number="123456-7"),
        HeldAccount(number="123456"),
        HeldAccount(holder_tax_id="11.222.333/0002-62"),
        HeldAccount(holder_tax_id="***222333***"),
        HeldAccount(holder_tax_id="unknown"),
    ],
)
def test_the_same_account_in_other_words(held: HeldAccount) -> None:
    """Zeros, punctuation, a missing check digit, another establishment, and masked values are no difference."""
    check_held(TYPED, held)


@pytest.mark.parametrize(
    ("held", "fields"),
    [
        (HeldAccount(number="7654321"), ["number"]),
        (HeldAccount(number="12345"), ["number"]),
        (HeldAccount(holder_tax_id="45997418000153"), ["holder_tax_id"]),
        (HeldAccount(holder_tax_id="12345678909"), ["holder_tax_id"]),
        (HeldAccount(branch="2", number="1", holder_tax_id="12345678909"), ["branch", "number", "holder_tax_id"]),
    ],
)
def test_another_account_is_named_by_what_differs(held: HeldAccount, fields: list[str]) -> None:
    """Each field is named, and none of the bank's values."""
    with pytest.raises(AnotherAccount) as raised:
        check_held(TYPED, held)

    failure = raised.value
    assert (failure.code, failure.at, failure.field) == ("invalid_account", "accounts", fields[0])
    assert [error.field for error in failure.errors] == fields
    texts = failure.detail + "".join(error.detail for error in failure.errors)
    assert not any(value in texts for value in (held.number, held.holder_tax_id) if value)
