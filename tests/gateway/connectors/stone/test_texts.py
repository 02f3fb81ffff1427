"""Types, descriptions and other parties of Stone: nothing that a row tells is dropped."""

from collections import Counter

import msgspec
import pytest

from gateway.connectors.rows.stone import TYPES
from gateway.model import Counterparty, TransactionType
from tests.gateway.connectors.stone.answers import PARTY, RECEIVED, read, row


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("external refund", TransactionType.TED),
        ("external_refund", TransactionType.TED),
        ("loan_payment", TransactionType.OPERACAO_CREDITO),
        ("loan_payments", TransactionType.OPERACAO_CREDITO),
        ("balance_block", TransactionType.OUTROS),
        ("balance_blocked", TransactionType.OUTROS),
        ("refund_for_outbound_pix_payment", TransactionType.PIX),
        ("sallary", TransactionType.FOLHA_PAGAMENTO),
        ("tax_withholding", TransactionType.OUTROS),
        ("Outbound Pix Payment", TransactionType.PIX),
        ("EXTERNAL_REFUND", TransactionType.TED),
        ("inbound_pix_payment_v2", TransactionType.PIX),
        ("account_fee", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("picks", TransactionType.OUTROS),
    ],
)
def test_names_of_types(name, expected):
    """Names are written in several ways, and unknown ones are OUTROS."""
    assert read(row(type=name))[0].type is expected


def test_an_unknown_type_keeps_its_name():
    """What the bank calls an unknown movement is its description."""
    assert read(row(type="tax_withholding "))[0].description == "tax_withholding"


@pytest.mark.parametrize(
    ("fields", "description"),
    [
        ({"counter_party": PARTY}, "TED - Fulana de Tal"),
        ({"type": "internal", "description": "", "counter_party": None}, "Transferência entre contas Stone"),
        ({"type": "internal", "description": "Aluguel "}, "Transferência entre contas Stone - Aluguel"),
        ({"type": "card_payment", "card_network_name": "Visa"}, "Recebíveis de cartão - Visa"),
        ({"type": "balance_blocked", "reason": "Ordem"}, "Bloqueio de saldo - Ordem"),
        ({"type": "outbound_pix_payment", "title": "Padaria", "subtitle": "Pix"}, "Pix enviado - Padaria"),
        ({"counter_party": PARTY, "refund_reason_description": "Encerrada"}, "TED - Fulana de Tal - Encerrada"),
        ({"type": "payroll", "description": 7}, "Folha de pagamento - 7"),
        ({"type": "payment"}, "Pagamento de boleto"),
        ({"type": "payment", **RECEIVED}, "Recebimento de boleto"),
        ({"type": "inbound_barcode_payment", **RECEIVED}, "Recebimento de boleto"),
        (
            {"type": "outbound_stone_prepaid_card_payment", "card_acceptor": {"name": "Mercado ", "mcc": "5411"}},
            "Compra com cartão Stone - Mercado",
        ),
        ({"type": "outbound_stone_prepaid_card_withdrawal", "card_acceptor": None}, "Saque com cartão Stone"),
    ],
)
def test_the_description_is_composed(fields, description):
    """Kind of movement, other party, and the bank's own text where there is one."""
    assert read(row(**fields))[0].description == description


def test_every_known_type_has_words():
    """No two types that mean different things share a description."""
    labels = Counter(label for _, label in TYPES.values())

    assert {label for label, count in labels.items() if count > 1} == {"Empréstimo", "Bloqueio de saldo", "Salário"}


