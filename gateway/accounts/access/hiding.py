"""Removes our own secrets from failures in which a bank quotes them."""

from collections.abc import Iterable

from gateway.errors import BankFailure
from gateway.redaction.quoted import without

__all__ = ["hide"]


def hide(failure: BankFailure, secrets: Iterable[str]) -> None:
    """Remove these values from all texts of a failure; a bank may quote them in any encoding."""
    values = {*secrets}
    failure.detail = without(failure.detail, values)
    failure.args = (f"{failure.code}: {failure.detail}",)
    if failure.bank_error is not None:
        failure.bank_error.reword(lambda text: without(text, values))
