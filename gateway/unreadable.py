"""Turns any error of an adapter that reads a bank's answers into a failure of that bank, and logs its place."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

import structlog

from contracts.schema import Contract
from gateway.errors import GatewayError
from gateway.flow import Flow
from gateway.judgement import unexpected

__all__ = ["readable", "unreadable"]

T = TypeVar("T")

log = structlog.get_logger(__name__)


@contextmanager
def unreadable(contract: Contract, at: str, what: str) -> Iterator[None]:
    """Read a bank's answer; an error of any kind that is not a failure already becomes one.

    The log has the file and line, and no text of the error, which may quote the bank's answer.

    Args:
        at: kind of the operation whose answer is read.
        what: the thing that is read, as the failure's text names it.

    Raises:
        BankFailure: `unexpected_bank_response`.
    """
    try:
        yield
    except GatewayError:
        raise
    except Exception as error:
        *_, place = traceback.extract_tb(error.__traceback__)
        kind = type(error).__name__
        log.warning("unreadable_answer", bank=contract.slug, at=at, kind=kind, file=place.filename, line=place.lineno)
        # The connectors' own texts name what cannot be read; those of Python's own errors do not help a caller.
        reason = str(error) if isinstance(error, (ValueError, ArithmeticError)) else kind
        raise unexpected(contract, at, f"{what} cannot be read: {reason}") from error


def readable(contract: Contract, at: str, flow: Flow[T]) -> Flow[T]:
    """The same conversation, each of its errors turned into a failure of the bank.

    Raises:
        BankFailure: as the conversation, and `unexpected_bank_response`.
    """
    with unreadable(contract, at, "an answer"):
        return (yield from flow)
