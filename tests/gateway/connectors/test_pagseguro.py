"""What is odd about PagSeguro."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from itertools import pairwise

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import contracts
from gateway.completeness.day_balances import BalancesByDay, Day, DayBalances
from gateway.connectors.pagseguro import PagSeguro, StatementPage
from gateway.connectors.rows.pagseguro import EVENTS
from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.model import BRASILIA, DAY, Account, Credentials, Period, Stability, TransactionType, Verdict
from simulators.banks.pagseguro import PagSeguro as SimulatedPagSeguro
from simulators.certify.cases import NOW, ledgers, periods
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.pki import Authority
from simulators.world import Parameters

PAGSEGURO = PagSeguro(contracts.load("pagseguro"))
AUTHORITY = Authority()
ACCOUNT = Account(
    "a", "pagseguro", "PJ", "0001", "1", "11222333000181", Credentials({"user": "123456789", "token": "T"})
)
TENTH, ELEVENTH, TWELFTH = date(2026, 3, 10), date(2026, 3, 11), date(2026, 3, 12)
OPENED = LedgerEntry(booked_at=datetime(2026, 2, 1, 9, tzinfo=BRASILIA), amount=Decimal("1000.00"), type="PIX")


def row(**fields):
    """A sale of 1.00 by Pix, with the least a row can have."""
    return {
        "tipo_evento": "1",
        "meio_pagamento": "11",
        "data_movimentacao": "2026-03-10",
        "valor_parcela": 1.0,
        **fields,
    }


def read(*rows):
    """The movements of rows as the bank writes them."""
    body = msgspec.json.encode({"detalhes": list(rows)})
    return list(PAGSEGURO.movements(msgspec.json.decode(body, type=StatementPage)))


def booked(day, amount, hour=10):
    """A movement of a ledger."""
    amount = Decimal(amount)
    moment = datetime(day.year, day.month, day.day, hour, tzinfo=BRASILIA)
    return LedgerEntry(booked_at=moment, amount=amount, type="PIX" if amount > 0 else "TED")


def pair_of(*entries, now=NOW, page_size=0, opened=OPENED, **readings):
    ledger = [opened, *entries] if opened else list(entries)
    parameters = Parameters(readings=readings)
    return PureHarness(
        "pagseguro", now, source=Fixed(ledger), parameters=parameters, page_size=page_size, authority=AUTHORITY
    )


def asked(pair):
    """What was asked: movement and day of each request."""
    return [request.url.path.removeprefix("/movement/v3.00/") for request in pair.requests]


def answering(**answers):
    """A bank that answers each movement of 10 March with a body, or with a list of bodies page by page."""

    def answer(request):
        sent = answers[request.url.path.split("/")[3]]
        if isinstance(sent, list) and request.url.path.split("/")[3] == "financial":
            sent = sent[int(request.url.params["pageNumber"]) - 1]
        if sent is None:
            return httpx.Response(404)
        return httpx.Response(200, headers={"validado": "TRUE"}, json=sent)

    return answer


def fetch(answer, last=TENTH):
    return converse(PAGSEGURO.reading(ACCOUNT, Period(TENTH, last), date(2026, 3, 16)), answer)


FLAT = {"saldos": [{"tipo_evento": 7, "valor_saldo": 5}, {"tipo_evento": 8, "valor_saldo": 5}]}


@pytest.mark.parametrize("code", [*EVENTS, "01", " 4 ", 16])
def test_the_sign_comes_from_the_event(code):
    """An amount has no sign of its own; the event's code gives it, however it is padded."""
    (movement,) = read(row(tipo_evento=code, valor_parcela=7.25))

    assert movement.amount == EVENTS[str(code).strip().lstrip("0")][0] * Decimal("7.25")


@pytest.mark.parametrize("code", ["7", "08", 8, "31", "32"])
def test_balances_and_notices_are_no_entries(code):
    """Balance rows and notices of a postponed release among the entries move nothing."""
    assert read(row(tipo_evento=code)) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"tipo_evento": "77"},
        {"tipo_evento": ""},
        {"tipo_evento": None},
        {"valor_parcela": None},
        {"valor_parcela": " "},
        {"valor_parcela": "NaN"},
        {"valor_parcela": "1.555"},
        {"valor_parcela": "1,555"},
        {"valor_parcela": [1]},
        {"valor_parcela": -1.0},
        {"data_movimentacao": None},
        {"data_movimentacao": "3/10/2026"},
    ],
)
def test_what_cannot_be_read_is_not_dropped(wrong):
    """A row without a known event, a readable amount or a day fails the statement."""
    with pytest.raises(BankFailure) as failure:
        read(row(**wrong))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    ("day", "clock"), [("2026-03-10", "25:00:00"), ("9/3/2026", "10:00:00"), ("ontem", "10:00:00"), ([1], "10:00:00")]
)
def test_an_instant_of_a_sale_that_cannot_be_read_withholds_nothing(day, clock):
    """The day of an entry stands elsewhere."""
    assert read(row(data_venda_ajuste=day, hora_venda_ajuste=clock))[0].booked_at is None


