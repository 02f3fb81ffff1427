"""Turns any error of an adapter that reads a bank's answers into a failure of that bank, and logs its place."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar, cast

import httpx
import structlog

from contracts.schema import Contract
from gateway.errors import BankFailure, GatewayError, IncoherentPages
from gateway.flow import Flow, Reply
from gateway.judgement import failure_within, unexpected
from gateway.responses import refused_in_success

__all__ = ["readable", "unreadable"]

T = TypeVar("T")

UNREADABLE = "unexpected_bank_response"

log = structlog.get_logger(__name__)


@contextmanager
def unreadable(contract: Contract, at: str, what: str) -> Iterator[None]:
    """Read a bank's answer; an error of any kind that is not a failure already becomes one.

    The log has the file and line, and no text of the error, which may quote the bank's answer.

    Args:
        contract: the bank's contract.
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
        # The connectors' own texts name what cannot be read; those of the language are of no use to a caller.
        reason = str(error) if isinstance(error, (ValueError, ArithmeticError)) else kind
        raise unexpected(contract, at, f"{what} cannot be read: {reason}") from error


def readable(contract: Contract, at: str, flow: Flow[T]) -> Flow[T]:
    """The same conversation, each of its errors turned into a failure of the bank.

    A success that cannot be read because it is nothing but a refusal is named by its words.

    Raises:
        BankFailure: as the conversation, and `unexpected_bank_response`.
    """
    reply: Reply = None
    try:
        while True:
            with unreadable(contract, at, "an answer"):
                try:
                    event = flow.send(reply)
                except StopIteration as stop:
                    return cast("T", stop.value)
            reply = yield event
    except BankFailure as failure:
        if (named := _named_by_words(contract, failure, reply)) is None:
            raise
        raise named from failure
    finally:
        flow.close()


def _named_by_words(contract: Contract, failure: BankFailure, reply: Reply) -> BankFailure | None:
    """The failure that an answer is by its own words, in place of one that cannot be read; None where it has none."""
    is_told = failure.bank_error is not None and failure.bank_error.message is not None
    if failure.code != UNREADABLE or is_told or isinstance(failure, IncoherentPages):
        return None
    if not isinstance(reply, httpx.Response) or (said := refused_in_success(reply)) is None:
        return None
    return failure_within(contract, failure.at, reply, said.code, said.message or "")
