"""The comparison of an answer or a statement with what an exchange shows."""

from collections.abc import Callable
from typing import Any

import msgspec

from contracts.exchange import ExpectedEntry
from gateway.model import Entry

__all__ = ["as_expected", "differing"]


def as_expected(entry: Entry, want: ExpectedEntry) -> dict[str, Any]:
    """An entry in the form of the expectation, with only what the expectation compares."""
    values = {
        "date": entry.date.isoformat(),
        "amount": f"{entry.amount:.2f}" if entry.amount == round(entry.amount, 2) else str(entry.amount),
        "type": entry.type.value,
        "booked_at": entry.booked_at.isoformat() if entry.booked_at else None,
        "description": entry.description,
        "document": entry.document,
        "bank_id": entry.bank_id,
        "end_to_end_id": entry.end_to_end_id,
        "note": entry.note,
        "balance": None if entry.balance is None else f"{entry.balance:.2f}",
        "id_basis": entry.id_basis.value,
        "stability": entry.stability.value,
    }
    expected = msgspec.to_builtins(want)
    result = {name: value if expected[name] not in {None, ""} else expected[name] for name, value in values.items()}
    party = msgspec.to_builtins(entry.counterparty) if entry.counterparty else {}
    result["counterparty"] = {name: party.get(name) for name in expected["counterparty"]}
    return result


def _nowhere(place: tuple[str, ...]) -> bool:
    return False


def differing(
    actual: Any, shown: Any, at: tuple[str, ...], invented: Callable[[tuple[str, ...]], bool] = _nowhere
) -> list[str]:
    """Where two JSON values differ.

    Args:
        actual: what came.
        shown: what it is compared with.
        at: the place of both; the text names places in the same form.
        invented: whether at a place only the type is compared.
    """
    where = ".".join(at)
    if invented(at):
        alike = type(actual) is type(shown)
        return [] if alike else [f"{where} is of type {type(actual).__name__}, the exchange has {type(shown).__name__}"]
    if isinstance(shown, dict) and isinstance(actual, dict):
        found = [f"{where}: {name} of the exchange is missing" for name in shown.keys() - actual.keys()]
        found += [f"{where}: {name} is not in the exchange" for name in actual.keys() - shown.keys()]
        for name in shown.keys() & actual.keys():
            found += differing(actual[name], shown[name], (*at, name), invented)
        return found
    if isinstance(shown, list) and isinstance(actual, list):
        if len(shown) != len(actual):
            return [f"{where}: {len(actual)} items, the exchange has {len(shown)}"]
        pairs = enumerate(zip(actual, shown, strict=True))
        return [each for n, (a, b) in pairs for each in differing(a, b, (*at, str(n)), invented)]
    same = actual == shown and isinstance(actual, bool) is isinstance(shown, bool)
    return [] if same else [f"{where} is {actual!r}, the exchange has {shown!r}"]