@pytest.mark.parametrize(
    ("amounts", "moved"),
    [
        ({"valor_liquido_antecipacao": 9.5, "valor_parcela": 10, "valor_liquido_transacao": 20}, "9.5"),
        ({"valor_liquido_antecipacao": 0.0, "valor_parcela": 10, "valor_liquido_transacao": 20}, "10"),
        ({"valor_parcela": None, "valor_liquido_transacao": 20, "valor_total_transacao": 21}, "20"),
        ({"valor_parcela": 0.0, "valor_liquido_transacao": None, "valor_total_transacao": 21.37}, "21.37"),
        ({"valor_parcela": 0.0}, "0"),
        ({"valor_parcela": "12.34"}, "12.34"),
        ({"valor_parcela": "1.234,56"}, "1234.56"),
        ({"valor_parcela": "0,80"}, "0.80"),
        ({"valor_liquido_antecipacao": "", "valor_parcela": "  ", "valor_liquido_transacao": "20.00"}, "20.00"),
        ({"valor_liquido_antecipacao": "0.00", "valor_parcela": 7, "valor_liquido_transacao": -1.5}, "7"),
    ],
)
def test_which_amount_moved_the_account(amounts, moved):
    """After anticipation, else the instalment, else the sale, net before gross; whole numbers and texts are read."""
    assert read(row(**amounts))[0].amount == Decimal(moved)


def test_the_smallest_row():
    """Event, day and amount suffice: no id, no instant, no document."""
    (movement,) = read(row(meio_pagamento=None, movimento_api_codigo=None, codigo_venda="  ", hora_venda_ajuste=""))

    assert (movement.type, movement.bank_id, movement.booked_at) == (TransactionType.OUTROS, None, None)
    assert (movement.document, movement.description) == (None, "Venda")


@pytest.mark.parametrize("day", ["2026-03-10T00:00:00-03:00", " 2026-03-10", "20260310", 20260310])
def test_the_day_in_other_spellings(day):
    """With a time, or without its signs, as the layout of the file has it."""
    assert read(row(data_movimentacao=day))[0].date == TENTH


def test_the_instant_may_lie_before_the_day():
    """The day is that of the account; the instant is when the sale or adjustment was posted."""
    (movement,) = read(row(data_venda_ajuste="2026-03-08", hora_venda_ajuste="23:59:59"))

    assert movement.date == TENTH
    assert movement.booked_at == datetime(2026, 3, 8, 23, 59, 59, tzinfo=BRASILIA)


@pytest.mark.parametrize(
    ("day", "clock", "instant"),
    [
        ("2026-03-08T00:00:00", "23:59:59", datetime(2026, 3, 8, 23, 59, 59, tzinfo=BRASILIA)),
        ("2026-03-08 00:00:00.0", "09:05", datetime(2026, 3, 8, 9, 5, tzinfo=BRASILIA)),
        ("08/03/2026", "23:59:59", datetime(2026, 3, 8, 23, 59, 59, tzinfo=BRASILIA)),
        ("20260308", "090500", datetime(2026, 3, 8, 9, 5, tzinfo=BRASILIA)),
        (20260308, 90500, datetime(2026, 3, 8, 9, 5, tzinfo=BRASILIA)),
        ("2026-03-08", "12:00:00Z", datetime(2026, 3, 8, 9, tzinfo=BRASILIA)),
        ("0000-00-00", "00:00:00", None),
        ("2026-03-08", None, None),
        ("        ", "      ", None),
    ],
)
def test_the_instant_in_other_spellings(day, clock, instant):
    """The day may have a time of its own, or lack its signs; zeros and blanks fill an empty field."""
    assert read(row(data_venda_ajuste=day, hora_venda_ajuste=clock))[0].booked_at == instant


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


@pytest.mark.parametrize(
    "said", [{"detalhes": None}, {"pagination": {"totalElements": 0}}, {"pagination": {"totalPages": "0"}}]
)
def test_an_empty_day_without_a_list(said):
    """The list may be null, or left out where a total of zero stands for it."""
    pages, balances = fetch(answering(balances=FLAT, financial=said))

    assert ([len(page.rows) for page in pages], balances.complete_through) == ([0], TENTH)


