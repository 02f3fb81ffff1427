"""What is odd about Inter."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import msgspec
import pytest

import contracts
from gateway.connectors.inter import Inter, StatementPage
from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.judgement import failure_of
from gateway.model import BRASILIA, Account, Counterparty, Credentials, Period, TransactionType
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.world import Parameters

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
INTER = Inter(contracts.load("inter"))


def read(*rows):
    """The movements of rows as the bank writes them."""
    body = msgspec.json.encode({"transacoes": list(rows)})
    return list(INTER.movements(msgspec.json.decode(body, type=StatementPage)))


def row(**fields):
    return {"dataTransacao": "2026-03-10", "tipoOperacao": "D", "valor": "1.00", **fields}


@pytest.mark.parametrize(
    ("text", "amount"),
    [("24.9", "-24.9"), ("1000.00", "-1000.00"), ("0.01", "-0.01"), ("7", "-7"), ("1.23456789E7", "-12345678.9")],
)
def test_amounts_are_texts(text, amount):
    """An amount is a text with up to two decimals and is read exactly."""
    assert read(row(valor=text))[0].amount == Decimal(amount)


@pytest.mark.parametrize(
    "wrong",
    [
        {"valor": "-1.00"},
        {"valor": "1,000"},
        {"valor": "1.00,0"},
        {"valor": "NaN"},
        {"valor": "1e30"},
        {"tipoOperacao": "X"},
        {"dataTransacao": "10/03/2026"},
        {"dataTransacao": None},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable amount, direction or day fails the statement."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"


def test_a_row_may_have_only_what_it_needs():
    """Day, direction and amount suffice; unknown kinds are OUTROS."""
    (movement,) = read({"dataEntrada": "2026-03-10", "tipoOperacao": "C", "valor": "1", "tipoTransacao": "SEGURO"})

    assert (movement.date, movement.type, movement.bank_id) == (date(2026, 3, 10), TransactionType.OUTROS, None)


def test_the_holder_is_not_the_counterparty():
    """The tax id of a PAGAMENTO is the account's own; the payee has only a name."""
    detail = {"cpfCnpj": "11222333000181", "nomeDestinatario": "Energia", "detalheDescricao": "x"}

    assert read(row(detalhes=detail))[0].counterparty == Counterparty(name="Energia")


@pytest.mark.parametrize(
    ("operation", "amount"),
    [("C", 1), ("D", -1), ("d ", -1), ("CREDITO", 1), ("Débito", -1), ("CREDIT", 1), ("SAÍDA", -1), ("Entrada", 1)],
)
def test_the_direction_is_a_letter_or_a_word(operation, amount):
    """Letters in production; a client's tests have words."""
    assert read(row(tipoOperacao=operation))[0].amount == amount


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
    ("at", "status", "sent", "code"),
    [
        ("token", 401, "No registered scope value for this client", "statement_access_denied"),
        ("token", 401, "invalid_scope", "statement_access_denied"),
        ("token", 401, "Cliente inválido", "invalid_credentials"),
        ("statement", 401, "requested scope is not registered for this client", "statement_access_denied"),
        ("statement", 401, "", "invalid_credentials"),
    ],
)
def test_a_permission_that_was_not_given_is_no_wrong_password(at, status, sent, code):
    """Both get a 401; the words tell which it is."""
    answer = httpx.Response(status, json={"error_title": sent})

    assert failure_of(INTER.contract, at, answer).code == code


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


def test_inclusion_is_an_instant_only_with_a_time():
    """A date-time is the instant of booking in Brasília, a plain date is none."""
    with_time, without = read(row(dataInclusao="2026-03-10 15:02:11.417"), row(dataInclusao="2026-03-10"))

    assert with_time.booked_at == datetime(2026, 3, 10, 15, 2, 11, 417_000, tzinfo=BRASILIA)
    assert without.booked_at is None


def ledger(*movements):
    return Fixed(
        [
            LedgerEntry(booked_at=datetime(2026, 3, day, 12, tzinfo=BRASILIA), amount=Decimal(amount), type="PIX")
            for day, amount in movements
        ]
    )


