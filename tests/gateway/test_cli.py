"""The command `gateway`."""

import io
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from pathlib import Path

import pytest
import rich_click
from click.testing import CliRunner, Result

from gateway import cli, logs
from gateway.clock import FixedClock
from gateway.commands.exit_codes import ExitCode
from gateway.errors import BankFailure, CallerError
from gateway.render.formats import FORMATS
from gateway.writing import shows_gibberish, write_document
from tests.gateway.render.cases import statement
from tests.gateway.support import CNPJ, NOW, SECRET, VAULT_KEY, FakeInter, credentials


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> FakeInter:
    """A fake line in the place of the real one, at NOW."""
    bank = FakeInter()
    monkeypatch.setattr("gateway.line.open_line", lambda *_: bank)
    monkeypatch.setattr("gateway.opening.SystemClock", lambda: FixedClock(NOW))
    return bank


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bank: FakeInter) -> Iterator[object]:
    """Runs a command in a state directory of the test's own; gives its exit status, output and errors."""
    monkeypatch.setenv("GATEWAY_STATE_DIR", str(tmp_path))

    def command(*arguments: str, given: str = "") -> Result:
        def within() -> None:
            monkeypatch.setattr(sys, "argv", ["gateway", *arguments])
            cli.main()

        wrapped = rich_click.Command("gateway", callback=within)
        return CliRunner().invoke(wrapped, [], input=given, catch_exceptions=False)

    yield command
    logs.configure("CRITICAL", io.StringIO())


def register(run, given: dict[str, str] | None = None) -> Result:
    return run(
        *("accounts", "add", "--tenant", "acme", "--bank", "inter", "--branch", "0001", "--number", "1234567-8"),
        *("--holder-tax-id", CNPJ, "--credentials", "-"),
        given=json.dumps(credentials() if given is None else given),
    )


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


def test_keys_are_made_listed_and_revoked(run) -> None:
    """The key is printed once; afterwards only its prefix is known."""
    key = run("keys", "create", "acme").stdout.strip()
    (row,) = json.loads(run("keys", "list", "--json").stdout)

    assert key.startswith(f"ext_{row['prefix']}_")
    assert (row["tenant"], row["revoked_at"]) == ("acme", None)
    assert run("keys", "revoke", row["prefix"]).exit_code == 0
    assert run("keys", "list").stdout.count("\t") == 7
    again = run("keys", "revoke", row["prefix"])
    assert (again.exit_code, again.stderr.splitlines()[-1]) == (1, "gateway: there is no living key of that prefix")


def test_a_key_has_a_name_scopes_and_an_expiry(run) -> None:
    """`read`, `manage` and no end, unless they are given; one that has ended already is an error."""
    run("keys", "create", "acme")
    given = ("--scope", "read", "--name", "ERP", "--expires", "2027-01-01T00:00:00-03:00")
    assert run("keys", "create", "acme", *given).stdout.startswith("ext_")
    columns = ("name", "scopes", "expires_at", "last_used_at")
    rows = [[row[column] for column in columns] for row in json.loads(run("keys", "list", "--json").stdout)]
    assert sorted(rows) == [
        ["", ["manage", "read"], None, None],
        ["ERP", ["read"], "2027-01-01T00:00:00-03:00", None],
    ]

    support = run("keys", "create", "acme", "--scope", "operate", "--scope", "manage").stdout.split("_")[1]
    scopes = {row["prefix"]: row["scopes"] for row in json.loads(run("keys", "list", "--json").stdout)}
    assert scopes[support] == ["manage", "operate"]

    ended = run("keys", "create", "acme", "--expires", "2020-01-01T00:00:00Z")

    assert (ended.exit_code, ended.stderr.splitlines()[-1]) == (1, "gateway: the key would have expired already")