@pytest.mark.parametrize(
    "said", [{}, {"message": "em processamento"}, {"pagination": {"totalPages": 1}}, {"detalhes": "x"}]
)
def test_an_answer_without_a_list_is_no_empty_day(said):
    """Nothing is concluded from silence."""
    with pytest.raises(BankFailure) as failure:
        fetch(answering(balances=FLAT, financial=said))
    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize("elements", [0, 1000])
def test_a_quiet_day_as_the_bank_tells_it(elements):
    """An empty list of no pages; the size of the page is sometimes told as zero."""
    pagination = {"elements": elements, "totalPages": 0, "page": 1, "totalElements": 0}
    pages, balances = fetch(answering(balances=FLAT, financial={"detalhes": [], "pagination": pagination}))

    assert [row for page in pages for row in page.detalhes] == []
    assert (balances.opening.amount, balances.closing.amount) == (5, 5)
    assert balances.complete_through == TENTH


def test_few_balances_are_asked():
    """Two balances prove a period, and one answer brings both of a single day."""
    pair = pair_of(booked(TENTH, "5.00"))

    assert pair.read(Period(TENTH, TWELFTH)).proof.verdict is Verdict.PROVED
    assert asked(pair) == [
        "balances/2026-03-10",
        "financial/2026-03-10",
        "financial/2026-03-11",
        "financial/2026-03-12",
        "balances/2026-03-12",
    ]
    pair.requests.clear()
    assert pair.read(Period(TENTH, TENTH)).proof.verdict is Verdict.PROVED
    assert asked(pair) == ["balances/2026-03-10", "financial/2026-03-10"]


@pytest.mark.parametrize("day", [TENTH, ELEVENTH, TWELFTH])
def test_a_lost_day_is_not_an_empty_day(day):
    """A day that is answered with 404 although money moved is told, wherever it lies: nothing is final or complete."""
    pair = pair_of(booked(TENTH, "5.00"), booked(ELEVENTH, "7.00"), booked(TWELFTH, "-3.00"))
    pair.world.inject("pagseguro", None, "statement", "status", {"status": 404}, times=1, after=day.day - 10)

    statement = pair.read(Period(TENTH, TWELFTH))

    assert statement.contradicted
    assert statement.proof.verdict is Verdict.DISPROVED
    assert f"{day} came back empty" in statement.proof.reason
    assert {each.stability for each in statement.entries} == {"provisional"}
    assert statement.complete_through < TENTH


def test_a_lost_day_is_noticed_without_an_opening_balance():
    """Where the period begins before EDI, the entries are still tied to the closing balance."""
    pair = pair_of(booked(TENTH, "5.00"), booked(ELEVENTH, "7.00"), opened=None)
    period = Period(date(2026, 3, 1), ELEVENTH)
    statement = pair.read(period)
    pair.world.inject("pagseguro", None, "statement", "status", {"status": 404}, times=1, after=10)

    lost = pair.read(period)
    assert lost.contradicted
    assert "2026-03-11 came back empty" in lost.proof.reason
    assert (lost.proof.verdict, lost.complete_through) == (Verdict.NOT_PROVABLE, TENTH)
    assert (statement.opening_balance, statement.closing_balance) == (None, Decimal("12.00"))
    assert statement.proof.verdict is Verdict.NOT_PROVABLE
    assert "before 2026-03-01" in statement.proof.reason


def test_what_edi_leaves_out_disproves_and_nothing_else():
    """A movement that EDI does not report on a day that it does report leaves a list whose proof fails."""
    days = {TENTH: (5, 9), ELEVENTH: (9, 9)}

    def answer(request):
        movement, day = request.url.path.split("/")[3:]
        day = date.fromisoformat(day)
        if movement == "balances":
            rows = [{"tipo_evento": 7 + n, "valor_saldo": value} for n, value in enumerate(days[day])]
            return httpx.Response(200, headers={"validado": "TRUE"}, json={"saldos": rows})
        if day == ELEVENTH:
            return httpx.Response(404)
        return httpx.Response(200, json={"detalhes": [row()], "pagination": {"totalPages": 1, "totalElements": 1}})

    pages, balances = fetch(answer, ELEVENTH)

    assert [len(page.detalhes) for page in pages] == [1, 0]
    assert (balances.opening.amount, balances.closing.amount) == (Decimal(5), Decimal(9))


def test_silence_before_activation_is_not_an_empty_statement():
    """A period before EDI was activated is out of range."""
    pair = pair_of(booked(TENTH, "5.00"), opened=None)

    with pytest.raises(BankFailure) as failure:
        pair.read(Period(date(2026, 3, 1), date(2026, 3, 2)))
    assert failure.value.code == "period_out_of_range"


