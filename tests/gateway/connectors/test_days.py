"""Days in the two forms in which Brazilian banks write them, where a bank documents the other one."""

from datetime import date

import msgspec
import pytest

import contracts
from gateway.connectors import btg_pactual, connector_class, cora, inter, itau, pagseguro, sicoob

WITH_DAY = {
    "btg_pactual": (
        btg_pactual.StatementPage,
        lambda day: {"data": {"dailyMovements": [{"date": day, "movements": [{"amount": 1, "type": "credit"}]}]}},
    ),
    "cora": (cora.StatementPage, lambda day: {"entries": [{"type": "CREDIT", "amount": 100, "createdAt": day}]}),
    "inter": (
        inter.StatementPage,
        lambda day: {"transacoes": [{"dataTransacao": day, "tipoOperacao": "C", "valor": "1.00"}]},
    ),
    "itau": (
        itau.StatementPage,
        lambda day: {"data": [{"events": [{"operation": "C", "date": {"accounting": day}, "amount": {"value": 1}}]}]},
    ),
    "pagseguro": (
        pagseguro.StatementPage,
        lambda day: {"detalhes": [{"tipo_evento": "1", "data_movimentacao": day, "valor_parcela": 1}]},
    ),
    "sicoob": (
        sicoob.Answer,
        lambda day: {"transacoes": [{"tipo": "CREDITO", "valor": "1.00", "dataLote": day}]},
    ),
}
"""By bank: the struct of its answer, and an answer with one row of a day."""


@pytest.mark.parametrize("slug", WITH_DAY)
@pytest.mark.parametrize("written", ["2026-03-10", "10/03/2026", " 10-03-2026"])
def test_a_day_is_read_in_either_form(slug, written):
    """No text is a day in both forms, so that nothing is guessed."""
    kind, answer = WITH_DAY[slug]
    page = msgspec.json.decode(msgspec.json.encode(answer(written)), type=kind)

    (movement,) = connector_class(slug)(contracts.load(slug)).movements(page)

    assert movement.date == date(2026, 3, 10)
