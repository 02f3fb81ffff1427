"""What is odd about BS2."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contracts
from gateway.connectors.bs2 import Bs2, StatementPage
from gateway.errors import BankFailure, IncoherentPages
from gateway.model import BRASILIA, Account, Counterparty, Credentials, Period, TransactionType, Verdict
from simulators.banks.bs2 import Bs2 as SimulatedBs2
from simulators.certify.cases import NOW, ledgers, periods
from simulators.certify.compare import differences
from simulators.certify.pure_harness import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority
from simulators.world import Parameters

AUTHORITY = Authority()
BS2 = Bs2(contracts.load("bs2"))
READINGS = st.fixed_dictionaries(
    {
        "inicio": st.sampled_from(("page_index", "row_offset")),
        "query_zone": st.sampled_from(("utc", "local")),
        "period_end": st.sampled_from(("inclusive", "exclusive")),
        "direction": st.sampled_from(("number", "letter")),
        "empty_list": st.sampled_from(("list", "none")),
    }
)
PATIENT = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)


def row(**fields):
    """A row as the bank writes it."""
    return {
        "movimentadoEm": "2026-03-10T09:14:22.447",
        "valor": 1.5,
        "tipoMovimentacao": 1,
        "protocolo": "2180001001234567820260310500001",
        **fields,
    }


def read(*rows):
    """The movements of rows as the bank writes them."""
    body = {"saldo": {"inicial": 0, "final": 0}, "movimentacoes": list(rows), "total": len(rows)}
    return list(BS2.movements(msgspec.json.decode(msgspec.json.encode(body), type=StatementPage)))


def ledger(*movements):
    """A ledger of Pix credits, each given as the local time of its booking and its amount."""
    return Fixed(
        [
            LedgerEntry(
                booked_at=datetime.fromisoformat(when).replace(tzinfo=BRASILIA), amount=Decimal(amount), type="PIX"
            )
            for when, amount in movements
        ]
    )


def pair_of(source, *, page_size=0, **readings):
    """Both sides with one account between them."""
    return PureHarness(
        "bs2",
        NOW,
        source=source,
        parameters=Parameters(readings=readings),
        page_size=page_size,
        authority=AUTHORITY,
    )


def asked(pair):
    """What the statement calls asked for as beginning, end and place in the list."""
    return [
        (query["movimentoInicial"], query["movimentoFinal"], query["inicio"])
        for request in pair.requests
        if (query := request.url.params) and "extrato" in request.url.path
    ]


def answered(body):
    """The statement of a week about which the bank gives this answer."""
    pair = pair_of(ledger())
    asked_of = pair.answer

    def answer(request):
        response = asked_of(request)
        is_statement = request.extensions.get("operation") == "statement"
        known = request.url.params.get("inicio") in {None, "0"}
        beyond = {**body, "movimentacoes": []}
        return httpx.Response(200, json=body if known else beyond) if is_statement else response

    pair.answer = answer
    return pair.read(Period(date(2026, 3, 9), date(2026, 3, 13)))


# --- rows


@pytest.mark.parametrize(
    ("written", "amount"), [(b"0.0", "0.0"), (b"12.34", "12.34"), (b"275", "275"), (b"10000000.00", "10000000.00")]
)
def test_amounts_come_with_any_number_of_decimals(written, amount):
    """A number is read exactly as it is written."""
    body = msgspec.json.encode({"saldo": {"inicial": 0, "final": 0}, "movimentacoes": [row()], "total": 1})
    page = msgspec.json.decode(body.replace(b"1.5", written), type=StatementPage)

    (movement,) = BS2.movements(page)

    assert str(movement.amount.copy_abs()) == amount


@pytest.mark.parametrize(("written", "amount"), [("12,34", "12.34"), ("1.580,12", "1580.12"), ("12.34", "12.34")])
def test_amounts_may_be_texts(written, amount):
    """A comma can only be the sign of decimals."""
    assert read(row(valor=written, tipoMovimentacao=2))[0].amount == Decimal(amount)


@pytest.mark.parametrize("written", [None, "", "1.580", 1.555, "1,580.12", {"valor": 1}, True])
def test_amounts_that_are_none(written):
    """What may be read in two ways is not read."""
    with pytest.raises(BankFailure) as failure:
        read(row(valor=written))

    assert failure.value.code == "unexpected_bank_response"


def test_balances_may_be_texts():
    """They are written as amounts are."""
    statement = answered(
        {"saldo": {"inicial": "1.000,00", "final": "1001,50"}, "movimentacoes": [row(tipoMovimentacao=2)]}
    )

    assert (statement.opening_balance, statement.closing_balance) == (Decimal(1000), Decimal("1001.50"))
    assert statement.proof.verdict is Verdict.PROVED


def test_an_empty_list_may_be_left_out():
    """Like a list that is null, where neither total nor balances speak of entries."""
    assert answered({"saldo": {"inicial": 7, "final": 7}, "total": 0}).proof.verdict is Verdict.PROVED
    with pytest.raises(IncoherentPages):
        answered({"saldo": {"inicial": 7, "final": 8}, "total": 0})


@pytest.mark.parametrize("written", ["10/03/2026 09:14:22", "3/10/2026 9:14:22 AM", "ontem", ""])
def test_a_time_that_cannot_be_read_is_called_so(written):
    """It is not taken for a time that was not asked for."""
    with pytest.raises(BankFailure, match="a date is not YYYY-MM-DD"):
        answered({"saldo": {"inicial": 1, "final": 2.5}, "movimentacoes": [row(movimentadoEm=written)], "total": 1})


def test_a_day_is_no_instant():
    """Midnight would be invented."""
    (movement,) = read(row(movimentadoEm="2026-03-10"))

    assert (movement.date, movement.booked_at) == (date(2026, 3, 10), None)


@pytest.mark.parametrize(
    ("direction", "amount"),
    [
        *((word, "-1.5") for word in (1, "1", "01", 1.0, "D", "d ", "DEBITO", "Débito", "debit")),
        *((word, "1.5") for word in (2, "2", "C", "c", "CREDITO", "Crédito", "Credit")),
    ],
)
def test_only_the_direction_gives_the_sign(direction, amount):
    """A text that speaks of a return or a credit changes nothing."""
    texts = {"descricao": "Devolução Débito Pix", "descricaoAbreviada": "Credito", "tipoCategoria": 18}

    (movement,) = read(row(tipoMovimentacao=direction, **texts))

    assert movement.amount == Decimal(amount)


@pytest.mark.parametrize(
    "wrong",
    [
        {"valor": -1},
        {"valor": "NaN"},
        {"valor": 1e300},
        {"tipoMovimentacao": 0},
        {"tipoMovimentacao": ""},
        {"tipoMovimentacao": "E"},
        {"movimentadoEm": "10/03/2026"},
        {"tipoMovimentacao": None},
        {"valor": "1.555"},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a readable amount, direction or time fails the statement."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    ("written", "day", "hour"),
    [
        ("2026-03-10T23:59:59.999", date(2026, 3, 10), 23),
        ("2026-03-11T02:59:59.999+00:00", date(2026, 3, 10), 23),
        ("2026-03-10T23:59:59-03:00", date(2026, 3, 10), 23),
        ("2026-03-10T00:00:00", date(2026, 3, 10), 0),
    ],
)
def test_times_are_local_unless_they_say_otherwise(written, day, hour):
    """A time without offset is Brasília's; an offset is respected."""
    (movement,) = read(row(movimentadoEm=written))

    assert (movement.date, movement.booked_at.hour) == (day, hour)


