"""Everything that can go wrong, as one tree.

    GatewayError                     has a code of contracts/failures.yaml
     +-- CallerError                 the ERP's request is wrong; names the field
     +-- BankFailure                 a bank did not give a statement; names bank, step and the bank's own message
     |    +-- AnotherAccount         the credentials read another account than the one that was typed in
     |    +-- IncoherentPages        the pages of one answer contradict each other; asking all of them again may help
     +-- IntegrationInactive         the account has no enabled integration
     +-- BankNotInstalled            the package that brings the account's bank is broken or gone

    ForbiddenRequest                 a connector tried to leave its contract: a defect, never shown as a bank's failure

Title, remedy, actor, HTTP status and retry rule belong to the code and live in the catalogue. Texts here never
contain credentials, tokens, certificates or tax ids: `bank_error` is cut and redacted before it is kept.

Long because all errors of the gateway stand in one tree.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager

from msgspec import Struct

import contracts
from contracts.catalogue import Failure
from gateway.limits import BANK_MESSAGE_CHARACTERS
from gateway.redaction import quoted
from gateway.redaction.redact import redact
from gateway.texts.controls import cleaned

__all__ = [
    "AnotherAccount",
    "BankError",
    "BankFailure",
    "BankNotInstalled",
    "CallerError",
    "FieldError",
    "FieldErrors",
    "ForbiddenRequest",
    "GatewayError",
    "IncoherentPages",
    "IntegrationInactive",
]

ANOTHER = {
    "branch": "Para o banco, a conta destas credenciais é de outra agência.",
    "number": "Para o banco, a conta destas credenciais tem outro número.",
    "holder_tax_id": "Para o banco, a conta destas credenciais é de outro titular.",
}


class GatewayError(Exception):
    """An error that is reported to the ERP with a code of the failure catalogue."""

    field: str | None = None
    """The request's field that is wrong, by the caller's name for it; None when none is."""
    errors: tuple["FieldError", ...] = ()
    """What is wrong with each field of the request."""
    account_id: str | None = None
    """The registered account that the request meets; None when there is none."""

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
        """Whether the same request may succeed later although nothing is mended."""
        return self.entry.retryable

    @property
    def retry_after(self) -> int | None:
        """Seconds after which trying again makes sense; None when it does not."""
        return self.entry.retry_after


class FieldError(Struct, frozen=True):
    """What is wrong with one field of a request, for the person who filled it in."""

    field: str
    detail: str
    """Portuguese."""


class CallerError(GatewayError):
    """The request itself is wrong.

    Args:
        code: a code of the failure catalogue.
        detail: what is wrong, in English, without values.
        field: the caller's name for what is wrong.
        bank: whose rule it breaks.
        portuguese: the same in Portuguese, for the person who filled in the field; required where there is a field.
        errors: what is wrong with each field, when there are several.
        account_id: the registered account that the request meets.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        bank: str | None = None,
        portuguese: str = "",
        errors: Sequence[FieldError] = (),
        account_id: str | None = None,
    ) -> None:
        super().__init__(code, detail)
        self.account_id = account_id
        self.field = field
        self.bank = bank
        self.errors = tuple(errors) or ((FieldError(field, portuguese or detail),) if field is not None else ())


class FieldErrors:
    """Collects the errors in the fields of a request, so that a caller learns of all of them at once."""

    def __init__(self) -> None:
        self._found: list[CallerError] = []

    @contextmanager
    def collected(self) -> Iterator[None]:
        """Collect the error that ends the block, and go on after it."""
        try:
            yield
        except CallerError as error:
            self._found.append(error)

    def check(self) -> None:
        """Raise what was collected as one error, which has the code and the field of the first.

        Raises:
            CallerError: at least one was collected.
        """
        # Let go of: an error that a call of its own traceback names lives until garbage is collected.
        found, self._found = self._found, []
        if not found:
            return
        if len(found) == 1:
            raise found.pop()
        raise CallerError(
            found[0].code,
            "; ".join(error.detail for error in found),
            field=found[0].field,
            bank=next((error.bank for error in found if error.bank is not None), None),
            errors=[each for error in found for each in error.errors],
        )


