"""Balances of PagSeguro, which each day has, and days that they tell to be lost."""

from datetime import date
from decimal import Decimal

import httpx
import pytest

from gateway.errors import BankFailure
from gateway.model import Period, Verdict
from tests.gateway.connectors.pagseguro.answers import (
    ELEVENTH,
    PAGSEGURO,
    TENTH,
    TWELFTH,
    answering,
    asked,
    booked,
    fetch,
    pair_of,
    row,
)


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
        [{"tipo_evento": 77, "valor_saldo": "10.00"}],
        {"saldos": [{"tipo_evento": 7}, {"descricao": "SALDO"}]},
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
