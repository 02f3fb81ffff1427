"""Turns a branch and an account number as people type them into the one spelling that is stored and compared.

People write `1505-9` or `1505`, `13489` or `0000013489`. By the widths and check digits of the bank's contract one of
the spellings is stored: a branch with its zeros and without its check digit, a number without leading zeros and with
its check digit. The form that a bank expects in a request is made by its connector.
"""

import re

from contracts.schema import Contract, Numbering
from gateway.errors import CallerError

__all__ = ["spelled_branch", "spelled_number"]

DASHES = re.compile("[\u2010-\u2015\u2212]")
"""Hyphens, dashes and the minus sign of texts from which people copy a number."""


def spelled_branch(contract: Contract, typed: str) -> str:
    """A typed branch in its one spelling; empty where the bank needs none and none was typed.

    Raises:
        CallerError: `invalid_account`: it is no branch of this bank. The text does not repeat the value.
    """
    enrolment, name = contract.enrolment, contract.name
    plain = _plain(typed)
    if not plain and not enrolment.branch_required:
        return ""
    if not plain:
        raise _invalid(contract, "branch", "is missing", f"Informe a {_branch_word(contract)}.")
    if enrolment.numbering is not None and enrolment.numbering.branch_width:
        plain = _branch(contract, enrolment.numbering, typed)
    if re.fullmatch(enrolment.branch_pattern, plain) is None or not plain.strip("0"):
        word = _branch_word(contract)
        raise _invalid(contract, "branch", f"is not a branch of {name}", f"A {word} não é uma {word} de {name}.")
    return plain


def spelled_number(contract: Contract, branch: str, typed: str) -> str:
    """A typed account number in its one spelling.

    Args:
        branch: the account's branch, as `spelled_branch` gives it.
        typed: the number as it was typed.

    Raises:
        CallerError: `invalid_account`: it is no account number of this bank, or its check digit is wrong where the
            bank's rule is documented. The text does not repeat the value.
    """
    enrolment, name, plain = contract.enrolment, contract.name, _plain(typed)
    if not plain:
        raise _invalid(contract, "number", "is missing", "Informe o número da conta.")
    numbering = enrolment.numbering
    if numbering is not None:
        plain = plain.lstrip("0") or plain[-1:]
    too_long = numbering is not None and len(plain) > numbering.number_width
    if too_long or re.fullmatch(enrolment.account_pattern, plain) is None or not plain.strip("0"):
        raise _invalid(
            contract, "number", f"is not an account number of {name}", f"O número não é de uma conta de {name}."
        )
    if numbering is None or numbering.check_digit is None:
        return plain
    settled = numbering.check_digit.settled(branch, plain)
    if settled is None:
        raise _invalid(
            contract,
            "number",
            f"has a check digit that does not fit, by the rule of {name}",
            "O dígito não confere com o número da conta: confira os dois.",
        )
    return settled


def _branch(contract: Contract, numbering: Numbering, typed: str) -> str:
    """The branch with its zeros and without its check digit, which follows a hyphen or is one character too many."""
    width = numbering.branch_width
    number, hyphen, digit = DASHES.sub("-", re.sub(r"[.\s]", "", typed)).rpartition("-")
    with_digit = bool(number and hyphen and len(digit) == 1)
    if with_digit and not numbering.branch_digit:
        # Read as a part of the number it would name another branch.
        portuguese = f"Informe a {_branch_word(contract)} sem dígito."
        raise _invalid(contract, "branch", "ends in a check digit, which no request contains", portuguese)
    plain = _plain(number if with_digit else typed)
    bare = plain.lstrip("0")
    if numbering.branch_digit and len(plain) == width + 1:
        if len(bare) < width:
            raise _invalid(
                contract,
                "branch",
                "may end in a check digit or begin with a zero too many: put a hyphen before the check digit",
                "Informe a agência sem dígito, ou com um hífen antes dele.",
            )
        bare = bare[:width]
    return bare.zfill(width)


def _branch_word(contract: Contract) -> str:
    """What people call a branch of this bank."""
    return "cooperativa" if contract.enrolment.cooperative else "agência"


def _plain(typed: str) -> str:
    return re.sub(r"[.\-/\s]", "", DASHES.sub("-", typed)).upper()


def _invalid(contract: Contract, field: str, detail: str, portuguese: str) -> CallerError:
    return CallerError("invalid_account", f"`{field}` {detail}", field=field, bank=contract.slug, portuguese=portuguese)
