"""What Bradesco is asked, and what it tells of the days around a period."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import chain, repeat

import httpx
import pytest

from gateway.connectors import bradesco
from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import converse
from gateway.model import BRASILIA, BalanceAt, Period, Verdict
from simulators.certify.cases import NOW
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from tests.gateway.connectors.bradesco.answers import (
    ACCOUNT,
    AUTHORITY,
    BRADESCO,
    LEDGER,
    TODAY,
    WEEK,
    YESTERDAY,
    last_days,
    read,
    row,
)


def test_no_day_after_today_is_asked_for():
    """A period that ends today is followed by nothing."""
    days = Period(date(2026, 3, 16), date(2026, 3, 18))

    assert list(bradesco._windows(days, days.last)) == [days]


def windows(pair):
    """The periods that were asked for, as days of the year 2026."""
    queries = [request.url.params for request in pair.requests if "extratos" in request.url.path]
    return [(query["dataInicio"][:4], query["dataFim"][:4]) for query in queries]


@pytest.mark.parametrize(
    ("first", "last", "asked"),
    [
        ((3, 17), (3, 17), [("1703", "1803")]),
        ((3, 18), (3, 18), [("1803", "1803")]),
        ((2, 15), (3, 17), [("1502", "1603")]),
        ((2, 1), (2, 28), [("0102", "0703")]),
        ((1, 20), (1, 25), [("2001", "0102"), ("1301", "1901"), ("1412", "1201"), ("0202", "0303")]),
        ((1, 1), (3, 10), [("0101", "3001"), ("3101", "0103"), ("0203", "1703")]),
    ],
)
def test_what_is_asked(first, last, asked):
    """Thirty days at a time and a week more; the days around a period only where no balance is told otherwise."""
    pair = PureHarness("bradesco", NOW, source=LEDGER, authority=AUTHORITY)
    period = Period(date(2026, *first), date(2026, *last))

    found = pair.read(period)

    assert windows(pair) == asked
    assert differences(pair.bank, found, pair.simulated.ledger, period, NOW) == []


def test_an_account_that_never_moved():
    """After a year without entries the balance before the period stays unknown, and nothing is claimed of it."""
    pair = PureHarness("bradesco", NOW, scenario="empty", authority=AUTHORITY)

    found = pair.read(WEEK)

    assert (found.opening_balance, found.proof.verdict) == (None, Verdict.NOT_PROVABLE)
    assert found.proof.reason == "the bank tells no balance before the period"
    assert len(windows(pair)) == 4


def test_an_account_that_moved_long_ago_and_never_again():
    """Where nothing follows within a year, the last row's own balance closes the period."""
    opening = LedgerEntry(booked_at=datetime(2024, 6, 3, 9, tzinfo=BRASILIA), amount=Decimal(7), type="PIX")
    pair = PureHarness("bradesco", NOW, source=Fixed([opening]), authority=AUTHORITY)

    found = pair.read(Period(date(2024, 6, 3), date(2024, 6, 4)))

    assert (found.opening_balance, found.closing_balance, found.proof.verdict) == (0, 7, Verdict.PROVED)
    assert [first for first, _ in windows(pair)] == ["0306", "1206", "1207"]


REFUSED = "CTAS0007 - PERIODO NAO PERMITIDO"


def look_back(status, body):
    """Read a week whose history is empty while the days before it get this answer."""

    def answer(request):
        of_the_week = request.url.params["dataInicio"] == "09032026"
        return httpx.Response(200, json=last_days()) if of_the_week else httpx.Response(status, json=body)

    return converse(BRADESCO.reading(ACCOUNT, WEEK, TODAY), answer)


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"codigoErro": "1", "descricao": REFUSED}),
        (200, {"extratoPorPeriodo": {"codigoRetorno": "7", "mensagem": REFUSED}}),
    ],
)
def test_days_before_what_the_bank_keeps(status, body):
    """That the days before a period are out of the bank's range leaves only its opening balance unknown."""
    _, balances = look_back(status, body)

    assert balances.opening is None


def test_days_before_that_are_refused_otherwise():
    """Any other refusal of the days before a period is told."""
    with pytest.raises(BankFailure):
        look_back(400, {})


def test_a_recent_period_costs_one_request():
    """A period of up to thirty days that ends yesterday is one request; one token serves several periods."""
    pair = PureHarness("bradesco", NOW, authority=AUTHORITY)
    for days in (1, 5, 30):
        pair.read(Period(TODAY - timedelta(days=days), TODAY - timedelta(days=1)))

    assert [request.url.path.rsplit("/", 1)[1] for request in pair.requests] == ["token", *["extratos"] * 3]


def silent_history(previous, *rows):
    """An answer whose history is left out, while the last days begin with a balance."""
    before = row(
        descritivoLancamentoCompleto="Saldo Anterior", valorSaldoAposLancamento=previous, valorLancamento="0,00"
    )
    body = last_days(*rows)
    body["extratoPorPeriodo"] = None
    body["extratoUltimosLancamentos"]["listaLancamentos"]["Saldo Anterior"] = [before]
    return body


