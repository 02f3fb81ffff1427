"""What a contract denies need not come; what comes all the same is compared with the ledger."""

from datetime import timedelta

from msgspec.structs import replace

from gateway.connectors.btg_pactual import BtgPactual
from gateway.connectors.sicoob import Sicoob
from simulators.certify.bench import Bench
from simulators.certify.certificate.suite import run_check
from simulators.certify.checks.levels import CHECKS

MONTH = next(check for check in CHECKS if check.name == "month")


class HoursOff(Sicoob):
    """Gives instants, which have no seconds at this bank, in another zone."""

    def normalise(self, page):
        for movement in super().normalise(page):
            moment = movement.booked_at
            yield movement if moment is None else replace(movement, booked_at=moment + timedelta(hours=3))


class Invents(BtgPactual):
    """Gives a balance after each row, which the bank does not."""

    def normalise(self, page):
        for movement in super().normalise(page):
            yield replace(movement, balance=movement.amount)


def test_what_is_invented_is_noticed():
    """An instant three hours late and a balance that nobody sent; one without seconds is as right as it can be."""
    assert run_check(MONTH, Bench("sicoob"), 1, 1).shortfall == ""
    assert "booked_at is" in run_check(MONTH, Bench("sicoob", HoursOff), 1, 1).shortfall
    assert "balance is" in run_check(MONTH, Bench("btg_pactual", Invents), 1, 1).shortfall
