"""Everything that can go wrong, as one tree.

    GatewayError                     has a code of contracts/failures.yaml
     +-- CallerError                 the ERP's request is wrong; names the field
     +-- BankFailure                 a bank did not give a statement; names bank, step and the bank's own words
     |    +-- IncoherentPages        the pages of one answer contradict each other; asking all of them again may help
     +-- IntegrationInactive         the account has no enabled integration

    ForbiddenRequest                 a connector tried to leave its contract: a defect, never shown as a bank's failure

Title, remedy, actor, HTTP status and retry rule belong to the code and live in the catalogue. Texts here never
contain credentials, tokens, certificates or tax ids: `bank_error` is cut and redacted before it is kept.
"""

from collections.abc import Callable

import contracts
from contracts.catalogue import Failure
from gateway import quoted
from gateway.controls import cleaned
from gateway.redact import redact

__all__ = [
    "BankError",
    "BankFailure",
    "CallerError",
    "ForbiddenRequest",
    "GatewayError",
    "IncoherentPages",
    "IntegrationInactive",
]

BANK_MESSAGE_LIMIT = 300


class GatewayError(Exception):
    """Something the ERP is told with a code of the failure catalogue."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail

    @property
    def entry(self) -> Failure:
        """The catalogue's row for this code."""
        return contracts.failures().failures[self.code]

    @property
    def status(self) -> int:
        """HTTP status of the problem."""
        return self.entry.status

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later without anybody's doing."""
        return self.entry.retryable

    @property
    def retry_after(self) -> int | None:
        """Seconds after which trying again makes sense; None when it does not."""
        return self.entry.retry_after


class CallerError(GatewayError):
    """The request itself is wrong: `field` is the caller's name for what is wrong, `bank` whose rule it breaks."""

    def __init__(self, code: str, detail: str, *, field: str | None = None, bank: str | None = None) -> None:
        super().__init__(code, detail)
        self.field = field
        self.bank = bank


class IntegrationInactive(GatewayError):
    """The account has no enabled integration."""

    def __init__(self, detail: str) -> None:
        super().__init__("integration_inactive", detail)


class BankError:
    """The bank's own words about a failure: HTTP status, its code, its message, redacted and cut."""

    def __init__(self, status: int | None = None, code: str | None = None, message: str | None = None) -> None:
        self.status = status
        self._said = code and code[: quoted.LONGEST + 1], message and message[: quoted.LONGEST + 1]
        self.reword(cleaned)

    def reword(self, change: Callable[[str], str]) -> None:
        """Change the words as they were said, before they are redacted and cut: what was cut cannot be recognised."""
        code, message = (said and change(said) for said in self._said)
        self._said = code, message
        self.code = redact(code)[:BANK_MESSAGE_LIMIT] if code else None
        self.message = redact(message)[:BANK_MESSAGE_LIMIT] if message else None

    def __repr__(self) -> str:
        return f"BankError({self.status}, {self.code!r}, {self.message!r})"


class BankFailure(GatewayError):
    """A bank gave something other than a statement.

    Args:
        code: a code of the failure catalogue.
        bank: slug of the bank.
        at: the step: `tls`, `token`, `statement`, `balance`, ...
        detail: what happened, in English, without secrets.
        bank_error: the bank's own words, when there was an answer.
        timed_out: no answer came in time.
        retry_after: seconds the bank asked to wait, when it did.
        nothing_sent: it is certain that the request did not reach the bank.
        held_back: the gateway itself did not send it, so that nothing can be said of the bank.
        status_alone: the bank named the cause by a status only, and not in words of its own.
    """

    def __init__(
        self,
        code: str,
        *,
        bank: str,
        at: str,
        detail: str,
        bank_error: BankError | None = None,
        timed_out: bool = False,
        retry_after: int | None = None,
        nothing_sent: bool = False,
        held_back: bool = False,
        status_alone: bool = False,
    ) -> None:
        super().__init__(code, redact(detail))
        self.bank = bank
        self.at = at
        self.bank_error = bank_error
        self.timed_out = timed_out
        self.nothing_sent = nothing_sent or held_back
        self.held_back = held_back
        self.status_alone = status_alone
        self.conclusive = False
        """Whether it is known that asking again would be in vain, whatever the bank said."""
        self._may_pass = False
        self._retry_after = retry_after

    @property
    def status(self) -> int:
        """HTTP status of the problem."""
        if self.timed_out and self.entry.status_on_timeout is not None:
            return self.entry.status_on_timeout
        return self.entry.status

    @property
    def retryable(self) -> bool:
        """Whether the same request may succeed later without anybody's doing."""
        return self._may_pass or self.entry.retryable

    def may_pass(self, seconds: int, why: str) -> None:
        """Say that this failure may pass by itself: after how many seconds to ask again, and why that is believed."""
        self._may_pass, self._retry_after = True, seconds
        if why not in self.detail:
            self.detail = f"{self.detail}; {why}"
            self.args = (f"{self.code}: {self.detail}",)

    @property
    def retry_after(self) -> int | None:
        """Seconds to wait: what the bank asked for, else what the catalogue says."""
        return self._retry_after or self.entry.retry_after


class IncoherentPages(BankFailure):
    """The pages of one answer do not fit together: an entry is missing, doubled, or the list moved while being read."""

    def __init__(self, bank: str, detail: str, *, at: str = "statement") -> None:
        super().__init__("unexpected_bank_response", bank=bank, at=at, detail=detail)


class ForbiddenRequest(Exception):
    """A request that the bank's contract does not list was about to leave. It did not."""
