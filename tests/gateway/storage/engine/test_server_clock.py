"""The clock by which all machines go that share a PostgreSQL."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import psycopg
import pytest
from prometheus_client import generate_latest
from sqlalchemy import Connection, select, text

from gateway.clock import SystemClock
from gateway.limits import (
    CLOCK_DIFFERENCE_SECONDS,
    SERVER_CLOCK_SECONDS,
    SERVER_CLOCK_TRIP_SECONDS,
    TOKEN_CLAIM_STALE,
)
from gateway.metrics import REGISTRY
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.engine.server_clock import ServerClock
from gateway.storage.engine.transactions import shared_now
from gateway.storage.shared.tokens import TokenRows
from simulators.certify.harnesses.logged import captured_lines
from tests import postgresql
from tests.gateway.storage.support import tenant_added
from tests.gateway.storage.test_tenancy import Situation
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

BEGAN = NOW.timestamp()


class World:
    """Time as it passes, a server's clock and a machine's; a connection as the driver has it.

    Args:
        ahead: seconds by which the machine's clock is ahead of the server's.
    """

    def __init__(self, ahead: float = 0.0) -> None:
        self.passed = 0.0
        self.ahead = ahead
        self.server_ahead = 0.0
        self.trip = 0.0
        self.asked = 0
        self.clock = ServerClock(lambda: 1000.0 + self.passed, lambda: BEGAN + self.passed + self.ahead)

    def execute(self, _query: str) -> "World":
        """Ask the server, which looks at its clock in the middle of the trip."""
        self.asked += 1
        self.passed += self.trip
        return self

    def fetchall(self) -> list[tuple[float]]:
        """Its answer."""
        return [(BEGAN + self.passed - self.trip / 2 + self.server_ahead,)]

    def rollback(self) -> None:
        """End the transaction that the driver has begun."""

    def look(self, *, new: bool = False) -> None:
        """A transaction begins."""
        self.clock.look(self, new=new)

    def off(self) -> float:
        """Seconds by which the clock is ahead of the server's true time."""
        return self.clock.now().timestamp() - (BEGAN + self.passed + self.server_ahead)


@pytest.mark.parametrize("ahead", [-7200.0, -300.0, 0.0, 300.0, 7200.0])
def test_the_time_is_the_servers_whatever_the_machine_says(ahead: float) -> None:
    """Also after the machine's clock was set, which no look has seen yet."""
    world = World(ahead)
    assert world.off() == pytest.approx(ahead, abs=1e-3), "before the server was asked there is no better one"
    world.look(new=True)
    assert world.off() == pytest.approx(0.0, abs=1e-3)
    world.passed, world.ahead = 5.0, -ahead - 86_400.0
    assert world.off() == pytest.approx(0.0, abs=1e-3)


def test_the_server_is_asked_by_new_connections_and_now_and_then() -> None:
    """Not before every transaction; a new connection may lead to another server."""
    world = World()
    for _ in range(5):
        world.look()
    assert world.asked == 1
    world.passed = SERVER_CLOCK_SECONDS - 0.1
    world.look()
    assert world.asked == 1
    world.passed, world.server_ahead = SERVER_CLOCK_SECONDS, 30.0
    world.look()
    assert (world.asked, round(world.off(), 3)) == (2, 0.0)
    world.server_ahead = -30.0
    world.look(new=True)
    assert (world.asked, round(world.off(), 3)) == (3, 0.0)


def test_an_answer_that_took_long_replaces_no_better_one() -> None:
    """The first one counts whatever it took: half of it is closer than an hour that is wrong."""
    world = World(ahead=3600.0)
    world.trip = 4 * SERVER_CLOCK_TRIP_SECONDS
    world.look(new=True)
    assert abs(world.off()) <= world.trip / 2
    world.trip = 0.0
    world.look(new=True)
    world.trip, world.server_ahead = 4 * SERVER_CLOCK_TRIP_SECONDS, 0.5
    world.look(new=True)
    assert world.off() == pytest.approx(-0.5, abs=1e-3)


