"""Rows of BS2 that have no `protocolo`, or share one."""

import httpx
import pytest

from gateway.model import Verdict
from simulators.certify.harnesses.pure import PureHarness
from tests.gateway.connectors.bs2.answers import FIVE, WEEK, ledger, pair_of, row, tamper


@pytest.mark.parametrize("missing", [None, "", " "])
def test_a_row_without_protocolo(missing):
    """The entry is known by its content; equal ones are two entries."""
    pair = pair_of(FIVE)
    twin = row(protocolo=missing, tipoMovimentacao=2)
    tamper(pair, 1, movimentacoes=[twin, twin], total=2, saldo={"inicial": 1, "final": 4})

    statement = pair.read(WEEK)

    assert [(entry.bank_id, entry.id_basis) for entry in statement.entries] == [(None, "derived")] * 2
    assert len({entry.id for entry in statement.entries}) == 2
    assert statement.proof.verdict is Verdict.PROVED


def test_a_protocolo_that_two_rows_share():
    """An id met twice with different contents gives two entries when the balances prove both."""
    pair = pair_of(FIVE)
    rows = [row(tipoMovimentacao=2, valor=3), row(descricao="Tarifa", valor=1)]
    tamper(pair, 1, movimentacoes=rows, total=2, saldo={"inicial": 1, "final": 3})

    statement = pair.read(WEEK)

    assert [entry.amount for entry in statement.entries] == [-1, 3]
    assert [warning.code for warning in statement.warnings] == ["duplicate_suspected"]


def test_equal_rows_without_protocolo_on_two_pages_prove_nothing():
    """A row without id that stands on two pages may be one or two: it is told, and nothing is proved."""
    pair = pair_of(ledger(("2026-03-10T09:14:22", "1.5"), ("2026-03-10T09:14:22", "1.5")), page_size=1)

    def answer(request):
        response = PureHarness.answer(pair, request)
        if "extrato" not in request.url.path:
            return response
        body = response.json()
        same = [{**row(tipoMovimentacao=2), "protocolo": None} for _ in body["movimentacoes"]]
        return httpx.Response(200, json={**body, "movimentacoes": same})

    pair.answer = answer
    statement = pair.read(WEEK)

    assert (len(statement.entries), statement.proof.verdict, statement.contradicted) == (2, Verdict.NOT_PROVABLE, True)
