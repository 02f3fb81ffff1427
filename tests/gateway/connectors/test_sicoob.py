"""What is odd about Sicoob: the truth in every reading, ids, and how it is asked."""

from datetime import date, timedelta
from decimal import Decimal

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import IncoherentPages
from gateway.model import Credentials, Period, Verdict
from simulators.certify.comparing.with_ledger import differences
from tests.gateway.connectors.sicoob.answers import (
    ACCOUNT,
    NOW,
    READINGS,
    SICOOB,
    TODAY,
    ledger,
    pair_of,
    posts_nothing,
)


@pytest.mark.parametrize(
    ("name", "other"),
    [(name, other) for name, reading in READINGS.items() for other in reading.others if other != "no_content"],
)
def test_every_reading_gives_the_truth(name, other):
    """Whichever way the bank means it, the statement is the ledger, and proved."""
    pair = pair_of(
        ledger((1, 5, "90"), (2, 3, "-4"), (2, 3, "-4"), (2, 28, "1"), (3, 1, "2"), (3, 18, "5")), **{name: other}
    )
    for period in (
        Period(date(2026, 1, 20), date(2026, 2, 3)),
        Period(date(2026, 2, 3), date(2026, 3, 17)),
        Period(date(2026, 3, 2), date(2026, 3, 17)),
    ):
        statement = pair.read(period)

        # Rows of older versions have no id, whatever the contract says of the present one.
        blurred = {"id"} if other == "without_id" else set()
        assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW, blurred=blurred) == []
        assert statement.proof.verdict is Verdict.PROVED


@given(
    amounts=st.lists(st.integers(1, 300).map(Decimal), min_size=1, max_size=6),
    place=st.integers(0, 5),
    month=st.sampled_from((2, 3)),
    twice=st.booleans(),
    with_id=st.booleans(),
)
def test_a_list_that_is_not_whole_is_noticed(amounts, place, month, twice, with_id):
    """A row that is missing or comes twice is no statement; in the present month, one that is disproved."""
    source = ledger(*[(month, 1 + n, amount) for n, amount in enumerate(amounts)])
    pair = pair_of(source, row_form="with_id" if with_id else "without_id")
    honest = pair.bank.answer

    def damaged(request):
        response = honest(request)
        body = response.json()
        if rows := body.get("resultado", {}).get("transacoes"):
            place_in = place % len(rows)
            rows[place_in : place_in + 1] = rows[place_in : place_in + 1] * (2 if twice else 0)
        return httpx.Response(response.status_code, json=body)

    pair.bank.answer = damaged

    period = Period(date(2026, month, 1), date(2026, month, 10))
    if month == TODAY.month and not (twice and with_id):
        posts_nothing(pair.read(period))
    else:
        with pytest.raises(IncoherentPages):
            pair.read(period)


def test_ids_outlive_the_period_and_the_month_before():
    """The same entry has the same id when read alone and within three months, with and without the bank's id."""
    movements = [(1, 5, "90"), (2, 3, "-4"), (2, 3, "-4"), (3, 5, "2")]
    for form in ("with_id", "without_id"):
        pair = pair_of(ledger(*movements), row_form=form)
        long = pair.read(Period(date(2026, 1, 1), date(2026, 3, 17)))
        short = pair.read(Period(date(2026, 2, 3), date(2026, 2, 3)))

        assert [e.id for e in long.entries if e.date == date(2026, 2, 3)] == [e.id for e in short.entries]
        assert len({e.id for e in long.entries}) == 4


def test_a_period_that_ends_today():
    """The present day is asked for and told, as provisional."""
    statement = pair_of(ledger((3, 5, "10"), (3, 18, "1"))).read(Period(date(2026, 3, 17), TODAY))

    assert [entry.stability for entry in statement.entries] == ["provisional"]
    assert (statement.opening_balance, statement.closing_balance) == (10, 11)


def test_boletos_are_not_read_in_batches():
    """Boletos settled on one day are entries of their own."""
    pair = pair_of(ledger((3, 5, "10"), (3, 5, "20"), kind="BOLETO"))

    assert [e.amount for e in pair.read(Period(date(2026, 3, 5), date(2026, 3, 5))).entries] == [10, 20]


def test_leading_zeros_and_the_header():
    """The account number travels as a number, the client id as a header with an underscore."""
    account = msgspec.structs.replace(ACCOUNT, number="00123456")
    request = next(SICOOB.reading(account, Period(date(2026, 3, 9), date(2026, 3, 10)), TODAY))

    assert request.url.params["numeroContaCorrente"] == "123456"
    assert request.url.params["agruparCNAB"] == "false"
    assert request.headers["client_id"] == "c"
    assert SICOOB.client_certificate(account) == ("pem", "key")


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        (None, "cco_consulta"),
        ("cco_consulta", "cco_consulta"),
        ("cco_extrato cco_saldo", "cco_extrato cco_saldo"),
        ("openid cco_transferencias", "cco_consulta"),
    ],
)
def test_one_family_of_scopes(typed, asked):
    """Reading scopes of one family are asked for, never both and never a scope that moves money."""
    held = {**ACCOUNT.credentials.values, **({"scope": typed} if typed else {})}
    account = msgspec.structs.replace(ACCOUNT, credentials=Credentials(held))
    request = next(SICOOB.auth(account).obtain(None, NOW))

    form = dict(httpx.QueryParams(request.content.decode()))
    assert form == {"grant_type": "client_credentials", "client_id": "c", "scope": asked}


def test_a_token_of_five_minutes_is_renewed_on_the_way():
    """Months read slowly cost one token each five minutes, and no more."""
    pair = pair_of(ledger((1, 5, "90")))
    honest = pair.bank.answer

    def slow(request):
        response = honest(request)
        pair.clock.advance(timedelta(seconds=120))
        return response

    pair.bank.answer = slow
    pair.read(Period(date(2026, 1, 1), date(2026, 3, 17)))

    assert [request.extensions["operation"] for request in pair.requests] == [
        "token", "statement", "statement", "token", "statement"
    ]  # fmt: skip