@pytest.mark.parametrize(
    ("category", "kind"),
    [
        (2, TransactionType.TED),
        (17, TransactionType.PIX),
        (18, TransactionType.PIX),
        (20, TransactionType.TARIFA_SERVICOS_AVULSOS),
        (4711, TransactionType.OUTROS),
        (None, TransactionType.OUTROS),
        ("10", TransactionType.PIX),
        ("02", TransactionType.TED),
        ([], TransactionType.OUTROS),
    ],
)
def test_categories_are_an_open_list(category, kind):
    """A category that no list names is OUTROS."""
    assert read(row(tipoCategoria=category))[0].type is kind


def test_numbers_get_their_zeros_back():
    """Bank and branch have three and four digits again; the account has none in front."""
    party = {"nome": "Beta Serviços ME ", "documento": "99888777000100", "banco": 1, "agencia": 33, "conta": 45678}

    (movement,) = read(row(favorecido=party))

    assert movement.counterparty == Counterparty(
        "Beta Serviços ME",
        "99888777000100",
        bank="001",
        branch="0033",
        account="45678",
        ispb="00000000",
        bank_name="BCO DO BRASIL S.A.",
    )


@pytest.mark.parametrize(
    "party",
    [
        None,
        {},
        {"nome": "", "documento": "", "nomeBanco": "", "banco": 0, "agencia": 0, "conta": 0},
        {"nome": None, "banco": None, "conta": [1]},
    ],
)
def test_nobody_is_made_up(party):
    """Zeros, blanks and nulls name nobody."""
    assert read(row(favorecido=party))[0].counterparty is None