def test_a_key_is_rotated(run) -> None:
    """The new one has the same name, scopes and end; a wrong prefix or overlap is one line."""
    given = ("--scope", "read", "--name", "ERP", "--expires", "2027-01-01T00:00:00-03:00")
    key = run("keys", "create", "acme", *given).stdout.strip()
    done = run("keys", "rotate", key.split("_")[1], "--overlap", "0")

    assert (done.exit_code, done.stdout[:4], len(done.stdout.splitlines())) == (0, "ext_", 1)
    rows = json.loads(run("keys", "list", "--json").stdout)
    shown = {row["prefix"]: (row["name"], row["scopes"], row["expires_at"]) for row in rows}
    assert shown[done.stdout.split("_")[1]] == ("ERP", ["read"], "2027-01-01T00:00:00-03:00")
    assert shown[key.split("_")[1]] == ("ERP", ["read"], NOW.isoformat())
    for wrong in (("000000000000",), (key.split("_")[1],), (key.split("_")[1], "--overlap", "604801")):
        again = run("keys", "rotate", *wrong)
        assert (again.exit_code, again.stdout) == (2 if "--overlap" in wrong else 1, "")
    assert "not_found" in run("keys", "rotate", "000000000000").stderr.splitlines()[0]


def test_a_tenant_is_removed_with_its_accounts_when_that_is_confirmed(run) -> None:
    """Without a yes everything stays; an unknown name is an error."""
    run("keys", "create", "acme")
    run("keys", "create", "other")
    register(run)
    rows = json.loads(run("tenants", "list", "--json").stdout)
    assert [(row["name"], row["accounts"], row["keys"]) for row in rows] == [("acme", 1, 1), ("other", 0, 1)]

    assert run("tenants", "remove", "acme", given="n\n").exit_code == 130
    assert len(json.loads(run("tenants", "list", "--json").stdout)) == 2
    assert run("tenants", "remove", "acme", given="y\n").exit_code == 0

    assert [row["name"] for row in json.loads(run("tenants", "list", "--json").stdout)] == ["other"]
    assert json.loads(run("accounts", "list", "--json").stdout) == []
    again = run("tenants", "remove", "acme", "--yes")
    assert (again.exit_code, again.stderr.splitlines()[-1]) == (1, "gateway: there is no tenant of that name")


def test_an_empty_tenant_name_is_one_line(run) -> None:
    """The error is printed without a traceback."""
    done = run("keys", "create", " ")

    assert done.exit_code == 1
    assert (
        done.stderr.splitlines()[-1]
        == "gateway: a tenant's name has 1 to 200 characters, and none is a control character"
    )


def test_an_account_is_added_read_and_removed(run, tmp_path: Path) -> None:
    """The operator does all that the HTTP interface does, by account id alone."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()
    (row,) = json.loads(run("accounts", "list", "--json").stdout)
    assert (row["id"], row["tenant"], row["state"], row["number"]) == (account, "acme", "active", "12345678")

    period = ("--from", "2026-03-09", "--to", "2026-03-13")
    shown = json.loads(run("statement", account, *period).stdout)
    assert shown["proof"]["verdict"] == "proved"
    target = tmp_path / "statement.json"
    assert run("statement", account, *period, "--output", str(target)).stdout == ""
    assert json.loads(target.read_text())["entries"] == shown["entries"]

    assert run("vault", "rotate").stdout == "2 sealed anew\n"
    assert run("accounts", "remove", account).exit_code == 0
    assert json.loads(run("accounts", "list", "--json").stdout) == []


def test_a_statement_comes_in_every_format(run, tmp_path: Path) -> None:
    """By the names that the HTTP interface has for them, whole and with its last line ended."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()
    period = ("--from", "2026-03-09", "--to", "2026-03-13")
    ids = [entry["id"].encode() for entry in json.loads(run("statement", account, *period).stdout)["entries"]]

    for form in FORMATS:
        target = tmp_path / form.name
        assert run("statement", account, *period, "--format", form.name, "--output", str(target)).exit_code == 0
        written = target.read_bytes()
        assert run("statement", account, *period, "--format", form.name).stdout_bytes[:1000] == written[:1000]
        if form.is_binary:
            assert zipfile.ZipFile(target).testzip() is None
            written = zipfile.ZipFile(target).read("xl/worksheets/sheet1.xml")
        else:
            assert written.endswith(b"\n")
        assert len(ids) == 5
        assert all(each in written for each in ids)

    refused = run("statement", account, *period, "--format", "pdf")
    assert (refused.exit_code, "is none of json" in refused.stderr) == (2, True)


