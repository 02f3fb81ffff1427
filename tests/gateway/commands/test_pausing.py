"""Pauses of banks and connections, and their revival, on the command line."""

import json

import pytest

from gateway.commands.exit_codes import ExitCode
from gateway.errors import BankFailure
from tests.gateway.commands.support import register
from tests.gateway.support import FakeInter

pytestmark = pytest.mark.slow


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

    for command in ("pause", "resume"):
        assert "that account is at inter" in run(command, "stone", "--account", account).stderr
    assert run("resume", "inter").exit_code == 1
    assert run("resume", "inter", "--account", account).exit_code == 0
    run("pause", "inter", "--account", account)
    assert run("resume", "--account", account).exit_code == 0
    assert run("pauses").stdout == ""


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
