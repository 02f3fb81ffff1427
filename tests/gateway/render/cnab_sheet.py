"""A reader of CNAB 240 statements for reconciliation, written from the layout's sheet and not from the renderer.

Each record has the fields of the sheet: name, first and last position, and kind. `9` is a number, `V` an amount with
two decimals, `D` a day (DDMMAAAA), `X` a text, and `_` what must be blank. A number, amount or day that is blank is
None. A position that no field covers, a number with other signs and a record of another length are errors.
"""

import re
from datetime import datetime
from decimal import Decimal
from typing import Any

__all__ = ["read"]

HOLDER = (
    *(("tax_id_kind", 18, 18, "9"), ("tax_id", 19, 32, "X"), ("agreement", 33, 52, "X"), ("branch", 53, 57, "9")),
    *(("branch_digit", 58, 58, "X"), ("account", 59, 70, "9"), ("account_digit", 71, 71, "X"), ("digit", 72, 72, "X")),
)
CONTROL = (("bank", 1, 3, "9"), ("batch", 4, 7, "9"), ("record", 8, 8, "9"))
BALANCE = (
    *(("balance_day", 143, 150, "D"), ("balance", 151, 168, "V"), ("balance_side", 169, 169, "X")),
    ("balance_position", 170, 170, "X"),
)
SHEET = {
    "0": (
        *(*CONTROL, ("", 9, 17, "_"), *HOLDER, ("holder", 73, 102, "X"), ("bank_name", 103, 132, "X")),
        *(("", 133, 142, "_"), ("direction", 143, 143, "9"), ("day", 144, 151, "D"), ("time", 152, 157, "9")),
        *(("sequence", 158, 163, "9"), ("version", 164, 166, "9"), ("density", 167, 171, "9")),
        *(("of_bank", 172, 191, "X"), ("of_company", 192, 211, "X"), ("rest", 212, 240, "X")),
    ),
    "1": (
        *(*CONTROL, ("operation", 9, 9, "X"), ("service", 10, 11, "9"), ("form", 12, 13, "9")),
        *(
            ("version", 14, 16, "9"),
            ("", 17, 17, "_"),
            *HOLDER,
            ("holder", 73, 102, "X"),
            ("", 103, 142, "_"),
            *BALANCE,
        ),
        *(("currency", 171, 173, "X"), ("sequence", 174, 178, "9"), ("", 179, 240, "_")),
    ),
    "3": (
        *(*CONTROL, ("number", 9, 13, "9"), ("segment", 14, 14, "X"), ("", 15, 17, "_"), *HOLDER),
        *(("holder", 73, 102, "X"), ("", 103, 108, "_"), ("nature", 109, 111, "X"), ("complement_kind", 112, 113, "9")),
        *(("complement", 114, 133, "X"), ("untaxed", 134, 134, "X"), ("booked", 135, 142, "D"), ("day", 143, 150, "D")),
        *(("amount", 151, 168, "V"), ("side", 169, 169, "X"), ("category", 170, 172, "9"), ("history", 173, 176, "X")),
        *(("text", 177, 201, "X"), ("document", 202, 240, "X")),
    ),
    "5": (
        *(*CONTROL, ("", 9, 17, "_"), *HOLDER, ("", 73, 88, "_"), ("blocked_longer", 89, 106, "V")),
        *(("limit", 107, 124, "V"), ("blocked", 125, 142, "V"), *BALANCE, ("records", 171, 176, "9")),
        *(("debits", 177, 194, "V"), ("credits", 195, 212, "V"), ("", 213, 240, "_")),
    ),
    "9": (
        *(*CONTROL, ("", 9, 17, "_"), ("batches", 18, 23, "9"), ("records", 24, 29, "9"), ("accounts", 30, 35, "9")),
        ("", 36, 240, "_"),
    ),
}


def read(document: bytes) -> list[dict[str, Any]]:
    """The records in order; only those of segment E are details.

    Raises:
        ValueError: something is not as the sheet says.
    """
    lines = document.decode("ascii").split("\r\n")
    if lines.pop() != "":
        raise ValueError("the last record does not end")
    return [_record(line) for line in lines]


def _record(line: str) -> dict[str, Any]:
    if len(line) != 240:
        raise ValueError(f"a record of {len(line)} characters")
    sheet, position, found = SHEET[line[7]], 1, {}
    for name, first, last, kind in sheet:
        if first != position:
            raise ValueError(f"the sheet lacks position {position}")
        position = last + 1
        value = _value(line[first - 1 : last], kind)
        if name:
            found[name] = value
    if position != 241:
        raise ValueError("the sheet is shorter than the record")
    if found.get("segment", "E") != "E":
        raise ValueError("another segment")
    return found


def _value(text: str, kind: str) -> Any:
    if kind == "X":
        return text
    if not text.strip(" "):
        return None
    if kind == "_" or not re.fullmatch("[0-9]+", text):
        raise ValueError(f"{text!r} stands in a field of the kind {kind}")
    if kind == "V":
        return Decimal(int(text)).scaleb(-2)
    if kind == "D":
        return datetime.strptime(text, "%d%m%Y").date()  # noqa: DTZ007 -- a day has no zone
    return text
