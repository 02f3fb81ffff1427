"""The detail of a row of Banco Inter, its texts and the other party."""

import msgspec
import pytest

from gateway.model import Counterparty
from tests.gateway.connectors.inter.answers import read, row


def test_the_holder_is_not_the_counterparty():
    """The tax id of a PAGAMENTO is the account's own; the payee has only a name."""
    detail = {"cpfCnpj": "11222333000181", "nomeDestinatario": "Energia", "detalheDescricao": "x"}

    assert read(row(detalhes=detail))[0].counterparty == Counterparty(name="Energia")


@pytest.mark.parametrize("name", [None, "", " "])
def test_a_bill_without_a_payee_names_its_issuer(name):
    """Where a PAGAMENTO does not tell the payee, the company that issued the bill is the other party."""
    detail = {"nomeDestinatario": name, "empresaEmissora": "Energia Exemplo SA", "cpfCnpj": "11222333000181"}

    assert read(row(detalhes=detail))[0].counterparty == Counterparty(name="Energia Exemplo SA")


def test_a_detail_wrapped_in_its_kind():
    """The portal's sample has the detail under the name of its kind, production has it as it is."""
    detail = {"nomePagador": "Padaria Modelo", "cpfCnpjPagador": "11222333000181", "devolucoes": []}
    plain, wrapped = read(row(tipoOperacao="C", detalhes=detail), row(tipoOperacao="C", detalhes={"pix": detail}))

    assert plain.counterparty == wrapped.counterparty == Counterparty(name="Padaria Modelo", tax_id="11222333000181")


@pytest.mark.parametrize(
    "detail", [None, [], "texto", {}, {"nomePagador": True}, {"pix": None}, {"pix": {}, "boleto": {}}]
)
def test_detail_of_any_form(detail):
    """A detail that is no object, or says nothing, names nobody."""
    assert read(row(detalhes=detail, tipoOperacao="C"))[0].counterparty is None


def test_punctuated_tax_ids():
    """Tax ids are read without punctuation, letters kept."""
    detail = {"cpfCnpjPagador": "84.g7v.suo/0001-28", "nomePagador": "X"}

    assert read(row(detalhes=detail, tipoOperacao="C"))[0].counterparty.tax_id == "84G7VSUO000128"


EVERY_FIELD = {
    "PIX": (
        *("txId", "nomePagador", "descricaoPix", "contaBancariaRecebedor", "nomeEmpresaPagador", "endToEndId"),
        *("chavePixRecebedor", "nomeEmpresaRecebedor", "nomeRecebedor", "agenciaRecebedor", "codigoSolicitacao"),
        "chavePixPagador",
    ),
    "TRANSFERENCIA": (
        *("contaBancariaPagador", "descricaoTransferencia", "agenciaPagador", "bancoRecebedor", "nomePagador"),
        *("contaBancariaRecebedor", "nomeEmpresaPagador", "nomeRecebedor", "idTransferencia", "agenciaRecebedor"),
    ),
    "PAGAMENTO": (
        *("detalheDescricao", "agencia", "contaBancaria", "dataVencimento", "codigoAfiliado", "empresaEmissora"),
        *("valorOriginal", "desconto", "valorPrincipal", "periodoApuracao", "valorAumentado", "codBarras", "multa"),
        *("valorParcial", "juros", "empresaOrigem", "nomeDestinatario", "nomeOrigem", "codigoReceita", "adicionado"),
        *("linhaDigitavel", "autenticacao"),
    ),
    "BOLETO_COBRANCA": (
        *("dataVencimento", "nossoNumero", "seuNumero", "codBarras", "juros", "multa", "desconto1", "desconto2"),
        *("desconto3", "nome", "dataLimite", "dataEmissao", "abatimento"),
    ),
    "CHEQUE": (
        *("agencia", "numeroChequeBancario", "contaBancaria", "motivoRetorno", "descricaoChequeBancario"),
        *("nomeEmpresa", "codigoAfiliado"),
    ),
    "COMPRA_DEBITO": ("estabelecimento",),
    "CASHBACK": ("valorCompra", "produto"),
    "SEGURO": ("umCampoNovo",),
}
"""The fields of each kind of detail that are texts. Left out: `tipoDetalhe` and `origemMovimentacao`, which tell of the
detail and of the way of naming the payee; the moment of booking (`hora`, `dataTransacao`, `dataEfetivacao`,
`dataRetorno`), which `date` and `booked_at` tell; `valorTotal`, the amount; tax ids, which only a right one is."""
OWN_SIDE = {"C": "Recebedor", "D": "Pagador"}
OF_THE_HOLDER = ("nome", "agencia", "contaBancaria", "nomeEmpresa", "banco")


