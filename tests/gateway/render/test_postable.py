"""What of a statement may be posted."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from gateway.model import DAY, Proof, Stability, Verdict
from gateway.render.postable import Postable, remarks, withheld
from gateway.statement.warnings import warning
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


def test_nothing_is_remarked_on_a_statement_that_is_as_it_should_be():
    """An importer shows what it is told."""
    assert remarks(replace(statement("plain"), warnings=[])) is None


def test_a_person_is_told_what_is_to_be_mended_by_hand():
    """An importer that goes by ids adds a corrected entry, and leaves that which it has taken the place of."""
    days = [statement("plain").period.first + n * DAY for n in range(2)]
    found = [warning("statement_restated", "why", days), warning("ids_renewed", "why")]

    told = remarks(replace(statement("plain"), warnings=found))

    assert told == (
        "O banco corrigiu lançamentos já enviados (01/10/2026, 02/10/2026): Revise os dias indicados. "
        "Os identificadores dos lançamentos mudaram: Importe de novo o período com os novos identificadores, no lugar "
        "dos antigos, e habilite a integração outra vez."
    )


def test_how_far_a_statement_is_complete_is_told_once():
    """And before all else."""
    told = remarks(
        replace(statement("difficult"), warnings=[warning("statement_not_ready", "why"), warning("ids_renewed", "why")])
    )

    assert told.startswith("Movimentos ainda não consolidados: completo até 05/10/2026")
    assert told.count("Movimentos ainda não consolidados") == told.count("Os identificadores") == 1


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
