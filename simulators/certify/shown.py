"""Comparing what came with what an exchange shows."""

from typing import Any

import msgspec

from contracts.exchange import ExpectedEntry
from gateway.model import Entry

__all__ = ["as_expected", "differing"]


def as_expected(entry: Entry, want: ExpectedEntry) -> dict[str, Any]:
    """An entry in the form of the expectation, with only what the expectation compares."""
    told = {
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
    result = {name: value if expected[name] not in {None, ""} else expected[name] for name, value in told.items()}
    party = msgspec.to_builtins(entry.counterparty) if entry.counterparty else {}
    result["counterparty"] = {name: party.get(name) for name in expected["counterparty"]}
    return result


def differing(told: Any, shown: Any, generated: tuple[str, ...], at: str = "$") -> list[str]:
    """Where two JSON values differ, the values of generated names being compared by type alone."""
    if isinstance(shown, dict) and isinstance(told, dict):
        found = [f"{at}: {name} is missing" for name in shown.keys() - told.keys()]
        found += [f"{at}: {name} is too much" for name in told.keys() - shown.keys()]
        for name in shown.keys() & told.keys():
            if name not in generated:
                found += differing(told[name], shown[name], generated, f"{at}.{name}")
            elif type(told[name]) is not type(shown[name]):
                found.append(f"{at}.{name}: {type(told[name]).__name__}, shown {type(shown[name]).__name__}")
        return found
    if isinstance(shown, list) and isinstance(told, list):
        if len(shown) != len(told):
            return [f"{at}: {len(told)} items, shown {len(shown)}"]
        return [
            d
            for n, (a, b) in enumerate(zip(told, shown, strict=True))
            for d in differing(a, b, generated, f"{at}[{n}]")
        ]
    return (
        []
        if told == shown and isinstance(told, bool) is isinstance(shown, bool)
        else [f"{at}: {told!r}, shown {shown!r}"]
    )
