"""Checks of new accounts against the contract."""

from datetime import date, timedelta
from typing import Any

import msgspec
import pytest

import contracts
from contracts.schema import CredentialField, CredentialKind
from gateway.accounts import enrolment
from gateway.errors import CallerError
from gateway.model import Period
from gateway.spelling import spelled_branch, spelled_number
from tests.gateway.support import NOW, SECRET, certificate, credentials

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
    assert enrolment.check_kind(INTER, "PJ") == "PJ"
    refused("account_type_not_supported", "kind", lambda: enrolment.check_kind(INTER, "PF"))
    refused("invalid_request", "kind", lambda: enrolment.check_kind(INTER, "CANARY"))


def test_the_holder_is_a_company_or_a_person() -> None:
    """PJ needs a CNPJ, PF a CPF."""
    assert enrolment.check_holder("PJ", "11.222.333/0001-81") == "11222333000181"
    assert enrolment.check_holder("PF", "123.456.789-09") == "12345678909"
    refused("invalid_request", "holder_tax_id", lambda: enrolment.check_holder("PJ", "12345678909"))
    refused("invalid_request", "holder_tax_id", lambda: enrolment.check_holder("PF", "11222333000181"))


def test_an_unknown_bank_names_the_field() -> None:
    """In a body it is a wrong field, in an address a missing thing."""
    refused("invalid_request", "bank", lambda: enrolment.contract_of("CANARY"))
    refused("unknown_bank", "bank", lambda: enrolment.contract_of("../inter", code="unknown_bank"))


def test_good_credentials_come_back_with_the_expiry_of_the_certificate() -> None:
    """Texts lose blanks at their ends; the certificate tells when it expires."""
    found, expires = enrolment.check_credentials(INTER, credentials(client_id="  id  "), NOW)

    assert found["client_id"] == "id"
    assert expires == NOW + timedelta(days=300)


@pytest.mark.parametrize("name", ["client_id", "client_secret", "certificate", "private_key"])
@pytest.mark.parametrize("value", [None, "", "   ", 7, "x\x00y", "CANARY" * 20_000])
def test_each_credential_is_refused_by_name(name: str, value: Any) -> None:
    """Missing, empty, of another type, with a null character, or too long."""
    given: dict[str, Any] = {**credentials(), name: value}

    refused("invalid_request", f"credentials.{name}", lambda: enrolment.check_credentials(INTER, given, NOW))


def test_a_line_break_in_a_text_is_refused() -> None:
    """It could begin another header."""
    given = credentials(client_secret="a\r\nX-CANARY: 1")

    refused("invalid_request", "credentials.client_secret", lambda: enrolment.check_credentials(INTER, given, NOW))


def test_unknown_credentials_are_refused_by_name() -> None:
    """A name that is no name is not repeated."""
    for name, shown in (("pasword", "pasword"), ("CANARY -----BEGIN", "?")):
        given = credentials(**{name: "x"})
        refused("invalid_request", f"credentials.{shown}", lambda g=given: enrolment.check_credentials(INTER, g, NOW))


def test_an_expired_certificate_has_its_own_code() -> None:
    """The user learns that a new certificate is wanted."""
    pem, key = certificate(days=-1)

    given = credentials(certificate=pem, private_key=key)
    refused("certificate_expired", "credentials.certificate", lambda: enrolment.check_credentials(INTER, given, NOW))


def test_certificate_and_key_must_belong_together() -> None:
    """A key of another certificate is found before the bank finds it."""
    _, other = certificate(days=301)

    given = credentials(private_key=other)
    refused("invalid_request", "credentials.private_key", lambda: enrolment.check_credentials(INTER, given, NOW))


def test_pem_that_is_none_is_refused() -> None:
    """Each of the two files is checked by itself."""
    for name in ("certificate", "private_key"):
        given = credentials(**{name: "-----BEGIN CANARY-----\nAAAA\n-----END CANARY-----"})
        refused("invalid_request", f"credentials.{name}", lambda g=given: enrolment.check_credentials(INTER, g, NOW))


def test_a_pattern_of_the_contract_is_demanded() -> None:
    """The whole value must match."""
    field = CredentialField(name="user", label="Usuário", kind=CredentialKind.TEXT, pattern=r"[0-9]{4}")
    optional = CredentialField(name="more", label="Mais", kind=CredentialKind.TEXT, required=False)
    contract = with_enrolment(fields=(field, optional))

    assert enrolment.check_credentials(contract, {"user": "1234"}, NOW)[0].values == {"user": "1234"}
    refused(
        "invalid_request", "credentials.user", lambda: enrolment.check_credentials(contract, {"user": "12345"}, NOW)
    )


def test_the_first_import_ends_yesterday() -> None:
    """As many days as the contract says, or as the bank still has."""
    today = date(2026, 3, 16)
    short = msgspec.structs.replace(INTER, period=msgspec.structs.replace(INTER.period, history_days=10))

    assert enrolment.first_import(INTER, today) == Period(date(2026, 2, 14), date(2026, 3, 15))
    assert enrolment.first_import(short, today) == Period(date(2026, 3, 6), date(2026, 3, 15))
