"""The simulators as a process: how it begins, how it is refused, how it ends, and what a command says without it."""

import json
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from simulators.serving.connection import LARGEST_HEAD_BYTES, LARGEST_TARGET_BYTES, MOST_PARAMETERS
from tests.served import processes

SERVE = ["serve", "--port", "0", "--tls-port", "0", "--state"]
AFTER_ALL = "2026-08-03T10:00:00-03:00"


def command(*words, **more):
    """A command in a process of its own, which has ended."""
    return processes.run(["simulators", *map(str, words)], {**processes.plain_environment(), **more})


def refused(*words, status):
    """The one line of a command that is refused."""
    done = command(*words)
    assert (done.returncode, done.stdout) == (status, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith("simulators: ")
    return line


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """Simulators in a state folder of their own, on a day that is long after."""
    state = tmp_path_factory.mktemp("served") / "state"
    with processes.simulators(state, more=("--now", AFTER_ALL)) as banks:
        yield banks, state


@pytest.mark.parametrize("name", ["", "a-world"])
def test_accounts_are_the_same_without_a_process(served, tmp_path, name):
    """Byte for byte, today and on the day of that process; in a world that has been made, and in one that has not."""
    banks, state = served
    if name:
        banks.ask("POST", "/worlds", json={"name": name}).raise_for_status()
    within = ("--world", name) if name else ()
    online = command("accounts", "--url", banks.control, *within)

    assert len(json.loads(online.stdout)) > 100
    for folder in (state, tmp_path / "none"):
        offline = command("accounts", "--seed", "1", "--state", folder, *within)
        assert (offline.returncode, offline.stderr) == (0, "")
        assert offline.stdout == online.stdout
    assert not (tmp_path / "none").exists()


def test_accounts_that_were_opened_are_known_without_a_process(served):
    """From the folder, also the changed ones; nothing is written to it by looking."""
    banks, state = served
    banks.new_account("inter", "certificate_expired", certificate_days=-3)
    banks.new_account("cora", "ok", certificate_days=20)
    kept = (state / "seed-1" / "accounts.jsonl").read_bytes()
    online = command("accounts", "--url", banks.control)

    assert command("accounts", "--state", state, "--seed", "1").stdout == online.stdout
    assert command("accounts", "--state", state).stdout == online.stdout
    assert (state / "seed-1" / "accounts.jsonl").read_bytes() == kept


def test_a_second_process_is_refused_the_folder(served):
    """And told who has it; the first one goes on."""
    banks, state = served
    line = refused(*SERVE, state, status=6)

    assert banks.control in line
    assert "--state" in line
    assert json.loads((state / "ready.json").read_text())["control"] == banks.control


@pytest.mark.parametrize(
    "head",
    [
        b"GET /_sim/banks?a=" + b"a" * LARGEST_TARGET_BYTES + b" HTTP/1.1\r\n",
        b"GET /_sim/banks?" + b"a&" * MOST_PARAMETERS + b" HTTP/1.1\r\n",
        b"GET /_sim/banks" + b"a" * LARGEST_TARGET_BYTES + b" HTTP/1.1\r\n",
        b"GET /_sim/banks HTTP/1.1\r\na: " + b"a" * LARGEST_HEAD_BYTES + b"\r\n",
        b"GET /_sim/banks HTTP/1.1\r\n" + b"a: b\r\n" * LARGEST_HEAD_BYTES,
        b"GET /_sim/banks HTTP/1.1\r\na: " + b"a" * 4 * LARGEST_HEAD_BYTES,
    ],
    ids=["query", "parameters", "path", "header", "headers", "endless header"],
)
def test_too_large_a_head_is_refused(served, head):
    """The framework keeps what it has read of a thousand queries; a head without an end would fill the memory."""
    address = httpx.URL(served[0].http)
    with socket.create_connection((address.host, address.port), timeout=30) as connection:
        connection.sendall(head + b"host: localhost\r\nconnection: close\r\n\r\n")
        assert connection.recv(4096).startswith(b"HTTP/1.1 400 ")


def test_a_caller_does_not_choose_which_port_it_has_called(served):
    """What a proxy would say counts for nothing: the bank's own port alone has TLS and asks for certificates."""
    banks, _ = served
    answer = banks.ask("GET", "/health", headers={"X-Forwarded-Proto": "https"})
    assert answer.status_code == 200


def test_what_cannot_be_served_is_said_in_one_line(served, tmp_path):
    """A port that is taken, an address of somebody else, a folder that is none."""
    banks, _ = served
    port = banks.http.rpartition(":")[2]
    mine = tmp_path / "state"
    assert f"port {port}" in refused("serve", "--port", port, "--tls-port", "0", "--state", mine, status=6)
    assert f"port {port}" in refused("serve", "--port", "0", "--tls-port", port, "--state", mine, status=6)
    assert "does not have" in refused(*SERVE, mine, "--host", "192.0.2.1", status=6)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--port", "65536"), "65535"),
        (("--tls-port", "-1"), "65535"),
        (("--port", "9100", "--tls-port", "9100"), "the same"),
        (("--host", "banco.example"), "no address"),
        (("--host", "127.0.0.256"), "no address"),
        (("--host", ""), "no address"),
        (("--now", "tomorrow"), "instant"),
        (("--now", "1999-01-01T00:00:00Z"), "2000"),
    ],
)
def test_what_is_written_wrongly(tmp_path, words, said):
    """Is told before anything is made."""
    assert said in refused("serve", *words, "--state", tmp_path / "state", status=2)
    assert not (tmp_path / "state").exists()