def test_a_difference_is_told_once_when_it_comes_and_when_it_goes() -> None:
    """The metric has it with its sign; the log does not repeat it at each look."""
    world = World(ahead=-(CLOCK_DIFFERENCE_SECONDS + 1))
    with captured_lines() as logged:
        for _ in range(3):
            world.look(new=True)
        assert [each["event"] for each in logged] == ["clock_differs"]
        assert logged[0]["ahead_seconds"] == -(CLOCK_DIFFERENCE_SECONDS + 1)
        assert f"gateway_clock_difference_seconds {-(CLOCK_DIFFERENCE_SECONDS + 1)}".encode() in generate_latest(
            REGISTRY
        )
        world.ahead = CLOCK_DIFFERENCE_SECONDS
        for _ in range(3):
            world.look(new=True)
        assert [each["event"] for each in logged] == ["clock_differs", "clock_agrees"]


@pytest.fixture
def machines(postgresql_server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[float], Database]]:
    """Makes machines whose clocks are ahead of the server's by so many seconds, over one database."""
    url = postgresql_server.database()
    made: list[Database] = []

    def machine(ahead: float) -> Database:
        database = Database(postgresql.driven(url))
        assert isinstance(database.clock, ServerClock)
        real = database.clock._machine
        database.clock._machine = lambda: real() + ahead
        made.append(database)
        return database

    yield machine
    for each in made:
        each.engine.dispose()
    postgresql_server.drop(url)


@pytest.mark.parametrize("ahead", [-7200.0, 7200.0])
async def test_a_claim_of_a_refresh_token_counts_at_a_machine_whose_clock_differs(
    machines: Callable[[float], Database], vault: Vault, ahead: float
) -> None:
    """Whoever took it over would spend the refresh token a second time; and a stale one must not stay for hours."""
    right, wrong = machines(0.0), machines(ahead)
    situation = Situation(right, vault, await tenant_added(right, "a"))
    await situation.store()
    account = situation.record.id
    for holder, other in ((right, wrong), (wrong, right)):
        rows, others = TokenRows(holder, vault), TokenRows(other, vault)
        slot = f"held by {holder is right}"
        await rows.create(account, slot, "digest", rows.clock.now())
        row = await rows.load(account, slot)
        assert row is not None
        assert await rows.mark(account, slot, row.version, rows.clock.now())
        assert await others.load(account, slot) is not None

        assert not await others.mark(account, slot, row.version, others.clock.now())
        later = others.clock.now() + TOKEN_CLAIM_STALE + timedelta(seconds=1)
        assert await others.mark(account, slot, row.version, later)
    await right.aclose()
    await wrong.aclose()


async def test_what_is_written_within_a_transaction_has_the_servers_time(
    machines: Callable[[float], Database],
) -> None:
    """It does not go by the machine."""
    database = machines(7200.0)

    def times(connection: Connection) -> tuple[datetime, datetime]:
        return shared_now(connection), connection.execute(select(text("clock_timestamp()"))).scalar_one()

    shared, true = await database.transact(times)
    assert abs(shared - true) < timedelta(seconds=60)
    await database.aclose()


def test_a_file_of_this_machine_goes_by_the_machine(tmp_path) -> None:
    """All processes that have it open are on this machine."""
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}")
    assert isinstance(database.clock, SystemClock)
    database.engine.dispose()


async def test_a_server_that_ends_while_it_is_asked_for_its_time_costs_no_transaction(postgresql_server) -> None:
    """The pool opens another connection."""
    url = postgresql_server.database()
    database = Database(postgresql.driven(url))
    assert isinstance(database.clock, ServerClock)
    look, ended = database.clock.look, []

    def interrupted(connection: psycopg.Connection, *, new: bool) -> None:
        if not ended:
            ended.append(connection)
            raise psycopg.OperationalError("the connection is lost")
        look(connection, new=new)

    database.clock.look = interrupted  # type: ignore[method-assign]
    assert await database.transact(lambda connection: connection.scalar(select(1))) == 1
    await database.aclose()
    postgresql_server.drop(url)
