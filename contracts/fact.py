"""A fact and how it is known: the base of everything a contract says."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["ContractError", "Evidence", "Fact", "NotNegative", "Positive", "Strict"]

Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]


class ContractError(ValueError):
    """A contract, catalogue or exchange file is not what its schema demands. The text names the file and the key."""


class Evidence(StrEnum):
    """How a fact is known."""

    OBSERVED = "observed"
    """Seen in a real exchange with the bank."""
    DOCUMENTED = "documented"
    """Stated by the bank, or agreed by several independent clients of it."""
    ASSUMED = "assumed"
    """Chosen by us where nothing was found; to be replaced as soon as something is."""


class Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all contract structs."""


class Fact(Strict, frozen=True, kw_only=True):
    """A group of facts that share their evidence."""

    evidence: Evidence
    source: Annotated[str, Meta(min_length=1)]
    """Where the group was read, short; the full list of sources is in NOTES.md."""
    note: str = ""
