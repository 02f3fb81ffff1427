"""The present balance of Sicoob, and what it may include: limits, blocked money, entries to come."""

from datetime import date, datetime
from decimal import Decimal

import pytest

from contracts.schema import Evidence
from gateway.errors import BankFailure
from gateway.model import BRASILIA, Period
from gateway.statement.assemble import assemble
from tests.gateway.connectors.sicoob.answers import ACCOUNT, NOW, SICOOB, fetched, posts_nothing, row


@pytest.mark.parametrize("unknown", ["saldoAnterior", "saldoAtual"])
def test_without_a_balance_nothing_is_proved(unknown):
    """A balance that the bank leaves out is not made up."""
    sent = {"saldoAnterior": "1.00", "saldoAtual": "1.00", "transacoes": []}
    del sent[unknown]
    balances, _, _ = fetched(Period(date(2026, 3, 9), date(2026, 3, 10)), sent)

    assert balances.closing is None
    assert (balances.opening is None) is (unknown == "saldoAnterior")


def test_a_balance_that_cannot_be_read():
    """Filler text in place of a balance is no statement."""
    with pytest.raises(BankFailure, match="cannot be read"):
        fetched(Period(date(2026, 3, 9), date(2026, 3, 10)), {"saldoAnterior": "string", "transacoes": []})


def test_entries_after_today_are_in_no_balance():
    """Scheduled entries come unmarked; the present balance leaves them out."""
    coming = [row(), row(dataLote="2026-03-19")]
    sent = {"saldoAnterior": "1.00", "saldoAtual": "0.00", "transacoes": coming}

    assert fetched(Period(date(2026, 3, 9), date(2026, 3, 10)), sent)[0].closing.amount == 0


@pytest.mark.parametrize(
    ("present", "limit", "blocked", "judicial"),
    [
        ("100.00", "500.00", "20.00", "3.00"),
        ("600.00", "500.00", "20.00", "3.00"),
        ("80.00", "500.00", "20.00", "3.00"),
        ("577.00", "500.00", "20.00", "3.00"),
        ("600,00", 500, None, ""),
        ("600.00", "-500.00", "20.00", "3.00"),
        ("120.00", "500.00", "20.00", "3.00"),
        ("103.00", "500.00", "20.00", "3.00"),
        ("77.00", "500.00", "20.00", "3.00"),
        ("80.00", "string", "20.00", {}),
    ],
)
def test_the_rows_tell_what_the_present_balance_includes(present, limit, blocked, judicial):
    """The limit may be in the present balance, blocked amounts may be missing in it; anything else disproves."""
    sums = {"saldoLimite": limit, "saldoBloqueado": blocked, "saldoBloqueioJudicial": judicial}
    sent = {"saldoAnterior": "101.00", "saldoAtual": present, **sums, "transacoes": [row()]}
    period = Period(date(2026, 3, 9), date(2026, 3, 10))

    assert fetched(period, sent)[0].closing.amount == 100
    contradicted = fetched(period, {**sent, "transacoes": [row(valor="1.01")]})[0]
    assert [each.evidence for each in contradicted.contradictions] == [Evidence.ASSUMED]


def test_a_present_balance_of_another_meaning_withholds_nothing():
    """What is assumed of `saldoAtual` may be wrong at an account for ever; its entries are given all the same."""
    sent = {"saldoAnterior": "1000.00", "saldoAtual": "1505.00", "saldoLimite": "2000.00"}
    rows = [row(tipo="CREDITO", valor="5.00", dataLote="2026-03-10T00:00")]
    period, now = Period(date(2026, 3, 1), date(2026, 3, 15)), datetime(2026, 3, 20, 12, tzinfo=BRASILIA)

    balances, _, months = fetched(period, {**sent, "transacoes": rows}, today=now.date())
    movements = [movement for month in months for movement in SICOOB.movements(month)]
    statement = assemble(SICOOB.contract, ACCOUNT, period, movements, balances, now)

    posts_nothing(statement)
    assert [entry.amount for entry in statement.entries] == [5]
    assert "1505.00" in statement.proof.reason