def test_no_balance_is_made_up_for_a_day_that_has_only_one():
    """A day of which the bank tells only the opening balance has no closing balance yet."""
    half = {"saldos": [{"tipo_evento": 7, "valor_saldo": 5}]}

    _, balances = fetch(answering(balances=half, financial={"detalhes": []}))

    assert (balances.opening.amount, balances.closing) == (Decimal(5), None)
    assert "no closing balance" in balances.reason


@pytest.mark.parametrize(
    "wrong",
    [
        {"message": "em processamento"},
        [{"tipo_evento": 7, "valor_saldo": 1}, {"tipo_evento": "07", "valor_saldo": 2}],
        [{"tipo_evento": 7, "valor_saldo": 1, "data_movimentacao": "2026-03-09"}],
        [{"tipo_evento": 7, "valor_saldo": "NaN"}],
    ],
)
def test_balances_that_make_no_sense(wrong):
    """Balances that are none, contradict each other or belong to another day prove nothing; alone they say nothing."""
    pages, balances = fetch(answering(balances=wrong, financial={"detalhes": [row()], "pagination": {"totalPages": 1}}))

    assert [movement.amount for page in pages for movement in PAGSEGURO.movements(page)] == [1]
    assert (balances.opening, balances.closing, balances.contradictions) == (None, None, ())
    assert (balances.reason, balances.complete_through) == ("the balances of 2026-03-10 cannot be read", TENTH)
    with pytest.raises(BankFailure) as failure:
        fetch(answering(balances=wrong, financial=None))
    assert (failure.value.code, failure.value.at) == ("unexpected_bank_response", "balance")


@pytest.mark.parametrize(
    ("status", "sent"),
    [(400, {"message": "Tipo de movimento inválido"}), (403, {"message": "Forbidden"}), (405, {}), (403, "")],
)
def test_balances_that_are_refused(status, sent):
    """What is asked to prove a statement withholds none; what is refused for both is named by the entries."""

    def answer(request):
        movement = request.url.path.split("/")[3]
        body = {"detalhes": [row()], "pagination": {"totalPages": 1}}
        refusal = httpx.Response(status, json=sent) if sent != "" else httpx.Response(status)
        return refusal if movement == "balances" else httpx.Response(200, headers={"validado": "TRUE"}, json=body)

    pages, balances = fetch(answer)

    assert [movement.amount for page in pages for movement in PAGSEGURO.movements(page)] == [1]
    assert (balances.opening, balances.closing) == (None, None)
    assert balances.reason == "the balances of 2026-03-10 cannot be read"


@pytest.mark.parametrize(
    ("status", "sent", "code"),
    [
        (401, "Unauthorized", "invalid_credentials"),
        (403, '{"message": "Conta encerrada"}', "account_closed"),
        (429, "", "rate_limited"),
        (500, "", "bank_server_error"),
        (403, '{"message": "Sistema em manutenção"}', "bank_server_error"),
    ],
)
def test_balances_that_are_refused_for_all(status, sent, code):
    """What concerns the credentials or the account, or passes, is told before anything else is asked."""
    with pytest.raises(BankFailure) as failure:
        fetch(lambda request: httpx.Response(status, text=sent))

    assert (failure.value.code, failure.value.at) == (code, "balance")


def test_balances_that_cannot_be_read_are_asked_for_no_further():
    """They cost one request, and not one for each of the days before."""
    asked_for = []

    def answer(request):
        asked_for.append(request.url.path.removeprefix("/movement/v3.00/"))
        movement = request.url.path.split("/")[3]
        body = {"detalhes": [row()], "pagination": {"totalPages": 1}} if movement == "financial" else {"saldo": 1}
        return httpx.Response(200, headers={"validado": "TRUE"}, json=body)

    fetch(answer)

    assert asked_for == ["balances/2026-03-10", "financial/2026-03-10"]


def test_an_empty_list_is_an_answer_without_balances_too():
    """Only where no day has a list, an empty one included, EDI may not have been active."""
    pages, balances = fetch(answering(balances=None, financial={"detalhes": []}))

    assert [len(page.rows) for page in pages] == [0]
    assert (balances.opening, balances.closing, balances.complete_through) == (None, None, TENTH)