@pytest.mark.parametrize("direction", ["C", "D"])
@pytest.mark.parametrize("kind", EVERY_FIELD)
def test_every_text_is_found_in_the_entry(kind, direction):
    """Whatever the bank says of a movement is found in its entry, but for what it says of the account's own holder."""
    own = {f"{begins}{OWN_SIDE[direction]}" for begins in OF_THE_HOLDER}
    own |= {"agencia", "contaBancaria"} if kind == "PAGAMENTO" else set()
    detail = {name: f"w{number}w" for number, name in enumerate(EVERY_FIELD[kind])}
    texts = {"titulo": "umtitulo", "descricao": "umadescricao", "numeroDocumento": "umdocumento"}

    (movement,) = read(row(tipoOperacao=direction, tipoTransacao=kind, detalhes=detail, **texts))

    entry = msgspec.json.encode(msgspec.structs.replace(movement, content=b"")).decode()
    assert [text for text in texts.values() if text not in entry] == []
    assert [name for name, text in detail.items() if name not in own and text not in entry] == []


def test_the_day_of_the_entry_is_not_told_again():
    """A text of the detail that is the entry's own day is left out; that of another day is told."""
    due = {"seuNumero": "AB-1", "dataVencimento": "2026-03-10", "hora": "10:11"}
    days = [read(row(dataTransacao=day, detalhes=due))[0] for day in ("2026-03-10", "2026-03-11", "2026-03-10")]

    assert [each.description for each in days] == ["AB-1", "AB-1 - dataVencimento 2026-03-10", "AB-1"]


def test_both_sides_as_objects_are_told_in_one_order():
    """What they tell stands in the same order in every process."""
    detail = {"pagador": {"nome": "Ana", "apelido": "Nina"}, "recebedor": {"nome": "Bia", "apelido": "Bibi"}}
    (movement,) = read(row(titulo="Estorno", detalhes=detail))

    assert movement.description == "Estorno - Bibi - Ana - Nina"


def test_numbers_of_the_detail_have_their_names():
    """A number alone says nothing; what is zero, or stands in another field already, is not said again."""
    detail = {"nossoNumero": "123", "juros": "0.00", "multa": "1.20", "seuNumero": "77", "dataVencimento": "2026-03-10"}

    (movement,) = read(row(numeroDocumento="77", descricao="Mensalidade", detalhes=detail))

    assert (movement.description, movement.document) == ("Mensalidade - nossoNumero 123 - multa 1.20", "77")


@pytest.mark.parametrize(
    ("sent", "description", "kind"),
    [
        ({"titulo": "Estorno ", "descricao": "Pix enviado - Ana"}, "Pix enviado - Ana - Estorno", "PIX"),
        ({"titulo": "Pix enviado ", "descricao": "PIX ENVIADO - Ana"}, "PIX ENVIADO - Ana", "PIX"),
        (
            {"titulo": "Debito Renda Fixa", "tipoTransacao": "INVESTIMENTO"},
            "Debito Renda Fixa - INVESTIMENTO",
            "OUTROS",
        ),
        ({"titulo": "Ted Enviada", "tipoTransacao": "OUTROS"}, "Ted Enviada", "TED"),
        ({"tipoTransacao": "boleto cobrança"}, "", "BOLETO"),
        ({"tipoTransacao": "MULTA"}, "MULTA", "OUTROS"),
        ({"tipoTransacao": 7, "titulo": [], "descricao": {}}, "7", "OUTROS"),
        ({"titulo": "Boleto", "descricao": 4321}, "4321 - Boleto", "BOLETO"),
    ],
)
def test_title_text_and_kind_are_joined(sent, description, kind):
    """The text first, then what title and unknown kind say besides."""
    (movement,) = read(row(**sent))

    assert (movement.description, movement.type) == (description, kind)


@pytest.mark.parametrize(
    ("title", "text", "kind"),
    [
        ("Pagamento efetuado", "PAGAMENTO DE TITULO - ENERGIA EXEMPLO", "BOLETO"),
        ("Pagamento efetuado", "Energia Exemplo", "BOLETO"),
        ("Pagamento efetuado", "PAGAMENTO DE CONVENIO - PREFEITURA MUNICIPAL", "CONVENIO_ARRECADACAO"),
        ("Pagamento efetuado", "DARF - Bibi Ltda", "CONVENIO_ARRECADACAO"),
        ("Pagamento Darf Numerado", "DARF NUMERADO", "CONVENIO_ARRECADACAO"),
        ("Pagamento Simples Nacional", "SIMPLES NACIONAL", "CONVENIO_ARRECADACAO"),
    ],
)
def test_payments_of_taxes_are_no_boletos(title, text, kind):
    """One kind stands for all that is paid with a bar code; title and text tell taxes and agreements from the rest."""
    (movement,) = read(row(tipoTransacao="PAGAMENTO", tipoOperacao="D", titulo=title, descricao=text, detalhes={}))

    assert movement.type == kind


