"""Demands on amounts finer than a cent, which no ledger here has, since many banks' wires have no place for them."""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import product
from typing import Any

import httpx

from contracts.schema import OperationKind
from gateway.amounts import trimmed
from gateway.errors import BankFailure
from gateway.model import ZERO, Movement
from simulators.certify.bench import CALM, Bench
from simulators.certify.demands import demand
from simulators.faults.rows import changed, fields, value_of

__all__ = ["keeps_decimals"]

DAYS = 10
FINER = (Decimal("0.505"), Decimal("0.5055"))
"""What an amount grows by: three decimals may be refused as the last digits of a thousand, where four are not."""
DECIMAL = re.compile(r"-?\d+\.\d{1,8}")
"""An amount that is written as a text; some banks write zeros behind the cents."""


def keeps_decimals(bench: Bench) -> None:
    """An amount of three or four decimals is read as it is, or refused; it is never cut off or rounded.

    Raises:
        Shortfall: it is.
        BankFailure: there is no statement of amounts in cents.
    """
    harness = bench.harness(parameters=CALM)
    harness.read(bench.last_days(DAYS))
    usual = {abs(movement.amount) for movement in harness.movements}
    answers = [value_of(call.response) for call in harness.calls if call.response is not None]
    for field, more in product(sorted({name for value in answers for _, name in _in_decimals(value)}), FINER):
        for movement in _finer(bench, field, more):
            amount = abs(movement.amount)
            finer = "three" if more is FINER[0] else "four"
            what = (
                f"with {finer} decimals in the field {field} of the rows, an entry of {movement.date} has the amount "
                f"{movement.amount}, which the bank has not sent: it is given as it came, or refused"
            )
            demand(amount in usual or amount - more in {*usual, ZERO}, what)


def _finer(bench: Bench, field: str, more: Decimal) -> list[Movement]:
    """What the adapter makes of rows in which the amounts of a field are finer; nothing where it refuses."""
    harness = bench.harness(parameters=CALM)
    answer = harness.bank.answer

    def changing(request: httpx.Request) -> httpx.Response:
        response = answer(request)
        kind = bench.contract.operations[request.extensions["operation"]].kind
        return (
            changed(response, lambda value: _refine(value, field, more))
            if kind is OperationKind.STATEMENT
            else response
        )

    vars(harness.bank)["answer"] = changing
    try:
        harness.read(bench.last_days(DAYS))
    except BankFailure:
        return []
    return harness.movements


def _refine(value: Any, field: str, more: Decimal) -> None:
    for row, name in _in_decimals(value):
        if name == field:
            amount = trimmed(Decimal(row[name]))
            finer = amount + more.copy_sign(amount)
            row[name] = str(finer) if isinstance(row[name], str) else finer


def _in_decimals(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    for row, name in fields(value):
        given = row[name]
        if isinstance(given, Decimal) or (isinstance(given, str) and DECIMAL.fullmatch(given)):
            yield row, name
