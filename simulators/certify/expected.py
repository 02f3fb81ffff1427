"""What an adapter makes of an exchange, in the form in which an exchange expects it."""

from typing import Any

from contracts.exchange import Exchange
from simulators.certify.bench import Shortfall
from simulators.certify.exchanges import listen

__all__ = ["expected_of"]

COMPARED = ("type", "description", "document")


def expected_of(slug: str, exchange: Exchange) -> dict[str, Any]:
    """The entries and balances, or the failure, that the bank's adapter makes of the answers; for a person to confirm.

    `more`, where it asks something else than the exchange shows or does not come to an end with it.

    Raises:
        LookupError: the bank has no adapter.
    """
    try:
        outcome = listen(slug, exchange)
    except Shortfall:
        return {"more": True}
    if outcome.failure:
        return {"failure": outcome.failure}
    statement = outcome.statement
    if outcome.more or statement is None:
        return {"more": True}
    found: dict[str, Any] = {"entries": []}
    for entry in statement.entries:
        values = {name: getattr(entry, name) for name in COMPARED}
        shown = {name: str(value) for name, value in values.items() if value not in {None, ""}}
        if entry.balance is not None:
            shown["balance"] = f"{entry.balance:.2f}"
        found["entries"].append({"date": entry.date.isoformat(), "amount": f"{entry.amount:.2f}", **shown})
    for name in ("opening_balance", "closing_balance"):
        if (balance := getattr(statement, name)) is not None:
            found[name] = f"{balance:.2f}"
    return found