def test_a_workbook_is_not_written_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text is, and so is either to a file."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    forms = {each.name: each for each in FORMATS}

    assert shows_gibberish(forms["xlsx"], "-")
    assert not shows_gibberish(forms["xlsx"], "x.xlsx")
    assert not shows_gibberish(forms["cnab240"], "-")


def test_what_a_format_cannot_hold_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """It is opened when there is something to write."""
    (cnab,) = (each for each in FORMATS if each.name == "cnab240")
    target = tmp_path / "kept"
    target.write_bytes(b"before")

    with pytest.raises(CallerError):
        write_document(cnab, cnab.render(statement("disproved")), str(target))

    assert target.read_bytes() == b"before"


def test_refused_credentials_are_one_line_without_secrets(run) -> None:
    """The code and the Portuguese title; never a value."""
    run("keys", "create", "acme")

    done = register(run, credentials(client_secret="CANARY-wrong"))

    assert done.exit_code == ExitCode.NEEDS_ACTION
    first, *others = done.stderr.splitlines()[-5:]
    assert first.startswith("gateway: invalid_credentials: ")
    assert [each.split(":")[0].strip() for each in others] == ["who acts", "what to do", "try again", "help"]
    assert "/help/invalid_credentials" in others[-1]
    assert "CANARY" not in done.output
    assert SECRET not in done.output


@pytest.mark.parametrize("given", ["", "[]"])
def test_credentials_that_are_no_object_are_refused(run, given: str) -> None:
    """The file must hold the form."""
    done = run(
        *("accounts", "add", "--tenant", "acme", "--bank", "inter", "--number", "1", "--holder-tax-id", CNPJ),
        *("--credentials", "-"),
        given=given,
    )

    assert done.exit_code == 1
    assert "JSON" in done.stderr


def test_an_account_whose_holder_must_authorise(run) -> None:
    """The id alone on standard output, the bank's page on standard error."""
    run("keys", "create", "acme")

    done = run(
        *("accounts", "add", "--tenant", "acme", "--bank", "btg_pactual", "--branch", "0050", "--number", "1234567"),
        *("--holder-tax-id", CNPJ, "--credentials", "-"),
        given=json.dumps({"client_id": "a", "client_secret": "b"}),
    )

    assert done.exit_code == 0
    assert "https://id.btgpactual.com/oauth2/authorize?" in done.stderr
    assert len(done.stdout.split()) == 1


def test_an_unknown_tenant_is_an_error(run) -> None:
    """A tenant is made with its first key, not by a slip of the pen."""
    assert "there is no tenant of that name" in register(run).stderr


def listed(run) -> list[dict[str, str]]:
    rows: list[dict[str, str]] = json.loads(run("pauses", "--json").stdout)
    return rows


