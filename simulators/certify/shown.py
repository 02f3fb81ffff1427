"""The comparison of an answer or a statement with what an exchange shows."""

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


def differing(given: Any, shown: Any, generated: tuple[str, ...], at: str = "$") -> list[str]:
    """Where two JSON values differ, the values of generated names being compared by type alone."""
    if isinstance(shown, dict) and isinstance(given, dict):
        found = [f"{at}: {name} of the exchange is missing" for name in shown.keys() - given.keys()]
        found += [f"{at}: {name} is not in the exchange" for name in given.keys() - shown.keys()]
        for name in shown.keys() & given.keys():
            if name not in generated:
                found += differing(given[name], shown[name], generated, f"{at}.{name}")
            elif type(given[name]) is not type(shown[name]):
                found.append(
                    f"{at}.{name}: {type(given[name]).__name__}, the exchange has {type(shown[name]).__name__}"
                )
        return found
    if isinstance(shown, list) and isinstance(given, list):
        if len(shown) != len(given):
            return [f"{at}: {len(given)} items, the exchange has {len(shown)}"]
        return [
            d
            for n, (a, b) in enumerate(zip(given, shown, strict=True))
            for d in differing(a, b, generated, f"{at}[{n}]")
        ]
    return (
        []
        if given == shown and isinstance(given, bool) is isinstance(shown, bool)
        else [f"{at} is {given!r}, the exchange has {shown!r}"]
    )
