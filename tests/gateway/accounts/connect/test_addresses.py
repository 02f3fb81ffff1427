"""Addresses that the connect page leads back to, and origins that may frame it."""

import pytest

from gateway.accounts.connect.addresses import check_ancestor, check_return_address, led_back, may_lead_to
from gateway.errors import CallerError
from gateway.limits import CONNECT_ADDRESS_CHARACTERS

ALLOWED = ["https://erp.example.com/volta"]


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example.com/volta",
        "https://erp.example.com/outra",
        "https://erp.example.com/volta/",
        "https://erp.example.com/volta/..//evil",
        "https://erp.example.com.evil.example/volta",
        "https://erp.example.com@evil.example.com/volta",
        "https://erp.example.com:8443/volta",
        "http://erp.example.com/volta",
        "//erp.example.com/volta",
        "javascript:alert(1)//https://erp.example.com/volta",
        "https://erp.example.com/volta#x",
        "https://erp.example.com/volta?result=enabled",
        "https://erp.example.com/volta\\@evil.example.com",
        "",
    ],
)
def test_nothing_but_an_allowed_address_is_led_to(address: str) -> None:
    """Whatever it resembles."""
    with pytest.raises(CallerError) as refused:
        may_lead_to(address, ALLOWED)
    assert refused.value.field == "return_to"


def test_an_allowed_address_may_have_a_query_of_its_own() -> None:
    """It stays, and what the page adds comes after it."""
    address = may_lead_to("https://erp.example.com/volta?conta=1&x=%20", ALLOWED)
    assert led_back(address, "cs_1", "enabled") == f"{address}&connect_session=cs_1&result=enabled"
    assert led_back(ALLOWED[0], "cs_1", "cancelled") == f"{ALLOWED[0]}?connect_session=cs_1&result=cancelled"


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("frame_ancestors", "*"),
        ("frame_ancestors", "https://*.example.com"),
        ("frame_ancestors", "https://erp.example.com/path"),
        ("frame_ancestors", "https://erp.example.com; script-src *"),
        ("frame_ancestors", "https://erp.example.com https://evil.example.com"),
        ("frame_ancestors", "http://erp.example.com"),
        ("frame_ancestors", "https://erp.example.com;x"),
        ("frame_ancestors", "data:"),
        ("return_addresses", "https://erp.example.com/volta?x=1"),
        ("return_addresses", "https://user:pw@erp.example.com/"),
        ("return_addresses", "http://10.0.0.1/"),
        ("return_addresses", "https://erp.example.com/\n"),
        ("return_addresses", "https://erp.example.com:0/"),
        ("return_addresses", "https://erp.example.com:99999/"),
        ("return_addresses", "ftp://erp.example.com/"),
        ("return_addresses", 'https://erp.example.com/"x'),
    ],
)
def test_lists_hold_only_addresses_of_one_form(name: str, address: str) -> None:
    """What would say something else in a header is refused."""
    check = check_ancestor if name == "frame_ancestors" else check_return_address
    with pytest.raises(CallerError) as refused:
        check(address)
    assert refused.value.field == name


def test_an_address_has_a_bounded_length() -> None:
    """Before anything is looked for in it."""
    with pytest.raises(CallerError):
        check_return_address("https://erp.example.com/" + "x" * CONNECT_ADDRESS_CHARACTERS)
