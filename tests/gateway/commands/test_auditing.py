"""Management actions on the command line: each leaves its record as the operator's, and `gateway audit` lists them."""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from click.testing import Result
from msgspec import Struct
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from gateway.actions import Action
from gateway.storage.engine.database import Database
from tests.gateway.audited import records, since
from tests.gateway.commands.support import register
from tests.gateway.databases import database_url
from tests.gateway.support import VAULT_KEY, FakeInter, credentials

__all__ = ["database_url"]

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def environment(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands of this database."""
    monkeypatch.setenv("GATEWAY_DATABASE_URL", database_url)
    monkeypatch.setenv("GATEWAY_SECRET_KEYS", VAULT_KEY)


@pytest.fixture
def database(database_url: str, run: Run) -> Iterator[Database]:
    """The database of the commands, with a tenant in it."""
    assert run("keys", "create", "acme").exit_code == 0
    opened = Database(database_url)
    yield opened
    opened.engine.dispose()


class Situation(Struct, frozen=True):
    """What there is for the operator to manage."""

    account: str
    key: str
    tenant: str


class Case(Struct, frozen=True):
    """One command that manages something."""

    arguments: Callable[[Situation], Sequence[str]]
    leaves: Action
    about: Callable[[Situation], str]
    of_tenant: bool
    before: Sequence[str] = ()
    """A command that has to come before."""


CASES = {
    "a pause of a bank": Case(
        lambda s: ("pause", "inter", "--reason", "CANARY"), Action.PAUSE_BEGUN, lambda s: "bank:inter", of_tenant=False
    ),
    "a pause of an account": Case(
        lambda s: ("pause", "inter", "--account", s.account),
        Action.PAUSE_BEGUN,
        lambda s: f"account:{s.account}",
        of_tenant=True,
    ),
    "the end of a pause": Case(
        lambda s: ("resume", "inter"),
        Action.PAUSE_ENDED,
        lambda s: "bank:inter",
        of_tenant=False,
        before=("pause", "inter"),
    ),
    "an import": Case(lambda s: ("sync",), Action.IMPORT_REQUESTED, lambda s: "", of_tenant=False),
    "an import of a bank": Case(
        lambda s: ("sync", "--bank", "itau"), Action.IMPORT_REQUESTED, lambda s: "bank:itau", of_tenant=False
    ),
    "an import of a tenant": Case(
        lambda s: ("sync", "--tenant", "acme"), Action.IMPORT_REQUESTED, lambda s: f"tenant:{s.tenant}", of_tenant=True
    ),
    "an import of an account": Case(
        lambda s: ("sync", "--account", s.account),
        Action.IMPORT_REQUESTED,
        lambda s: f"account:{s.account}",
        of_tenant=True,
    ),
    "a new vault key": Case(lambda s: ("vault", "rotate"), Action.VAULT_ROTATED, lambda s: "", of_tenant=False),
    "a revival": Case(
        lambda s: ("revive", "--account", s.account),
        Action.INTEGRATION_REVIVED,
        lambda s: f"account:{s.account}",
        of_tenant=True,
    ),
    "a revival of a bank": Case(
        lambda s: ("revive", "--bank", "inter"), Action.INTEGRATION_REVIVED, lambda s: "bank:inter", of_tenant=False
    ),
    "an account that is removed": Case(
        lambda s: ("accounts", "remove", s.account),
        Action.ACCOUNT_REMOVED,
        lambda s: f"account:{s.account}",
        of_tenant=True,
    ),
    "a key that is revoked": Case(
        lambda s: ("keys", "revoke", s.key), Action.KEY_REVOKED, lambda s: f"key:{s.key}", of_tenant=True
    ),
    "a tenant that is removed": Case(
        lambda s: ("tenants", "remove", "acme", "--yes"),
        Action.TENANT_REMOVED,
        lambda s: f"tenant:{s.tenant}",
        of_tenant=False,
    ),
}


def audited(run: Run, *arguments: str) -> list[dict[str, Any]]:
    """The answer of `gateway audit`."""
    done = run("audit", "--json", *arguments)
    assert done.exit_code == 0, done.output
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture
def situation(run: Run, database: Database, database_url: str) -> Situation:
    """An enabled account that has stopped, so that it can be revived."""
    account = register(run).stdout.strip()
    with create_engine(database_url, poolclass=NullPool).begin() as connection:
        connection.execute(text("UPDATE integrations SET state = 'needs_action'"))
    (created,) = audited(run, "--action", "key.created")
    tenant = {each.tenant_id for each in records(database)}.pop()
    assert tenant is not None
    return Situation(account=account, key=created["about"].removeprefix("key:"), tenant=tenant)


@pytest.mark.parametrize("name", CASES)
def test_each_command_leaves_one_record(run: Run, database: Database, situation: Situation, name: str) -> None:
    """As the operator's, without a request and without its words."""
    case = CASES[name]
    if case.before:
        assert run(*case.before).exit_code == 0
    before = records(database)

    done = run(*case.arguments(situation))

    assert done.exit_code == 0, done.output
    (left,) = since(database, before)
    assert (left.action, left.actor, left.about) == (case.leaves, "operator", case.about(situation))
    assert (left.outcome, left.request_id) == ("done", None)
    assert left.tenant_id == (situation.tenant if case.of_tenant else None)
    assert "CANARY" not in str(records(database))


def test_what_changes_nothing_leaves_no_record(run: Run, database: Database) -> None:
    """Nothing to revive, to resume, to revoke or to remove; and nothing that only reads."""
    before = records(database)

    done = [
        run(*command)
        for command in (
            ("revive",),
            ("resume", "inter"),
            ("keys", "revoke", "0" * 12),
            ("tenants", "remove", "nobody", "--yes"),
            ("accounts", "remove", "nobody"),
            ("sync", "--account", "nobody"),
            ("sync", "status"),
            ("accounts", "list"),
            ("audit",),
        )
    ]

    assert [each.exit_code for each in done] == [0, 1, 1, 1, 1, 1, 0, 0, 0]
    assert since(database, before) == []


def test_an_account_that_the_operator_adds(run: Run, bank: FakeInter, database: Database) -> None:
    """Registered and enabled, and a refusal too; the credentials are nowhere."""
    refused = register(run, given=credentials(client_secret="CANARY-wrong"))
    account = register(run).stdout.strip()

    assert refused.exit_code == 5
    found = audited(run)
    assert sorted((each["action"], each["outcome"].partition(":")[0]) for each in found) == [
        ("account.registered", "done"),
        ("integration.enabled", "done"),
        ("integration.enabled", "refused"),
        ("key.created", "done"),
    ]
    assert {each["about"] for each in found if each["action"] != "key.created"} == {f"account:{account}"}
    assert {(each["actor"], each["tenant"]) for each in found} == {("operator", "acme")}
    assert "CANARY" not in str(records(database))


def test_the_operator_lists_all_tenants_or_one(run: Run, database: Database) -> None:
    """By tenant, account, action, time and number."""
    assert run("keys", "create", "other").exit_code == 0
    account = register(run).stdout.strip()
    assert run("pause", "inter").exit_code == 0

    found = audited(run)
    assert [each["at"] for each in found] == sorted((each["at"] for each in found), reverse=True)
    assert {each["tenant"] for each in found} == {"acme", "other", None}
    assert [each["action"] for each in audited(run, "--tenant", "other")] == ["key.created"]
    of_account = audited(run, "--account", account)
    assert sorted(each["action"] for each in of_account) == ["account.registered", "integration.enabled"]
    assert [each["about"] for each in audited(run, "--action", "pause.begun")] == ["bank:inter"]
    assert audited(run, "--limit", "2") == found[:2]
    assert audited(run, "--to", "2020-01-01T00:00:00Z") == []
    assert audited(run, "--from", "2020-01-01T00:00:00Z") == found
    assert run("audit").stdout.count("\n") == len(found)


@pytest.mark.parametrize(
    ("arguments", "status", "says"),
    [
        (("--tenant", "nobody"), 1, "there is no tenant of that name"),
        (("--action", "account.read"), 2, "--action"),
        (("--from", "yesterday"), 2, "is not an instant"),
        (("--limit", "0"), 2, "--limit"),
    ],
)
def test_a_mistake_is_one_line(run: Run, arguments: Sequence[str], status: int, says: str) -> None:
    """It names what is wrong."""
    done = run("audit", *arguments)

    assert (done.exit_code, says in done.stderr.splitlines()[-1]) == (status, True)


def test_a_removed_tenant_leaves_one_record(run: Run, database: Database, situation: Situation) -> None:
    """The operator's; all of its own are erased, and another tenant's stay."""
    assert run("keys", "create", "other").exit_code == 0
    assert run("tenants", "remove", "acme", "--yes").exit_code == 0

    found = audited(run)

    assert [(each["action"], each["tenant"], each["about"]) for each in found] == [
        ("tenant.removed", None, f"tenant:{situation.tenant}"),
        ("key.created", "other", found[1]["about"]),
    ]
    assert "acme" not in str(records(database))
