"""Days that pass in the simulated world, with a gateway that lives in it."""

from tests.benchmarks.month import measured
from tests.served import processes


def test_days_of_imports_wait_for_no_minute_and_authorizations_live_on(tmp_path):
    """Limits of a minute are counted in the world's time, and timers come due while its clock glides."""
    with processes.simulators(tmp_path / "banks") as banks, processes.gateway(tmp_path, banks) as gateway:
        assert measured(banks, gateway, days=4, glide=5)["statements"] == 48