def test_the_other_party_depends_on_the_direction():
    """The payer of a credit and the payee of a debit; the other one would be the account itself."""
    parties = {"remetente": {"nome": "Alfa"}, "favorecido": {"nome": "Beta"}}

    credit, debit = read(row(tipoMovimentacao=2, **parties), row(**parties))

    assert (credit.counterparty.name, debit.counterparty.name) == ("Alfa", "Beta")


@pytest.mark.parametrize(
    ("texts", "description"),
    [
        ({"descricao": "Débito Pix", "observacao": "NF 4411"}, "Débito Pix - NF 4411"),
        ({"descricao": "Débito Pix", "observacao": " "}, "Débito Pix"),
        ({"descricao": "", "descricaoAbreviada": "Pix Enviado "}, "Pix Enviado"),
        ({"descricao": None, "observacao": "NF 4411"}, "NF 4411"),
        ({"descricao": "Débito Pix", "descricaoAbreviada": "Pix Enviado"}, "Débito Pix - Pix Enviado"),
        (
            {"descricao": "Tarifa Manutenção de Conta", "descricaoAbreviada": "TARIFA MANUTENCAO"},
            "Tarifa Manutenção de Conta",
        ),
        ({}, ""),
    ],
)
def test_the_note_follows_the_title(texts, description):
    """The long text, the short one where it says something else, then what the payer wrote, which has its own field."""
    (movement,) = read(row(**texts))

    assert movement.description == description
    assert movement.note == ((texts.get("observacao") or "").strip() or None)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("DEVOLUCAO DEBITO PIX", TransactionType.PIX),
        ("Crédito Pix Qr Code", TransactionType.PIX),
        ("ted enviada", TransactionType.TED),
        ("Pagamento de Boleto", TransactionType.BOLETO),
        ("TARIFA-MANUTENCAO", TransactionType.TARIFA_SERVICOS_AVULSOS),
        ("Rendimentos da conta", TransactionType.RENDIMENTO_APLIC_FINANCEIRA),
        ("Pixel Informática", TransactionType.OUTROS),
    ],
)
def test_texts_tell_the_kind_of_a_category_that_no_list_has(text, kind):
    """Texts are compared without case, accents and punctuation, by whole words; a known category goes before them."""
    unknown, short, known = read(
        row(tipoCategoria=4711, descricao=text),
        row(tipoCategoria=None, descricao=None, descricaoAbreviada=text),
        row(tipoCategoria=20, descricao=text),
    )

    assert (unknown.type, short.type, known.type) == (kind, kind, TransactionType.TARIFA_SERVICOS_AVULSOS)


def test_every_text_of_a_row_is_told():
    """Whatever the bank says of a movement is somewhere in its entry, but for the holder itself."""
    party = {
        "nome": "nomex",
        "documento": "99888777000100",
        "nomeBanco": "bancox",
        "banco": 1,
        "agencia": 33,
        "conta": 778899,
    }
    full = row(
        protocolo="protocolox",
        tipoCategoria="categoriax",
        descricao="descricaox",
        descricaoAbreviada="abreviadax",
        documento="documentox",
        observacao="observacaox",
        remetente={"nome": "holderx"},
        favorecido=party,
        pix={"endToEndId": "E71027866202603021402aB3dE6gH9j1", "txId": "txidx", "campo": {"descricao": "innerx"}},
    )

    (movement,) = read(full)

    shown = str(msgspec.to_builtins(movement))
    wanted = ["protocolox", "categoriax", "descricaox", "abreviadax", "documentox", "observacaox", "txidx", "innerx"]
    wanted += ["nomex", "99888777000100", "bancox", "'bank': '001'", "0033", "778899"]
    assert [word for word in wanted if word not in shown] == []
    assert movement.end_to_end_id == "E71027866202603021402aB3dE6gH9j1"
    assert (movement.bank_id, "holderx" in shown) == ("protocolox", False)


