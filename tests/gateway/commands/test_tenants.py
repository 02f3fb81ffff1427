"""API keys and tenants on the command line."""

import json
import uuid
from pathlib import Path

import pytest

from tests.gateway.commands.support import register
from tests.gateway.support import NOW

pytestmark = pytest.mark.slow


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


@pytest.mark.parametrize(
    "wrong", [("",), ("  ",), ("a" * 201,), ("a\tb",), ("acme", "--name", "b" * 201), ("acme", "--name", "\x1b[31m")]
)
def test_a_name_that_cannot_be_leaves_nothing_behind(run, tmp_path: Path, wrong: tuple[str, ...]) -> None:
    """It is refused before anything is opened: no database and no vault key are made for it."""
    refused = run("keys", "create", *wrong)

    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "name has" in refused.stderr
    assert not [*tmp_path.iterdir()]


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
    assert len({str(uuid.UUID(row["id"])) for row in rows}) == 2

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


def test_an_unknown_tenant_is_an_error(run) -> None:
    """A tenant is made with its first key, not by a slip of the pen."""
    assert "there is no tenant of that name" in register(run).stderr


def test_nobody_confirms_the_removal_of_a_tenant_that_there_is_not(run) -> None:
    """The name is said to be wrong before the question."""
    run("keys", "create", "acme")

    mistyped = run("tenants", "remove", "acne", given="y\n")

    assert (mistyped.exit_code, mistyped.stderr) == (1, "gateway: there is no tenant of that name\n")
    assert run("tenants", "remove", "acme", given="n\n").exit_code == 130
    assert run("tenants", "remove", "acme", given="y\n").exit_code == 0
