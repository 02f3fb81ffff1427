"""A simulated bank on which the faults of other checks cannot act is told so."""

import httpx
import pytest

from simulators.banks.inter import Inter
from simulators.certify.bench import Bench
from simulators.certify.checks.faults import faults_act
from simulators.certify.demands import Shortfall
from simulators.faults import Slice


class Uncut(Inter):
    """Cuts its lists by itself."""

    def cut(self, call, rows, start, size):
        part = rows[start : start + size]
        return Slice(part, start + size < len(rows))


class Wordy(Inter):
    """Gives its rows as texts, in which no fault finds a field."""

    def routes(self):
        listed = super().routes()["statement"]

        def worded(call):
            body = listed(call).json()
            return httpx.Response(200, json={**body, "transacoes": [str(row) for row in body["transacoes"]]})

        return {**super().routes(), "statement": worded}


@pytest.mark.parametrize(
    ("bank", "names"),
    [
        (Uncut, ("lose_page", "the check paging shows nothing", "`cut`")),
        (Wordy, ("unreadable_values", "the check rows shows nothing", "a list of objects in JSON")),
        (Inter, ()),
    ],
)
def test_faults_must_act(bank, names):
    """The fault, the check that would show nothing, and what gives the fault an effect are named."""
    bench = Bench("inter")
    harness, bench.bank = bench.harness, bank

    def made(**more):
        found = harness(**more)
        found.bank.__class__ = bank
        vars(found.bank).pop("cut", None)
        return found

    bench.harness = made
    if not names:
        faults_act(bench)
        return
    with pytest.raises(Shortfall) as short:
        faults_act(bench)
    assert all(name in str(short.value) for name in names)
