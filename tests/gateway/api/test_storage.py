"""Errors of the database: every address names them, and an answer of a bank arrives nevertheless."""

import io
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from gateway.accounts.keys.api_keys import Keys
from gateway.accounts.recording import notes
from gateway.errors import GatewayError
from gateway.settings import Settings
from gateway.storage.engine import database as databases
from tests.gateway.support import NOW, FakeInter, credentials, enabled, registration

pytestmark = pytest.mark.anyio

PERIOD = "from=2026-03-09&to=2026-03-13"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten the wait for a lock."""
    monkeypatch.setattr(databases, "DATABASE_LOCK_SECONDS", 0.2)


@pytest.fixture
def path(settings: Settings) -> Path:
    """The file of the database."""
    return Path(settings.database_url.removeprefix("sqlite:///"))


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Another process holds the write lock."""
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.execute("ROLLBACK")


@contextmanager
def pragma(app: Litestar, words: str, back: str) -> Iterator[None]:
    """Every connection is under a pragma when it is taken."""
    engine = app.state["parts"].database.engine

    def taken(connection: object, _record: object, _proxy: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"PRAGMA {words}")
        cursor.close()

    event.listen(engine, "checkout", taken)
    yield
    event.remove(engine, "checkout", taken)

    def restored(connection: object, _record: object, _proxy: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute(f"PRAGMA {back}")
        cursor.close()

    event.listen(engine, "checkout", restored)


def delete(path: Path) -> None:
    """The file goes while it is open."""
    for end in ("", "-wal", "-shm"):
        Path(f"{path}{end}").unlink()


def overwrite(path: Path) -> None:
    """The file holds something else now."""
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    path.write_bytes(os.urandom(path.stat().st_size))


def trouble(kind: str, app: Litestar, path: Path) -> object:
    """One kind of trouble while it lasts."""
    return {
        "locked": lambda: locked(path),
        "read-only": lambda: pragma(app, "query_only = 1", "query_only = 0"),
        "full": lambda: pragma(app, "max_page_count = 1", "max_page_count = 1000000"),
    }[kind]()


def writes(account: str) -> list[tuple[str, str, object]]:
    """Every request that writes, in an order in which each still has something to do."""
    form = {"credentials": credentials(client_id="another")}
    return [
        ("POST", "/v1/accounts", registration(number="99887766")),
        ("POST", "/v1/accounts", registration(number="99887767", credentials=credentials())),
        ("PATCH", f"/v1/accounts/{account}", {"description": "x" * 200, "default": True}),
        ("PUT", f"/v1/accounts/{account}/integration", form),
        ("DELETE", f"/v1/accounts/{account}/integration", None),
        ("DELETE", f"/v1/accounts/{account}", None),
    ]


@pytest.mark.parametrize("kind", ["locked", "read-only"])
async def test_whatever_writes_names_the_trouble(
    app: Litestar, client: httpx.AsyncClient, path: Path, kind: str
) -> None:
    """Each is refused with its code; afterwards nothing has changed and all is well."""
    account = await enabled(client)

    with trouble(kind, app, path):  # type: ignore[attr-defined]
        answers = [await client.request(method, at, json=body) for method, at, body in writes(account)]
        ready = await client.get("/health/ready")

    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "storage_unavailable")}
    assert all(answer.headers["Retry-After"] and answer.json()["retryable"] for answer in answers)
    assert {answer.json()["actor"] for answer in answers} == {"operator"}
    assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")
    assert (await client.get(f"/v1/accounts/{account}")).json()["description"] == "Conta principal"
    assert (await client.get("/health/ready")).status_code == 200


async def refusal(keys: Keys, tenant: str) -> GatewayError | None:
    """Why no key could be made for a tenant of that name."""
    try:
        await keys.create(tenant, NOW)
    except OperationalError as error:
        return databases.storage_trouble(error)
    return None


async def test_a_full_disk_is_no_defect(app: Litestar, client: httpx.AsyncClient, path: Path) -> None:
    """Readiness sees it at once, although what little room the last page has may still be used up."""
    keys = app.state["parts"].keys

    with trouble("full", app, path):  # type: ignore[attr-defined]
        ready = await client.get("/health/ready")
        refused = [error for number in range(200) if (error := await refusal(keys, f"{number} {'x' * 180}"))]

    assert (ready.status_code, ready.json()["code"]) == (503, "not_ready")
    assert "no room" in ready.json()["detail"]
    assert {error.code for error in refused} == {"storage_unavailable"}
    assert {error.detail for error in refused} == {"the database cannot be used: there is no room left"}
    assert (await client.get("/health/ready")).status_code == 200


