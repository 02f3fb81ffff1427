"""What every command runs in: errors are one line, and what hinders the gateway is named."""

import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import urllib.request
from contextlib import closing
from pathlib import Path

import pytest

from gateway.commands.exit_codes import ExitCode
from tests.gateway.commands.support import register
from tests.gateway.support import VAULT_KEY

pytestmark = pytest.mark.slow


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("pause", "no_such_bank"), 1),
        (("pause", "inter", "--account", "x"), 1),
        (("pause", "inter", "--until", "2026-03-16T09:00:00-03:00"), 1),
        (("pause", "inter", "--reason", "x" * 201), 1),
        (("pause", "inter", "--until", "2026-03-16T18:00:00"), 2),
        (("pause", "inter", "--until", "tomorrow"), 2),
        (("pause", "inter", "--until", "9999-12-31T23:59:59-12:00"), 2),
        (("audit", "--from", "0001-01-01T00:00:00+14:00"), 2),
        (("audit", "--from", "0001-01-01T00:00:00Z"), 2),
        (("keys", "create", "x", "--expires", "9999-12-31T23:59:59-23:59"), 2),
        (("keys", "create", "\udcff"), 2),
        (("keys", "create", "x", "--name", "\udcff"), 1),
        (("accounts", "remove", "\udcff"), 2),
        (("pause", "inter", "--reason", "\udcff"), 1),
        (("pause",), 2),
        (("resume",), 2),
        (("resume", "inter", "--account", "x"), 1),
        (("statement", "x", "--from", "2026-03-13", "--to", "2026-03-09"), 2),
        (("statement", "x", "--from", "CANARY", "--to", "2026-03-09"), 2),
        (("statement", "x", "--from", "2026-03-09", "--to", "2026-03-13"), 1),
        (("accounts", "remove", "x"), 1),
        (("accounts", "remove"), 2),
        (("nothing",), 2),
        (("serve", "--host", "not a host", "--port", "0"), 6),
    ],
)
def test_errors_begin_with_one_line_and_have_a_status(run, arguments: tuple[str, ...], status: int) -> None:
    """1 for what is refused, 2 for a command written wrongly, 6 where the gateway cannot work."""
    run("keys", "list")

    done = run(*arguments)

    assert done.exit_code == status, done.stderr
    first, *others = done.stderr.splitlines()
    assert first.startswith("gateway: ")
    assert all(line.startswith("  ") for line in others)


def test_a_bad_setting_is_one_line(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named."""
    monkeypatch.setenv("GATEWAY_PAGE_SIZE", "CANARY")

    done = run("keys", "list")

    assert done.exit_code == ExitCode.CANNOT_WORK
    assert done.stderr == "gateway: GATEWAY_PAGE_SIZE must be a whole number from 0 to 1000000\n"


@pytest.mark.parametrize("arguments", [("serve", "--port", "0"), ("sync",), ("accounts", "list")])
def test_an_environment_that_no_bank_has_stops_the_start(
    run, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    """Otherwise each account of each bank would be answered as paused."""
    monkeypatch.setenv("GATEWAY_ENVIRONMENT", "prod")

    done = run(*arguments)

    assert done.exit_code == ExitCode.CANNOT_WORK
    assert done.stderr.splitlines()[-1] == (
        "gateway: GATEWAY_ENVIRONMENT must be one of homologation, production, sandbox"
    )


def test_a_defect_is_one_line_and_no_value(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception shows its type; its text stays inside."""

    def broken(*args: object, **options: object) -> None:
        raise RuntimeError("CANARY")

    monkeypatch.setattr("gateway.parts.opening.opened", broken)

    done = run("keys", "list")

    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("gateway: internal error: RuntimeError")
    assert "CANARY" not in done.output


def test_trouble_with_the_database_is_one_line(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command, with an exit status; the file is for its owner alone."""
    monkeypatch.setattr("gateway.storage.engine.database.DATABASE_LOCK_SECONDS", 0.1)
    assert run("keys", "create", "acme").exit_code == 0
    path = tmp_path / "gateway.sqlite"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600

    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        done = [run(*command) for command in (("keys", "list"), ("accounts", "list"), ("vault", "rotate"), ("serve",))]

    assert {each.exit_code for each in done} == {ExitCode.CANNOT_WORK}
    assert all("another process holds its lock" in each.stderr.splitlines()[-1] for each in done)


def test_wrong_vault_keys_are_one_line(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for `serve`, and nothing is sealed with them."""
    run("keys", "create", "acme")
    assert register(run).exit_code == 0
    monkeypatch.setenv("GATEWAY_SECRET_KEYS", VAULT_KEY)

    done = [run("vault", "rotate"), run("accounts", "list"), run("serve")]

    assert {each.exit_code for each in done} == {ExitCode.CANNOT_WORK}
    assert all(each.stderr.splitlines()[-1].startswith("gateway: the vault keys are wrong") for each in done)


def test_rotation_names_damaged_rows(run, tmp_path: Path) -> None:
    """It goes on with the others, and its exit status is 1."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()
    with closing(sqlite3.connect(tmp_path / "gateway.sqlite")) as other:
        other.execute("UPDATE tokens SET sealed = 'damaged'")
        other.commit()

    done = run("vault", "rotate")

    assert (done.exit_code, done.stdout) == (1, "1 sealed anew\n")
    assert f"token of account {account}" in done.stderr


@pytest.mark.slow
def test_serve_prints_its_address_answers_and_stops(tmp_path: Path) -> None:
    """One JSON line when it is ready; SIGTERM ends it well."""
    environ = os.environ | {"GATEWAY_STATE_DIR": str(tmp_path), "GATEWAY_LOG_LEVEL": "INFO"}
    command = [sys.executable, "-m", "gateway", "serve", "--port", "0"]
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        ready = json.loads(process.stdout.readline())
        with urllib.request.urlopen(f"{ready['url']}/health/ready") as answer:  # noqa: S310 - our own address
            assert json.loads(answer.read()) == {"status": "ready"}
        process.send_signal(signal.SIGTERM)
        errors = process.stderr.read()

    assert ready["event"] == "ready"
    assert process.returncode in {0, -signal.SIGTERM}
    lines = [line for line in errors.splitlines() if line.startswith("{")]
    assert any(json.loads(line)["event"] == "request" for line in lines)
    assert "Traceback" not in errors


def test_help_imports_nothing_heavy() -> None:
    """`--help` is instant because the heavy libraries are not touched."""
    probe = (
        "import sys\nfrom gateway import cli\nsys.argv = ['gateway', '--help']\n"
        "try:\n    cli.main()\nexcept SystemExit as stop:\n    assert stop.code == 0\n"
        "heavy = ('litestar', 'sqlalchemy', 'httpx', 'uvicorn', 'cryptography', 'alembic', 'jinja2')\n"
        "print([name for name in heavy if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.splitlines()[-1] == "[]"
