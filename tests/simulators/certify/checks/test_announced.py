"""The check of requests that are announced: each is asked, as the same object, after the other."""

import httpx
import pytest

import contracts
from gateway.connectors.in_turn import in_turn
from gateway.connectors.inter import Inter
from gateway.flow import AHEAD
from simulators.certify.bench import Bench
from simulators.certify.certificate.suite import named_checks, run_check

(AHEAD_CHECK,) = named_checks("ahead")


def found(adapter=None, slug="inter"):
    return run_check(AHEAD_CHECK, Bench(slug, adapter), 1, 1)


class StopsEarly(Inter):
    """Announces every window and reads no further than the first one with rows."""

    def fetch(self, account, period, today):
        windows = list(period.windows(10))
        results = in_turn([self._window(account, each, adds=True, last=period.last) for each in windows])
        yield from next(results)
        return (yield from super().fetch(account, windows[-1], today))


class MakesAnother(Inter):
    """Announces a request, and asks an equal one in its place."""

    def fetch(self, account, period, today):
        flow = super().fetch(account, period, today)
        reply = None
        while True:
            try:
                event = flow.send(reply)
            except StopIteration as stop:
                return stop.value
            if isinstance(event, httpx.Request):
                event.extensions[AHEAD] = [httpx.Request(event.method, event.url)]
            reply = yield event


@pytest.mark.parametrize("adapter", [StopsEarly, MakesAnother])
def test_what_is_announced_and_not_asked_is_named(adapter):
    """With the line that asked, both addresses, and what to do."""
    told = found(adapter)

    assert ":" in told.explanation.place
    assert "announces https://cdpj.partners.bancointer.com.br/" in told.shortfall
    assert "announce only what is asked whatever the answers contain" in told.shortfall


@pytest.mark.parametrize("slug", contracts.banks())
def test_the_adapters_of_this_tree_ask_what_they_announce(slug):
    """Windows and pages alike, of an account with movements and of one without."""
    assert found(slug=slug).shortfall == ""
