"""The texts of a row of Itaú, its kind and the other party."""

from datetime import datetime
from decimal import Decimal

import msgspec
import pytest

from gateway.model import BRASILIA, Counterparty, TransactionType
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry, Party
from simulators.world import Parameters
from tests.gateway.connectors.itau.answers import MARCH, NOW, read, row


@pytest.mark.parametrize(
    ("literal", "kind"),
    [
        ({"shortened": "TED ENVIADA FULANO"}, TransactionType.TED),
        ({"shortened": "", "complete": "PAG BOLETO ENERGIA"}, TransactionType.BOLETO),
        ({"shortened": "REND PAGO APLIC AUT APR"}, TransactionType.RENDIMENTO_APLIC_FINANCEIRA),
        ({"shortened": "RES APLIC AUT MAIS AP"}, TransactionType.RESGATE_APLIC_FINANCEIRA),
        ({"shortened": "APL APLIC AUT MAIS"}, TransactionType.OUTROS),
        ({"shortened": "SISPAG FORNECEDORES"}, TransactionType.OUTROS),
        ({"code": "9507", "shortened": "SISPAG PIX PIX"}, TransactionType.PIX),
        ({"complete": "SISPAG TRIB COD BARRAS"}, TransactionType.CONVENIO_ARRECADACAO),
        ({"complete": "DA  AGUAS DO EXEMPLO 41987"}, TransactionType.CONVENIO_ARRECADACAO),
        ({"complete": "RESGATE   CDB DI"}, TransactionType.RESGATE_APLIC_FINANCEIRA),
        ({"shortened": "DATA BASE LTDA"}, TransactionType.OUTROS),
        ({}, TransactionType.OUTROS),
        (None, TransactionType.OUTROS),
    ],
)
def test_types_by_short_text(literal, kind):
    """The beginning of the short text tells the type; what it does not tell is OUTROS."""
    assert read(row(literal=literal))[0].type is kind


def test_the_origin_of_a_pix_tells_more_than_its_text():
    """A row whose origin is Pix is one, and its end-to-end id is the document."""
    (movement,) = read(row(literal={"shortened": "TED X"}, origin={"type": "PIX", "identifier": "E1", "channel": ""}))

    assert (movement.type, movement.document) == (TransactionType.PIX, "E1")


@pytest.mark.parametrize(
    ("operation", "kind"),
    [("PIX_RECEPCAO", TransactionType.PIX), ("PIX_EMISSAO", TransactionType.PIX), ("DEBITO", TransactionType.OUTROS)],
)
def test_the_operation_tells_a_pix_without_a_type(operation, kind):
    """A Pix that came out of somebody's payment lot has a text of Sispag."""
    (movement,) = read(row(literal={"complete": "SISPAG EXEMPLO 09"}, origin={"operation": operation}))

    assert movement.type is kind


@pytest.mark.parametrize(
    ("literal", "complement", "description"),
    [
        ({"complete": "PIX TRANSF"}, "PEDIDO0000000000000004711", "PIX TRANSF PEDIDO0000000000000004711"),
        ({"complete": "PIX", "complementary": "A MAIS"}, "0012345678 ", "PIX A MAIS 0012345678"),
        ({"complete": "PIX 0012345678"}, "0012345678", "PIX 0012345678"),
        ({"complete": "PIX"}, "", "PIX"),
        ({}, 4711, "4711"),
    ],
)
def test_the_number_of_the_charge_is_told(literal, complement, description):
    """The origin's complement says which charge was paid; nothing else in the row does."""
    (movement,) = read(row(literal=literal, origin={"identifier": "E1", "complement": complement}))

    assert (movement.description, movement.document) == (description, "E1")


@pytest.mark.parametrize(
    ("literal", "description"),
    [
        ({"complete": "INTEIRO ", "shortened": "CURTO"}, "INTEIRO"),
        ({"complete": "", "shortened": "CURTO"}, "CURTO"),
        ({"complete": "INTEIRO", "complementary": "A MAIS"}, "INTEIRO A MAIS"),
        ({"complete": "INTEIRO E A MAIS", "complementary": "A MAIS"}, "INTEIRO E A MAIS"),
        ({"complementary": "A MAIS"}, "A MAIS"),
        ({"complete": None}, ""),
        ("PIX TRANSF", "PIX TRANSF"),
        ([{"complete": "PIX TRANSF"}], "PIX TRANSF"),
    ],
)
def test_texts(literal, description):
    """The complete text, else the short one, and what is told besides."""
    assert read(row(literal=literal))[0].description == description