def balance(event, amount, establishment):
    return {"tipo_evento": event, "valor_saldo": amount, "estabelecimento": establishment}


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        ([balance(7, 5, 1), balance("07", "2.50", "2"), balance(8, 6, 1), balance(8, 2.5, 2)], ("7.50", "8.50")),
        ([balance(7, 5, 1), balance(7, 5, 1), balance(8, "6,00", 1)], ("5", "6")),
        ([balance(7.0, -5.5, 1), balance(8.0, -4.5, 1)], ("-5.5", "-4.5")),
        ([balance(7, " ", 1), balance(7, 5, 1), balance(8, 6, 1)], ("5", "6")),
        ([balance(7, 5, 1), balance(7, 2, 2), balance(8, 6, 1)], (None, None)),
    ],
    ids=["several", "twice", "codes_with_a_point", "blank", "one_is_missing"],
)
def test_balances_of_several_establishments_are_summed(rows, told):
    """Credentials may stand for several of one company, whose rows come together; sums prove them all."""
    body = {"detalhes": [row()], "pagination": {"totalPages": 1}}

    _, balances = fetch(answering(balances={"saldos": rows}, financial=body))

    found = (balances.opening and balances.opening.amount, balances.closing and balances.closing.amount)
    assert found == tuple(amount and Decimal(amount) for amount in told)


def one(code, **more):
    return row(movimento_api_codigo=code, valor_parcela=0.0, **more)


@pytest.mark.parametrize(
    "pages",
    [
        [{"detalhes": [one("A")], "pagination": None}, {"detalhes": [one("B")]}, {"detalhes": []}],
        [{"detalhes": [one("A")], "pagination": {}}, {"detalhes": [one("B")], "pagination": {}}, None],
        [{"detalhes": [one(c)], "pagination": {"totalElements": 2}} for c in "AB"],
        [{"detalhes": [one(c)], "pagination": {"totalPages": 2, "elements": 100}} for c in "AB"],
        [{"detalhes": [one(c)], "pagination": {"totalPages": "2", "totalElements": 2.0}} for c in "AB"],
        [{"detalhes": one(c), "pagination": {"totalPages": 2}} for c in "AB"],
        [{"detalhes": [one("A"), one("B")]}, {"detalhes": None}],
    ],
)
def test_pages_end_by_the_strongest_sign(pages):
    """Pages end with the announced number of pages, else of rows; without either, only with an empty page."""
    read_pages, _ = fetch(answering(balances=FLAT, financial=pages))

    assert sum(len(page.rows) for page in read_pages) == 2


@pytest.mark.parametrize(
    "pages",
    [
        [{"detalhes": [one("A")], "pagination": {"totalPages": 2}}, {"detalhes": [one("A")]}],
        [{"detalhes": [one("A")], "pagination": {"totalPages": 3}}, {"detalhes": [], "pagination": {"totalPages": 3}}],
        [{"detalhes": [one("A")], "pagination": {"totalPages": 1, "totalElements": 2}}],
        [{"detalhes": [one("A")], "pagination": {"totalPages": 2, "totalElements": 2}}, None],
        [
            {"detalhes": [one(c)], "pagination": {"totalPages": 2, "totalElements": total}}
            for c, total in (("A", 2), ("B", 3))
        ],
        [{"detalhes": [one("A", data_movimentacao="2026-03-11")]}],
        [{"detalhes": [one(None)]}] * 2,
        [{"detalhes": [one(None, codigo_transacao="T", parcela=p) for p in ("1", "01")]}],
    ],
)
def test_pages_that_do_not_fit_together(pages):
    """A repeated row, a missing page or row, a moving total and a row of another day are noticed."""
    with pytest.raises(IncoherentPages):
        fetch(answering(balances=FLAT, financial=pages))


@pytest.mark.parametrize("known", [{"movimento_api_codigo": "A"}, {"codigo_transacao": "T"}])
def test_rows_that_share_an_id_and_differ_are_two(known):
    """A fee with the id of its sale, or two partial cancellations of one transaction: the balances prove them."""
    rows = [
        row(valor_parcela=5, **known),
        row(tipo_evento="26", **known),
        row(tipo_evento="26", valor_parcela=2, **known),
    ]
    told = {"saldos": [{"tipo_evento": 7, "valor_saldo": 5}, {"tipo_evento": 8, "valor_saldo": 7}]}

    movements, balances = on_the_tenth(*rows, balances=told)

    assert [movement.amount for movement in movements] == [5, -1, -2]
    assert balances.closing.amount == 7


def test_rows_without_an_id_are_told_apart_by_transaction_event_and_instalment():
    """One transaction has several rows in a day; without the bank's id, event and instalment keep them apart."""
    rows = [
        one(None, codigo_transacao="T", parcela="1"),
        one(None, codigo_transacao="T", parcela="2"),
        one(None, codigo_transacao="T", parcela="1", tipo_evento="6"),
        one(None, codigo_transacao="T", parcela="1", estabelecimento="2"),
        one(None),
        one(None),
    ]

    (page,), _ = fetch(answering(balances=FLAT, financial=[{"detalhes": rows, "pagination": {"totalElements": 6}}]))

    assert len(list(PAGSEGURO.movements(page))) == 6


