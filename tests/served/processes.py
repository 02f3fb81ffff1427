"""Our servers as real processes, for tests that need the wire."""

import asyncio
import contextlib
import json
import os
import queue
import ssl
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

import httpx
from cryptography.fernet import Fernet

from gateway.accounts.keys.api_keys import Keys
from gateway.settings import load
from gateway.storage.engine.database import Database
from gateway.storage.management.api_keys import DEFAULT_SCOPES, ApiKeys, Scope
from tests.served import forking

__all__ = ["Banks", "Gateway", "gateway", "new_key", "run", "simulators", "tenant_of"]

START_SECONDS = 60
ROOT = Path(__file__).parent.parent.parent
Process = subprocess.Popen | forking.Started
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Trusts no authority, for calls without TLS: loading all authorities takes longer than such a call."""


@dataclass(frozen=True)
class Banks:
    """Running simulators."""

    http: str
    tls: str
    ca: str
    control: str
    process: Process | None = None

    def ask(self, method: str, path: str, **more) -> httpx.Response:
        """One call of the control API."""
        return httpx.request(method, self.control + path, timeout=60, verify=PLAIN, **more)

    def account(self, bank: str, scenario: str = "ok") -> dict:
        """The ready account of a bank and scenario."""
        return self.ask("GET", "/accounts", params={"bank": bank, "scenario": scenario}).json()[0]

    def new_account(self, bank: str, scenario: str = "ok", **parameters) -> dict:
        """A new isolated account."""
        body = {"bank": bank, "scenario": scenario} | ({"parameters": parameters} if parameters else {})
        answer = self.ask("POST", "/accounts", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def truth(self, listed: dict, first: str, last: str) -> dict:
        """The ledger of a listed account."""
        number = listed["account"]["number"]
        return self.ask("GET", f"/truth/{listed['bank']}/{number}", params={"from": first, "to": last}).json()


@dataclass(frozen=True)
class Gateway:
    """A running gateway."""

    url: str
    key: str
    process: Process

    def ask(self, method: str, path: str, **more) -> httpx.Response:
        """One call as the tenant."""
        headers = {"authorization": f"Bearer {self.key}", **more.pop("headers", {})}
        return httpx.request(method, self.url + path, headers=headers, timeout=180, verify=PLAIN, **more)

    def enrol(self, listed: dict) -> httpx.Response:
        """Register a listed account with its credentials."""
        return self.ask("POST", "/v1/accounts", json={**listed["account"], "credentials": listed["credentials"]})

    def statement(self, account_id: str, first: str, last: str) -> httpx.Response:
        """Read a statement."""
        return self.ask("GET", f"/v1/accounts/{account_id}/statement", params={"from": first, "to": last})


@contextlib.contextmanager
def simulators(
    state: Path,
    log: Path | None = None,
    seed: int = 1,
    module: tuple[str, ...] = ("simulators",),
    instead_of: Banks | None = None,
    more: tuple[str, ...] = (),
) -> Iterator[Banks]:
    """Simulators on free ports, or on those of others that have ended; their output goes to the log."""
    ports = [each.rpartition(":")[2] for each in (instead_of.http, instead_of.tls)] if instead_of else ["0", "0"]
    addresses = ["--port", ports[0], "--tls-port", ports[1]]
    command = [*module, "serve", *addresses, "--state", str(state), "--seed", str(seed), *more]
    with _running(command, plain_environment(), log) as (ready, process):
        yield Banks(**ready, process=process)


def plain_environment() -> dict[str, str]:
    """This process's environment without settings of the gateway, and without measuring coverage."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "COVERAGE_"))}


def settings(state: Path, banks: Banks, **more: str) -> dict[str, str]:
    """The environment of a gateway over these simulators; the same folder keeps database and keys.

    Args:
        state: the folder.
        banks: the simulators.
        more: variables that are set otherwise, without their prefix.
    """
    key_file = state / "vault.key"
    if not key_file.exists():
        key_file.write_text(Fernet.generate_key().decode())
    return {
        **plain_environment(),
        "GATEWAY_DATABASE_URL": f"sqlite:///{state / 'gateway.sqlite'}",
        "GATEWAY_SECRET_KEYS": key_file.read_text(),
        "GATEWAY_CONNECT_TO": banks.tls,
        "GATEWAY_CA_BUNDLE": banks.ca,
        "GATEWAY_CLOCK_URL": f"{banks.control}/clock",
        # Tests ask as fast as they can.
        "GATEWAY_REQUESTS_PER_MINUTE": "0",
        # No call that a test does not make itself.
        "GATEWAY_DAILY_IMPORT": "off",
        **{f"GATEWAY_{name.upper()}": value for name, value in more.items()},
    }