@pytest.mark.parametrize(
    ("sent", "told"),
    [
        ({"banco": "Banco Exemplo S.A."}, {"bank_name": "Banco Exemplo S.A."}),
        ({"banco": "00360305"}, {"bank": "104", "ispb": "00360305"}),
        ({"banco": 360305}, {"bank": "104", "ispb": "00360305"}),
        ({"banco": "0341"}, {"bank": "341"}),
        ({"banco": 341.0}, {"bank": "341"}),
        ({"ispb": "00360305"}, {"bank": "104"}),
        ({"agencia": "1505-9", "conta": "12345-X"}, {"branch": "1505-9", "account": "12345-X"}),
        ({"agencia": "33", "conta": "0001234-P"}, {"branch": "0033", "account": "0001234-P"}),
        ({"agencia": "0-0", "conta": "000778899"}, {"branch": None, "account": "778899"}),
        ({"agencia": 33.0, "conta": 778899.0}, {"branch": "0033", "account": "778899"}),
        ({"nome": 4711}, {"name": "4711"}),
        ({"documento": 12345678909}, {"tax_id": "12345678909"}),
    ],
)
def test_the_other_party_in_other_spellings(sent, told):
    """A check digit stays where it is, a number gets its zeros back; nothing lands in another field."""
    party = read(row(favorecido=sent))[0].counterparty

    assert {name: getattr(party, name) for name in told} == told


def test_every_text_of_the_other_party_is_told():
    """What has no field of its own joins the description; a bare text, or a list of one, is the other party too."""
    known = read(row(favorecido={"nome": "Beta", "tipoConta": "poupança", "chave": ["a@b.c"]}))[0]
    bare, listed = read(row(favorecido="Beta"), row(favorecido=[{"nome": "Beta"}]))

    assert (known.counterparty.name, known.description) == ("Beta", "poupança - a@b.c")
    assert bare.counterparty == listed.counterparty == Counterparty("Beta")


def test_texts_that_came_as_numbers():
    """They are told like any other."""
    sent = row(descricao=4411, descricaoAbreviada=12.0, observacao=77, tipoCategoria={"codigo": "77", "nome": "Pix"})

    (movement,) = read(sent)

    assert (movement.description, movement.note, movement.type) == ("4411 - 12 - 77 - Pix", "77", TransactionType.PIX)


@pytest.mark.parametrize("pix", [None, "x", [], {"endToEndId": None}, {"endToEndId": "E123"}])
def test_a_pix_object_of_any_form(pix):
    """Only an end-to-end id is taken for one."""
    assert read(row(pix=pix))[0].end_to_end_id is None


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


def test_a_protocolo_as_a_number():
    """The id is the same whether the bank writes it as text or as number."""
    written, number = read(row(), row(protocolo=2180001001234567820260310500001))

    assert (number.bank_id, number.content) == (written.bank_id, written.content)


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


def test_balances_of_later_pages_are_not_read():
    """Whether they tell of the page or of the whole is not known; those of the first page prove the list."""
    pair = pair_of(FIVE, page_size=2)
    tamper(pair, 2, saldo={"inicial": 2, "final": 3})

    assert pair.read(WEEK).proof.verdict is Verdict.PROVED


@pytest.mark.parametrize("balance", [1, -1])
def test_two_answers_that_do_not_meet(balance):
    """How the bank cuts two answers at the instant that they share is assumed: they disprove and withhold nothing."""
    pair = pair_of(FIVE)
    tamper(pair, 2, saldo={"inicial": balance, "final": balance})

    statement = pair.read(Period(date(2026, 2, 1), date(2026, 3, 13)))

    assert (len(statement.entries), statement.proof.verdict) == (5, Verdict.DISPROVED)
    assert "share differ" in (statement.proof.reason or "")
    assert {entry.stability for entry in statement.entries} == {"provisional"}
    assert "balance_mismatch" in {warning.code for warning in statement.warnings}


@pytest.mark.parametrize(
    ("written", "document"), [("0", None), (0, None), ("", None), (None, None), (4711, "4711"), ("0042", "0042")]
)
def test_document_zero_is_none(written, document):
    """The bank writes 0 where there is no document."""
    assert read(row(documento=written))[0].document == document


# --- the list