def test_silence_before_a_balance_is_no_empty_history():
    """Money does not come from nowhere: a balance that is not zero stands before days of which nothing was told."""
    body = silent_history("20,00", row(valorSaldoAposLancamento="30,00"))

    with pytest.raises(IncoherentPages, match="left out"):
        read(body, Period(date(2026, 3, 1), YESTERDAY.last))


def test_silence_before_a_balance_of_zero_claims_no_completeness():
    """The last days are given; that nothing came before them was told by nobody."""
    body = silent_history("0,00", row(valorSaldoAposLancamento="10,00"))

    movements, balances = read(body, Period(date(2026, 3, 1), YESTERDAY.last))

    assert [movement.amount for movement in movements] == [10]
    assert balances.opening is None
    assert balances.complete_through == date(2026, 2, 28)


@pytest.mark.parametrize(
    "history",
    [
        {"lstLancamentoMensal": [], "quantidadeLancamentos": "0"},
        {"lstLancamentoMensal": ""},
        {"quantidadeLancamentos": 0},
        {"mensagem": "CTAS0014 - NAO HA LANCAMENTOS"},
    ],
)
@pytest.mark.parametrize(
    ("previous", "rows", "through"), [("20,00", 1, date(2026, 2, 28)), ("0,00", 1, None), ("20,00", 0, None)]
)
def test_an_empty_history_before_a_balance_of_an_account_that_moves(history, previous, rows, through):
    """Nothing in a year, and yet a balance that is not zero before its entries: no completeness is claimed."""
    left = "30,00" if previous == "20,00" else "10,00"
    body = silent_history(previous, *[row(valorSaldoAposLancamento=left)] * rows) | {"extratoPorPeriodo": history}

    movements, balances = read(body, Period(date(2026, 3, 1), YESTERDAY.last))

    assert (len(movements), balances.opening, balances.complete_through) == (rows, None, through)


@pytest.mark.parametrize(
    ("last", "closing", "complete_through"),
    [
        (date(2026, 3, 17), None, date(2026, 3, 11)),
        (date(2026, 3, 5), BalanceAt(date(2026, 3, 12), Decimal(30)), date(2026, 3, 12)),
    ],
)
def test_silence_after_the_last_balance_is_no_empty_history(last, closing, complete_through):
    """Without a balance after them, days of which the history is left out are neither proved nor complete."""
    before = row(descritivoLancamentoCompleto="Saldo Anterior", valorSaldoAposLancamento="20,00", valorLancamento=None)
    history = {"lstLancamentoMensal": [before, row(dataLancamento="10/02/2026")]}
    bodies = iter([last_days() | {"extratoPorPeriodo": history}, last_days()])
    period = Period(date(2026, 2, 10), last)

    _, balances = converse(
        BRADESCO.reading(ACCOUNT, period, TODAY), lambda request: httpx.Response(200, json=next(bodies))
    )

    assert (balances.opening.amount, balances.closing) == (20, closing)
    assert balances.complete_through == complete_through


def test_silence_before_a_balance_that_follows_is_an_empty_history():
    """Of days of which the history is left out, the next balance proves that nothing moved on them."""
    before = row(descritivoLancamentoCompleto="Saldo Anterior", valorSaldoAposLancamento="20,00", valorLancamento=None)
    history = {"lstLancamentoMensal": [before, row(dataLancamento="10/02/2026")]}
    following = last_days(row(valorSaldoAposLancamento="40,00"))
    bodies = iter([last_days() | {"extratoPorPeriodo": history}, following])
    period = Period(date(2026, 2, 10), YESTERDAY.last)

    _, balances = converse(
        BRADESCO.reading(ACCOUNT, period, TODAY), lambda request: httpx.Response(200, json=next(bodies))
    )

    assert (balances.opening.amount, balances.closing.amount) == (20, 40)
    assert balances.complete_through is None


def test_nothing_found_for_a_year_after_the_last_balance_does_not_close_the_period():
    """The bank's word that there is nothing is believed where a balance follows, and none does here."""
    before = row(descritivoLancamentoCompleto="Saldo Anterior", valorSaldoAposLancamento="20,00", valorLancamento=None)
    history = {"extratoPorPeriodo": {"lstLancamentoMensal": [before, row(dataLancamento="10/02/2024")]}}
    nothing = {"extratoPorPeriodo": {"codigoRetorno": "CTAS0014", "mensagem": "nada"}}
    answers = chain([httpx.Response(200, json=history)], repeat(httpx.Response(422, json=nothing)))
    period = Period(date(2024, 2, 10), date(2024, 2, 10))

    _, balances = converse(BRADESCO.reading(ACCOUNT, period, TODAY), lambda request: next(answers))

    assert (balances.opening.amount, balances.closing) == (20, None)
