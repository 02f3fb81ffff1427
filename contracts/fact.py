"""Bases of the contract structs: a fact carries the evidence of how it is known."""

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["ContractError", "Evidence", "Fact", "NotNegative", "Positive", "Strict"]

Positive = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[int, Meta(ge=0)]


class ContractError(ValueError):
    """A contract, catalogue or exchange file does not satisfy its schema. The text names the file and the key."""


class Evidence(StrEnum):
    """How a fact is known."""

    OBSERVED = "observed"
    """Seen in a real exchange with the bank."""
    DOCUMENTED = "documented"
    """Stated by the bank, or agreed by several independent clients of it."""
    ASSUMED = "assumed"
    """Chosen by us where no source was found; to be replaced as soon as one is."""


class Strict(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of all contract structs. An unknown key is an error."""


class Fact(Strict, frozen=True, kw_only=True):
    """A group of facts that share one evidence mark."""

    evidence: Evidence
    source: Annotated[str, Meta(min_length=1)]
    """Short: where the facts were found. NOTES.md has the full list of sources."""
    note: str = ""
    """What a reader of the facts should know besides."""
