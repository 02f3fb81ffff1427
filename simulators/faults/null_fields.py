"""Fields of the rows are null."""

from typing import Any, ClassVar

from simulators.faults.spoiled import SpoiledFields

__all__ = ["NullFields"]


class NullFields(SpoiledFields, frozen=True):
    """Sets fields of the rows to null."""

    title: ClassVar = "Fields of the rows are null"

    def spoil(self, row: dict[str, Any], name: str) -> None:
        """Set the field to null."""
        row[name] = None