@PATIENT
@given(data=st.data(), readings=READINGS)
def test_statement_equals_ledger_in_every_reading(data, readings):
    """Whatever `inicio` counts, `Z` means and an end includes: the statement is the ledger, and proved."""
    pair = pair_of(data.draw(ledgers(SimulatedBs2)), page_size=data.draw(st.sampled_from((1, 2, 3, 100))), **readings)
    period = Period(*data.draw(periods()))

    statement = pair.read(period)

    assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []
    assert statement.proof.verdict is Verdict.PROVED


@PATIENT
@given(data=st.data(), readings=READINGS)
def test_paging_attack_never_gives_a_wrong_list_in_any_reading(data, readings):
    """A lost, repeated or shifted page gives the truth or a failure, whatever `inicio` counts."""
    pair = pair_of(data.draw(ledgers(SimulatedBs2)), page_size=data.draw(st.sampled_from((1, 2, 3, 4))), **readings)
    period = Period(*data.draw(periods()))
    fault = data.draw(st.sampled_from(("lose_page", "repeat_page", "shift_page")))
    parameters = {"page": data.draw(st.integers(0, 3))}
    if fault == "shift_page":
        parameters["by"] = data.draw(st.integers(-4, 4))
    pair.world.inject("bs2", None, "statement", fault, parameters)

    try:
        statement = pair.read(period)
    except IncoherentPages:
        return

    assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []


FIVE = ledger(*((f"2026-03-{day:02}T12:00", "1.00") for day in range(9, 14)))
WEEK = Period(date(2026, 3, 9), date(2026, 3, 13))


@pytest.mark.parametrize(
    ("reading", "page_size", "places"),
    [
        ("page_index", 100, "0"),
        ("page_index", 5, "0"),
        ("page_index", 2, "012"),
        ("row_offset", 2, "013"),
        ("row_offset", 4, "01"),
        ("page_index", 1, "01234"),
        ("row_offset", 1, "01234"),
    ],
)
def test_no_page_is_asked_in_vain(reading, page_size, places):
    """One answer that holds everything is not followed by another; row counting costs no more than the probe."""
    pair = pair_of(FIVE, page_size=page_size, inicio=reading)

    statement = pair.read(WEEK)

    assert len(statement.entries) == 5
    assert [inicio for _, _, inicio in asked(pair)] == list(places)


def test_what_inicio_counts_is_found_out_once():
    """A window that shows that rows are counted spares the next one the probe."""
    source = ledger(*((f"2026-{month}-{day}T12:00", "1.00") for month in ("02", "03") for day in (10, 11, 12, 13)))
    pair = pair_of(source, page_size=2, inicio="row_offset")

    statement = pair.read(Period(date(2026, 2, 1), date(2026, 3, 13)))

    assert len(statement.entries) == 8
    assert [inicio for _, _, inicio in asked(pair)] == ["0", "1", "3", "0", "2"]


def test_the_period_is_inside_in_either_meaning_of_z():
    """The question reaches from midnight UTC to the end of the last day in Brasília."""
    pair = pair_of(FIVE)

    pair.read(WEEK)

    assert asked(pair) == [("2026-03-09T00:00:00Z", "2026-03-14T03:00:00Z", "0")]


def test_no_question_is_longer_than_what_is_known_to_work():
    """No request spans more than thirty times 24 hours, and adjoining ones share an instant."""
    pair = pair_of(FIVE)

    pair.read(Period(date(2026, 1, 1), date(2026, 3, 13)))

    ends = [(datetime.fromisoformat(first), datetime.fromisoformat(last)) for first, last, _ in asked(pair)]
    assert all(last - first <= timedelta(days=30) for first, last in ends)
    assert [first for first, _ in ends[:-1]] == [last for _, last in ends[1:]]
    assert len(ends) == 3


@pytest.mark.parametrize("end", ["inclusive", "exclusive"])
def test_a_row_between_two_windows_comes_once(end):
    """A row booked in the instant that two windows share is neither lost nor doubled."""
    source = ledger(("2026-02-20T12:00", "1.00"), ("2026-03-01T21:00", "2.00"), ("2026-03-05T12:00", "4.00"))
    pair = pair_of(source, period_end=end)
    period = Period(date(2026, 1, 31), date(2026, 3, 13))

    statement = pair.read(period)

    assert any("2026-03-02T00:00:00Z" in ends for ends in asked(pair))
    assert [entry.amount for entry in statement.entries] == [1, 2, 4]
    assert statement.proof.verdict is Verdict.PROVED