def new_key(state: Path, banks: Banks, tenant: str, *, scopes: frozenset[Scope] = DEFAULT_SCOPES, **more: str) -> str:
    """A new API key of a tenant of the gateway that has its database in this folder, or at the URL in `more`."""
    found = load(settings(state, banks, **more))
    now = datetime.fromisoformat(banks.ask("GET", "/clock").json()["now"])
    return asyncio.run(_new_key(found.database_url, tenant, now, scopes))


def tenant_of(state: Path, banks: Banks, key: str) -> str:
    """The id of the tenant whose key this is."""
    return asyncio.run(_tenant_of(load(settings(state, banks)).database_url, key))


async def _new_key(url: str, tenant: str, now: datetime, scopes: frozenset[Scope]) -> str:
    """Made here, as `gateway keys create` makes it in a process of its own."""
    database = Database(url)
    try:
        await database.migrate()
        return await Keys(ApiKeys(database)).create(tenant, now, scopes=scopes)
    finally:
        await database.aclose()


async def _tenant_of(url: str, key: str) -> str:
    database = Database(url)
    try:
        keys = Keys(ApiKeys(database))
        found = await keys.living(key, datetime.now(UTC))
        await keys.aclose()
    finally:
        await database.aclose()
    assert found, "no such key"
    return found.tenant_id


@contextlib.contextmanager
def gateway(
    state: Path,
    banks: Banks,
    *,
    key: str = "",
    module: tuple[str, ...] = ("gateway",),
    log: Path | None = None,
    environment: dict[str, str] | None = None,
    arguments: tuple[str, ...] = (),
    **more: str,
) -> Iterator[Gateway]:
    """A gateway on a free port.

    Args:
        state: its folder.
        banks: the simulators.
        key: its API key; a new one unless it is given.
        module: what is run.
        log: where it writes; nowhere without.
        environment: further variables.
        arguments: further ones of the command.
        more: variables that are set otherwise, without their prefix.
    """
    environment = {**settings(state, banks, **more), **(environment or {})}
    key = key or new_key(state, banks, "test", **more)
    with _running([*module, "serve", "--port", "0", *arguments], environment, log) as (ready, process):
        yield Gateway(ready["url"], key, process)


@contextlib.contextmanager
def worker(
    environment: dict[str, str], log: Path | None = None, module: tuple[str, ...] = ("gateway",)
) -> Iterator[Process]:
    """A worker of the daily import, with settings as `settings` gives them."""
    with _running([*module, "worker"], environment, log) as (_, process):
        yield process


@contextlib.contextmanager
def _running(
    command: list[str], environment: dict[str, str], log: Path | None = None
) -> Iterator[tuple[dict[str, str], Process]]:
    with contextlib.ExitStack() as stack:
        errors = stack.enter_context((log or Path(os.devnull)).open("a"))
        process = _started(command, environment, errors)
        try:
            yield json.loads(_first_line(process)), process
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def _started(command: list[str], environment: dict[str, str], errors: IO[str]) -> Process:
    """A command of ours; what is measured begins as users start it, tests have it quicker where that is the same."""
    if "PYTEST_VERSION" in os.environ and forking.can_start(command, environment):
        return forking.start(command, environment, errors)
    whole = [sys.executable, "-m", *command]
    return subprocess.Popen(whole, env=environment, cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True)


def run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a command of ours in a process of its own until it ends; its status and what it wrote."""
    with tempfile.TemporaryFile("w+") as errors:
        process = _started(command, environment, errors)
        with process.stdout:
            printed = process.stdout.read()
        status = process.wait(timeout=START_SECONDS)
        errors.seek(0)
        return subprocess.CompletedProcess(command, status, printed, errors.read())


def _first_line(process: Process) -> str:
    """The line that the server prints when it is ready.

    Raises:
        AssertionError: it ended before.
    """
    lines: queue.Queue[str] = queue.Queue()
    threading.Thread(target=lambda: lines.put(process.stdout.readline()), daemon=True).start()
    line = lines.get(timeout=START_SECONDS)
    assert line, f"the server ended with {process.wait(timeout=5)}"
    return line
