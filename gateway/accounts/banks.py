"""The contracts of banks, as callers and stored accounts name them."""

import contracts
from contracts.schema import Contract
from gateway import connectors
from gateway.errors import BankNotInstalled, CallerError

__all__ = ["contract_kept", "contract_of"]


def contract_of(bank: str, *, code: str = "invalid_request") -> Contract:
    """The contract of a bank that a caller named.

    Raises:
        CallerError: there is no such bank; with the given code.
    """
    if bank not in connectors.banks():
        portuguese = "Escolha um dos bancos da lista."
        raise CallerError(code, "`bank` is none of GET /v1/banks", field="bank", portuguese=portuguese)
    return contracts.load(bank)


def contract_kept(bank: str) -> Contract:
    """The contract of a registered account's bank.

    Raises:
        BankNotInstalled: the package that brought the bank is broken or gone.
    """
    if bank not in connectors.banks():
        raise BankNotInstalled(bank)
    return contracts.load(bank)
