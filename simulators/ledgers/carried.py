"""What a bank's wire cannot carry of a movement, so that no reader of the bank can learn it."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from simulators.bank import Bank
from simulators.ledgers.entries import LedgerEntry
from simulators.ledgers.entry_form import shown_party

__all__ = ["MOST_TOLD", "NotCarried", "not_carried", "told"]

MOST_TOLD = 1_000
"""Of one answer."""


class NotCarried(Struct, frozen=True):
    """A field of a movement that does not come back from the bank as it was given."""

    entry: int
    """Id of the movement."""
    field: str
    reason: str


def not_carried(bank: Bank, entry: LedgerEntry, given_type: str = "") -> Iterator[NotCarried]:
    """The fields of a movement that do not come back as they were given; all others do.

    The usual readings of the contract are meant, and no fault.

    Args:
        bank: at which it is read.
        entry: with its serial.
        given_type: the type it had, where the bank expresses that by another one.
    """
    name = bank.contract.name
    reasons = _reasons(bank, entry)
    if given_type:
        reasons = {"type": f"has no {given_type} in this direction; it is carried as {entry.type}", **reasons}
    return (NotCarried(entry.serial, field, f"{name} {why}") for field, why in reasons.items())


def _reasons(bank: Bank, entry: LedgerEntry) -> dict[str, str]:
    """By field, why it does not come back: what follows on the name of the bank."""
    can, party = bank.contract.capabilities, entry.counterparty
    found: dict[str, str] = {}
    if not can.booked_at:
        found["booked_at"] = "gives the day and not the time"
    if not can.description:
        found["description"] = "has a text of its own, of which this one is at most a part"
    elif not entry.description:
        found["description"] = "has a text of its own where there is none"
    elif (text := bank.describes(entry)) != entry.description:
        found["description"] = f"adds its own words: {text}"
    if not can.document:
        found["document"] = "does not send the document's number unchanged"
    if party is not None:
        kept = bank.tells_of_party(entry)
        lost = (name for name, value in shown_party(party).items() if value and name not in kept)
        found |= {f"counterparty.{name}": "does not give it for this kind of movement" for name in lost}
    return found


def told(bank: Bank, entries: Iterable[LedgerEntry], given_types: Sequence[str] = ()) -> dict[str, Any]:
    """What is said about this in an answer: the first fields that are not carried, and how many they are."""
    found: list[NotCarried] = []
    count = 0
    for number, entry in enumerate(entries):
        for each in not_carried(bank, entry, given_types[number] if given_types else ""):
            count += 1
            if len(found) < MOST_TOLD:
                found.append(each)
    return {"not_carried": found, "not_carried_count": count}
