"""What a bank quotes of our own secrets is taken out of its failures."""

from collections.abc import Iterable

from gateway.errors import BankFailure
from gateway.quoted import without

__all__ = ["hide"]


def hide(failure: BankFailure, secrets: Iterable[str]) -> None:
    """Take these values out of everything a failure says; a bank may quote what it was sent, in any encoding."""
    values = {*secrets}
    failure.detail = without(failure.detail, values)
    failure.args = (f"{failure.code}: {failure.detail}",)
    if failure.bank_error is not None:
        failure.bank_error.reword(lambda said: without(said, values))
