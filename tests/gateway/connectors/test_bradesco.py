"""What is odd about Bradesco: the truth in every reading, or a failure."""

from datetime import date, timedelta

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.errors import IncoherentPages
from gateway.model import Period
from simulators.banks import bank_class
from simulators.certify.cases import FIRST, NOW, ledgers
from simulators.certify.comparing.with_ledger import differences
from simulators.certify.harnesses.pure import PureHarness
from simulators.world import Parameters
from tests.gateway.connectors.bradesco.answers import AUTHORITY, CONTRACT, LEDGER, TODAY, YESTERDAY

READINGS = {name: (reading.chosen, *reading.others) for name, reading in CONTRACT.readings.items()}


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(data=st.data())
def test_every_reading_gives_the_truth(data):
    """Whatever the conflicting points turn out to be, and up to today, the statement is the ledger."""
    pair = PureHarness(
        "bradesco",
        NOW,
        source=data.draw(ledgers(bank_class("bradesco"))),
        parameters=Parameters(readings={name: data.draw(st.sampled_from(all_)) for name, all_ in READINGS.items()}),
        authority=AUTHORITY,
    )
    first = data.draw(st.integers(-3, (TODAY - FIRST).days))
    last = data.draw(st.integers(first, (TODAY - FIRST).days))
    period = Period(FIRST + timedelta(days=first), FIRST + timedelta(days=last))

    statement = pair.read(period)

    assert differences(pair.bank, statement, pair.simulated.ledger, period, NOW) == []
    assert None not in {statement.opening_balance, statement.closing_balance}


def altered(alter, period, call=1):
    """Read with the ledger while one answer is altered, the announced numbers agreeing with what is left."""
    pair = PureHarness("bradesco", NOW, source=LEDGER, authority=AUTHORITY)
    genuine, calls = pair.bank.answer, []

    def answer(request):
        response = genuine(request)
        if "extratos" not in request.url.path:
            return response
        calls.append(request)
        if len(calls) != call:
            return response
        body = msgspec.json.decode(response.content)
        alter(
            body["extratoPorPeriodo"]["lstLancamentoMensal"],
            *body["extratoUltimosLancamentos"]["listaLancamentos"].values(),
        )
        for block in body.values():
            del block["quantidadeLancamentos"]
        return httpx.Response(200, json=body)

    pair.bank.answer = answer
    return pair.read(period)


MONTH = Period(date(2026, 2, 16), date(2026, 3, 16))


@pytest.mark.parametrize(
    ("alter", "period"),
    [
        (lambda history, *_: history.clear(), MONTH),
        (lambda history, *_: history.pop(), MONTH),
        (lambda history, *_: history.pop(1), MONTH),
        (lambda history, *_: history.append(history[-1]), MONTH),
        (lambda history, *_: history.insert(2, history[1]), MONTH),
        (lambda history, *_: (history.reverse(), history.pop(1)), MONTH),
        (lambda history, *_: history.__delitem__(slice(0, 2)), MONTH),
        (lambda history, *_: history.pop(), Period(date(2026, 1, 10), date(2026, 1, 14))),
        (lambda history, *_: history.pop(), Period(date(2026, 1, 10), date(2026, 3, 15))),
        (lambda _, previous, yesterday, today: yesterday.pop(), YESTERDAY),
        (lambda _, previous, yesterday, today: yesterday.append(yesterday[-1]), YESTERDAY),
        (lambda _, previous, yesterday, today: previous[0].update(valorSaldoAposLancamento="1,00"), YESTERDAY),
        (lambda history, previous, *_: previous[0].update(valorSaldoAposLancamento="1,00"), MONTH),
    ],
)
def test_balances_notice_what_is_lost_or_doubled(alter, period):
    """A lost, doubled or moved row breaks the balances even where no number of rows is announced."""
    with pytest.raises(IncoherentPages):
        altered(alter, period)


@pytest.mark.parametrize(
    ("alter", "period"),
    [
        (lambda history, *_: history.__delitem__(slice(1, 3)), MONTH),
        (lambda _, previous, yesterday, today: (yesterday.pop(), today.clear()), YESTERDAY),
    ],
)
def test_balances_alone_do_not_notice_everything(alter, period):
    """What cancels out, and the newest entries of all, are missed only by the announced number of rows."""
    assert altered(alter, period)
