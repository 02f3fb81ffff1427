"""Demands on amounts finer than a cent, which no ledger here has, since many banks' wires have no place for them."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx

from contracts.schema import OperationKind
from gateway.errors import BankFailure
from gateway.model import Movement
from simulators.certify.bench import CALM, Bench
from simulators.certify.demands import demand
from simulators.faults.rows import changed, fields, value_of

__all__ = ["keeps_decimals"]

DAYS = 10
MORE = Decimal("0.505")
"""What an amount grows by."""
CENTS = re.compile(r"-?\d+\.\d{1,2}")
"""An amount that is written as a text."""


def keeps_decimals(bench: Bench) -> None:
    """An amount of three decimals is read as it is, or refused; it is never cut off or rounded.

    Raises:
        Shortfall: it is.
        BankFailure: there is no statement of amounts in cents.
    """
    harness = bench.harness(parameters=CALM)
    harness.read(bench.last_days(DAYS))
    usual = {abs(movement.amount) for movement in harness.movements}
    answers = [value_of(call.response) for call in harness.calls if call.response is not None]
    for field in sorted({name for value in answers for _, name in _in_cents(value)}):
        for movement in _finer(bench, field):
            amount = abs(movement.amount)
            what = (
                f"with three decimals in the field {field} of the rows, an entry of {movement.date} has the amount "
                f"{movement.amount}, which the bank has not sent: it is given as it came, or refused"
            )
            demand(amount in usual or amount - MORE in usual, what)


def _finer(bench: Bench, field: str) -> list[Movement]:
    """What the adapter makes of rows in which the amounts of a field have three decimals; nothing where it refuses."""
    harness = bench.harness(parameters=CALM)
    answer = harness.bank.answer

    def changing(request: httpx.Request) -> httpx.Response:
        response = answer(request)
        kind = bench.contract.operations[request.extensions["operation"]].kind
        return changed(response, lambda value: _refine(value, field)) if kind is OperationKind.STATEMENT else response

    vars(harness.bank)["answer"] = changing
    try:
        harness.read(bench.last_days(DAYS))
    except BankFailure:
        return []
    return harness.movements


def _refine(value: Any, field: str) -> None:
    for row, name in _in_cents(value):
        if name == field:
            amount = Decimal(row[name])
            finer = amount + MORE.copy_sign(amount)
            row[name] = str(finer) if isinstance(row[name], str) else finer


def _in_cents(value: Any) -> Iterator[tuple[dict[str, Any], str]]:
    for row, name in fields(value):
        given = row[name]
        if isinstance(given, Decimal) or (isinstance(given, str) and CENTS.fullmatch(given)):
            yield row, name