def tamper(pair, number, **changed):
    """Let the n-th statement answer have other values, or all of them where `number` is 0."""

    def answer(request):
        response = PureHarness.answer(pair, request)
        if "extrato" in request.url.path and number in {0, len(asked(pair))}:
            return httpx.Response(200, json={**response.json(), **changed})
        return response

    pair.answer = answer


@pytest.mark.parametrize(
    ("page_size", "period", "number", "changed"),
    [
        (100, WEEK, 1, {"movimentacoes": []}),
        (100, WEEK, 1, {"movimentacoes": None}),
        (100, WEEK, 1, {"movimentacoes": None, "total": 0}),
        (100, WEEK, 1, {"movimentacoes": [], "total": 0}),
        (100, WEEK, 1, {"total": 4}),
        (100, WEEK, 1, {"total": 6}),
        (2, WEEK, 2, {"total": 6}),
        (2, WEEK, 2, {"movimentacoes": []}),
        (2, WEEK, 2, {"movimentacoes": None}),
        (100, WEEK, 1, {"movimentacoes": [row(movimentadoEm="2026-03-01T12:00:00")], "total": 1}),
        (100, WEEK, 1, {"movimentacoes": [row(), row()], "total": 2}),
    ],
)
def test_answers_that_contradict_each_other_are_no_statement(page_size, period, number, changed):
    """Emptiness that is none, wrong totals, moved balances, broken chains, foreign rows, doubled ids."""
    pair = pair_of(FIVE, page_size=page_size)
    tamper(pair, number, **changed)

    with pytest.raises(IncoherentPages):
        pair.read(period)


@pytest.mark.parametrize(
    "saldo", [{"inicial": 1e300, "final": 0}, {"inicial": 0, "final": "NaN"}, {"inicial": 0}, {"final": None}]
)
def test_a_balance_that_cannot_be_read_is_unexpected(saldo):
    """Without both balances there is no statement."""
    pair = pair_of(FIVE)
    tamper(pair, 1, saldo=saldo)

    with pytest.raises(BankFailure) as failure:
        pair.read(WEEK)
    assert failure.value.code == "unexpected_bank_response"


def test_a_sum_that_does_not_come_out_is_disproved():
    """With the count right, the verdict is left to the proof."""
    pair = pair_of(FIVE)
    tamper(pair, 1, saldo={"inicial": 0, "final": 6})

    assert pair.read(WEEK).proof.verdict is Verdict.DISPROVED


@pytest.mark.parametrize("total", ["5", 5.0, " 5 ", None, ""])
@pytest.mark.parametrize("page_size", [100, 2, 1])
@pytest.mark.parametrize("inicio", ["page_index", "row_offset"])
def test_a_total_in_another_form(total, page_size, inicio):
    """A text is a number too; the portal's page has no total, and then an empty page ends the list."""
    pair = pair_of(FIVE, page_size=page_size, inicio=inicio)
    tamper(pair, 0, total=total)

    statement = pair.read(WEEK)

    assert (len(statement.entries), statement.proof.verdict) == (5, Verdict.PROVED)


@pytest.mark.parametrize("total", ["many", 5.5, True, -1, [5]])
def test_a_total_that_is_none(total):
    """It is not passed over."""
    pair = pair_of(FIVE)
    tamper(pair, 1, total=total)

    with pytest.raises(BankFailure, match="no whole number"):
        pair.read(WEEK)


def test_without_a_total_no_page_follows_a_short_one():
    """A list that goes on after a page with fewer rows has lost some."""
    pair = pair_of(FIVE, page_size=2)
    rows = [row(protocolo=str(number), tipoMovimentacao=2, valor=1) for number in range(5)]
    pages = {"0": rows[:2], "1": rows[2:3], "2": rows[3:], "3": []}

    def answer(request):
        response = PureHarness.answer(pair, request)
        if "extrato" not in request.url.path:
            return response
        body = response.json() | {"movimentacoes": pages[request.url.params["inicio"]], "total": None}
        return httpx.Response(200, json=body)

    pair.answer = answer
    with pytest.raises(IncoherentPages):
        pair.read(WEEK)


def test_without_a_total_a_page_that_comes_again_ends_the_reading():
    """Rows without an id that come for ever are no list."""
    pair = pair_of(FIVE)
    rows = [row(protocolo=None, tipoMovimentacao=2, valor=size) for size in (1, 4)]
    tamper(pair, 0, movimentacoes=rows, total=None)

    with pytest.raises(IncoherentPages):
        pair.read(WEEK)
    assert len(asked(pair)) == 2


