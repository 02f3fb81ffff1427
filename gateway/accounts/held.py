"""What a bank says of an account, compared with what was typed in. The bank's own values are not repeated."""

import re
from typing import TYPE_CHECKING

from gateway.errors import AnotherAccount
from gateway.model import Account, HeldAccount
from gateway.tax_ids import same_holder

if TYPE_CHECKING:  # who compares without a database does not load one
    from gateway.storage.records import AccountRecord

__all__ = ["check_held"]


def check_held(record: "AccountRecord | Account", held: HeldAccount) -> None:
    """See that the account that the bank reads is the one that was typed in, as far as the bank says.

    Raises:
        AnotherAccount: it is another; names each field that differs.
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


def _same_number(told: str, number: str) -> bool:
    """Banks write zeros before a number, and some leave its check digit out."""
    return _plain(told) in {_plain(number), _plain(number[:-1])}


def _plain(value: str) -> str:
    return re.sub(r"[.\-/\s]", "", value).upper().lstrip("0")
