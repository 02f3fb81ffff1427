"""The texts of a row of PagSeguro, its kind and its ids."""

import msgspec
import pytest

from tests.gateway.connectors.pagseguro.answers import read, row


@pytest.mark.parametrize(
    ("fields", "description", "kind"),
    [
        ({"meio_pagamento": 11, "instituicao_financeira": "BACEN"}, "Venda - Pix", "PIX"),
        ({"meio_pagamento": "02", "instituicao_financeira": "BOLETO"}, "Venda - Boleto", "BOLETO"),
        ({"meio_pagamento": "4"}, "Venda - Saldo PagBank", "TRANSFERENCIA_MESMA_INSTITUICAO"),
        ({"meio_pagamento": "99"}, "Venda", "OUTROS"),
        (
            {"meio_pagamento": "3", "parcela": "02", "quantidade_parcela": "06", "cartao_holder": "4321"},
            "Venda - Cartão de crédito - parcela 2/6 - final 4321",
            "CARTAO",
        ),
        (
            {"tipo_evento": "5", "meio_pagamento": "8", "instituicao_financeira": "ELO ", "cod_banco": "000000"},
            "Chargeback - Cartão de débito - ELO",
            "CARTAO",
        ),
        (
            {"tipo_evento": "25", "cod_banco": "000001", "banco_agencia": "000001234", "conta_banco": "0098"},
            "Saque devolvido - Pix - banco 001 agência 1234 conta 98",
            "TED",
        ),
        (
            {"tipo_evento": "4", "cod_banco": "341", "banco_agencia": "0001505-9", "conta_banco": "000012345-X"},
            "Saque - Pix - banco 341 agência 1505-9 conta 12345-X",
            "TED",
        ),
        (
            {"tipo_evento": "4", "cod_banco": "Banco Exemplo", "banco_agencia": "0", "conta_banco": 77.0},
            "Saque - Pix - banco Banco Exemplo conta 77",
            "TED",
        ),
        ({"parcela": "1/3"}, "Venda - Pix - parcela 1/3", "PIX"),
        ({"parcela": 2.0, "quantidade_parcelas": None}, "Venda - Pix - parcela 2", "PIX"),
        ({"tipo_evento": "16", "meio_pagamento": "0"}, "Rendimento da conta", "RENDIMENTO_APLIC_FINANCEIRA"),
    ],
)
def test_description_and_type_are_composed(fields, description, kind):
    """There is no text on the wire: event, means, brand, instalment, digits and destination make one."""
    (movement,) = read(row(**fields))

    assert (movement.description, movement.type.value) == (description, kind)


def test_every_text_of_a_row_is_told():
    """All that tells a sale apart elsewhere is in its entry; codes that no table explains are not."""
    unsaid = {
        "estabelecimento": "the account itself",
        "tipo_registro": "the form of the row",
        "tipo_transacao": "a code without a table",
        "status_pagamento": "a code without a table, which changes",
        "canal_entrada": "a code without a table",
        "meio_captura": "a code without a table",
        "leitor": "a code without a table",
        "pagamento_prazo": "a code without a table",
        "plano": "the number of instalments again",
    }
    sent = {
        "codigo_venda": "vendax",
        "movimento_api_codigo": "codigox",
        "codigo_transacao": "transacaox",
        "instituicao_financeira": "brandx",
        "arranjo_ur": "arranjox",
        "tx_id": "txidx",
        "nsu": "000987",
        "codigo_autorizacao": "009876",
        "codigo_cv": "cvx",
        "tid": "tidx",
        "codigo_ur": "urx",
        "cartao_bin": "400000",
        "cartao_holder": "4321",
        "num_logico": "logicox",
        "numero_serie_leitor": "seriex",
        "identificador_revenda": "revendax",
    }

    (movement,) = read(row(**sent, **{name: f"{name}-unsaid" for name in unsaid}))

    words = str(msgspec.to_builtins(movement))
    assert [value for value in sent.values() if value not in words] == []
    assert "unsaid" not in words
    assert (movement.document, movement.bank_id) == ("vendax", "codigox")


def test_an_end_to_end_id_is_known_by_its_form():
    """Where the transaction of a Pix is told by its end-to-end id, the entry has it in its own field."""
    sent = "E08561701202603021402aB3dE6gH9j1"

    assert read(row(tx_id=sent))[0].end_to_end_id == sent
    assert read(row(tx_id="A1B2"))[0].end_to_end_id is None


def test_codes_that_came_as_numbers():
    """They are told like texts, and withhold nothing."""
    sent = {"codigo_transacao": 12345, "movimento_api_codigo": 678, "nsu": 901, "cartao_holder": 4321}

    (movement,) = read(row(**sent, instituicao_financeira="Bacen", codigo_venda=77))

    assert (movement.bank_id, movement.document) == ("678", "77")
    assert all(text in movement.description for text in ("transação 12345", "NSU 901", "final 4321"))
    assert "Bacen" not in movement.description