def test_one_row_in_place_of_a_list():
    """It is the list's only row."""
    pair = pair_of(FIVE)
    tamper(pair, 1, movimentacoes=row(tipoMovimentacao=2), total=1, saldo={"inicial": 1, "final": 2.5})

    statement = pair.read(WEEK)

    assert ([entry.amount for entry in statement.entries], statement.proof.verdict) == ([1.5], Verdict.PROVED)


@pytest.mark.parametrize("reading", ["rows_missing", "period_missing"])
def test_a_false_emptiness_is_read_again(reading):
    """The answer that is empty by mistake is noticed, and the next reading is whole."""
    pair = pair_of(FIVE, empty_answers=reading)

    with pytest.raises(IncoherentPages):
        pair.read(WEEK)

    assert len(pair.read(WEEK).entries) == 5


# --- proof of identity


def account(**credentials):
    values = {"api_key": "k", "api_secret": "s", "refresh_token": "r", "user_agent": "programa-1", **credentials}
    return Account("1", "bs2", "PJ", "0001", "123456", "11222333000181", Credentials(values))


@pytest.mark.parametrize(
    ("shown", "wanted"),
    [
        ("", "saldo extrato"),
        ("extrato", "extrato"),
        ("pagamento extrato transferencia saldo pix.write", "saldo extrato"),
        ("pagamento", "saldo extrato"),
    ],
)
def test_only_reading_is_asked_for(shown, wanted):
    """Of the scopes the application shows, those that write are left out."""
    request = next(BS2.auth(account(scope=shown)).obtain(None, NOW))

    assert dict(item.split("=") for item in request.content.decode().split("&"))["scope"].replace("+", " ") == wanted


def test_every_request_names_the_program():
    """The code given by the bank goes with token and statement alike."""
    pair = pair_of(FIVE)

    pair.read(WEEK)

    codes = {request.headers["user-agent"] for request in pair.requests}
    assert (len(pair.requests), codes) == (2, {pair.simulated.credentials["user_agent"]})


def test_a_company_that_was_given_no_code_sends_none():
    """Where the bank wants one all the same, it says so with an empty 403."""
    free, strict = pair_of(FIVE, user_agent="ignored"), pair_of(FIVE)
    for pair in (free, strict):
        del pair.account.credentials.values["user_agent"]

    statement = free.read(WEEK)
    with pytest.raises(BankFailure) as refused:
        strict.read(WEEK)

    assert len(statement.entries) == 5
    assert not any("user-agent" in request.headers for request in free.requests)
    assert (refused.value.code, refused.value.at) == ("invalid_credentials", "token")


def test_no_refresh_token_is_sent_twice():
    """With a token for each page, every refresh token is spent once."""
    pair = PureHarness("bs2", NOW, source=FIVE, parameters=Parameters(token_uses=1), page_size=1, authority=AUTHORITY)

    assert len(pair.read(WEEK).entries) == 5

    sent = [request for request in pair.requests if request.url.path.endswith("token")]
    assert (len(sent), len(pair.simulated.memory["spent_refresh_tokens"])) == (5, 5)
    assert "refresh_reuses" not in pair.simulated.memory


@pytest.mark.parametrize(("zone", "tonight"), [("local", [2, 4]), ("utc", [2])])
def test_the_evening_of_today_comes_tomorrow_at_the_latest(zone, tonight):
    """No instant of a day to come is asked for: where `Z` is respected, the rest of today waits until tomorrow."""
    today = Period(date(2026, 3, 18), date(2026, 3, 18))
    source = ledger(("2026-03-17T10", "1"), ("2026-03-18T20", "2"), ("2026-03-18T22", "4"), ("2026-03-18T23", "8"))
    pair = pair_of(source, query_zone=zone)
    pair.clock.put(datetime(2026, 3, 18, 22, 30, tzinfo=BRASILIA))

    found = pair.read(today)

    assert [entry.amount for entry in found.entries] == tonight
    assert (found.opening_balance, found.closing_balance) == (1, 1 + sum(tonight))
    assert found.complete_through == date(2026, 3, 17)

    pair.clock.put(datetime(2026, 3, 19, 10, tzinfo=BRASILIA))
    found = pair.read(today)

    assert [entry.amount for entry in found.entries] == [2, 4, 8]
    assert (found.closing_balance, found.proof.verdict) == (15, "proved")
