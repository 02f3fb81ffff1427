"""The pytest plugin `extrato`: fixtures over simulated banks.

Nothing else of this distribution is imported before a test asks for a fixture, and served banks run in a process of
their own, so that a project may have packages named as ours are, and one that uses no fixture pays for none.
"""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from extrato_testing.gateways import ExtratoGateway
    from extrato_testing.routing import BankRouter
    from extrato_testing.served import BankSimulators, BankWorld
    from extrato_testing.shapes import Account

__all__ = [
    "assert_polite",
    "bank_account",
    "bank_router",
    "bank_simulators",
    "bank_world",
    "extrato_gateway",
    "extrato_world_gateway",
]


def _folder(request: pytest.FixtureRequest, factory: pytest.TempPathFactory) -> Path:
    """The temporary folder of the run, which all workers of pytest-xdist share."""
    base = factory.getbasetemp()
    return (base.parent if hasattr(request.config, "workerinput") else base) / "extrato"


@pytest.fixture(scope="session")
def bank_simulators(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator["BankSimulators"]:
    """All banks, served by one process for the whole run."""
    from extrato_testing.served import BankSimulators  # noqa: PLC0415 - nothing is imported that no test needs
    from extrato_testing.serving import shared  # noqa: PLC0415

    arguments = ("serve", "--port", "0", "--tls-port", "0", "--state")
    folder = _folder(request, tmp_path_factory) / "banks"
    with shared(folder, "simulators", lambda place: (*arguments, str(place / "state")), lambda _: {}) as ready:
        yield BankSimulators(ready["http"], ready["tls"], Path(ready["ca"]), ready["control"])


@pytest.fixture
def bank_world(request: pytest.FixtureRequest, bank_simulators: "BankSimulators") -> Iterator["BankWorld"]:
    """A world of this test alone, without accounts at first."""
    from extrato_testing.calls import CallRefusedError  # noqa: PLC0415
    from extrato_testing.served import CONFLICT, BankWorld, world_name  # noqa: PLC0415

    test = request.node.nodeid
    try:
        world = BankWorld(bank_simulators, world_name(test))
    except CallRefusedError as error:
        if error.status != CONFLICT:
            raise
        # Two workers run the same test at once, as with `--dist each`.
        worker = getattr(request.config, "workerinput", {}).get("workerid", "again")
        world = BankWorld(bank_simulators, world_name(f"{test} {worker}"))
    try:
        yield world
    finally:
        world.end()


@pytest.fixture
def bank_account(bank_world: "BankWorld") -> Callable[..., "Account"]:
    """Opens an account in the test's world: `bank_account(bank, scenario="ok", entries=None, **parameters)`."""
    return bank_world.account


@pytest.fixture
def assert_polite(bank_world: "BankWorld") -> Iterator[Callable[[], None]]:
    """Fails the test where callers of its world were not polite to the banks, at its end and when it is called."""
    yield bank_world.assert_polite
    bank_world.assert_polite()


@pytest.fixture(scope="session")
def _run_gateway(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, bank_simulators: "BankSimulators"
) -> Iterator["ExtratoGateway"]:
    from extrato_testing.gateways import running_gateway  # noqa: PLC0415

    folder = _folder(request, tmp_path_factory) / "gateway"
    with running_gateway(folder, bank_simulators, bank_simulators.control) as gateway:
        yield gateway


@pytest.fixture
def extrato_gateway(_run_gateway: "ExtratoGateway") -> "ExtratoGateway":
    """A gateway over the served banks, one process for the whole run. It lives by the machine's clock."""
    return _run_gateway


@pytest.fixture
def extrato_world_gateway(tmp_path: Path, bank_world: "BankWorld") -> Iterator["ExtratoGateway"]:
    """A gateway of this test alone, which lives by the clock of its world; it takes seconds to start."""
    from extrato_testing.gateways import running_gateway  # noqa: PLC0415

    with running_gateway(tmp_path / "extrato-gateway", bank_world.simulators, bank_world.control) as gateway:
        yield gateway


@pytest.fixture
def bank_router() -> Iterator[Callable[..., "BankRouter"]]:
    """Starts a router that plays a bank in this process until the test ends; arguments as of `extrato_testing.router`.

    It needs respx.
    """
    import extrato_testing  # noqa: PLC0415

    with contextlib.ExitStack() as stack:

        def start(bank: str, scenario: str = "ok", **more: Any) -> "BankRouter":
            return stack.enter_context(extrato_testing.router(bank, scenario, **more))

        yield start
