"""A browser, a served gateway over simulators, and a page of a new visitor."""

import pytest

from tests.browser import chromium
from tests.browser.looking import Guard, Shots, visiting
from tests.served import processes
from tests.served.conftest import weekday_afternoon


@pytest.fixture(scope="session")
def anyio_backend():
    """The driver works with asyncio."""
    return "asyncio"


@pytest.fixture(scope="package")
async def browser(anyio_backend):
    """A running browser. Its loop is that of the tests of this folder, so that it ends with them."""
    try:
        chromium.found()
    except chromium.NoBrowser as error:
        pytest.fail(str(error), pytrace=False)
    async with chromium.started() as running:
        yield running


@pytest.fixture(scope="package")
def banks(tmp_path_factory):
    """Simulators that serve all tests of this folder; each test opens accounts of its own."""
    with processes.simulators(tmp_path_factory.mktemp("simulators")) as running:
        running.ask("PUT", "/clock", json={"now": weekday_afternoon(running).isoformat()}).raise_for_status()
        yield running


@pytest.fixture(scope="package")
def state(tmp_path_factory):
    """The gateway's folder, in which `processes.new_key` makes keys."""
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="package")
def log(tmp_path_factory):
    """All that the gateway writes."""
    return tmp_path_factory.mktemp("log") / "gateway.log"


@pytest.fixture(scope="package")
def gateway(banks, state, log):
    """A gateway over the simulators."""
    with processes.gateway(state, banks, log=log) as running:
        yield running


@pytest.fixture
def guard(gateway):
    """Notes what pages do that they must not; `page` asks it in the end."""
    return Guard(gateway.url)


@pytest.fixture
async def page(browser, gateway, guard):
    """A page of a new visitor of the gateway."""
    async with visiting(browser, gateway.url, guard) as opened:
        yield opened


@pytest.fixture
def screenshots():
    """Called with a page and a name, it sees whether the page fits, and takes screenshots where they are kept."""
    return Shots.wanted()
