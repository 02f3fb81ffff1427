"""Checks of what a caller registers, against the enrolment part of the bank's contract. No value is ever echoed."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

import contracts
from contracts.schema import Contract, CredentialField, CredentialKind
from gateway.accounts.certificates import CertificateError, check_key, expiry, matches
from gateway.accounts.records import AccountRecord, NewAccount, account_id_of
from gateway.errors import CallerError
from gateway.model import Credentials, Period
from gateway.tax_ids import is_cnpj, is_cpf
from gateway.tax_ids import normalise as normalise_tax_id

__all__ = [
    "check_branch",
    "check_credentials",
    "check_holder",
    "check_kind",
    "check_number",
    "contract_of",
    "first_import",
    "record_of",
]

LONGEST_CREDENTIAL = 64 * 1024
"""Characters; the longest real ones are certificate chains of a few thousand."""


def contract_of(bank: str, *, code: str = "invalid_request") -> Contract:
    """The contract of a bank that a caller named.

    Raises:
        CallerError: there is no such bank; with the given code.
    """
    if bank not in contracts.banks():
        raise CallerError(code, "`bank` is none of GET /v1/banks", field="bank")
    return contracts.load(bank)


def record_of(tenant_id: str, contract: Contract, new: NewAccount, now: datetime) -> AccountRecord:
    """What a caller registers, checked.

    Raises:
        CallerError: something about it is wrong.
    """
    kind = check_kind(contract, new.kind)
    branch = check_branch(contract, new.branch)
    number = check_number(contract, new.number)
    return AccountRecord(
        id=account_id_of(tenant_id, contract.slug, branch, number),
        tenant_id=tenant_id,
        bank=contract.slug,
        kind=kind,
        branch=branch,
        number=number,
        holder_tax_id=check_holder(kind, new.holder_tax_id),
        description=new.description.strip(),
        default=new.default,
        created_at=now,
    )


def check_kind(contract: Contract, kind: str) -> str:
    """The kind of account.

    Raises:
        CallerError: it is none, or the bank does not accept it.
    """
    if kind not in {"PJ", "PF"}:
        raise CallerError("invalid_request", "`kind` must be PJ or PF", field="kind")
    if kind not in contract.enrolment.kinds:
        accepted = ", ".join(contract.enrolment.kinds)
        raise CallerError(
            "account_type_not_supported", f"{contract.name} accepts only {accepted}", field="kind", bank=contract.slug
        )
    return kind


def check_branch(contract: Contract, branch: str) -> str:
    """The branch without punctuation.

    Raises:
        CallerError: it does not look like a branch of this bank.
    """
    plain = _plain(branch)
    if not plain and not contract.enrolment.branch_required:
        return ""
    if re.fullmatch(contract.enrolment.branch_pattern, plain) is None:
        raise CallerError(
            "invalid_account", f"`branch` is not a branch of {contract.name}", field="branch", bank=contract.slug
        )
    return plain


def check_number(contract: Contract, number: str) -> str:
    """The account number without punctuation.

    Raises:
        CallerError: it does not look like an account number of this bank.
    """
    plain = _plain(number)
    if re.fullmatch(contract.enrolment.account_pattern, plain) is None:
        raise CallerError(
            "invalid_account",
            f"`number` is not an account number of {contract.name}",
            field="number",
            bank=contract.slug,
        )
    return plain


def check_holder(kind: str, tax_id: str) -> str:
    """The holder's tax id without punctuation: a CNPJ for PJ, a CPF for PF.

    Raises:
        CallerError: it is not one, or its check digits are wrong.
    """
    plain = normalise_tax_id(tax_id)
    if kind == "PJ" and not is_cnpj(plain):
        raise CallerError("invalid_request", "`holder_tax_id` is not a CNPJ", field="holder_tax_id")
    if kind == "PF" and not is_cpf(plain):
        raise CallerError("invalid_request", "`holder_tax_id` is not a CPF", field="holder_tax_id")
    return plain


def check_credentials(
    contract: Contract, given: Mapping[str, Any], now: datetime
) -> tuple[Credentials, datetime | None]:
    """The filled-in form, and when its first certificate expires (None without certificates).

    Raises:
        CallerError: a field is missing, unknown or of the wrong form; names `credentials.<name>`.
    """
    try:
        values = _form_of(contract, given)
        return Credentials(values), _check_certificates(contract, values, now)
    except CallerError as error:
        error.bank = contract.slug
        raise


def first_import(contract: Contract, today: date) -> Period:
    """The days a first import reaches: as many as the contract says, the last of them yesterday."""
    yesterday = today - timedelta(days=1)
    first = today - timedelta(days=contract.period.first_import_days)
    if contract.period.history_days:
        first = max(first, today - timedelta(days=contract.period.history_days))
    return Period(min(first, yesterday), yesterday)


def _plain(value: str) -> str:
    return re.sub(r"[.\-\s]", "", value).upper()


def _form_of(contract: Contract, given: Mapping[str, Any]) -> dict[str, str]:
    """The values of the bank's form, without the empty ones."""
    form = {field.name: field for field in contract.enrolment.fields}
    for name in given:
        if name not in form:
            shown = name if re.fullmatch(r"[A-Za-z0-9_]{1,40}", name) else "?"
            raise _wrong(shown, f"is not a credential of {contract.name}")
    return {name: value for name, field in form.items() if (value := _value(field, given.get(name)))}


def _value(field: CredentialField, value: Any) -> str:
    if value is None or value == "":
        if field.required:
            raise _wrong(field.name, "is missing")
        return ""
    if not isinstance(value, str):
        raise _wrong(field.name, "must be a text")
    text: str = value
    if len(text) > LONGEST_CREDENTIAL or "\x00" in text:
        raise _wrong(field.name, "cannot be used")
    if field.kind in {CredentialKind.TEXT, CredentialKind.SECRET}:
        text = text.strip()
        if any(ord(character) < 32 for character in text):
            # It may end up in a header, where a line break would begin another one.
            raise _wrong(field.name, "contains control characters")
    if not text or (field.pattern and re.fullmatch(field.pattern, text) is None):
        raise _wrong(field.name, "does not have the form the bank gives it")
    return text


def _check_certificates(contract: Contract, values: Mapping[str, str], now: datetime) -> datetime | None:
    certificates = [f.name for f in contract.enrolment.fields if f.kind is CredentialKind.CERTIFICATE]
    keys = [f.name for f in contract.enrolment.fields if f.kind is CredentialKind.PRIVATE_KEY]
    expires: list[datetime] = []
    for name in certificates:
        if name not in values:
            continue
        try:
            expires.append(expiry(values[name]))
        except CertificateError as error:
            raise _wrong(name, str(error)) from error
        if expires[-1] <= now:
            raise CallerError("certificate_expired", f"`credentials.{name}` has expired", field=f"credentials.{name}")
    # A form has at most one certificate with its key; a key without certificate signs assertions.
    pairs = dict(zip(keys, certificates, strict=False))
    for name in keys:
        if name not in values:
            continue
        certificate = pairs.get(name, "")
        try:
            check_key(values[name])
            together = certificate not in values or matches(values[certificate], values[name])
        except CertificateError as error:
            raise _wrong(name if error.part == "private_key" else certificate, str(error)) from error
        if not together:
            raise _wrong(name, f"does not belong to `credentials.{certificate}`")
    return min(expires, default=None)


def _wrong(name: str, what: str) -> CallerError:
    return CallerError("invalid_request", f"`credentials.{name}` {what}", field=f"credentials.{name}")
