"""What an adapter makes of an exchange, in the form of the exchange: for one that is written from recorded traffic."""

from typing import Any

import httpx
from msgspec import Struct

from contracts.exchange import Exchange
from gateway.model import Counterparty, Movement, Statement
from simulators.certify.demands import Shortfall
from simulators.certify.exchanges.as_shown import listen
from simulators.certify.exchanges.played import form_and_body

__all__ = ["Meaning", "asked_of", "meaning_of"]

TEXTS = ("type", "description", "document")
PARTY = ("name", "tax_id", "ispb", "bank_name", "branch", "account")
NOT_ASKED = frozenset({"host", "accept-encoding", "connection", "content-length", "content-type"})
"""Headers that the HTTP library adds."""


class Meaning(Struct, frozen=True):
    """What the answers of an exchange mean to the bank's adapter."""

    expected: dict[str, Any]
    """The entries and balances, or the failure; `more`, where the adapter does not come to an end with the answers."""
    ledger: list[dict[str, Any]]
    """The movements from which a simulated bank would have to make these answers."""
    opening_balance: str | None
    """The balance before the first of them, where the bank tells it."""
    detail: str = ""
    """In which words the adapter fails."""


def meaning_of(slug: str, exchange: Exchange) -> Meaning:
    """What the bank's adapter makes of the answers; for a person to confirm.

    Raises:
        LookupError: the bank has no adapter.
    """
    try:
        outcome = listen(slug, exchange)
    except Shortfall as error:
        return Meaning({"more": True}, [], None, str(error))
    if outcome.failure:
        return Meaning({"failure": outcome.failure}, [], None, outcome.detail)
    statement = outcome.statement
    if outcome.more or statement is None:
        return Meaning({"more": True}, [], None)
    opening = statement.opening_balance
    if opening is not None:
        first = statement.period.first
        opening -= sum(each.amount for each in outcome.movements if each.date < first and not each.blocked)
    ledger = [_ledger_entry(each) for each in outcome.movements]
    return Meaning(_expected(statement), ledger, None if opening is None else f"{opening:.2f}")


def asked_of(slug: str, exchange: Exchange) -> list[dict[str, Any]]:
    """The requests that the bank's adapter makes in an exchange whose answers alone are right.

    Raises:
        LookupError: the bank has no adapter.
        Shortfall: it does not come to the last answer.
    """
    return [_question(request) for request in listen(slug, exchange, compared=False).asked]


def _question(request: httpx.Request) -> dict[str, Any]:
    form, body = form_and_body(request)
    signed = [name for name, value in form.items() if value.startswith("eyJ")]
    parts = {
        "query": dict(request.url.params),
        "headers": {name: value for name, value in request.headers.items() if name not in NOT_ASKED},
        "form": {name: value for name, value in form.items() if name not in signed},
        "body": body,
        "generated": signed,
    }
    return {
        "operation": request.extensions["operation"],
        "method": request.method,
        "url": str(request.url.copy_with(query=None)),
        **{name: part for name, part in parts.items() if part},
    }


def _expected(statement: Statement) -> dict[str, Any]:
    found: dict[str, Any] = {"entries": []}
    for entry in statement.entries:
        shown = _texts(entry)
        if entry.balance is not None:
            shown["balance"] = f"{entry.balance:.2f}"
        found["entries"].append({"date": entry.date.isoformat(), "amount": f"{entry.amount:.2f}", **shown})
    for name in ("opening_balance", "closing_balance"):
        if (balance := getattr(statement, name)) is not None:
            found[name] = f"{balance:.2f}"
    return found


def _ledger_entry(movement: Movement) -> dict[str, Any]:
    booked_at = movement.booked_at.isoformat() if movement.booked_at else f"{movement.date}T12:00:00-03:00"
    found = {"booked_at": booked_at, "amount": f"{movement.amount:.2f}", **_texts(movement)}
    if movement.bank_id:
        found["bank_id"] = movement.bank_id
    if movement.counterparty is not None:
        found["counterparty"] = _party(movement.counterparty)
    return found


def _party(party: Counterparty) -> dict[str, str]:
    values = {**{name: getattr(party, name) for name in PARTY}, "compe": party.bank}
    return {name: value for name, value in values.items() if value}


def _texts(row: Any) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in TEXTS}
    return {name: str(value) for name, value in values.items() if value not in {None, ""}}
