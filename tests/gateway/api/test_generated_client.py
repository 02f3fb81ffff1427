"""A client that is generated from the OpenAPI document enrols an account and reads its statement."""

import importlib
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import ModuleType

import httpx
import pytest
from litestar import Litestar

from gateway.app import create_app
from gateway.settings import Secrets, Settings
from tests.gateway.support import credentials, registration

PACKAGE = "generated_extrato_client"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The name of the generated package, which can be imported meanwhile."""
    folder = tmp_path_factory.mktemp("generated")
    app: Litestar = create_app(Settings(database_url="sqlite://", secret_keys=Secrets()))
    (folder / "openapi.json").write_text(json.dumps(app.openapi_schema.to_schema()))
    (folder / "config.json").write_text(json.dumps({"post_hooks": []}))
    generator = Path(sys.executable).with_name("openapi-python-client")
    command = [str(generator), "generate", "--path", "openapi.json", "--config", "config.json", "--meta", "none"]
    command += ["--output-path", PACKAGE, "--fail-on-warning"]
    made = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    sys.path.insert(0, str(folder))
    yield PACKAGE
    sys.path.remove(str(folder))
    for name in [name for name in sys.modules if name.split(".")[0] == PACKAGE]:
        del sys.modules[name]


def part(package: str, name: str) -> ModuleType:
    """A module of the generated package."""
    return importlib.import_module(f"{package}.{name}")


@pytest.mark.slow
async def test_it_enrols_and_reads(package: str, client: httpx.AsyncClient) -> None:
    """Typed bodies go out, typed bodies come back: registration, integration, list, statement, problem."""
    models = part(package, "models")
    key = client.headers["Authorization"].removeprefix("Bearer ")
    mine = part(package, "client").AuthenticatedClient(base_url=str(client.base_url), token=key)
    mine.set_async_httpx_client(client)
    accounts, integrations = f"{package}.api.accounts", f"{package}.api.integrations"

    def call(module: str) -> ModuleType:
        return importlib.import_module(module)

    request = models.AccountRequest.from_dict(registration())
    registered = await call(f"{accounts}.v1_accounts_register").asyncio(client=mine, body=request)
    assert isinstance(registered, models.AccountBody)
    assert (registered.bank, registered.integration.state) == ("inter", models.State.DISABLED)

    form = models.IntegrationRequest.from_dict({"credentials": credentials()})
    enabling = call(f"{integrations}.v1_accounts_account_id_integration_enable")
    enabled = await enabling.asyncio(registered.id, client=mine, body=form)
    assert enabled.state is models.State.ACTIVE

    listed = await call(f"{accounts}.v1_accounts_list").asyncio(client=mine)
    assert ([account.id for account in listed.accounts], listed.next_) == ([registered.id], None)

    reading = call(f"{package}.api.statements.v1_accounts_account_id_statement_read")
    days = {"from_": date(2026, 3, 9), "to": date(2026, 3, 13)}
    statement = await reading.asyncio(registered.id, client=mine, **days)
    assert isinstance(statement, models.StatementBody)
    assert statement.proof.verdict is models.Verdict.PROVED
    assert [entry.amount for entry in statement.entries] == ["10.00"] * 5
    assert statement.entries[0].type_ is models.TransactionType.PIX

    problem = await reading.asyncio("nobody", client=mine, **days)
    assert isinstance(problem, models.Problem)
    assert (problem.code, problem.status) == (models.FailureCode.UNKNOWN_ACCOUNT, 404)