@pytest.mark.parametrize("reading", ["last_business_day", "same_day"])
def test_weekend_entries_are_proved(reading):
    """A period from Sunday to Saturday is proved although the bank has no balance for either day."""
    pair = PureHarness(
        "inter",
        NOW,
        source=ledger((6, "10"), (7, "1"), (8, "2"), (14, "4"), (16, "8")),
        parameters=Parameters(readings={"balance_on_holiday": reading}),
    )

    found = pair.read(Period(date(2026, 3, 8), date(2026, 3, 14)))

    assert [entry.amount for entry in found.entries] == [2, 4]
    assert (found.opening_balance, found.closing_balance, found.proof.verdict) == (11, 17, "proved")


def test_the_present_balance_closes_a_period_that_ends_today():
    """For today there is only the present balance, which is asked for without a day."""
    pair = PureHarness("inter", NOW, source=ledger((10, "10"), (17, "1")))

    assert pair.read(Period(date(2026, 3, 17), NOW.date())).closing_balance == 11
    asked = [dict(request.url.params) for request in pair.requests if request.url.path.endswith("/saldo")]
    assert asked == [{"dataSaldo": "2026-03-16"}, {}]


def test_a_long_holiday_ends_the_search_for_a_balance():
    """When no day has a balance of its own, the present one is taken."""
    pair = PureHarness("inter", NOW, source=ledger((10, "10")))
    found = pair.connector._closing(pair.account, date(2026, 3, 2), NOW.date())
    asked = []
    request = next(found)
    while True:
        asked.append(dict(request.url.params))
        body = {"disponivel": 1} if "dataSaldo" not in asked[-1] else {"disponivel": 1, "dataReferencia": "27/02/2026"}
        try:
            request = found.send(httpx.Response(200, json=body))
        except StopIteration as stop:
            assert stop.value.day == NOW.date()
            break
    assert len(asked) == 7


def test_one_announced_row_that_does_not_come():
    """A period that announces one row and shows none is believed only if the balance did not change."""
    pair = PureHarness("inter", NOW, source=ledger((9, "5"), (10, "10")))
    pair.world.inject("inter", None, "statement", "lose_page", {"page": 0})

    with pytest.raises(IncoherentPages):
        pair.read(Period(date(2026, 3, 10), date(2026, 3, 11)))


def test_no_token_per_request():
    """Many pages cost one token."""
    pair = PureHarness("inter", NOW, source=ledger(*[(10, "1")] * 20), page_size=1)

    pair.read(Period(date(2026, 3, 9), date(2026, 3, 13)))

    assert sum(request.url.path.endswith("/token") for request in pair.requests) == 1


@pytest.mark.parametrize("day", ["6 de março", "2026-3-6", "31/12/9999", "31/02/2026", "01/01/1970"])
def test_a_balance_that_cannot_be_read(day):
    """A reference date that is none, or of another time, is an unexpected answer, not a guess."""
    flow = INTER._balance(PureHarness("inter", NOW).account, date(2026, 3, 8))
    next(flow)
    with pytest.raises(BankFailure):
        flow.send(httpx.Response(200, json={"disponivel": 1, "dataReferencia": day}))


@pytest.mark.parametrize("day", ["06/03/2026", "06.03.2026", "06-03-2026", "2026-03-06", " 2026-03-06T00:00:00"])
def test_a_balance_of_a_day_in_other_forms(day):
    """The day stands first where the year does not."""
    flow = INTER._balance(PureHarness("inter", NOW).account, date(2026, 3, 8))
    next(flow)
    with pytest.raises(StopIteration) as ended:
        flow.send(httpx.Response(200, json={"disponivel": 1, "dataReferencia": day}))

    assert ended.value.value.day == date(2026, 3, 6)


# --- nothing that the bank says is dropped

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


def test_the_end_to_end_id_of_a_pix():
    """Only what has its form is one; another text is no less said."""
    one = "E00416968202603101802abcdefghijk"
    good, other = read(row(detalhes={"endToEndId": one}), row(detalhes={"endToEndId": "E1"}))

    assert (good.end_to_end_id, good.description) == (one, "")
    assert (other.end_to_end_id, other.description) == (None, "E1")


@pytest.mark.parametrize("amount", ["24.9", 24.9, 24, "24"])
def test_an_amount_may_be_a_number(amount):
    """A number in place of the documented text is read as exactly; three decimals are not read at all."""
    assert read(row(valor=amount))[0].amount == -Decimal(str(amount))
    with pytest.raises(BankFailure):
        read(row(valor="1.555"))