@pytest.mark.parametrize("header", [{"validado": "FALSE"}, {}])
def test_from_the_first_open_day_on_entries_are_provisional(header):
    """A day that the bank does not declare complete on every page, and all after it, are provisional."""
    pair = pair_of(booked(TENTH, "5.00"), booked(ELEVENTH, "7.00"), booked(ELEVENTH, "8.00"), page_size=1)
    answer = pair.bank.answer

    def open_again(request):
        response = answer(request)
        if request.url.path.endswith("financial/2026-03-11") and request.url.params["pageNumber"] == "2":
            del response.headers["validado"]
            response.headers.update(header)
        return response

    pair.bank.answer = open_again
    statement = pair.read(Period(TENTH, TWELFTH))

    assert statement.complete_through == TENTH
    assert [entry.stability for entry in statement.entries] == [Stability.FINAL, *[Stability.PROVISIONAL] * 2]


@pytest.mark.parametrize(
    ("hour", "complete"), [(8, date(2026, 3, 16)), (9, date(2026, 3, 17))], ids=["before-nine", "from-nine"]
)
def test_a_silent_yesterday_is_complete_when_its_balances_are(hour, complete):
    """A day without movement says nothing of its completeness; the answer with its balances does."""
    yesterday = NOW.date() - timedelta(days=1)
    pair = pair_of(booked(date(2026, 3, 16), "5.00"), now=NOW.replace(hour=hour), quiet_day="not_found")

    assert pair.read(Period(date(2026, 3, 16), yesterday)).complete_through == complete


def test_silence_before_an_open_day_is_not_complete():
    """Days of silence before a day that is still open may still change; an empty list is declared complete or not."""
    entries = booked(TENTH, "5.00"), booked(NOW.date(), "1.00", hour=9)
    silent = pair_of(*entries, quiet_day="not_found").read(Period(TENTH, NOW.date()))
    declared = pair_of(*entries).read(Period(TENTH, NOW.date()))

    assert silent.complete_through == TENTH
    assert declared.complete_through == NOW.date() - timedelta(days=1)
    assert silent.proof.verdict is Verdict.NOT_PROVABLE


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_reading_gives_the_truth(data):
    """However the bank plays the points on which sources conflict, the statement is the ledger."""
    readings = {
        name: data.draw(st.sampled_from((reading.chosen, *reading.others)))
        for name, reading in PAGSEGURO.contract.readings.items()
    }
    source = data.draw(ledgers(SimulatedPagSeguro))
    period = Period(*data.draw(periods()))
    pair = PureHarness("pagseguro", NOW, source=source, parameters=Parameters(readings=readings), authority=AUTHORITY)

    try:
        statement = pair.read(period)
    except BankFailure as failure:
        assert (failure.code, readings["quiet_day_balances"]) == ("period_out_of_range", "not_found")
        return

    assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []
    assert statement.proof.verdict is Verdict.PROVED or readings["quiet_day_balances"] == "not_found"


BALANCES = {"saldos": [{"tipo_evento": 7, "valor_saldo": 100.0}, {"tipo_evento": 8, "valor_saldo": 70.0}]}


def on_the_tenth(*rows, balances=BALANCES):
    """What the connector makes of a day with these rows and balances."""
    body = {"detalhes": list(rows), "pagination": {"totalPages": 1}}
    answer = answering(financial=body, balances=balances)
    pages, told = converse(PAGSEGURO.reading(ACCOUNT, Period(TENTH, TENTH), TWELFTH), answer)
    return [movement for page in pages for movement in PAGSEGURO.movements(page)], told


@pytest.mark.parametrize(
    ("rows", "amounts"),
    [
        ([("17", 30)], [-30]),
        ([("1", 5), ("17", 35)], [5, -35]),
        ([("77", 10), ("17", 40)], [10, -40]),
        ([("77", 10), ("77", 10), ("17", 50)], [10, 10, -50]),
        ([("4", 30), ("99", 5)], [-30]),
    ],
    ids=["alone", "beside_known_ones", "two_kinds", "one_kind_twice", "moved_nothing"],
)
def test_the_balances_of_its_day_tell_the_sign_of_an_unknown_event(rows, amounts):
    """The list of events is open: a new code is taken, and arithmetic decides whether money came or went."""
    movements, balances = on_the_tenth(*(row(tipo_evento=code, valor_parcela=size) for code, size in rows))

    assert [movement.amount for movement in movements] == amounts
    assert balances.opening.amount + sum(amounts) == balances.closing.amount
    assert {m.type for m, (code, _) in zip(movements, rows, strict=False) if code in {"17", "77"}} <= {
        TransactionType.OUTROS
    }


