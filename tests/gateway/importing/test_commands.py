"""The commands of the daily import, as a user runs them."""

import json
import os
import signal
import subprocess
import sys

import pytest

from tests.gateway.support import VAULT_KEY


def gateway(state, *arguments, **more):
    """Run a command in an environment of its own."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    environment = {**given, "GATEWAY_STATE_DIR": str(state / "state"), **more}
    return subprocess.run(
        [sys.executable, "-m", "gateway", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_nothing_is_due_without_accounts(tmp_path):
    """An empty summary, and all is good."""
    done = gateway(tmp_path, "sync", "--json")
    status = gateway(tmp_path, "sync", "status", "--json")

    assert (done.returncode, json.loads(done.stdout)) == (0, [])
    assert (status.returncode, json.loads(status.stdout)) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("sync", "--bank", "nobody"), "unknown_bank"),
        (("sync", "--account", "nobody"), "unknown_account"),
        (("sync", "--tenant", "nobody"), "there is no tenant of that name"),
        (("sync", "--until", "tomorrow"), "is not an instant"),
        (("worker",), "does the daily import itself; workers need PostgreSQL"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, arguments, says):
    """And a failure."""
    done = gateway(tmp_path, *arguments)

    assert done.returncode != 0
    assert says in done.stderr.splitlines()[-1]


def test_the_switch_is_on_or_off(tmp_path):
    """Anything else stops the start."""
    done = gateway(tmp_path, "sync", GATEWAY_DAILY_IMPORT="perhaps")

    assert done.stderr.splitlines()[-1] == "gateway: GATEWAY_DAILY_IMPORT must be on or off"


def test_a_worker_ends_when_it_is_told_to(tmp_path, postgresql_server):
    """It says when it is ready, and stops without a fault."""
    url = postgresql_server.database()
    given = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    environment = {**given, "GATEWAY_DATABASE_URL": url, "GATEWAY_SECRET_KEYS": VAULT_KEY}
    command = [sys.executable, "-m", "gateway", "worker"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        ready = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGTERM)
        status = process.wait(60)
    postgresql_server.drop(url)

    assert ready == {"event": "ready"}
    assert status == 0
