"""Checks an account that a caller registers against the enrolment part of the contract. No error repeats a value."""

from datetime import datetime

from contracts.schema import Contract
from gateway import connectors
from gateway.accounts.banks import contract_of
from gateway.accounts.enrolment.forms import check_credentials
from gateway.errors import CallerError, FieldErrors
from gateway.limits import EXTERNAL_ID_CHARACTERS
from gateway.model import Credentials
from gateway.storage.accounts.records import AccountRecord, NewAccount, account_id_of
from gateway.tax_ids import is_cnpj, is_cpf
from gateway.tax_ids import normalise as normalise_tax_id
from gateway.texts.spelling import spelled_branch, spelled_number

__all__ = [
    "check_external_id",
    "check_holder",
    "check_kind",
    "checked",
    "record_of",
]


def checked(
    tenant_id: str, new: NewAccount, now: datetime, refused: str = ""
) -> tuple[AccountRecord, tuple[Credentials, datetime | None] | None]:
    """The record of a new account, and the credential form that came with it with the expiry of its certificate.

    Args:
        tenant_id: the tenant that registers it.
        new: the account as it was typed.
        refused: why a PKCS#12 gave no certificate and key, as `Opened` has it; empty where none was refused.

    Raises:
        CallerError: at least one field is wrong; names all that are.
    """
    errors, form = FieldErrors(), None
    if new.bank not in connectors.banks():
        with errors.collected():
            contract_of(new.bank)
        with errors.collected():
            check_kind(None, new.kind)
        with errors.collected():
            check_holder(new.kind, new.holder_tax_id)
        errors.check()
    contract = contract_of(new.bank)
    with errors.collected():
        record = record_of(tenant_id, contract, new, now)
    if new.credentials is not None:
        with errors.collected():
            form = check_credentials(contract, new.credentials, now, refused)
    errors.check()
    return record, form


def record_of(tenant_id: str, contract: Contract, new: NewAccount, now: datetime) -> AccountRecord:
    """The checked record of a new account, branch and number in their one spelling.

    Raises:
        CallerError: at least one field is wrong; names all that are.
    """
    errors, kind, branch, number, holder, external_id = FieldErrors(), "", "", "", "", None
    with errors.collected():
        kind = check_kind(contract, new.kind)
    with errors.collected():
        branch = spelled_branch(contract, new.branch)
    with errors.collected():
        number = spelled_number(contract, branch, new.number)
    with errors.collected():
        holder = check_holder(kind or new.kind, new.holder_tax_id)
    with errors.collected():
        external_id = check_external_id(new.external_id)
    errors.check()
    return AccountRecord(
        id=account_id_of(tenant_id, contract.slug, branch, number),
        tenant_id=tenant_id,
        bank=contract.slug,
        kind=kind,
        branch=branch,
        number=number,
        holder_tax_id=holder,
        description=new.description.strip(),
        default=new.default,
        created_at=now,
        external_id=external_id,
    )


def check_kind(contract: Contract | None, kind: str) -> str:
    """The kind of account, at a bank if one is known.

    Raises:
        CallerError: it is no kind, or the bank does not accept it.
    """
    if kind not in {"PJ", "PF"}:
        portuguese = "Escolha PJ (empresa) ou PF (pessoa)."
        raise CallerError("invalid_request", "`kind` must be PJ or PF", field="kind", portuguese=portuguese)
    if contract is not None and kind not in contract.enrolment.kinds:
        accepted = ", ".join(contract.enrolment.kinds)
        raise CallerError(
            "account_type_not_supported",
            f"{contract.name} accepts only {accepted}",
            field="kind",
            bank=contract.slug,
            portuguese=f"{contract.name} só aceita {accepted}.",
        )
    return kind


def check_holder(kind: str, tax_id: str) -> str:
    """The holder's tax id without punctuation: a CNPJ for PJ, a CPF for PF, either where the kind is not known.

    Raises:
        CallerError: it is not one, or its check digits are wrong.
    """
    plain = normalise_tax_id(tax_id)
    of_kinds = {"PJ": (is_cnpj, "CNPJ"), "PF": (is_cpf, "CPF")}
    wanted = [of_kinds[kind]] if kind in of_kinds else [*of_kinds.values()]
    if not any(is_one(plain) for is_one, _ in wanted):
        names = [name for _, name in wanted]
        raise CallerError(
            "invalid_request",
            f"`holder_tax_id` is not a {' or a '.join(names)}",
            field="holder_tax_id",
            portuguese=f"Isto não é um {' nem um '.join(names)} válido.",
        )
    return plain


def check_external_id(given: str | None) -> str | None:
    """The caller's own id of an account, without spaces around it; None without one.

    Raises:
        CallerError: it is empty or too long.
    """
    if given is None:
        return None
    plain = given.strip()
    if not 0 < len(plain) <= EXTERNAL_ID_CHARACTERS:
        detail = f"`external_id` has 1 to {EXTERNAL_ID_CHARACTERS} characters"
        portuguese = f"Use de 1 a {EXTERNAL_ID_CHARACTERS} caracteres."
        raise CallerError("invalid_request", detail, field="external_id", portuguese=portuguese)
    return plain
