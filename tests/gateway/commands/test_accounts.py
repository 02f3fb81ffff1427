"""Accounts on the command line."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.commands.exit_codes import ExitCode
from tests.clocks import FixedClock
from tests.gateway.commands.support import register
from tests.gateway.support import CNPJ, NOW, SECRET, credentials

pytestmark = pytest.mark.slow


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


def test_refused_credentials_are_one_line_without_secrets(run) -> None:
    """The code and the Portuguese title; never a value."""
    run("keys", "create", "acme")

    done = register(run, given=credentials(client_secret="CANARY-wrong"))

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


def test_an_expired_certificate_is_listed_as_such(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a reading that used it."""
    run("keys", "create", "acme")
    register(run)
    monkeypatch.setattr("gateway.parts.opening.SystemClock", lambda: FixedClock(NOW + timedelta(days=301)))

    (row,) = json.loads(run("accounts", "list", "--json").stdout)
    assert (row["state"], row["failure"]) == ("needs_action", "certificate_expired")
    assert "\tneeds_action\tcertificate_expired\t" in run("accounts", "list").stdout


def test_an_account_is_shown_changed_disabled_and_enabled(run, tmp_path: Path) -> None:
    """As the HTTP interface does it, with its names; credentials are never shown."""
    run("keys", "create", "acme")
    account = json.loads(register(run, "--json").stdout)["id"]
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
    mistyped = run("accounts", "list", "--bank", "ita")
    assert (mistyped.exit_code, mistyped.stderr.split(": ")[1]) == (ExitCode.REFUSED, "unknown_bank")
    assert json.loads(run("accounts", "list", "--bank", "itau", "--json").stdout) == []


def test_what_is_listed_has_the_names_of_the_http_interface(run) -> None:
    """And nothing that it does not have, but the tenant and what lies beside it for tables."""
    run("keys", "create", "acme")
    register(run)
    schemas = json.loads(run("openapi").stdout)["components"]["schemas"]
    rows = {
        "AccountBody": (listed_accounts(run)[0], {"tenant", "state", "failure"}, set()),
        "KeyBody": (json.loads(run("keys", "create", "acme", "--json").stdout), {"tenant"}, {"own"}),
        "ActionBody": (json.loads(run("audit", "--json").stdout)[0], {"tenant"}, set()),
        "BankBody": (json.loads(run("banks", "inter", "--json").stdout), set(), {"health", "pause", "redirect_uri"}),
    }

    for name, (row, more, fewer) in rows.items():
        assert set(row) - more == set(schemas[name]["properties"]) - fewer, name
