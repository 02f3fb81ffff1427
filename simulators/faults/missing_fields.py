"""Fields of the rows are missing."""

from typing import Any, ClassVar

from simulators.faults.spoiled import SpoiledFields

__all__ = ["MissingFields"]


class MissingFields(SpoiledFields, frozen=True):
    """Leaves out fields of the rows."""

    title: ClassVar = "Fields of the rows are missing"

    def spoil(self, row: dict[str, Any], name: str) -> None:
        """Leave the field out."""
        del row[name]