@pytest.mark.parametrize(
    ("rows", "balances"),
    [
        ([("17", 31)], BALANCES),
        ([("17", 15), ("77", 15), ("4", 30)], BALANCES),
        ([("17", 30)], {"saldos": []}),
        ([(str(code), 30) for code in range(40, 50)], BALANCES),
    ],
    ids=["no_choice_fits", "two_choices_fit", "no_balances", "too_many"],
)
def test_what_arithmetic_cannot_tell_is_refused_by_the_name_of_its_code(rows, balances):
    """Nothing is guessed, and the bank's code stands in the failure."""
    with pytest.raises(BankFailure, match=rows[0][0]) as failure:
        on_the_tenth(*(row(tipo_evento=code, valor_parcela=size) for code, size in rows), balances=balances)

    assert failure.value.code == "unexpected_bank_response"


@pytest.mark.parametrize(
    ("rows", "amounts"),
    [
        ([("4", -30)], [-30]),
        ([("1", 5), ("1", -35)], [5, -35]),
        ([("1", -30)], [-30]),
        ([("17", -30)], [-30]),
        ([("17", 10), ("17", -40)], [10, -40]),
        ([("10", -5), ("4", 35)], [5, -35]),
    ],
    ids=["debit", "beside_a_sale", "alone", "unknown", "unknown_both_ways", "meant_nothing"],
)
def test_the_balances_tell_what_a_minus_sign_means(rows, amounts):
    """A debit may carry its sign; what else has one is decided by the balances of its day, as an unknown event is."""
    movements, balances = on_the_tenth(*(row(tipo_evento=code, valor_parcela=size) for code, size in rows))

    assert [movement.amount for movement in movements] == amounts
    assert balances.opening.amount + sum(amounts) == balances.closing.amount


def on_two_days(first, second, *balances):
    """What the connector makes of two days with these rows, a code and a size each, and balances around them."""
    days = {TENTH: first, TENTH + DAY: second}
    ends = dict(zip(days, pairwise(balances), strict=True))

    def answer(request):
        day = date.fromisoformat(request.url.path.rpartition("/")[2])
        if request.extensions["operation"] == "balance":
            both = zip((7, 8), ends[day], strict=True)
            body = {"saldos": [{"tipo_evento": event, "valor_saldo": balance} for event, balance in both]}
        else:
            rows = [
                row(tipo_evento=code, valor_parcela=size, data_movimentacao=str(day), movimento_api_codigo=str(number))
                for number, (code, size) in enumerate(days[day])
            ]
            body = {"detalhes": rows, "pagination": {"totalPages": 1}}
        return httpx.Response(200, json=body, headers={"validado": "TRUE"})

    pages, _ = converse(PAGSEGURO.reading(ACCOUNT, Period(*days), TWELFTH), answer)
    return [movement.amount for page in pages for movement in PAGSEGURO.movements(page)]


@pytest.mark.parametrize(
    ("first", "second", "balances", "amounts"),
    [
        ([("17", 30)], [("17", 20)], (100, 70, 90), [-30, 20]),
        ([("17", 0)], [("17", 20)], (100, 100, 80), [0, -20]),
        ([("17", 20)], [("17", 0)], (100, 80, 80), [-20, 0]),
        ([("17", 5), ("77", 5)], [("77", 8)], (100, 100, 92), [5, -5]),
    ],
    ids=["both_ways", "nothing_first", "nothing_later", "decided_by_the_other_day"],
)
def test_each_day_tells_the_sign_of_an_unknown_event(first, second, balances, amounts):
    """Money may come with it on one day and go on another; a day on which it was nothing tells nothing."""
    assert on_two_days(first, second, *balances)[: len(amounts)] == amounts


def test_an_event_that_days_tell_apart_is_not_known_elsewhere():
    """It came on one day and went on another, so that a third day alone would have to tell."""
    day = partial(Day, entries=1)
    days = [
        day(TENTH, unknown={"17": Decimal(5)}),
        day(TENTH + DAY, unknown={"17": Decimal(5)}),
        day(TENTH + 2 * DAY, unknown={"17": Decimal(5)}),
    ]
    told = {TENTH: (1, 6), TENTH + DAY: (6, 1), TENTH + 2 * DAY: (None, None)}

    def ask(day):
        yield from ()
        return DayBalances(*(None if each is None else Decimal(each) for each in told[day]))

    flow = BalancesByDay(ask).signs(days, None)
    with pytest.raises(StopIteration) as ended:
        next(flow)
    assert list(ended.value.value.values()) == [{"17": 1}, {"17": -1}, {}]


