from datetime import datetime, timedelta

import pytest

from simulators.calendar import is_business_day
from tests.served import processes


@pytest.fixture(scope="session")
def banks(tmp_path_factory):
    """Simulators that serve all tests of this folder; each test opens accounts of its own."""
    with processes.simulators(tmp_path_factory.mktemp("simulators")) as running:
        running.ask("PUT", "/clock", json={"now": weekday_afternoon(running).isoformat()}).raise_for_status()
        yield running


def weekday_afternoon(banks):
    """One o'clock in the afternoon of the last business day after three others, on whatever day the tests run.

    Every bank has settled the day before, and no statement ends on days without banking, which cost Inter more of the
    calls that it allows in a minute.
    """
    now = datetime.fromisoformat(banks.ask("GET", "/clock").json()["now"])
    now = now.replace(hour=13, minute=0, second=0, microsecond=0)
    while not all(is_business_day(now.date() - timedelta(days=days)) for days in range(4)):
        now -= timedelta(days=1)
    return now


@pytest.fixture(scope="session")
def log(tmp_path_factory):
    """All that the gateway writes."""
    return tmp_path_factory.mktemp("log") / "gateway.log"


@pytest.fixture(scope="session")
def gateway(banks, tmp_path_factory, log):
    """A gateway over the simulators."""
    with processes.gateway(tmp_path_factory.mktemp("gateway"), banks, log=log) as running:
        yield running


@pytest.fixture(scope="session")
def today(banks):
    """The day in the simulated world."""
    return banks.ask("GET", "/clock").json()["now"][:10]