def test_a_bank_is_paused_and_resumed(run, bank: FakeInter) -> None:
    """Every later process sees it; the list of accounts shows it too."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()
    asked = len(bank.requests)

    done = run("pause", "inter", "--reason", " Aviso do banco ", "--until", "2026-03-16T18:00:00-03:00")

    assert (done.exit_code, done.output) == (0, "")
    since, until = "2026-03-16T10:00:00-03:00", "2026-03-16T18:00:00-03:00"
    expected = {
        "bank": "inter",
        "account_id": None,
        "mode": "all",
        "since": since,
        "until": until,
        "reason": "Aviso do banco",
    }
    assert listed(run) == [expected]
    assert json.loads(run("accounts", "list", "--json").stdout)[0]["state"] == "paused"
    refused = run("statement", account, "--from", "2026-03-09", "--to", "2026-03-13")
    assert refused.exit_code == ExitCode.TRY_AGAIN
    assert refused.stderr.splitlines()[-5].startswith("gateway: integration_paused: ")
    assert len(bank.requests) == asked

    assert run("resume", "inter").exit_code == 0
    assert listed(run) == []
    again = run("resume", "inter")
    assert (again.exit_code, again.stderr) == (1, "gateway: nothing is paused there\n")


def test_one_connection_is_paused_for_new_enrolments_or_all(run) -> None:
    """The last word holds."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()

    run("pause", "inter", "--account", account, "--new-only")
    assert [(each["account_id"], each["mode"]) for each in listed(run)] == [(account, "new_enrolments_only")]
    run("pause", "inter", "--account", account)
    assert [(each["account_id"], each["mode"]) for each in listed(run)] == [(account, "all")]

    assert "that account is at inter" in run("pause", "stone", "--account", account).stderr
    assert run("resume", "--account", account).exit_code == 0
    assert run("pauses").stdout == ""


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("pause", "no_such_bank"), 1),
        (("pause", "inter", "--account", "x"), 1),
        (("pause", "inter", "--until", "2026-03-16T09:00:00-03:00"), 1),
        (("pause", "inter", "--reason", "x" * 201), 1),
        (("pause", "inter", "--until", "2026-03-16T18:00:00"), 2),
        (("pause", "inter", "--until", "tomorrow"), 2),
        (("pause",), 2),
        (("resume",), 2),
        (("resume", "inter", "--account", "x"), 2),
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

    assert done.exit_code == status
    first, *others = done.stderr.splitlines()
    assert first.startswith("gateway: ")
    assert all(line.startswith("  ") for line in others)


def test_a_file_that_cannot_be_written_is_an_error(run, tmp_path: Path) -> None:
    """The statement is lost, the reason is not."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()

    done = run(
        "statement", account, "--from", "2026-03-09", "--to", "2026-03-13", "--output", str(tmp_path / "no" / "file")
    )

    assert (done.exit_code, "cannot be written" in done.stderr) == (1, True)


def test_a_bad_setting_is_one_line(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable is named."""
    monkeypatch.setenv("GATEWAY_PAGE_SIZE", "CANARY")

    done = run("keys", "list")

    assert done.exit_code == ExitCode.CANNOT_WORK
    assert done.stderr == "gateway: GATEWAY_PAGE_SIZE must be a whole number from 0 to 1000000\n"