class IntegrationInactive(GatewayError):
    """The account has no enabled integration."""

    def __init__(self, detail: str) -> None:
        super().__init__("integration_inactive", detail)


class BankNotInstalled(GatewayError):
    """An account is stored whose bank's package is broken or gone."""

    def __init__(self, bank: str) -> None:
        super().__init__("bank_not_installed", f"the package that brings {bank} is missing or left out")
        self.bank = bank


class BankError:
    """The bank's own account of a failure: HTTP status, code and message, redacted and cut."""

    def __init__(self, status: int | None = None, code: str | None = None, message: str | None = None) -> None:
        self.status = status
        self._original = code and code[: quoted.LONGEST + 1], message and message[: quoted.LONGEST + 1]
        self.reword(cleaned)

    def reword(self, change: Callable[[str], str]) -> None:
        """Change the bank's original texts and redact and cut them anew: a secret that was cut cannot be recognised."""
        code, message = (text and change(text) for text in self._original)
        self._original = code, message
        self.code = redact(code)[:BANK_MESSAGE_CHARACTERS] if code else None
        self.message = redact(message)[:BANK_MESSAGE_CHARACTERS] if message else None

    def __repr__(self) -> str:
        return f"BankError({self.status}, {self.code!r}, {self.message!r})"


class BankFailure(GatewayError):
    """A bank gave something other than a statement.

    Args:
        code: a code of the failure catalogue.
        at: the step: `tls`, `token`, `statement`, `balance`, ...
        detail: what happened, in English, without secrets.
        bank_error: the bank's own message, when there was an answer.
        timed_out: no answer came in time.
        retry_after: seconds the bank asked to wait, when it did.
        nothing_sent: it is certain that the request did not reach the bank.
        held_back: the gateway itself did not send the request, so that nothing follows about the bank.
        status_alone: the bank named the cause by a status only, without a text of its own.
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
        """Whether asking again certainly cannot help, whatever the catalogue says of the code."""
        self.clock_ahead: int | None = None
        """Seconds by which our clock was ahead of the bank's (below 0: behind) when it refused what was signed by our
        clock; None where that explains nothing."""
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
        """Whether the same request may succeed later although nothing is mended."""
        return self._may_pass or self.entry.retryable

    def hide(self, secrets: Iterable[str]) -> None:
        """Remove these values from all texts of this failure; a bank may quote them in any encoding."""
        without = quoted.hiding({*secrets})
        self.detail = without(self.detail)
        self.args = (f"{self.code}: {self.detail}",)
        if self.bank_error is not None:
            self.bank_error.reword(without)

    def may_pass(self, seconds: int, why: str) -> None:
        """Mark this failure as one that may pass by itself.

        Args:
            seconds: after which to ask again.
            why: the reason, which the detail then names.
        """
        self._may_pass, self._retry_after = True, seconds
        if why not in self.detail:
            self.detail = f"{self.detail}; {why}"
            self.args = (f"{self.code}: {self.detail}",)

    @property
    def retry_after(self) -> int | None:
        """Seconds to wait: what the bank asked for, else what the catalogue says."""
        return self._retry_after or self.entry.retry_after


class AnotherAccount(BankFailure):
    """The credentials read an account other than the one that was typed in, by the bank's answer.

    Args:
        fields: what differs: `branch`, `number`, `holder_tax_id`.
        at: the step whose answer showed it.
    """

    def __init__(self, bank: str, fields: Sequence[str], *, at: str = "accounts") -> None:
        names = " and ".join(f"`{field}`" for field in fields)
        detail = f"the bank knows the account of these credentials under another {names}"
        super().__init__("invalid_account", bank=bank, at=at, detail=detail)
        self.field = fields[0]
        self.errors = tuple(FieldError(field, ANOTHER[field]) for field in fields)


class IncoherentPages(BankFailure):
    """The pages of one answer do not fit together: an entry is missing, doubled, or the list moved while being read."""

    def __init__(self, bank: str, detail: str) -> None:
        super().__init__("unexpected_bank_response", bank=bank, at="statement", detail=detail)


class ForbiddenRequest(Exception):
    """A request that the bank's contract does not list was about to leave. It did not."""
