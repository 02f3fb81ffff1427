"""Reads the forms that a browser sends, files included, into texts.

A bank's files come as people have them: in PEM, in DER, certificate and key in one file, in each other's place, or as a
PKCS#12. Each becomes the text that a program would have sent; nothing is written to a disk.
"""

import base64
import re
from collections.abc import Mapping
from typing import Any

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from msgspec import Struct

from contracts.schema import Contract
from gateway.certificates.pem import pkcs12_in
from gateway.errors import CallerError, FieldErrors
from gateway.limits import CONNECT_FIELD_CHARACTERS, CREDENTIAL_CHARACTERS, PKCS12_CHARACTERS
from gateway.pages.sent import FORM, fields
from gateway.texts.controls import has_control

__all__ = ["Form", "credentials_of", "short_fields", "submitted"]

KEY = re.compile(r"-----\s{0,3}BEGIN\s{1,3}([A-Z0-9]{1,20} ){0,2}PRIVATE KEY")
CERTIFICATE = re.compile(r"-----\s{0,3}BEGIN\s{1,3}(X509 |TRUSTED )?CERTIFICATE")
CREDENTIAL, FILE = "c.", "f."
"""What the names of credentials and of their files begin with in a form."""
LABELS = {
    "kind": "Tipo de conta",
    "branch": "Agência",
    "number": "Conta",
    "holder_tax_id": "CPF ou CNPJ",
    "description": "Descrição",
}


class Form(Struct, frozen=True):
    """A form as it was sent: its fields, and its files as texts. Its text shows none of them."""

    fields: Mapping[str, str]
    files: Mapping[str, str]

    def __getitem__(self, name: str) -> str:
        return self.fields.get(name, "")

    def __repr__(self) -> str:
        return "Form()"


async def submitted(request: Request[Any, Any, Any]) -> Form | None:
    """The form of a request; None where it cannot be read."""
    try:
        if request.content_type[0] == FORM:
            sent: list[tuple[str, Any]] = [*await fields(request)]
        else:
            sent = [*(await request.form()).multi_items()]
    except (CallerError, HTTPException, LookupError, ValueError):
        return None
    texts: dict[str, str] = {}
    files: dict[str, str] = {}
    for name, value in sent:
        if isinstance(value, UploadFile):
            data = await value.read()
            await value.close()
            if data and name not in files:
                files[name] = _text(data)
        elif isinstance(value, str) and value and name not in texts:
            texts[name] = value
    return Form(texts, files)


def short_fields(form: Form) -> dict[str, str]:
    """The fields that describe the account.

    Raises:
        CallerError: one is too long, or has a control character in it; names all that are.
    """
    errors, found = FieldErrors(), {}
    for name, label in LABELS.items():
        value = found[name] = form[name].strip()
        with errors.collected():
            longest = CONNECT_FIELD_CHARACTERS if name == "description" else 64
            if len(value) > longest or has_control(value):
                portuguese = f"Longo demais ou com caracteres inválidos: {label}."
                raise CallerError("invalid_request", f"`{name}` cannot be used", field=name, portuguese=portuguese)
    errors.check()
    return found


def credentials_of(contract: Contract, form: Form) -> dict[str, str]:
    """The credentials as a program would send them; fields that were left empty are left out.

    A file counts before a text that was pasted for the same field.
    """
    given: dict[str, str] = {}
    for field in contract.enrolment.fields:
        value = form.files.get(f"{FILE}{field.name}") or form[f"{CREDENTIAL}{field.name}"]
        if value.strip():
            given[field.name] = value
    if (pair := contract.enrolment.certificate_pair) is not None:
        certificate, key = pair
        _sort(given, certificate, key)
        if password := form[f"{CREDENTIAL}pkcs12_password"]:
            bundled = _is_bundle(given.get(certificate, ""))
            # Without a bundle it has nothing to open: a browser may have filled it in by itself.
            given |= {"pkcs12_password": password} if bundled else {}
    return given


def _sort(given: dict[str, str], certificate: str, key: str) -> None:
    """Put certificate and key where they belong, whichever of the two fields the files were dropped on."""
    one, other = given.get(certificate, ""), given.get(key, "")
    if _is_bundle(other) and not one:
        given[certificate] = given.pop(key)
    elif KEY.search(one) and not CERTIFICATE.search(one) and not KEY.search(other):
        given[key] = one
        given.pop(certificate)
        if other:
            given[certificate] = other
    elif KEY.search(one) and not other:
        given[key] = one
    elif CERTIFICATE.search(other) and not one:
        given[certificate] = other
        if not KEY.search(other):
            given.pop(key)


def _is_bundle(text: str) -> bool:
    return 0 < len(text) <= PKCS12_CHARACTERS and pkcs12_in(text) is not None


def _text(data: bytes) -> str:
    """A file as a text: as it is where it is one, else in base64."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return base64.b64encode(data).decode()
    is_plain = not any(ord(character) < 32 and character not in "\t\n\r" for character in text[:CREDENTIAL_CHARACTERS])
    return text if is_plain else base64.b64encode(data).decode()