@pytest.mark.parametrize("code", [None, "", " "])
def test_an_entry_without_an_event_is_refused(code):
    """Rows of one code went one way; those without any need not have."""
    with pytest.raises(BankFailure, match="cannot be read"):
        on_the_tenth(row(tipo_evento=code, valor_parcela=30))


def test_a_minus_sign_that_nothing_explains_is_refused():
    """A sale that took money is not guessed; the failure names the event."""
    with pytest.raises(BankFailure, match="'1-'"):
        on_the_tenth(row(valor_parcela=-30), balances={"saldos": []})


@pytest.mark.parametrize("code", ["29", "30"])
def test_money_in_custody_is_marked(code):
    """It is blocked, or freed, and has not gone for good."""
    assert [each.blocked for each in read(row(tipo_evento=code), row())] == [True, False]


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


@pytest.mark.parametrize(
    ("rows", "amounts"),
    [
        ([("4", 30), ("31", 50)], [-30]),
        ([("31", 30)], [-30]),
        ([("4", 40), ("32", 10)], [-40, 10]),
        ([("4", 30), ("31", None)], [-30]),
        ([("17", 30), ("31", 55)], [-30]),
    ],
)
def test_a_notice_moves_what_the_balances_say(rows, amounts):
    """That a release is postponed is taken for a notice; where the balances follow it, it is an entry and not lost."""
    movements, _ = on_the_tenth(*(row(tipo_evento=code, valor_parcela=size) for code, size in rows))

    assert [movement.amount for movement in movements] == amounts


def test_a_notice_without_balances_moves_nothing():
    """No balance is needed to take a notice for one."""
    movements, _ = on_the_tenth(
        row(valor_parcela=5), row(tipo_evento="31", movimento_api_codigo="B", valor_parcela=50), balances={"saldos": []}
    )

    assert [movement.amount for movement in movements] == [5]


@pytest.mark.parametrize(
    "second",
    [None, {"detalhes": []}, {"detalhes": [row(movimento_api_codigo="2")], "pagination": {"totalPages": 2}}],
    ids=["not_found", "empty", "fewer_pages"],
)
def test_the_pages_that_were_announced_must_come(second):
    """What the first page says of their number holds, also where a later page says nothing or less."""
    first = {"detalhes": [row(movimento_api_codigo="1")], "pagination": {"totalPages": 3}}

    with pytest.raises(IncoherentPages):
        fetch(answering(financial=[first, second], balances=None))


def test_a_notice_that_may_have_moved_nothing_leaves_an_event_undecided():
    """50.00 may be what the event brought, or what the notice brought without what the event took."""
    rows = [row(tipo_evento="31", valor_parcela=100), row(tipo_evento="40", valor_parcela=50)]
    moved = {"saldos": [{"tipo_evento": 7, "valor_saldo": 5}, {"tipo_evento": 8, "valor_saldo": 55}]}

    with pytest.raises(BankFailure, match="40"):
        fetch(answering(financial=[{"detalhes": rows}, {"detalhes": []}], balances=moved))


def test_codes_that_came_as_numbers():
    """They are told like texts, and withhold nothing."""
    sent = {"codigo_transacao": 12345, "movimento_api_codigo": 678, "nsu": 901, "cartao_holder": 4321}

    (movement,) = read(row(**sent, instituicao_financeira="Bacen", codigo_venda=77))

    assert (movement.bank_id, movement.document) == ("678", "77")
    assert all(text in movement.description for text in ("transação 12345", "NSU 901", "final 4321"))
    assert "Bacen" not in movement.description


@pytest.mark.parametrize("sent", [[], None, "", "  "])
def test_a_list_that_is_left_blank(sent):
    """An empty text in place of the list is an empty list."""
    body = msgspec.json.encode({"detalhes": sent, "pagination": {"totalPages": 0, "totalElements": 0}})

    page = msgspec.json.decode(body, type=StatementPage)

    assert (page.rows, page.is_a_list) == ([], True)


@pytest.mark.parametrize("pagination", ["", [], None, [{"totalPages": 1, "totalElements": 1}], "?"])
def test_totals_in_another_form(pagination):
    """What is no object tells no totals, so that the list goes on to an empty page; the only one of a list does."""
    pages = [{"detalhes": [row()], "pagination": pagination}, {"detalhes": [], "pagination": pagination}]

    handed_over, _ = fetch(answering(financial=pages, balances=FLAT))

    assert [movement.amount for page in handed_over for movement in PAGSEGURO.movements(page)] == [1]