def test_the_end_to_end_id_of_a_pix():
    """Only what has its form is one; another text is no less said."""
    one = "E00416968202603101802abcdefghijk"
    good, other = read(row(detalhes={"endToEndId": one}), row(detalhes={"endToEndId": "E1"}))

    assert (good.end_to_end_id, good.description) == (one, "")
    assert (other.end_to_end_id, other.description) == (None, "E1")


@pytest.mark.parametrize("operation", ["C", "D"])
@pytest.mark.parametrize(
    "detail",
    [
        {"nome{side}": "Ana Souza", "cpfCnpj{side}": "11222333000181"},
        {"nome{side}": "Ana Souza", "cpfCnpj{side}": 11222333000181},
        {"{nested}": {"nome": "Ana Souza", "cpfCnpj": "11222333000181"}},
        {"{nested}": {"nome": "Ana Souza", "cpfCnpj": "11222333000181"}, "txId": ""},
        [{"nome{side}": "Ana Souza", "cpfCnpj{side}": "11222333000181"}],
        {"nome{other}": "Ana Souza", "cpfCnpj{other}": "11.222.333/0001-81"},
    ],
)
def test_the_other_party_in_all_its_forms(detail, operation):
    """Payer and payee have several names, may stand in an object of their own, and the detail in a list."""
    side, nested, other = (
        ("Pagador", "pagador", "Remetente") if operation == "C" else ("Recebedor", "recebedor", "Beneficiario")
    )
    text = msgspec.json.encode(detail).decode()
    for name, value in (("{side}", side), ("{nested}", nested), ("{other}", other)):
        text = text.replace(name, value)

    (movement,) = read(row(tipoOperacao=operation, detalhes=msgspec.json.decode(text)))

    assert movement.counterparty == Counterparty(name="Ana Souza", tax_id="11222333000181")
    assert movement.description == ""


def test_the_own_side_in_an_object_is_not_the_other_party():
    """A credit whose detail tells the payee alone, in whatever form, has no other party."""
    (movement,) = read(row(tipoOperacao="C", detalhes={"recebedor": {"nome": "Empresa", "cpfCnpj": "11222333000181"}}))

    assert movement.counterparty is None


@pytest.mark.parametrize("operation", ["C", "D"])
def test_the_tax_id_of_a_boleto(operation):
    """The `cpfCnpj` of a boleto is the payer's, whatever else the bank leaves out and whichever way the money goes."""
    detail = {"nome": "Ana Souza", "cpfCnpj": "11222333000181", "seuNumero": "77A"}

    (movement,) = read(row(tipoTransacao="BOLETO_COBRANCA", tipoOperacao=operation, detalhes=detail))

    assert movement.counterparty == Counterparty(name="Ana Souza", tax_id="11222333000181")
    assert movement.description == "77A"


def test_a_tax_id_of_an_unknown_kind_is_told():
    """Where the bank does not say whose tax id it is, it is nobody's identity and still told."""
    (movement,) = read(row(tipoTransacao="SEGURO", detalhes={"apolice": "X9", "cpfCnpj": "11.222.333/0001-81"}))

    assert movement.description == "SEGURO - X9 - cpfCnpj 11.222.333/0001-81"
    assert movement.counterparty is None


def test_numbers_of_the_detail_may_be_numbers():
    """What is documented as a text is told as a number too; what is deeper within is told as far as it is text."""
    detail = {"nossoNumero": 123, "juros": 0, "multa": 1.2, "novo": {"versao": 2, "nome": "oito"}, "sim": True}

    assert read(row(detalhes=detail))[0].description == "nossoNumero 123 - multa 1.2 - oito"


@pytest.mark.parametrize("detail", ["Compra na loja", ["Compra na loja"], [["Compra na loja"]]])
def test_a_detail_that_is_a_text(detail):
    """What stands in place of a detail is told."""
    assert read(row(detalhes=detail))[0].description == "Compra na loja"


@pytest.mark.parametrize(("kind", "title"), [("ESTORNO", None), ("PIX", "Estorno Pix"), ("PIX", "Devolução de Pix")])
def test_both_sides_of_what_was_returned_are_told(kind, title):
    """Whether the sides of a return are those of the first movement is not documented: neither is left out."""
    detail = {"nomePagador": "Empresa Modelo", "nomeRecebedor": "Padaria", "cpfCnpjRecebedor": "12345678909"}

    (movement,) = read(row(tipoOperacao="C", tipoTransacao=kind, titulo=title, detalhes=detail))

    assert all(text in f"{movement.description} {movement.counterparty}" for text in detail.values())


def test_branch_and_account_as_numbers():
    """Codes that come as numbers stand in the same fields as texts."""
    detail = {"nomeRecebedor": "Ana", "agenciaRecebedor": 1234, "contaBancariaRecebedor": 567890, "bancoRecebedor": 341}

    party = read(row(detalhes=detail))[0].counterparty

    assert (party.branch, party.account, party.bank, party.ispb) == ("1234", "567890", "341", "60701190")