def test_a_period_answered_with_its_last_seven_days():
    """As in December 2022: counters agree, only the balances tell. Nothing of it is final, no day is complete."""
    pair = PureHarness("inter", NOW, source=ledger(*((day, "30") for day in (2, 4, 12, 13))))

    class Short(type(pair.bank)):
        def _account_and_days(self, call):
            account, first, last = super()._account_and_days(call)
            return account, max(first, last - timedelta(days=6)), last

    pair.bank.__class__ = Short
    found = pair.read(Period(date(2026, 3, 1), date(2026, 3, 13)))

    assert [entry.stability for entry in found.entries] == ["provisional"] * 2
    assert (found.proof.verdict, found.proof.difference) == ("disproved", 60)
    assert found.complete_through == date(2026, 2, 28)
    assert "balance_mismatch" in {warning.code for warning in found.warnings}


# --- lists that are longer than the bank's pages reach


def crowded(*days, rows):
    """So many equal payments on each of these days of March."""
    moments = [datetime(2026, 3, day, 12, tzinfo=BRASILIA) for day in days for _ in range(rows)]
    return Fixed([LedgerEntry(booked_at=moment, amount=Decimal("0.01"), type="PIX") for moment in moments])


@pytest.mark.parametrize("announces", [Parameters(), Parameters(readings={"empty_period_total": "1"})])
def test_a_period_with_more_rows_than_pages_reach_is_read_in_parts(announces):
    """The first page tells how long the list is; its days are then asked for in parts, of which some may be empty."""
    source = crowded(2, 3, 10, rows=4_001)
    pair = PureHarness("inter", NOW, source=source, parameters=announces)

    found = pair.read(Period(date(2026, 2, 23), date(2026, 3, 13)))

    assert (len(found.entries), found.closing_balance) == (12_003, Decimal("120.03"))
    assert (found.proof.verdict, found.complete_through) == ("proved", date(2026, 3, 13))
    assert [entry.date for entry in found.entries] == sorted(entry.date for entry in found.entries)
    assert "1" not in {request.url.params.get("pagina") for request in pair.requests}


def test_a_part_that_is_too_long_is_divided_again():
    """Where the rows lie on few days, the first division does not suffice."""
    pair = PureHarness("inter", NOW, source=crowded(9, 10, rows=5_001))

    assert len(pair.read(Period(date(2026, 1, 5), date(2026, 3, 13))).entries) == 10_002


def test_a_day_with_more_rows_than_pages_reach():
    """It cannot be divided. The further pages are asked for, and the bank's refusal is told in its words."""
    pair = PureHarness("inter", NOW, source=crowded(10, rows=10_001))

    with pytest.raises(BankFailure) as failed:
        pair.read(Period(date(2026, 3, 10), date(2026, 3, 10)))
    assert (failed.value.code, isinstance(failed.value, IncoherentPages)) == ("unexpected_bank_response", False)
    assert "somente 10000 transações" in failed.value.bank_error.message


def test_a_day_of_which_the_bank_gives_more_than_it_documents():
    """What its pages reach is documented, and nobody has seen what lies beyond."""
    period = Period(date(2026, 3, 10), date(2026, 3, 10))
    flow = INTER._window(PureHarness("inter", NOW).account, period, adds=False, last=period.last)
    next(flow)
    for number, count in ((0, 10_000), (1, 1)):
        rows = [row(idTransacao=f"tx-{number}-{each}", tipoOperacao="C", valor="0.01") for each in range(count)]
        body = {"totalElementos": 10_001, "totalPaginas": 2, "transacoes": rows}
        assert len(flow.send(httpx.Response(200, json=body)).rows) == count
        asked = next(flow, None)

    assert asked is None


def test_more_rows_than_pages_reach_on_the_first_page():
    """Where they come all the same, nothing is asked again."""
    rows = [row(idTransacao=f"tx-{number}", tipoOperacao="C", valor="0.01") for number in range(10_002)]
    period = Period(date(2026, 3, 10), date(2026, 3, 11))
    flow = INTER._window(PureHarness("inter", NOW).account, period, adds=False, last=period.last)
    next(flow)
    page = flow.send(httpx.Response(200, json={"totalElementos": 10_002, "ultimaPagina": True, "transacoes": rows}))

    assert len(page.rows) == 10_002