@pytest.mark.parametrize("present", ["99.50", "20.00"])
def test_a_court_s_block_before_the_period_may_be_left_out(present):
    """Each sum that the answer tells may be the difference; half of one, or another one, is none."""
    sent = {"saldoAnterior": "101.00", "saldoAtual": present, "saldoBloqueioJudicialAnterior": "80.00"}

    balances, _, _ = fetched(Period(date(2026, 3, 9), date(2026, 3, 10)), {**sent, "transacoes": [row()]})

    assert len(balances.contradictions) == (present != "20.00")


@pytest.mark.parametrize("present", ["string", [], True])
def test_a_present_balance_that_is_none_withholds_nothing(present):
    """It only proves: the rows are given without it."""
    sent = {"saldoAnterior": "101.00", "saldoAtual": present, "transacoes": [row()]}

    balances, _, months = fetched(Period(date(2026, 3, 9), date(2026, 3, 10)), sent)

    assert balances.closing is None
    assert sum(len(month.rows) for month in months) == 1


CHEQUE = {"tipo": "CREDITO", "valor": "100.00", "numeroDocumento": "116"}


@pytest.mark.parametrize(
    "text", ["DEP.CHEQUE BLOQ.1D", "DEP CH.CANAL ATEND.1D", "Dep. Cheque Bloq.2d", "DEPÓSITO BLOQUEADO 1D"]
)
@pytest.mark.parametrize("month", [2, 3])
def test_a_cheque_that_is_blocked_at_first_is_told_twice(text, month):
    """When it is deposited, which is in no balance, and when it is set free; the first is never final."""
    rows = [
        row(**CHEQUE, descricao=text, dataLote=f"2026-{month:02}-10"),
        row(**CHEQUE, descricao="LIBERAÇÃO DE DEPÓSITO BLOQUEADO", dataLote=f"2026-{month:02}-11"),
        row(tipo="CREDITO", descricao="DEP CHEQUE COOP/AG", dataLote=f"2026-{month:02}-12"),
    ]
    period = Period(date(2026, month, 1), date(2026, month, 13))
    following = {"saldoAnterior": "111.00", "saldoAtual": "111.00", "transacoes": []}

    balances, _, months = fetched(
        period, {"saldoAnterior": "10.00", "saldoAtual": "111.00", "transacoes": rows}, *[following] * (month == 2)
    )
    movements = [movement for part in months for movement in SICOOB.movements(part)]
    statement = assemble(SICOOB.contract, ACCOUNT, period, movements, balances, NOW)

    assert (statement.proof.verdict, statement.opening_balance, statement.closing_balance) == ("proved", 10, 111)
    assert [(entry.amount, entry.stability, entry.blocked) for entry in statement.entries] == [
        (100, "provisional", True),
        (100, "final", False),
        (1, "final", False),
    ]


def test_a_cheque_that_is_still_blocked():
    """Whether the present balance has it or not, the entries are proved and it is not final."""
    cheque = row(**CHEQUE, descricao="DEP.CHEQUE BLOQ.1D")
    period = Period(date(2026, 3, 9), date(2026, 3, 12))
    for present in ("10.00", "110.00"):
        sent = {"saldoAnterior": "10.00", "saldoAtual": present, "saldoBloqueado": "100.00", "transacoes": [cheque]}
        balances, _, months = fetched(period, sent)
        movements = [movement for part in months for movement in SICOOB.movements(part)]
        statement = assemble(SICOOB.contract, ACCOUNT, period, movements, balances, NOW)

        assert (statement.proof.verdict, statement.closing_balance) == ("proved", Decimal(present))
        assert [entry.stability for entry in statement.entries] == ["provisional"]