def test_a_state_folder_that_cannot_be_one(tmp_path):
    """A file, a place below a file, a folder that may not be written."""
    file = tmp_path / "file"
    file.write_text("")
    assert "is a file" in refused(*SERVE, file, status=6)
    assert "is a file" in refused(*SERVE, file / "below", status=6)
    for unwritable in ("/proc/simulators", "/sys/simulators"):
        if Path(unwritable).parent.is_dir():
            assert "cannot be written" in refused(*SERVE, unwritable, status=6)


@pytest.mark.parametrize("host", ["::1", "localhost", "0.0.0.0", "[::1]"])  # noqa: S104 - what is tried
def test_other_addresses(tmp_path, host):
    """Both ports answer at the addresses that are announced; who listens beyond loopback is told so."""
    log = tmp_path / "log"
    with processes.simulators(tmp_path / "state", log, more=("--host", host)) as banks:
        assert banks.ask("GET", "/clock").status_code == 200
        address, _, port = banks.tls.rpartition(":")
        context = ssl.create_default_context(cafile=banks.ca)
        name = "cdpj.partners.bancointer.com.br"
        with (
            socket.create_connection((address.strip("[]"), int(port)), timeout=10) as plain,
            context.wrap_socket(plain, server_hostname=name) as secure,
        ):
            assert secure.getpeercert()["subjectAltName"] == (("DNS", name),)
    assert ("no password" in log.read_text()) == (host == "0.0.0.0")  # noqa: S104 - likewise


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_ends_it_cleanly_and_soon(tmp_path, sent, status):
    """With connections that are open, half open, stalled on purpose and dribbling on both ports."""
    with processes.simulators(tmp_path / "state", tmp_path / "log") as banks:
        account = banks.new_account("inter")
        form = account["credentials"]
        asked = {name: form[name] for name in ("client_id", "client_secret")}
        asked |= {"grant_type": "client_credentials", "scope": "extrato.read"}
        number = account["account"]["number"]
        fault = {"bank": "inter", "number": number, "fault": "stalled", "operation": "token"}
        banks.ask("POST", "/faults", json=fault).raise_for_status()
        idle = [opened(at) for at in (banks.http, banks.tls, banks.http)]
        idle[0].sendall(b"POST /_sim/reset HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n")
        body = "&".join(f"{name}={value}" for name, value in asked.items()).encode()
        idle[2].sendall(
            b"POST /inter/oauth/v2/token HTTP/1.1\r\nhost: x\r\ncontent-type: application/x-www-form-urlencoded\r\n"
            + f"content-length: {len(body)}\r\n\r\n".encode()
            + body
        )
        until(lambda: any(each["account"] == number for each in banks.ask("GET", "/requests").json()))
        with httpx.Client(verify=processes.PLAIN) as client:
            client.get(f"{banks.control}/clock")
            began = time.monotonic()
            banks.process.send_signal(sent)
            assert banks.process.wait(timeout=10) == status
        assert time.monotonic() - began < 2
        for each in idle:
            each.close()
        with pytest.raises(OSError, match="refused"):
            opened(banks.http)
        assert not (tmp_path / "state" / "ready.json").exists()
        assert (tmp_path / "log").read_text() == ""


def test_a_signal_before_anything_is_served(tmp_path):
    """As clean as later."""
    words = [sys.executable, "-m", "simulators", *SERVE, str(tmp_path / "state")]
    with subprocess.Popen(
        words, env=processes.plain_environment(), cwd=processes.ROOT, stderr=subprocess.PIPE
    ) as process:
        until((tmp_path / "state" / "lock").exists)
        process.terminate()
        assert process.wait(timeout=10) == 0
        assert process.stderr.read() == b""
    assert not (tmp_path / "state" / "ready.json").exists()


def test_a_killed_process_leaves_the_folder_to_the_next(tmp_path):
    """The lock is the system's, and what the killed one has announced is taken back."""
    state = tmp_path / "state"
    with processes.simulators(state) as banks:
        banks.process.kill()
        banks.process.wait()
        assert (state / "ready.json").exists()
        gone = command("clock", "show", "--state", state)
        assert (gone.returncode, "do not answer" in gone.stderr) == (3, True)
        with processes.simulators(state, more=("--now", AFTER_ALL, "--frozen")) as again:
            assert json.loads((state / "ready.json").read_text())["control"] == again.control
            first = again.ask("GET", "/clock").json()
            made = again.ask("POST", "/worlds", json={"name": "w", "ready_accounts": False}).json()
            assert first == again.ask("GET", "/clock").json() == {"now": AFTER_ALL}
            assert made["now"] == AFTER_ALL


def opened(address):
    """A connection to `host:port`, with or without a scheme before it."""
    host, _, port = address.rpartition("/")[2].rpartition(":")
    return socket.create_connection((host, int(port)), timeout=10)


def until(is_so):
    """Look until it is so.

    Raises:
        AssertionError: it never was.
    """
    end = time.monotonic() + 30
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.02)
