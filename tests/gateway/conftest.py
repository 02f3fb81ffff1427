"""A gateway over a fake line that answers like Inter, in a database of its own."""

import asyncio
import io
import logging
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest
from litestar import Litestar

from gateway import logs
from gateway.app import create_app
from gateway.clock import Clock
from gateway.concurrency.shares import SHARES
from gateway.settings import Secrets, Settings
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from tests.clocks import FixedClock
from tests.gateway.support import NOW, VAULT_KEY, FakeInter


@pytest.fixture
def anyio_backend() -> str:
    """Everything runs on asyncio."""
    return "asyncio"


@pytest.fixture
def bank() -> FakeInter:
    """The fake line."""
    return FakeInter()


@pytest.fixture
def clock() -> FixedClock:
    """A clock that stands at NOW."""
    return FixedClock(NOW)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file in which the tables are up to date; tests work with copies of it."""
    path: Path = tmp_path_factory.mktemp("migrated") / "gateway.sqlite"

    async def migrate() -> None:
        database = Database(f"sqlite:///{path}")
        await database.migrate()
        await database.aclose()

    # In a thread of its own: the first test that asks may have an event loop already.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, migrate()).result()
    return path


@pytest.fixture
def settings(tmp_path: Path, migrated: Path) -> Settings:
    """Settings for a database of the test's own."""
    path = shutil.copy(migrated, tmp_path)
    return Settings(database_url=f"sqlite:///{path}", secret_keys=Secrets((VAULT_KEY,)))


class Logged(io.StringIO):
    """All log lines, whether they have been written or not."""

    def getvalue(self) -> str:
        """All lines."""
        for handler in logging.getLogger().handlers:
            handler.flush()
        return super().getvalue()


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """All that is logged, by us and by libraries, at the lowest level."""
    stream = Logged()
    logs.configure("DEBUG", stream)
    yield stream
    logs.configure("CRITICAL", io.StringIO())


@pytest.fixture
async def database(settings: Settings) -> AsyncIterator[Database]:
    """A migrated database."""
    database = Database(settings.database_url)
    await database.migrate()
    yield database
    await database.aclose()


@pytest.fixture
def vault() -> Vault:
    """A vault with one key."""
    return Vault([VAULT_KEY])


class Brought:
    """Stands for what each test brings of its own."""

    brought: Any = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self.brought, name)


@pytest.fixture(scope="session")
def serve() -> Callable[[Settings, Any, Clock], Litestar]:
    """The application with a test's own settings, line and clock.

    It is made once, because that takes as long as most tests do; its parts are made whenever its lifespan begins.
    """
    settings: Any
    line: Any
    time: Any
    settings, line, time = Brought(), Brought(), Brought()
    settings.brought = Settings(database_url="sqlite://", secret_keys=Secrets())
    app = create_app(settings, line=line, clock=time)

    def lend(own: Settings, bank: Any, clock: Clock) -> Litestar:
        settings.brought, line.brought, time.brought = own, bank, clock
        # The tenants of other tests are not at work any more.
        SHARES._parts.clear()
        SHARES._fresh.clear()
        return app

    return lend


@pytest.fixture
def app(
    serve: Callable[..., Litestar], settings: Settings, bank: FakeInter, clock: FixedClock, logged: io.StringIO
) -> Litestar:
    """The application over the fake line."""
    return serve(settings, bank, clock)


@pytest.fixture
async def client(app: Litestar) -> AsyncIterator[httpx.AsyncClient]:
    """A client with a tenant's key, in the application's own event loop."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        client.headers["Authorization"] = f"Bearer {await app.state['parts'].keys.create('tenant-a', NOW)}"
        yield client


@pytest.fixture
def new_key(app: Litestar) -> Callable[[str], Awaitable[str]]:
    """Makes a key for the tenant of a name."""

    async def make(tenant: str) -> str:
        key: str = await app.state["parts"].keys.create(tenant, NOW)
        return key

    return make
