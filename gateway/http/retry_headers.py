"""When a bank says to ask again: `Retry-After` (RFC 9110 section 10.2.3) and the headers of its contract."""

import httpx

from contracts.schema import Contract
from gateway.errors import BankFailure
from gateway.http.dates import http_date
from gateway.limits import BANK_RETRY_AFTER_SECONDS

__all__ = ["retry_after", "wait_seconds"]


def retry_after(contract: Contract, response: httpx.Response) -> int | None:
    """Seconds to wait, at most a day; None where no header says so readably."""
    value = _value(contract, response)
    if value.isdecimal():
        return min(int(value[:9]), BANK_RETRY_AFTER_SECONDS) or None
    until, now = http_date(value), http_date(response.headers.get("date", ""))
    if until is None or now is None or (until.tzinfo is None) != (now.tzinfo is None):
        return None
    wait = until - now
    return max(0, min(int(wait.total_seconds()), BANK_RETRY_AFTER_SECONDS)) or None


def wait_seconds(contract: Contract, response: httpx.Response, failure: BankFailure) -> float:
    """Seconds that the bank asks to wait; 0 where it names no time.

    A date that cannot be read counts as the catalogue's `retry_after`, which is too long to be waited for on the line.
    """
    value = _value(contract, response)
    if not value or value.isdecimal():
        return float(value[:9] or 0)
    return float(failure.retry_after or 0)


def _value(contract: Contract, response: httpx.Response) -> str:
    """The value of the first header that says when to ask again; empty where there is none."""
    names = (*(contract.limits.wait_headers if contract.limits is not None else ()), "retry-after")
    return next((value for name in names if (value := response.headers.get(name, "").strip())), "")