def test_as_many_rows_as_pages_reach():
    """They come at once."""
    pair = PureHarness("inter", NOW, source=crowded(10, rows=10_000))

    assert len(pair.read(Period(date(2026, 3, 9), date(2026, 3, 10))).entries) == 10_000
    assert sum(request.url.path.endswith("/completo") for request in pair.requests) == 1


def test_an_empty_window_that_announces_one_row_beside_another_with_rows():
    """What moved in the other windows explains the balances; the empty one is believed."""
    parameters = Parameters(readings={"empty_period_total": "1"})
    moved = LedgerEntry(booked_at=datetime(2026, 3, 10, 12, tzinfo=BRASILIA), amount=Decimal(5), type="PIX")
    first = msgspec.structs.replace(moved, booked_at=datetime(2025, 1, 2, 12, tzinfo=BRASILIA))
    pair = PureHarness("inter", NOW, source=Fixed([first, moved]), parameters=parameters)

    found = pair.read(Period(date(2025, 10, 1), date(2026, 3, 13)))

    assert ([entry.amount for entry in found.entries], found.proof.verdict) == ([5], "proved")


def test_no_balance_is_asked_for_a_weekend_that_was_not_asked_for():
    """The limit is ten calls a minute: from Good Friday the search for a day with a balance goes on to Monday."""
    pair = PureHarness("inter", datetime(2026, 4, 10, 10, tzinfo=BRASILIA), source=ledger((1, "10")))

    pair.read(Period(date(2026, 3, 24), date(2026, 4, 3)))

    asked = [r.url.params["dataSaldo"] for r in pair.requests if "dataSaldo" in r.url.params]
    assert asked == ["2026-03-23", "2026-04-03", "2026-04-06"]


def test_a_balance_of_a_later_day_is_no_opening():
    """Taken for one, it would leave out the entries of the days up to it, and prove the rest."""
    account = Account("a", "inter", "PJ", "0001", "1234567", "11222333000181", Credentials({}))
    sent = httpx.Response(200, json={"disponivel": 105, "dataReferencia": "09/03/2026"})
    flow = INTER.reading(account, Period(date(2026, 3, 9), date(2026, 3, 10)), NOW.date())

    with pytest.raises(BankFailure, match="a day after it"):
        converse(flow, lambda request: sent)


# --- forms of the same thing that other clients expect


@pytest.mark.parametrize(
    ("sent", "amount"), [("1.234,56", "1234.56"), ("24,9", "24.9"), ("1.234.567,00", "1234567.00"), ("0,5", "0.5")]
)
def test_an_amount_in_the_brazilian_way(sent, amount):
    """A comma before one or two digits can only be the decimal sign; clients of this bank expect it."""
    assert str(read(row(valor=sent, tipoOperacao="C"))[0].amount) == amount


@pytest.mark.parametrize("sent", ["10/03/2026 15:02:11", "2026-03-10 15h02", "ontem", 1773165731417])
def test_an_inclusion_that_cannot_be_read_withholds_nothing(sent):
    """The instant of inclusion is extra: where it cannot be read there is none, and what came is told."""
    (movement,) = read(row(dataInclusao=sent))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 10), None)
    assert str(sent) in movement.description


@pytest.mark.parametrize("blank", [None, "", " "])
def test_the_day_of_inclusion_stands_in_for_a_day_that_is_left_out(blank):
    """All fields of a row are optional; without a day of the movement there is that of its inclusion."""
    (movement,) = read(row(dataTransacao=blank, dataEntrada=blank, dataInclusao="2026-03-10 15:02:11.417"))

    assert (movement.date, movement.booked_at.hour) == (date(2026, 3, 10), 15)


@pytest.mark.parametrize(
    ("sent", "document", "description"),
    [
        ("000000", None, ""),
        (" 0 ", None, ""),
        (123, "123", ""),
        (12.5, "12.5", ""),
        ({"numero": "77"}, None, "numeroDocumento 77"),
        (["A1"], None, "A1"),
        (True, None, ""),
    ],
)
def test_a_document_of_any_form(sent, document, description):
    """A number is a document as well, zeros are none, and texts within another form are told."""
    (movement,) = read(row(numeroDocumento=sent))

    assert (movement.document, movement.description) == (document, description)


