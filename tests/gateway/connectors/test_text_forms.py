"""Texts of rows that come as another type of JSON, as gateways that make JSON of XML write them."""

from datetime import date

import httpx
import msgspec
import pytest

import contracts
from gateway import large_json
from gateway.connectors import banco_do_brasil, bradesco, bs2, btg_pactual, connector_class, cora, inter, itau
from gateway.connectors.lists import items
from gateway.connectors.rows.banco_do_brasil import Row
from gateway.connectors.rows.bradesco import Row as BradescoRow
from gateway.model import Period

DAYS = Period(date(2026, 3, 1), date(2026, 3, 31))


def decoded(kind, content):
    return large_json.decode(msgspec.json.encode(content), kind)


def page_of_banco_do_brasil(row):
    return banco_do_brasil.StatementPage(
        items(decoded(banco_do_brasil.Answer, {"listaLancamento": [row]}).listaLancamento, Row), DAYS
    )


def page_of_bradesco(row):
    return bradesco.StatementPage(bradesco._links([], [decoded(BradescoRow, row)], DAYS))


PAGES = {
    "banco_do_brasil": page_of_banco_do_brasil,
    "bradesco": page_of_bradesco,
    "bs2": lambda row: decoded(bs2.StatementPage, {"saldo": {"inicial": 0, "final": 0}, "movimentacoes": [row]}),
    "btg_pactual": lambda row: decoded(
        btg_pactual.StatementPage, {"data": {"dailyMovements": [{"date": "2026-03-10", "movements": [row]}]}}
    ),
    "cora": lambda row: decoded(cora.StatementPage, {"entries": [row]}),
    "inter": lambda row: decoded(inter.StatementPage, {"transacoes": [row]}),
    "itau": lambda row: decoded(itau.StatementPage, {"data": [{"events": [row]}]}),
    "stone": lambda row: connector_class("stone")(contracts.load("stone")).page(
        httpx.Response(200, content=msgspec.json.encode({"cursor": {"limit": 25}, "data": [row]}))
    ),
}
ROWS = {
    "banco_do_brasil": {
        "indicadorTipoLancamento": "1",
        "dataLancamento": 4032026,
        "numeroDocumento": 1,
        "valorLancamento": 1,
        "indicadorSinalLancamento": "C",
    },
    "bradesco": {"dataLancamento": "10/03/2026", "valorLancamento": "1,00", "sinalLancamento": "+"},
    "bs2": {"movimentadoEm": "2026-03-10T09:14:22", "valor": 1, "tipoMovimentacao": 2},
    "btg_pactual": {"amount": 1, "type": "credit"},
    "cora": {"type": "CREDIT", "amount": 100, "createdAt": "2026-03-10T12:30:10+00"},
    "inter": {"dataTransacao": "2026-03-10", "tipoOperacao": "C", "valor": "1.00"},
    "itau": {"operation": "C", "date": {"accounting": "2026-03-10"}, "amount": {"value": 1}},
    "stone": {
        "id": "e-1",
        "type": "external",
        "amount": -500,
        "balance_before": 2000,
        "balance_after": 1500,
        "created_at": "2026-03-10T12:00:00Z",
    },
}
TEXTS = [
    ("banco_do_brasil", lambda text: {"textoDescricaoSubHistorico": text}),
    ("banco_do_brasil", lambda text: {"textoInformacaoComplementar": text}),
    ("bradesco", lambda text: {"descritivoLancamentoCompleto": text}),
    ("bradesco", lambda text: {"descritivoLancamentoAbreviado": text}),
    ("bradesco", lambda text: {"segundaLinhalLancamento": text}),
    ("bs2", lambda text: {"descricao": text}),
    ("bs2", lambda text: {"descricaoAbreviada": text}),
    ("bs2", lambda text: {"observacao": text}),
    ("bs2", lambda text: {"remetente": {"nome": text}}),
    ("btg_pactual", lambda text: {"description": text}),
    ("btg_pactual", lambda text: {"descriptionDetails": text}),
    ("cora", lambda text: {"transaction": {"description": text}}),
    ("cora", lambda text: {"transaction": {"type": text}}),
    ("cora", lambda text: {"transaction": {"counterParty": {"name": text}}}),
    ("cora", lambda text: {"title": text}),
    ("inter", lambda text: {"titulo": text}),
    ("inter", lambda text: {"descricao": text}),
    ("inter", lambda text: {"tipoTransacao": text}),
    ("inter", lambda text: {"detalhes": {"nomePagador": text}}),
    ("inter", lambda text: {"detalhes": {"descricaoPix": text}}),
    ("itau", lambda text: {"literal": {"complete": text}}),
    ("itau", lambda text: {"literal": {"complementary": text}}),
    ("stone", lambda text: {"description": text}),
    ("stone", lambda text: {"reason": text}),
]


@pytest.mark.parametrize(("slug", "with_text"), TEXTS)
@pytest.mark.parametrize(
    ("sent", "told"),
    [
        (12, ["12"]),
        (12.5, ["12.5"]),
        (12.0, ["12"]),
        (["uma", "outra"], ["uma", "outra"]),
        ({"linha": "uma"}, ["uma"]),
        ([{"linha": "uma"}, 7.5], ["uma"]),
    ],
)
def test_a_text_of_another_type_is_told(slug, with_text, sent, told):
    """All that it says stands in the entry."""
    connector = connector_class(slug)(contracts.load(slug))
    (movement,) = connector.movements(PAGES[slug](ROWS[slug] | with_text(sent)))
    party = movement.counterparty
    said = " ".join(filter(None, (movement.description, movement.note, party.name if party else None)))

    for text in told:
        assert text in said.split()


@pytest.mark.parametrize(("slug", "with_text"), TEXTS)
@pytest.mark.parametrize("sent", [None, "", " ", [], {}, True])
def test_what_says_nothing_adds_nothing(slug, with_text, sent):
    """Whatever its type."""
    connector = connector_class(slug)(contracts.load(slug))
    (movement,) = connector.movements(PAGES[slug](ROWS[slug] | with_text(sent)))
    (plain,) = connector.movements(PAGES[slug](ROWS[slug]))

    assert (movement.description, movement.note, movement.counterparty) == (
        plain.description,
        plain.note,
        plain.counterparty,
    )
