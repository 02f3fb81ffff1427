"""Compares the account that a bank names with the one that was typed in. No text repeats the bank's values."""

import re
from typing import TYPE_CHECKING

from gateway.errors import AnotherAccount
from gateway.model import Account, HeldAccount
from gateway.tax_ids import same_holder

if TYPE_CHECKING:  # so that a comparison without a database does not load SQLAlchemy
    from gateway.storage.accounts.records import AccountRecord

__all__ = ["check_held"]


def check_held(record: "AccountRecord | Account", held: HeldAccount) -> None:
    """Check that the bank reads the account that was typed in, as far as the bank names it.

    Raises:
        AnotherAccount: it reads another one; names each field that differs.
    """
    differs = []
    if held.branch and record.branch and _plain(held.branch) != _plain(record.branch):
        differs.append("branch")
    if held.number and not _same_number(held.number, record.number):
        differs.append("number")
    if held.holder_tax_id and not same_holder(held.holder_tax_id, record.holder_tax_id):
        differs.append("holder_tax_id")
    if differs:
        raise AnotherAccount(record.bank, differs)


def _same_number(bank_number: str, number: str) -> bool:
    """Whether a bank's number is the account's: banks write zeros before it, and some leave its check digit out."""
    return _plain(bank_number) in {_plain(number), _plain(number[:-1])}


def _plain(value: str) -> str:
    return re.sub(r"[.\-/\s]", "", value).upper().lstrip("0")
