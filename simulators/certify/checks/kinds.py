"""Demands where the bank uses an unknown word: no row is lost, and the reason is given.

An adapter may give such a row as the entry that it is, or as a provisional one of which `Balances.undecided` has the
day, or refuse the statement in words that name the word. Anything else loses money or leaves an operator alone. In a
currency that nobody knows, amounts are not in reais: they are refused. What kind of movement it is may be told by
another field; else it is OUTROS, and never another kind.
"""

import httpx

from contracts.schema import OperationKind
from gateway.connectors.fields import fold
from gateway.errors import BankFailure
from gateway.model import Stability, Statement, TransactionType
from simulators.certify.bench import CALM, Bench
from simulators.certify.demands import Shortfall, demand, saying_when
from simulators.faults.rows import changed, fields
from simulators.faults.unknown_enum import UNKNOWN, code_fields

__all__ = ["reads_unknown_words"]

DAYS = 10
REAIS = frozenset({"BRL", "REAL", "REAIS", None})
"""Codes of the currency that statements are in, and nothing."""


def reads_unknown_words(bench: Bench) -> None:
    """A word that no documentation lists loses no row, in whichever field of the rows it stands."""
    known = bench.harness(parameters=CALM)
    usual = bench.read_true(known, bench.last_days(DAYS))
    answers = [
        call.response
        for call in known.calls
        if call.response is not None and bench.kind_of(call.request) is OperationKind.STATEMENT
    ]
    for field in sorted({name for response in answers for name in code_fields(response)}):
        if bench.tries("unknown_enum", "statement", {"field": field}):
            _demand_no_loss(bench, field, usual, is_currency=all(_in_reais(response, field) for response in answers))


def _in_reais(response: httpx.Response, field: str) -> bool:
    """Whether a field of the rows of an answer names nothing but the currency of Brazil."""
    found: set[object] = set()
    changed(response, lambda value: found.update(row[name] for row, name in fields(value) if name == field))
    return found <= REAIS


def _demand_no_loss(bench: Bench, field: str, usual: Statement, *, is_currency: bool) -> None:
    harness = bench.harness(parameters=CALM)
    active = harness.world.inject(bench.slug, None, "statement", "unknown_enum", {"field": field})
    when = f"with the unknown word {UNKNOWN} in the field {field} of the rows"
    try:
        with saying_when(when):
            statement = bench.read_true(harness, bench.last_days(DAYS), active.behaviour.blurs)
    except BankFailure as failure:
        if harness.balances is not None and harness.balances.contradictions:
            return  # The entries are given unproved, and the reason with them.
        wanted = "unexpected_bank_response"
        what = f"{when}, the failure is {failure.code}, it should be {wanted} or there should be a statement"
        demand(failure.code == wanted, what)
        named = fold(UNKNOWN) in fold(failure.detail)
        what = f"{when}, the failure does not name the word, so that nobody can tell what is new: {failure.detail}"
        if not named:
            raise Shortfall(what) from failure
    else:
        what = f"{when}, which names the currency, there is a statement in reais: an amount in another one is refused"
        demand(not is_currency, what)
        _demand_told(usual, statement, when)
        _demand_nothing_guessed(usual, statement, when)


def _demand_told(usual: Statement, statement: Statement, when: str) -> None:
    """Demand that days with rows that have become provisional are not called complete."""
    final = {entry.id for entry in usual.entries if entry.stability is Stability.FINAL}
    days = {entry.date for entry in usual.entries if entry.id in final}
    open_days = {entry.date for entry in statement.entries if entry.stability is not Stability.FINAL} & days
    untold = sorted(day for day in open_days if day <= statement.complete_through)
    what = (
        f"{when}, rows of {', '.join(map(str, untold[:3]))} are given as provisional, but the statement is called "
        f"complete through {statement.complete_through}: `Balances.undecided` has to name their days and kinds"
    )
    demand(not untold, what)


def _demand_nothing_guessed(usual: Statement, statement: Statement, when: str) -> None:
    """Demand that an entry keeps its kind or loses it, as another one would be an invented fact."""
    for entry, known in zip(statement.entries, usual.entries, strict=False):
        what = (
            f"{when}, an entry of {entry.date} is {entry.type.value}, while it is {known.type.value}: it may be OUTROS"
        )
        demand(entry.type in {known.type, TransactionType.OUTROS}, what)