def test_a_defect_is_one_line_and_no_value(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unexpected exception shows its type; its text stays inside."""

    def broken(*args: object, **options: object) -> None:
        raise RuntimeError("CANARY")

    monkeypatch.setattr("gateway.opening.opened", broken)

    done = run("keys", "list")

    assert done.exit_code == 1
    assert done.stderr.splitlines()[-1].startswith("gateway: internal error: RuntimeError")
    assert "CANARY" not in done.output


def test_banks_are_listed(run) -> None:
    """One line each, cut nowhere."""
    assert any(line.startswith("inter\tBanco Inter\t077\tPJ") for line in run("banks").stdout.splitlines())
    assert any(bank["slug"] == "inter" for bank in json.loads(run("banks", "--json").stdout))


def test_the_openapi_document_is_printed(run) -> None:
    """Without opening anything."""
    assert json.loads(run("openapi").stdout)["info"]["title"] == "extrato"


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


def test_trouble_with_the_database_is_one_line(run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command, with an exit status; the file is for its owner alone."""
    monkeypatch.setattr("gateway.storage.database.DATABASE_LOCK_SECONDS", 0.1)
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


def test_a_stopped_connection_is_revived(run, bank: FakeInter) -> None:
    """By bank, by account or all; a wrong bank is refused."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()
    bank.failure = BankFailure("user_blocked", bank="inter", at="token", detail="no")
    dates = ("--from", "2026-03-09", "--to", "2026-03-13")
    assert run("statement", account, *dates).exit_code == ExitCode.NEEDS_ACTION
    bank.failure = None
    assert run("statement", account, *dates).exit_code == ExitCode.NEEDS_ACTION
    assert json.loads(run("accounts", "list", "--json").stdout)[0]["state"] == "needs_action"

    assert run("revive", "--bank", "itau").stdout == "0 revived\n"
    assert run("revive", "--bank", "itau", "--account", account).stderr == "gateway: that account is at inter\n"
    assert run("revive", "--bank", "nowhere").exit_code == 1
    assert run("revive", "--account", account).stdout == "1 revived\n"

    assert run("statement", account, *dates).exit_code == 0


def test_an_expired_certificate_is_listed_as_such(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a reading that used it."""
    run("keys", "create", "acme")
    register(run)
    monkeypatch.setattr("gateway.opening.SystemClock", lambda: FixedClock(NOW + timedelta(days=301)))

    assert json.loads(run("accounts", "list", "--json").stdout)[0]["state"] == "needs_action"


def test_a_demo_without_simulators_ends_with_one_line(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulators' own line says why they did not start."""
    monkeypatch.setattr("gateway.demo.sys.executable", "/bin/false")

    done = run("demo")

    assert (done.exit_code, done.stderr) == (ExitCode.CANNOT_WORK, "gateway: simulators serve did not start\n")


def servers_of(pid: int) -> list[str]:
    """The ids of the servers that a process has started."""
    found = []
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        # Other children end soon.
        with suppress(FileNotFoundError, ProcessLookupError):
            if b"serve" in Path(f"/proc/{child}/cmdline").read_bytes().split(b"\0"):
                found.append(child)
    return found


def test_a_demo_that_is_told_to_end_leaves_no_server_running() -> None:
    """Neither the simulators nor the gateway that it has started."""
    with subprocess.Popen([sys.executable, "-m", "gateway", "demo"], stdout=subprocess.DEVNULL) as process:
        ends = time.monotonic() + 60
        while len(servers := servers_of(process.pid)) < 2 and time.monotonic() < ends:
            time.sleep(0.1)
        process.terminate()
        status = process.wait(timeout=60)

    assert len(servers) == 2
    assert status == 128 + signal.SIGTERM
    assert not any(Path(f"/proc/{server}").exists() for server in servers)


def test_a_statement_without_days_is_that_of_the_last_thirty(run) -> None:
    """Through yesterday; a first day after yesterday is written wrongly."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()

    shown = json.loads(run("statement", account, "--json").stdout)

    assert shown["period"] == {"from": "2026-02-14", "to": "2026-03-15"}
    assert run("statement", account, "--from", "2026-03-16").exit_code == ExitCode.USAGE
    assert run("statement", account, "--json", "--format", "csv").exit_code == ExitCode.USAGE


def test_a_statement_for_people_has_the_entries_of_json(run) -> None:
    """In a pipe without the chart; totals and proof below."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()
    period = ("--from", "2026-03-09", "--to", "2026-03-13")
    entries = json.loads(run("statement", account, *period, "--json").stdout)["entries"]

    lines = run("statement", account, *period, "--format", "table").stdout.splitlines()

    for entry in entries:
        assert any(entry["amount"] in line and line.startswith(entry["date"]) for line in lines)
    assert f"entries   {len(entries)}" in lines
    assert any(line.startswith("proof     proved") for line in lines)
    assert not any(mark in line for line in lines for mark in "▁▂▃▄▅▆▇█")


def test_an_account_is_shown_changed_disabled_and_enabled(run, tmp_path: Path) -> None:
    """As the HTTP interface does it, with its names; credentials are never shown."""
    run("keys", "create", "acme")
    account = json.loads(run_add(run, "--json").stdout)["id"]
    shown = json.loads(run("accounts", "show", account, "--json").stdout)
    assert (shown["tenant"], shown["kind"], shown["integration"]["state"]) == ("acme", "PJ", "active")
    assert run("accounts", "show", account).stdout.splitlines()[0] == f"id\t{account}"

    change = ("accounts", "change", account, "--description", " Folha ", "--external-id", "erp-1", "--default")
    changed = json.loads(run(*change, "--json").stdout)
    assert (changed["description"], changed["external_id"], changed["default"]) == ("Folha", "erp-1", True)
    assert json.loads(run("accounts", "change", account, "--external-id", "", "--json").stdout)["external_id"] is None
    assert run("accounts", "change", account).exit_code == ExitCode.USAGE
    assert run("accounts", "change", account, "--description", "x" * 201).exit_code == ExitCode.REFUSED
    assert run("accounts", "change", account, "--description", "a\x1b[2J").exit_code == ExitCode.REFUSED

    assert run("accounts", "disable", account).exit_code == 0
    assert [each["id"] for each in listed_accounts(run, "--state", "disabled")] == [account]
    refused = run("statement", account, "--from", "2026-03-09", "--to", "2026-03-13")
    assert "integration_inactive" in refused.stderr
    form = tmp_path / "form.json"
    form.write_text(json.dumps(credentials(client_secret="CANARY-wrong")))
    wrong = run("accounts", "enable", account, "--credentials", str(form))
    assert (wrong.exit_code, "CANARY" in wrong.output) == (ExitCode.NEEDS_ACTION, False)
    form.write_text(json.dumps(credentials()))
    assert run("accounts", "enable", account, "--credentials", str(form)).stdout == "active\n"
    assert SECRET not in run("accounts", "show", account, "--json").output


def run_add(run, *more: str) -> Result:
    return run(
        *("accounts", "add", "--tenant", "acme", "--bank", "inter", "--branch", "0001", "--number", "1234567-8"),
        *("--holder-tax-id", CNPJ, "--credentials", "-", *more),
        given=json.dumps(credentials()),
    )


def listed_accounts(run, *options: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = json.loads(run("accounts", "list", "--json", *options).stdout)
    return rows


def test_accounts_are_chosen_by_tenant_bank_and_state(run) -> None:
    """A tenant who is not there is an error, and not an empty list."""
    run("keys", "create", "acme")
    run("keys", "create", "other")
    account = register(run).stdout.strip()

    chosen = [
        [each["id"] for each in listed_accounts(run, *options)]
        for options in (
            ("--tenant", "acme"),
            ("--tenant", "other"),
            ("--bank", "inter", "--state", "active"),
            ("--bank", "itau"),
            ("--state", "paused"),
        )
    ]

    assert chosen == [[account], [], [account], [], []]
    assert run("accounts", "list", "--tenant", "nobody").exit_code == ExitCode.REFUSED
    assert run("accounts", "list", "--state", "asleep").exit_code == ExitCode.USAGE


def test_what_is_listed_has_the_names_of_the_http_interface(run) -> None:
    """And nothing that it does not have, but the tenant and what lies beside it for tables."""
    run("keys", "create", "acme")
    register(run)
    schemas = json.loads(run("openapi").stdout)["components"]["schemas"]
    rows = {
        "AccountBody": (listed_accounts(run)[0], {"tenant", "state"}, set()),
        "KeyBody": (json.loads(run("keys", "create", "acme", "--json").stdout), {"tenant"}, {"own"}),
        "ActionBody": (json.loads(run("audit", "--json").stdout)[0], {"tenant"}, set()),
        "BankBody": (json.loads(run("banks", "inter", "--json").stdout), set(), {"health", "pause", "redirect_uri"}),
    }

    for name, (row, more, fewer) in rows.items():
        assert set(row) - more == set(schemas[name]["properties"]) - fewer, name


def test_a_bank_is_shown_with_what_it_needs(run) -> None:
    """Names of credentials for programs, Portuguese labels and steps for people."""
    shown = run("banks", "inter").stdout

    assert "client_secret" in shown
    assert "1. " in shown
    assert run("banks", "nowhere").exit_code == ExitCode.REFUSED


def test_a_code_is_explained(run) -> None:
    """In general and at one bank; every code has an explanation."""
    everything = json.loads(run("explain", "--json").stdout)
    topic = json.loads(run("explain", "certificate_expired", "--bank", "inter", "--json").stdout)
    shown = run("explain", "certificate_expired", "--bank", "inter").stdout

    assert {"invalid_credentials", "bank_unavailable", "statement_restated"} <= {each["code"] for each in everything}
    assert [each["bank"] for each in topic["banks"]] == ["inter"]
    assert topic["title"] in shown
    assert "O que fazer" in shown
    assert run("explain", "nothing").exit_code == ExitCode.REFUSED
    assert run("explain", "password_expired", "--bank", "inter").exit_code == ExitCode.REFUSED
