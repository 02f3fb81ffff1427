"""Checks of new accounts against the contract."""

from datetime import date
from typing import Any

import msgspec
import pytest

import contracts
from gateway.accounts.banks import contract_of
from gateway.accounts.enrolment import details
from gateway.accounts.enrolment.verification import first_import
from gateway.errors import CallerError
from gateway.model import Period
from gateway.texts.spelling import spelled_branch, spelled_number
from tests.gateway.support import SECRET

INTER = contracts.load("inter")


def refused(code: str, field: str, check: Any) -> CallerError:
    with pytest.raises(CallerError) as raised:
        check()
    assert (raised.value.code, raised.value.field) == (code, field)
    for value in (SECRET, "CANARY", "BEGIN"):
        assert value not in raised.value.detail
    return raised.value


def with_enrolment(**changed: Any) -> contracts.Contract:
    return msgspec.structs.replace(INTER, enrolment=msgspec.structs.replace(INTER.enrolment, **changed))


def test_numbers_are_stored_without_punctuation() -> None:
    """Dots, hyphens and blanks go before the pattern is tried."""
    assert spelled_branch(INTER, " 00.01 ") == "0001"
    assert spelled_number(INTER, "0001", "1.234.567-8") == "12345678"


def test_wrong_numbers_name_their_field() -> None:
    """Branch and number that the bank cannot have are refused, each by name."""
    refused("invalid_account", "branch", lambda: spelled_branch(INTER, "CANARY"))
    refused("invalid_account", "branch", lambda: spelled_branch(INTER, ""))
    refused("invalid_account", "number", lambda: spelled_number(INTER, "0001", "CANARY"))


def test_a_branch_may_be_left_out_where_the_bank_has_none() -> None:
    """Some banks have only one branch."""
    assert spelled_branch(with_enrolment(branch_required=False), "") == ""


def test_kinds_are_those_of_the_contract() -> None:
    """A kind the bank does not take has a code of its own."""
    assert details.check_kind(INTER, "PJ") == "PJ"
    refused("account_type_not_supported", "kind", lambda: details.check_kind(INTER, "PF"))
    refused("invalid_request", "kind", lambda: details.check_kind(INTER, "CANARY"))


def test_the_holder_is_a_company_or_a_person() -> None:
    """PJ needs a CNPJ, PF a CPF."""
    assert details.check_holder("PJ", "11.222.333/0001-81") == "11222333000181"
    assert details.check_holder("PF", "123.456.789-09") == "12345678909"
    refused("invalid_request", "holder_tax_id", lambda: details.check_holder("PJ", "12345678909"))
    refused("invalid_request", "holder_tax_id", lambda: details.check_holder("PF", "11222333000181"))


def test_an_unknown_bank_names_the_field() -> None:
    """In a body it is a wrong field, in an address a missing thing."""
    refused("invalid_request", "bank", lambda: contract_of("CANARY"))
    refused("unknown_bank", "bank", lambda: contract_of("../inter", code="unknown_bank"))


def test_the_first_import_ends_yesterday() -> None:
    """As many days as the contract says, or as the bank still has."""
    today = date(2026, 3, 16)
    short = msgspec.structs.replace(INTER, period=msgspec.structs.replace(INTER.period, history_days=10))

    assert first_import(INTER, today) == Period(date(2026, 2, 14), date(2026, 3, 15))
    assert first_import(short, today) == Period(date(2026, 3, 6), date(2026, 3, 15))
