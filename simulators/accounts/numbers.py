"""Branches and account numbers that are chosen for a simulated account, in the form in which the bank writes them."""

import re

from contracts.schema import Contract

__all__ = ["chosen_branch", "chosen_number"]


def chosen_branch(contract: Contract, typed: str) -> str:
    """A branch with its zeros.

    Raises:
        ValueError: the bank could not have it.
    """
    numbering = contract.enrolment.numbering
    plain = re.sub(r"[.\-\s]", "", typed)
    if numbering is not None and numbering.branch_width:
        plain = plain.lstrip("0").zfill(numbering.branch_width)
    if re.fullmatch(contract.enrolment.branch_pattern, plain) is None:
        raise ValueError(f"branch: {contract.slug} has no such branch")
    return plain


def chosen_number(contract: Contract, branch: str, typed: str) -> str:
    """An account number without leading zeros.

    Raises:
        ValueError: the bank could not have given it.
    """
    numbering = contract.enrolment.numbering
    plain = re.sub(r"[.\-\s]", "", typed).upper()
    if numbering is not None:
        plain = plain.lstrip("0")
        if len(plain) > numbering.number_width:
            raise ValueError(f"number: at {contract.slug} it has at most {numbering.number_width} characters")
    if re.fullmatch(contract.enrolment.account_pattern, plain) is None:
        raise ValueError(f"number: {contract.slug} does not write one so")
    rule = numbering.check_digit if numbering is not None else None
    if rule is not None and rule.refuses and rule.of(branch, plain[:-1]) != plain[-1]:
        raise ValueError("number: its check digit does not fit")
    return plain
