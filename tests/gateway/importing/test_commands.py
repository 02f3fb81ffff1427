"""The commands of the daily import, as a user runs them."""

import json
import os
import signal
import subprocess
import sys

import httpx
import pytest

from tests.gateway.support import VAULT_KEY
from tests.served import processes


def gateway(state, *arguments, **more):
    """Run a command in an environment of its own."""
    given = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    environment = {**given, "GATEWAY_STATE_DIR": str(state / "state"), **more}
    return processes.run(["gateway", *arguments], environment)


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


def test_a_worker_gives_its_metrics_and_ends_when_it_is_told_to(tmp_path, postgresql_server):
    """It says when it is ready, and stops without a fault. A port that is taken is one line."""
    url = postgresql_server.database()
    given = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    environment = {**given, "GATEWAY_DATABASE_URL": url, "GATEWAY_SECRET_KEYS": VAULT_KEY}
    command = [sys.executable, "-m", "gateway", "worker", "--metrics-port"]
    with subprocess.Popen([*command, "0"], env=environment, stdout=subprocess.PIPE, text=True) as process:
        ready = json.loads(process.stdout.readline())
        metrics = httpx.get(ready["metrics"], timeout=30).text
        port = str(httpx.URL(ready["metrics"]).port)
        other = subprocess.run(
            [*command, port], env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        process.send_signal(signal.SIGTERM)
        status = process.wait(60)
    postgresql_server.drop(url)

    assert ready["event"] == "ready"
    assert "# TYPE gateway_imports_total counter" in metrics
    assert other.returncode == 6
    assert f"127.0.0.1:{port} cannot be listened on: Address already in use" in other.stderr.splitlines()[-1]
    assert status == 0
