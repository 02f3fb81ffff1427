"""A case as a file, so that it can be kept, sent to others and tried again."""

from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct

from gateway.model import Period
from simulators.certify.cases import Case
from simulators.ledger import Fixed, LedgerEntry
from simulators.texts.files import content_of
from simulators.world import Parameters

__all__ = ["read_case", "write_case"]

LARGEST_CASE_BYTES = 64_000_000
"""As large as a snapshot, which holds ledgers too."""


class _Kept(Struct, frozen=True, kw_only=True):
    """The parts of a case that a file can hold."""

    bank: str
    check: str
    period: Period
    page_size: int
    parameters: Parameters
    fault: tuple[str, dict[str, Any]] | None = None
    ledger: list[LedgerEntry]


def write_case(path: Path, bank: str, check: str, case: Case) -> None:
    """Write a case and what it is a case of."""
    kept = _Kept(bank=bank, check=check, ledger=case.source.entries, **_shared(case))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=2))


def read_case(path: Path) -> tuple[str, str, Case]:
    """Bank, check and case of a file.

    Raises:
        ValueError: it is no such file.
        OSError: it cannot be read.
    """
    try:
        kept = msgspec.json.decode(content_of(path, LARGEST_CASE_BYTES), type=_Kept)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"{path} holds no case: {error}") from error
    return kept.bank, kept.check, Case(source=Fixed(kept.ledger), **_shared(kept))


def _shared(case: Case | _Kept) -> dict[str, Any]:
    """What stands in a case and in its file alike."""
    return {name: getattr(case, name) for name in Case.__struct_fields__ if name != "source"}
