"""The institutions of the Brazilian payment system by their codes: COMPE (three digits) and ISPB (eight digits).

The table `institutions.csv` holds what the Banco Central publishes of the participants. An institution that is missing
there is still named by the code that a bank sends.
"""

import csv
from functools import cache
from pathlib import Path

from msgspec import Struct

__all__ = ["Institution", "by_compe", "by_ispb"]

TABLE = Path(__file__).with_name("institutions.csv")


class Institution(Struct, frozen=True):
    """One participant of the payment system."""

    compe: str
    ispb: str
    name: str


def by_compe(code: str) -> Institution | None:
    """The institution of a COMPE code, or None when the table has none."""
    return _tables()[0].get(code)


def by_ispb(code: str) -> Institution | None:
    """The institution of an ISPB code, or None when the table has none."""
    return _tables()[1].get(code)


@cache
def _tables() -> tuple[dict[str, Institution], dict[str, Institution]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = [Institution(**row) for row in csv.DictReader(file)]
    return {row.compe: row for row in rows}, {row.ispb: row for row in rows}
