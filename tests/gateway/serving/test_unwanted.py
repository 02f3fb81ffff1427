"""What a server loads."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.serving.unwanted import hidden

UNUSED = {
    *("alembic", "holidays", "hypothesis", "psycopg", "schemathesis", "simulators"),
    *("sqlalchemy.dialects.postgresql", "sqlalchemy.orm"),
    # Until an account is registered, or a page is asked for.
    *("cryptography.x509", "cryptography.hazmat.primitives.serialization", "jinja2"),
    # Of what is hidden, modules within: that the package was asked for in vain is listed too.
    *("attr._make", "greenlet._greenlet", "pydantic.main", "pygments.lexer", "rich.style"),
}


def test_hidden_libraries_cannot_be_imported_until_the_end() -> None:
    """Afterwards everything is as it was, and what was loaded is the same module."""
    before = importlib.import_module("rich")

    with hidden("rich", "imaplib"):
        for name in ("rich", "imaplib"):
            with pytest.raises(ModuleNotFoundError):
                importlib.import_module(name)

    assert importlib.import_module("rich") is before
    assert importlib.import_module("imaplib")


def test_what_was_hidden_is_shown_again_after_an_error() -> None:
    """An error within the context does not leave them hidden."""
    with pytest.raises(KeyError), hidden("rich"):
        raise KeyError

    assert importlib.import_module("rich")


def test_a_server_loads_only_what_it_uses(tmp_path: Path) -> None:
    """From its start until it is ready, over an empty database."""
    with _gateway(tmp_path, "serve", "--port", "0") as server:
        ready = server.stdout.readline()
        server.terminate()
    names = _loaded(tmp_path)

    assert ready.startswith(b"{")
    assert "sqlalchemy.dialects.sqlite" in names
    assert names & UNUSED == set()


def test_a_command_of_accounts_loads_no_server(tmp_path: Path) -> None:
    """Nor does it load what draws on terminals before it has something to draw."""
    with _gateway(tmp_path, "accounts", "list", "--json") as command:
        answer, _ = command.communicate()
    names = _loaded(tmp_path)

    assert json.loads(answer) == []
    assert "sqlalchemy.dialects.sqlite" in names
    assert names & (UNUSED | {"gateway.app", "litestar.app", "uvicorn.main"}) == set()


def _gateway(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """A command of the gateway, which notes what it imports."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    with (folder / "imports").open("w") as imports:
        return subprocess.Popen(
            [sys.executable, "-X", "importtime", "-m", "gateway", *arguments],
            env={**environment, "GATEWAY_STATE_DIR": str(folder / "state")},
            stdout=subprocess.PIPE,
            stderr=imports,
        )


def _loaded(folder: Path) -> set[str]:
    """The names of all modules that it has imported."""
    lines = (folder / "imports").read_text().splitlines()
    return {line.rpartition("|")[2].strip() for line in lines if line.startswith("import time:")}
