"""Checks the filled-in credential form of a bank: every field, and all errors are reported at once.

No error repeats a value: in English the field is named as the caller names it, in Portuguese by its label on the form.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from contracts.schema import Contract, CredentialField, CredentialKind
from gateway.certificates.checks import CertificateError, check_key, expiry, matches
from gateway.certificates.pem import certificates_pem, private_key_pem
from gateway.certificates.pkcs12 import refusal
from gateway.errors import CallerError, FieldErrors
from gateway.limits import CREDENTIAL_CHARACTERS, UNKNOWN_FIELDS_NAMED
from gateway.model import Credentials
from gateway.texts.controls import trimmed

__all__ = ["check_credentials"]

FILES = frozenset({CredentialKind.CERTIFICATE, CredentialKind.PRIVATE_KEY})


def check_credentials(
    contract: Contract, given: Mapping[str, Any], now: datetime, refused: str = ""
) -> tuple[Credentials, datetime | None]:
    """The filled-in form, and when its first certificate expires (None without certificates).

    Args:
        given: the form as it was filled in.
        refused: why a PKCS#12 gave no certificate and key, as `Opened` has it; empty where none was refused.

    Raises:
        CallerError: fields are missing, unknown or of the wrong form; names each as `credentials.<name>`.
    """
    errors = FieldErrors()
    try:
        if refused:
            with errors.collected():
                raise refusal(refused)
        values = _form_of(contract, given, errors, without_files=bool(refused))
        expires = _check_certificates(contract, values, now, errors)
        errors.check()
    except CallerError as error:
        error.bank = contract.slug
        raise
    return Credentials(values), expires


def _form_of(
    contract: Contract, given: Mapping[str, Any], errors: FieldErrors, *, without_files: bool
) -> dict[str, str]:
    """The values of the bank's form that can be used, without the empty ones."""
    form = {field.name: field for field in contract.enrolment.fields}
    for name in islice((name for name in given if name not in form), UNKNOWN_FIELDS_NAMED):
        shown = name if re.fullmatch(r"[A-Za-z0-9_]{1,40}", name) else "?"
        with errors.collected():
            raise _wrong(shown, f"is not a credential of {contract.name}", "Este campo não é do formulário.")
    values: dict[str, str] = {}
    for name, field in form.items():
        if without_files and field.kind in FILES:
            continue
        with errors.collected():
            if value := _value(field, given.get(name)):
                values[name] = value
    return values


def _value(field: CredentialField, value: Any) -> str:
    if value is None or value == "":
        if field.required:
            raise _wrong(field.name, "is missing", f"Preencha: {field.label}.")
        return ""
    if not isinstance(value, str):
        raise _wrong(field.name, "must be a text", f"Não é um texto: {field.label}.")
    text: str = value
    if len(text) > CREDENTIAL_CHARACTERS or "\x00" in text:
        raise _wrong(field.name, "cannot be used", f"Longo demais ou com caracteres inválidos: {field.label}.")
    text = trimmed(text)
    if field.kind in FILES:
        try:
            text = certificates_pem(text) if field.kind is CredentialKind.CERTIFICATE else private_key_pem(text)
        except CertificateError as error:
            raise _unreadable(field.name, error) from error
    elif any(ord(character) < 32 for character in text):
        # It may end up in a header, where a line break would begin another one.
        raise _wrong(field.name, "contains control characters", f"Contém caracteres de controle: {field.label}.")
    if not text or (field.pattern and re.fullmatch(field.pattern, text, re.ASCII) is None):
        raise _wrong(
            field.name, "does not have the form the bank gives it", f"Não tem a forma que o banco dá: {field.label}."
        )
    return text


def _check_certificates(
    contract: Contract, values: Mapping[str, str], now: datetime, errors: FieldErrors
) -> datetime | None:
    certificates = [f.name for f in contract.enrolment.fields if f.kind is CredentialKind.CERTIFICATE]
    keys = [f.name for f in contract.enrolment.fields if f.kind is CredentialKind.PRIVATE_KEY]
    expires: list[datetime] = []
    for name in certificates:
        if name in values:
            with errors.collected():
                expires.append(_expiry(name, values[name], now))
    # A key without a certificate signs.
    of_pair, key_of_pair = contract.enrolment.certificate_pair or ("", "")
    for name in keys:
        if name in values:
            certificate = of_pair if name == key_of_pair else ""
            with errors.collected():
                _check_pair(name, values[name], certificate, values.get(certificate) if expires else None)
    return min(expires, default=None)


def _expiry(name: str, certificate: str, now: datetime) -> datetime:
    try:
        expires = expiry(certificate)
    except CertificateError as error:
        raise _unreadable(name, error) from error
    if expires <= now:
        raise CallerError(
            "certificate_expired",
            f"`credentials.{name}` has expired",
            field=f"credentials.{name}",
            portuguese="O certificado está vencido.",
        )
    return expires


def _check_pair(name: str, key: str, certificate_name: str, certificate: str | None) -> None:
    """Check a key by itself, and together with its certificate where that one can be used."""
    try:
        check_key(key)
        together = certificate is None or matches(certificate, key)
    except CertificateError as error:
        raise _unreadable(name if error.part == "private_key" else certificate_name, error) from error
    if not together:
        raise _wrong(name, f"does not belong to `credentials.{certificate_name}`", "A chave não é a do certificado.")


def _unreadable(name: str, error: CertificateError) -> CallerError:
    portuguese = {
        "certificate": "Isto não é um certificado que se possa usar, em PEM ou DER.",
        "private_key": "Isto não é uma chave privada que se possa usar, em PEM ou DER e sem senha.",
    }
    return _wrong(name, str(error), portuguese[error.part])


def _wrong(name: str, what: str, portuguese: str) -> CallerError:
    return CallerError(
        "invalid_request", f"`credentials.{name}` {what}", field=f"credentials.{name}", portuguese=portuguese
    )
