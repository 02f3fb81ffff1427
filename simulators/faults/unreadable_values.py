"""Fields of the rows hold values that cannot be read: neither a day, nor an amount, nor a known word."""

from typing import Any, ClassVar

from simulators.faults.spoiled import SpoiledFields

__all__ = ["UnreadableValues"]


class UnreadableValues(SpoiledFields, frozen=True):
    """Sets fields of the rows to a character that means nothing."""

    title: ClassVar = "Fields of the rows cannot be read"

    def spoil(self, row: dict[str, Any], name: str) -> None:
        """Put the character in the field's place."""
        row[name] = "\N{REPLACEMENT CHARACTER}"
