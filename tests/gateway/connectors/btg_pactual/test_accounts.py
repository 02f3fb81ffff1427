"""Which account of BTG Pactual's list is the one that was registered."""

import httpx
import msgspec
import pytest

from gateway.connectors.btg_pactual import Listed
from gateway.errors import BankFailure
from gateway.model import Account, Credentials
from tests.gateway.connectors.btg_pactual.answers import ACCOUNT, days, fetch

OPEN = Account(**{**msgspec.structs.asdict(ACCOUNT), "credentials": Credentials({})})


@pytest.mark.parametrize(
    ("listed", "same"),
    [
        ({"accountId": "x", "bankCode": "208", "branchCode": "50", "number": "001234567"}, True),
        ({"accountId": "x", "bankCode": 208, "branchCode": 50, "number": 1234567}, True),
        ({"accountId": "11222333000181-208-50-001234567"}, True),
        ({"accountId": "x", "bankCode": "30306294", "branchCode": "0050-1", "number": "123456-7"}, True),
        ({"accountId": "x", "bankCode": 208.0, "branchCode": 50.0, "number": 1234567.0}, True),
        ({"accountId": "11222333000181-208-50-001234567", "bankCode": "BTG Pactual", "number": None}, True),
        ({"accountId": "11222333000181-208-50-001234567", "bankCode": "341"}, False),
        ({"accountId": "11222333000181-208-51-001234567"}, False),
        ({"accountId": "opaque", "branchCode": "50", "number": "1234567"}, False),
        ({"accountId": "x", "bankCode": "208", "branchCode": "50", "number": "1234568"}, False),
    ],
)
def test_accounts_are_compared_without_zeros(listed, same):
    """Bank, branch and number must agree; what the list leaves out is read from the id."""
    assert msgspec.convert(listed, Listed).is_account("0050", "1234567") is same


def test_the_list_is_asked_only_for_an_unknown_id():
    """An account id that was typed in is used as it is."""
    assert [r.url.path for r in fetch(days())[1]] == ["/11222333000181/banking/accounts/given/statements"]

    listed = [{"data": [{"accountId": "1-208-50-1234567"}]}, {"accountId": "1-208-50-7"}]
    _, asked = fetch(httpx.Response(200, json=listed), days(), account=OPEN)
    assert [r.url.path for r in asked] == [
        "/11222333000181/banking/accounts",
        "/11222333000181/banking/accounts/1-208-50-1234567/statements",
    ]


@pytest.mark.parametrize("account_id", ["31/12/9999", "..", "a?b", "a#b", "a b", "é"])
def test_an_id_that_is_no_segment_of_a_path_is_a_failure_of_the_bank(account_id):
    """It is not sent, and no defect of the gateway."""
    listed = {"accountId": account_id, "bankCode": "208", "branchCode": "50", "number": "1234567"}
    with pytest.raises(BankFailure) as raised:
        fetch(httpx.Response(200, json=[listed]), account=OPEN)
    assert raised.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    "listed",
    [
        {"data": {"accountId": "1-208-50-1234567"}},
        {"accounts": [{"accountId": "1-208-50-1234567"}]},
        [{"accountId": None, "bankCode": "208"}, {"accountId": "1-208-50-1234567"}],
        {"data": {"data": [{"accountId": "1-208-50-1234567", "number": 1234567}]}},
    ],
)
def test_lists_in_other_envelopes(listed):
    """One account in place of a list, another name of the list, and an account without an id beside the others."""
    _, asked = fetch(httpx.Response(200, json=listed), days(), account=OPEN)

    assert asked[-1].url.path.endswith("/accounts/1-208-50-1234567/statements")


def test_an_id_that_is_a_number():
    """It is written into the address as it came."""
    listed = [{"accountId": 77, "bankCode": "208", "branchCode": "50", "number": "1234567"}]

    _, asked = fetch(httpx.Response(200, json=listed), days(), account=OPEN)

    assert asked[-1].url.path.endswith("/accounts/77/statements")


@pytest.mark.parametrize("listed", [{}, [{"number": "1"}], [{"data": [{}]}], {"data": None}, ["x"]])
def test_a_list_that_is_none_is_unexpected(listed):
    """It is not taken for a list without the account."""
    with pytest.raises(BankFailure) as caught:
        fetch(httpx.Response(200, json=listed), account=OPEN)

    assert (caught.value.code, caught.value.at) == ("unexpected_bank_response", "accounts")


def test_an_account_listed_under_two_ids():
    """Which of the two is not guessed; the same one twice is one."""
    one, other = {"accountId": "1-208-50-1234567"}, {"accountId": "2-208-50-1234567"}

    with pytest.raises(BankFailure, match="two ids"):
        fetch(httpx.Response(200, json=[one, other]), account=OPEN)
    assert fetch(httpx.Response(200, json=[one, one]), days(), account=OPEN)