@pytest.mark.parametrize(
    ("sent", "counterparty"),
    [
        (
            {"document": "***.456.789-**", "name": "Fulana "},
            Counterparty("Fulana", tax_id_masked="***.456.789-**"),
        ),
        ({"account": "2345", "digit": "6", "agency": 1}, Counterparty(branch="1", account="23456")),
        ({"institution": "BANCO EXEMPLO", "ispb": ""}, Counterparty(bank_name="BANCO EXEMPLO")),
        ({"digit": True, "name": ""}, None),
        ([], None),
        ([{"name": "Fulana"}], Counterparty("Fulana")),
        ("Fulana ", Counterparty("Fulana")),
        ({"document": 11222333000181}, Counterparty(tax_id="11222333000181")),
        ({"document": 191, "person": "JURIDICA"}, Counterparty(tax_id="00000000000191")),
        ({"document": 1234567890, "person": "Física"}, Counterparty(tax_id="01234567890")),
        ({"document": 1234567890}, None),
    ],
)
def test_counterparts(sent, counterparty):
    """The other party is told in parts, any of which may be missing; a masked document stays masked."""
    assert read(row(counterpart=sent))[0].counterparty == counterparty


def test_masked_documents_stay_masked():
    """A masked CPF is told as it came, with its stars."""
    party = Party(name="Fulana", tax_id="12345678909")
    entry = LedgerEntry(
        booked_at=datetime(2026, 3, 10, 12, tzinfo=BRASILIA), amount=Decimal(1), type="PIX", counterparty=party
    )
    pair = PureHarness(
        "itau", NOW, source=Fixed([entry]), parameters=Parameters(readings={"counterpart_document": "masked"})
    )

    assert pair.read(MARCH).entries[0].counterparty.tax_id_masked == "***.456.789-**"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("INT PAG TIT 237", TransactionType.BOLETO),
        ("TBI 1500.12345-6", TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ("MOV TIT COB DISP 10/03", TransactionType.BOLETO),
        ("Dev Pix Fulana", TransactionType.PIX),
        ("JUROS LIMITE DA CONTA", TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL),
        ("Débito qualquer", TransactionType.OUTROS),
    ],
)
def test_common_texts_have_their_types(text, kind):
    """In any capitals, from the short text or the long one."""
    assert [m.type for m in read(row(literal={"shortened": text}), row(literal={"complete": text}))] == [kind, kind]


def test_every_text_is_found_in_the_entry():
    """Each text of a full row.

    Left out: the short text beside the complete one, which it abbreviates; kinds of row, person, account and
    origin, the history code and the mark of a reversal, which are codes of the bank's own.
    """
    literal = {"complete": "completo", "complementary": "complementar", "tip": "dica", "shortened": "completo"}
    origin = {"identifier": "E60701190202603111412abcdefghijk", "complement": "cobranca", "channel": "canal"}
    party = {"name": "fulana", "document": "11222333000181", "institution": "instituicao", "ispb": "60701190"}
    party |= {"agency": "1234", "account": "98765", "digit": "X"}

    (movement,) = read(row(id="um-id", code="codigo", literal=literal, origin=origin, counterpart=party))

    entry = msgspec.json.encode(msgspec.structs.replace(movement, content=b"")).decode()
    texts = [*literal.values(), *origin.values(), *party.values(), "um-id", "codigo"]
    assert [text for text in texts if text not in entry] == []
    assert movement.end_to_end_id == origin["identifier"]


@pytest.mark.parametrize("origin", [{"type": "Pix"}, {"operation": "pix_recebido"}, {"operation": "PIX recebido"}])
def test_a_pix_by_its_origin_in_any_writing(origin):
    """The origin tells what the text does not."""
    assert read(row(origin=origin, literal={"complete": "SISPAG FORNECEDORES"}))[0].type is TransactionType.PIX


def test_a_short_code_is_told_beside_a_longer_text():
    """What is only a part of a word of the text is not said by it."""
    (movement,) = read(row(code="12", literal={"complete": "PIX 9123", "tip": "PIX"}, origin={"channel": "IX"}))

    assert movement.description == "PIX 9123 IX 12"


@pytest.mark.parametrize(
    ("origin", "kind"),
    [
        ({"type": "TED"}, TransactionType.TED),
        ({"type": "boleto", "operation": "DEBITO"}, TransactionType.BOLETO),
        ({"operation": "TARIFA"}, TransactionType.TARIFA_SERVICOS_AVULSOS),
        ({"type": "OUTRA"}, TransactionType.OUTROS),
        ({"operation": "TED_CASHIN"}, TransactionType.TED),
        ({"operation": "TEF_CC_CC"}, TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ({"operation": "TEF_SISPAG_PJ"}, TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO),
        ({"operation": "ION_CDB_RESGATE"}, TransactionType.RESGATE_APLIC_FINANCEIRA),
        ({"operation": "TEFAL"}, TransactionType.OUTROS),
    ],
)
def test_the_origin_tells_a_kind_that_no_text_tells(origin, kind):
    """Where the text is none of those whose kind is known."""
    assert read(row(origin=origin, literal={"complete": "FULANA"}))[0].type is kind
    assert read(row(origin=origin, literal={"complete": "SAQUE"}))[0].type is TransactionType.SAQUE


@pytest.mark.parametrize("text", ["REND PAGO APLIC AUT APR", "RENDIMENTOS REND PAGO APLIC AUT MAIS"])
def test_the_bank_rewrites_the_text_of_an_income(text):
    """Both were seen for the same entry."""
    kind = TransactionType.RENDIMENTO_APLIC_FINANCEIRA
    assert read(row(operation="C", literal={"complete": text}, origin={"operation": "DEBITO"}))[0].type is kind