@pytest.mark.parametrize(
    ("fields", "party"),
    [
        (
            {"counter_party": PARTY},
            Counterparty(
                "Fulana de Tal",
                "12345678909",
                bank="001",
                branch="4321",
                account="98765",
                ispb="00000000",
                bank_name="BCO DO BRASIL S.A.",
            ),
        ),
        (
            {
                "counterparty_agent": {
                    "entity": {"name": "Padaria", "document": "11.222.333/0001-81"},
                    "institution": {"name": "BANCO", "compe": "999", "ispb": "99999999"},
                    "account": {"branch_code": "0001", "account_code": "1"},
                }
            },
            Counterparty(
                "Padaria", "11222333000181", bank="999", branch="0001", account="1", ispb="99999999", bank_name="BANCO"
            ),
        ),
        ({"counter_party": {"entity": {"name": "Ana  "}}}, Counterparty(name="Ana")),
        ({"counter_party": {"entity": {"name": "A\\u00e7ougue"}}}, Counterparty(name="A\\u00e7ougue")),
        (
            {"details": {"recipient_name": "Energia", "recipient_cpf_cnpj": "11222333000181", "bank_name": "B"}},
            Counterparty("Energia", "11222333000181", bank_name="B"),
        ),
        (
            {
                **RECEIVED,
                "type": "payment",
                "beneficiary": {"legal_name": "Empresa de Teste", "document": "11222333000181"},
                "payer": {"legal_name": "Fulana de Tal", "trade_name": None, "document": "12345678909"},
            },
            Counterparty("Fulana de Tal", "12345678909"),
        ),
        ({**RECEIVED, "payer": {"legal_name": " ", "trade_name": "Padaria"}}, Counterparty("Padaria")),
        ({"type": "payment", "payer": {"legal_name": "Empresa de Teste"}}, None),
        (
            {
                "counter_party": {
                    "account": {"account_code": 98765, "branch_code": 1, "institution": 60701190},
                    "entity": {"name": "Fulana de Tal", "document": 1234567890, "document_type": "cpf"},
                }
            },
            Counterparty(
                "Fulana de Tal",
                "01234567890",
                bank="341",
                branch="1",
                account="98765",
                ispb="60701190",
                bank_name="ITAÚ UNIBANCO S.A.",
            ),
        ),
        (
            {"counter_party": {"account": {"institution": 0}, "entity": {"document": True, "document_type": []}}},
            Counterparty(bank="001", ispb="00000000", bank_name="BCO DO BRASIL S.A."),
        ),
        ({"counter_party": {"entity": None, "account": None}}, None),
        ({"counter_party": {"entity": {"name": "   "}}}, None),
        ({"counter_party": None, "counterparty_agent": {}, "details": []}, None),
        ({}, None),
    ],
)
def test_the_other_party_in_all_its_forms(fields, party):
    """Two forms of the object, a boleto's details, or nobody."""
    assert read(row(**fields))[0].counterparty == party


def test_names_and_tax_ids_that_are_numbers():
    """A tax id that is a number has lost its leading zeros."""
    (paid,) = read(row(type="payment", details={"recipient_name": 4711, "recipient_cpf_cnpj": 1222333000128}))
    (sent,) = read(row(counter_party={"entity": {"name": 4711}}))

    assert (paid.counterparty.name, paid.counterparty.tax_id) == ("4711", "01222333000128")
    assert sent.counterparty.name == "4711"


ANA = {"name": "Ana Souza", "document": "12345678909", "document_type": "cpf"}


@pytest.mark.parametrize(
    "fields",
    [
        {"counterparty": {"entity": ANA}},
        {"counter_party": [{"entity": ANA}]},
        {"counter_party": ANA},
        {"target": {"entity": ANA}, "source": {"entity": {"name": "Empresa"}}},
        {**RECEIVED, "source": {"entity": ANA}, "target": {"entity": {"name": "Empresa"}}},
        {**RECEIVED, "type": "payment", "details": {"payer_legal_name": "Ana Souza", "payer_cpf_cnpj": "12345678909"}},
    ],
)
def test_the_other_party_where_other_calls_have_it(fields):
    """In `source` and `target` of a Pix, by another name, without the object around it, or as payer in the details."""
    assert read(row(**fields))[0].counterparty == Counterparty("Ana Souza", "12345678909")


def test_the_payee_of_a_boleto_that_came_back():
    """What was paid and comes back names the payee still; the payer is the other party of what came in alone."""
    details = {"recipient_name": "Energia", "payer_legal_name": "Empresa"}

    assert read(row(type="payment_refund", details=details, **RECEIVED))[0].counterparty == Counterparty("Energia")


def test_a_party_that_is_a_text():
    """It is a name."""
    assert read(row(counter_party="Ana Souza"))[0].counterparty == Counterparty("Ana Souza")