@pytest.mark.parametrize("blank", [None, "", " "])
def test_rows_without_id_are_not_one_row(blank):
    """A blank id names no row, so that two of them are two rows."""
    sent = [row(idTransacao=blank, descricao=text) for text in ("a", "b")]
    movements, _ = fetched({"transacoes": sent, "totalElementos": 2, "ultimaPagina": True}, opening="12", closing="10")

    assert [(movement.bank_id, movement.description) for movement in movements] == [(None, "a"), (None, "b")]


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


def fetched(*pages, opening="10", closing="10", reference=None):
    """The movements and balances that a conversation of these pages gives about one week."""
    remaining = iter(pages)
    account = Account("a", "inter", "PJ", "0001", "1234567", "11222333000181", Credentials({}))
    balances = {"2026-03-06": opening, "2026-03-13": closing}

    def answer(request):
        if request.url.path.endswith("/saldo"):
            asked = request.url.params["dataSaldo"]
            return httpx.Response(200, json={"disponivel": balances[asked], "dataReferencia": reference})
        return httpx.Response(200, json=next(remaining))

    flow = INTER.reading(account, Period(date(2026, 3, 7), date(2026, 3, 13)), NOW.date())
    handed_over, found = converse(flow, answer)
    return [movement for page in handed_over for movement in INTER.movements(page)], found


@pytest.mark.parametrize(
    "counters",
    [
        {"totalElementos": "1", "totalPaginas": "1", "ultimaPagina": "true"},
        {"totalElementos": 1.0, "totalPaginas": 1.0},
        {"totalElementos": "?", "totalPaginas": None, "ultimaPagina": True},
        {"totalElementos": "1", "totalPaginas": "01", "ultimaPagina": ""},
    ],
)
def test_counters_of_any_form(counters):
    """Counters may be texts; one that says nothing counts as left out."""
    movements, _ = fetched({"transacoes": [row()], **counters}, closing="9")

    assert [movement.amount for movement in movements] == [-1]


def test_a_counter_as_text_is_still_held_against_the_rows():
    """Two announced rows of which one comes are no statement."""
    with pytest.raises(IncoherentPages):
        fetched({"transacoes": [row()], "totalElementos": "2", "ultimaPagina": "true"}, closing="9")


@pytest.mark.parametrize("listed", [{"transacoes": None}, {}, {"transacoes": []}])
@pytest.mark.parametrize("total", [0, "0"])
def test_an_empty_list_may_be_left_out(listed, total):
    """Where the bank counts no rows, no list is needed."""
    assert fetched({**listed, "totalElementos": total})[0] == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"transacoes": None},
        {"totalElementos": 1},
        {"transacoes": None, "totalElementos": 3},
        {"title": "Requisição inválida", "violacoes": []},
    ],
)
def test_silence_is_no_empty_list(answer):
    """Without a list only a count of no rows says that there are none."""
    with pytest.raises(BankFailure) as failure:
        fetched(answer)
    assert failure.value.code == "unexpected_bank_response"


def test_a_single_row_in_place_of_a_list():
    """A row that stands alone where the list should be is a list of one."""
    movements, _ = fetched({"transacoes": row(), "totalElementos": 1, "ultimaPagina": True}, closing="9")

    assert [movement.amount for movement in movements] == [-1]


@pytest.mark.parametrize("reference", ["06/03/2026", "2026-03-06", "2026-03-06T00:00:00-03:00", " ", None])
@pytest.mark.parametrize("amount", [10, "10", "10.00", "10,00"])
def test_a_balance_in_any_form(reference, amount):
    """The documented number and date, or a text and a date in the form of all others of this API."""
    flow = INTER._balance(PureHarness("inter", NOW).account, date(2026, 3, 6))
    next(flow)
    with pytest.raises(StopIteration) as stop:
        flow.send(httpx.Response(200, json={"disponivel": amount, "dataReferencia": reference}))

    assert (stop.value.value.day, stop.value.value.amount) == (date(2026, 3, 6), 10)


@pytest.mark.parametrize("amount", ["1.555", "dez", "", None, True])
def test_a_balance_that_is_none(amount):
    """What cannot be read in one way only is no balance."""
    flow = INTER._balance(PureHarness("inter", NOW).account, date(2026, 3, 6))
    next(flow)
    with pytest.raises(BankFailure):
        flow.send(httpx.Response(200, json={"disponivel": amount}))


