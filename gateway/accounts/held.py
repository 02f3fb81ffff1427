"""What a bank says of an account, compared with what was typed in. The bank's own values are not repeated."""

import re

from gateway.accounts.records import AccountRecord
from gateway.errors import AnotherAccount, FieldError
from gateway.model import HeldAccount
from gateway.tax_ids import same_holder

__all__ = ["check_held"]


def check_held(record: AccountRecord, held: HeldAccount) -> None:
    """See that the account that the bank reads is the one that was typed in, as far as the bank says.

    Raises:
        AnotherAccount: it is another; names each field that differs.
    """
    errors = []
    if held.branch and record.branch and _plain(held.branch) != _plain(record.branch):
        errors.append(FieldError("branch", "Para o banco, a conta destas credenciais é de outra agência."))
    if held.number and not _same_number(held.number, record.number):
        errors.append(FieldError("number", "Para o banco, a conta destas credenciais tem outro número."))
    if held.holder_tax_id and not same_holder(held.holder_tax_id, record.holder_tax_id):
        errors.append(FieldError("holder_tax_id", "Para o banco, a conta destas credenciais é de outro titular."))
    if errors:
        raise AnotherAccount(record.bank, errors)


def _same_number(told: str, number: str) -> bool:
    """Banks write zeros before a number, and some leave its check digit out."""
    return _plain(told) in {_plain(number), _plain(number[:-1])}


def _plain(value: str) -> str:
    return re.sub(r"[.\-/\s]", "", value).upper().lstrip("0")
