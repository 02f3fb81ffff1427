"""What of a statement may be posted."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from gateway.model import DAY, Proof, Stability, Verdict
from gateway.render.postable import Postable, withheld
from tests.gateway.render.cases import final, statement

MISMATCH = (
    "Saldo não confere com os lançamentos: nada deve ser lançado. Confira o saldo inicial e as aplicações automáticas."
)
NOT_READY = "Movimentos ainda não consolidados: nada deve ser lançado. Volte no próximo dia útil."


def listed(given):
    """What is listed of a statement, and the balance after it."""
    postable = Postable(given)
    entries = [entry for batch in postable.batches() for entry in batch]
    assert postable.count == len(entries)
    return entries, postable.balance()


@pytest.mark.parametrize(
    ("case", "reason"),
    [
        ("plain", None),
        ("difficult", None),
        ("no_balances", None),
        ("empty", None),
        ("disproved", MISMATCH),
        ("too_early", NOT_READY),
    ],
)
def test_a_statement_is_withheld_where_nothing_may_be_posted(case, reason):
    """With the words of the catalogue's warning. A period without movements is none of them."""
    assert withheld(statement(case)) == reason


def test_a_disproved_statement_without_entries_is_withheld():
    """They are missing, by the balances."""
    proof = Proof(Verdict.DISPROVED, Decimal("1.00"), "why")

    assert withheld(replace(statement("empty"), proof=proof)) == MISMATCH


def test_a_contradicted_statement_is_withheld_for_its_contradiction():
    """Waiting would not mend it."""
    assert withheld(replace(statement("too_early"), contradicted=True)) == MISMATCH


def test_only_final_entries_are_listed():
    """What is blocked is never among them."""
    given = statement("difficult")

    entries, _ = listed(given)

    assert entries == final(given.entries)
    assert not any(entry.blocked for entry in entries)


def test_the_balance_is_that_of_the_last_complete_day():
    """Where entries are left out; no earlier than the balance before the period."""
    given = statement("plain")
    first, second = given.entries
    left_out = replace(given, entries=[first, replace(second, stability=Stability.PROVISIONAL)])

    for complete_through, day in (
        (given.period.first + DAY, given.period.first + DAY),
        (given.period.first - timedelta(days=9), given.period.first - DAY),
    ):
        _, balance = listed(replace(left_out, complete_through=complete_through))
        assert balance == (day, Decimal("87.66"))