def test_a_fee_is_told():
    """An amount that has a fee in it says so; a fee of nothing is none."""
    with_fee, without = read(row(fee_amount=100, operation_amount=400), row(id="e-2", fee_amount=0))

    assert (with_fee.description, without.description) == ("TED - tarifa de 1,00", "TED")


def test_a_code_stands_in_for_words_that_are_blank():
    """Of a reason that has no words its code is told."""
    assert read(row(refund_reason_code="4", refund_reason_description=" "))[0].description == "TED - 4"


def test_numbers_in_place_of_texts():
    """What is documented as a text is told and kept as a number too."""
    (movement,) = read(row(type="payment", writable_line=19790000052, description=77, card_last_four_digits=4321))

    assert (movement.document, movement.note) == ("19790000052", "77")
    assert movement.description == "Pagamento de boleto - final 4321 - 77"


def test_references_of_a_pix_are_told():
    """The objects of a Pix have them in the other calls of this API."""
    (movement,) = read(row(type="pix_payment", transaction_id="ped0001", key="ana@exemplo.com.br", **RECEIVED))

    assert movement.description == "Pix recebido - ped0001 - ana@exemplo.com.br"


def test_a_paid_boleto_is_known_by_its_line():
    """The line of digits is the document; nothing else has one."""
    assert read(row(type="payment", writable_line="0019"))[0].document == "0019"
    assert read(row(type="payment", details={"writable_line": "0019"}))[0].document == "0019"
    assert read(row())[0].document is None


def test_every_text_of_a_row_is_told():
    """Whatever the bank says is somewhere in the entry, but for what has a reason not to be."""
    unsaid = {
        "statusx": "the state of an operation changes after its entry is final",
        "operationx": "an id of the bank's, shared by related entries",
        "accountx": "the account itself",
        "networkcodex": "the code of a card network whose name is there",
        "reasoncodex": "the code of a reason whose words are there",
        "barcodex": "another form of the line of digits",
        "CCx": "the kind of the other party's account, a code",
    }
    full = row(
        type="kindx",
        status="statusx",
        operation_id="operationx",
        account_id="accountx",
        title="titlex",
        subtitle="subtitlex",
        description="descriptionx",
        reason="reasonx",
        refund_reason_code="reasoncodex",
        refund_reason_description="refundx",
        acquirer="acquirerx",
        card_network_code="networkcodex",
        card_network_name="networkx",
        card_type="cardtypex",
        card_last_four_digits="4321",
        card_acceptor={"name": "shopx", "city": "cityx", "country": "countryx", "mcc": "5411"},
        writable_line="linex",
        barcode="barcodex",
        end_to_end_id="E16501555202603021402aB3dE6gH9j1",
        counter_party={
            "account": {
                "account_code": "98765",
                "branch_code": "4321",
                "account_type": "CCx",
                "institution_name": "bankx",
            },
            "entity": {"name": "namex", "document": "***111222**", "document_type": "cpf"},
        },
    )

    (movement,) = read(full)

    shown = str(msgspec.to_builtins(movement))
    words = "kindx titlex subtitlex descriptionx reasonx refundx acquirerx networkx cardtypex 4321 shopx cityx countryx"
    words += " linex E16501555202603021402aB3dE6gH9j1 bankx namex ***111222** 98765"
    assert [word for word in words.split() if word not in shown] == []
    assert [word for word in unsaid if word in shown] == []
    assert (movement.note, movement.description.startswith("kindx - namex")) == ("descriptionx", True)


@pytest.mark.parametrize("word", ["debit", "DEBIT", " Debit "])
def test_kinds_of_cards_and_documents_in_any_writing(word):
    """Words of the bank are compared without case."""
    owner = {"name": "Padaria", "document": 191, "document_type": " CPF "}

    (movement,) = read(row(type="card_payment", card_type=word, counter_party={"entity": owner}))

    assert "débito" in movement.description
    assert movement.counterparty.tax_id == "00000000191"


def test_where_a_boleto_was_paid_is_told():
    """The institution that took the payment is named in an object of its own."""
    capture = {"institution_ispb": "60701190", "institution_name": "Itaú Unibanco S.A.", "branch_code": "0001"}

    (movement,) = read(row(type="payment", capture=capture, **RECEIVED))

    assert movement.description == "Recebimento de boleto - Itaú Unibanco S.A."