@pytest.mark.parametrize(
    ("status", "content", "code"),
    [
        (401, b"", "invalid_credentials"),
        (400, b'{"error_title": "x"}', "invalid_credentials"),
        (400, b"", "unexpected_bank_response"),
        (400, b"<html>", "unexpected_bank_response"),
        (403, b"", "unexpected_bank_response"),
    ],
)
def test_a_token_refused_without_words(status, content, code):
    """Only a 401 says by itself that the credentials are wrong."""
    assert failure_of(INTER.contract, "token", httpx.Response(status, content=content)).code == code


@pytest.mark.parametrize("at", ["statement", "balance"])
@pytest.mark.parametrize(
    "body",
    [
        {"title": "Conta Corrente não informada! Favor adicionar o header x-conta-corrente com a conta desejada"},
        {"title": "Requisição", "violacoes": [{"razao": "deve ser numérico", "propriedade": "x-conta-corrente"}]},
        {"title": "Requisição", "violacoes": [{"propriedade": "xContaCorrente", "razao": "must match"}]},
    ],
)
def test_a_refusal_that_names_the_account(at, body):
    """The account's header is named in a title or in the list of violations."""
    assert failure_of(INTER.contract, at, httpx.Response(400, json=body)).code == "invalid_account"


def test_rows_to_come_that_stand_in_every_window():
    """As in July 2022, a scheduled row of a day to come is in each answer: it is no entry yet, and refuses nothing."""
    pair = PureHarness("inter", NOW, source=ledger((10, "10")))
    coming = row(idTransacao="x", dataTransacao="2026-03-20", valor="7.00")

    def answer(request):
        response = PureHarness.answer(pair, request)
        body = response.json()
        if "transacoes" in body:
            body["transacoes"].insert(0, coming)
            body["totalElementos"] += 1
        return httpx.Response(response.status_code, json=body)

    pair.answer = answer
    found = pair.read(Period(date(2025, 11, 1), date(2026, 3, 13)))

    assert ([entry.amount for entry in found.entries], found.proof.verdict) == ([10], "proved")


def test_branch_and_account_as_numbers():
    """Codes that come as numbers stand in the same fields as texts."""
    detail = {"nomeRecebedor": "Ana", "agenciaRecebedor": 1234, "contaBancariaRecebedor": 567890, "bancoRecebedor": 341}

    party = read(row(detalhes=detail))[0].counterparty

    assert (party.branch, party.account, party.bank, party.ispb) == ("1234", "567890", "341", "60701190")


@pytest.mark.parametrize(("sent", "shown"), [("Isento", "Isento"), ("1.20", "cpmf 1.20"), ("0.00", ""), (None, "")])
def test_the_old_tax_is_told(sent, shown):
    """The bank documents `cpmf` for every row."""
    assert read(row(cpmf=sent))[0].description == shown


@pytest.mark.parametrize(
    ("at", "status", "sent", "code"),
    [
        ("statement", 403, {"detail": "Entre em contato com o banco. Não autorizado."}, "statement_access_denied"),
        ("statement", 403, {"detail": "O usuário da conta não possui permissão"}, "statement_access_denied"),
        ("statement", 403, {"detail": "Conta sem acesso a investimentos"}, "statement_access_denied"),
        ("statement", 403, {"detail": "Contato encerrado, acesso bloqueado"}, "statement_access_denied"),
        ("statement", 403, {"detail": "Conta corrente não pertence à aplicação"}, "invalid_account"),
        ("balance", 404, {"detail": "Conta corrente não encontrada"}, "invalid_account"),
        ("statement", 403, {"violacoes": [{"razao": "A conta corrente 1 foi encerrada"}]}, "account_closed"),
        ("statement", 400, {"violacoes": [{"propriedade": "dataFim", "razao": "futura"}]}, "period_out_of_range"),
        ("balance", 400, {"violacoes": [{"propriedade": "dataSaldo", "razao": "antiga"}]}, "period_out_of_range"),
        (
            "statement",
            400,
            {"violacoes": [{"propriedade": "pagina"}], "instance": "/extrato?dataInicio=2026-03-01&dataFim=2026-03-02"},
            "unexpected_bank_response",
        ),
    ],
)
def test_a_cause_is_named_by_whole_words(at, status, sent, code):
    """Parts of other words and an address that is repeated name no cause."""
    assert failure_of(INTER.contract, at, httpx.Response(status, json=sent)).code == code