@pytest.mark.parametrize("spoil", ["deleted", "overwritten"])
async def test_a_file_that_is_gone_is_named_everywhere(client: httpx.AsyncClient, path: Path, spoil: str) -> None:
    """Also where the key is looked up; the process survives."""
    account = await enabled(client)
    delete(path) if spoil == "deleted" else overwrite(path)

    reads = [
        await client.get(at)
        for at in (
            "/v1/accounts",
            f"/v1/accounts/{account}",
            f"/v1/accounts/{account}/integration",
            f"/v1/accounts/{account}/statement?{PERIOD}",
            "/v1/banks",
            "/v1/authorizations/callback?state=x&code=y",
        )
    ]

    assert {(answer.status_code, answer.json()["code"]) for answer in reads[:5]} == {(503, "storage_unavailable")}
    assert reads[5].status_code == 503
    assert (await client.get("/health/ready")).json()["code"] == "not_ready"
    assert (await client.get("/health/live")).status_code == 200
    monitored = [await client.head(at) for at in ("/health/ready", "/health/live")]
    assert [(answer.status_code, answer.content) for answer in monitored] == [(503, b""), (200, b"")]
    assert (await client.get("/metrics")).status_code == 200


@pytest.mark.parametrize("kind", ["locked", "read-only"])
async def test_a_statement_arrives_while_nothing_can_be_written(
    app: Litestar, client: httpx.AsyncClient, path: Path, logged: io.StringIO, kind: str
) -> None:
    """The outcome is not recorded, which is logged."""
    account = await enabled(client)

    with trouble(kind, app, path):  # type: ignore[attr-defined]
        answer = await client.get(f"/v1/accounts/{account}/statement?{PERIOD}")

    assert answer.status_code == 200, answer.text
    assert len(answer.json()["entries"]) == 5
    assert "outcome_not_noted" in logged.getvalue()


async def test_a_token_that_cannot_be_stored_is_used_all_the_same(
    app: Litestar, client: httpx.AsyncClient, bank: FakeInter, path: Path
) -> None:
    """The bank refuses the former token in the middle of a reading, and the table does not take the next one."""
    account = await enabled(client)
    refused = iter([httpx.Response(401)])
    bank.answer = lambda request: None if request.extensions["operation"] == "token" else next(refused, None)

    with locked(path):
        answer = await client.get(f"/v1/accounts/{account}/statement?{PERIOD}")

    assert answer.status_code == 200, answer.text


async def test_a_bank_that_refuses_is_quoted_while_nothing_can_be_written(
    client: httpx.AsyncClient, bank: FakeInter, path: Path
) -> None:
    """The caller gets the bank's failure, and not the database's."""
    account = await enabled(client)
    bank.answer = lambda request: httpx.Response(500)

    with locked(path):
        answer = await client.get(f"/v1/accounts/{account}/statement?{PERIOD}")

    assert answer.json()["code"] == "bank_server_error"


async def test_a_database_that_hangs_holds_no_statement_back(
    app: Litestar, client: httpx.AsyncClient, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer waits for its note only so long; the note goes on and is there when the lock is free."""
    account = await enabled(client)
    monkeypatch.setattr(app.state["parts"].readings.recording, "_notes", notes.Notes(wait_seconds=0.05))

    with pragma(app, "busy_timeout = 60000", "busy_timeout = 200"), locked(path):
        answer = await client.get(f"/v1/accounts/{account}/statement?{PERIOD}")

    assert answer.status_code == 200
    await app.state["parts"].readings.recording.aclose()


async def test_a_browser_that_comes_back_meanwhile_sees_a_page(
    client: httpx.AsyncClient, path: Path, app: Litestar, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In Portuguese, with the time to come back."""
    delete(path)

    answer = await client.get("/v1/authorizations/callback?state=x&code=y", headers={"Accept": "text/html"})

    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert "sem acesso" in answer.text
    assert answer.headers["Retry-After"]

    answer = await client.get("/v1/authorizations/callback?state=x&code=y", headers={"Accept": "application/json"})

    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
