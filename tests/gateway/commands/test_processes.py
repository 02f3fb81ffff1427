"""Commands as processes: pipes that break, errors for programs, completion by shells, terminals."""

import json
import os
import pty
import resource
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing

import pytest

from gateway.commands.running import unwinding
from tests.served import processes

COMMAND = [sys.executable, "-m", "gateway"]


@pytest.fixture
def environment(tmp_path):
    """Of a command with a state folder of its own."""
    given = {name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "_GATEWAY"))}
    return {**given, "GATEWAY_STATE_DIR": str(tmp_path / "state"), "COLUMNS": "80"}


def gateway(environment, *arguments, **more):
    return processes.run(["gateway", *arguments], {**environment, **more})


@pytest.mark.parametrize("arguments", [("--help",), ("banks",), ("exit-codes", "--json"), ("keys", "list", "--json")])
def test_a_reader_that_has_gone_ends_a_command_in_silence(environment, arguments):
    """As SIGPIPE would, and as `head` needs it."""
    if arguments[0] == "keys":
        gateway(environment, "keys", "create", "acme")
    reader, writer = os.pipe()
    os.close(reader)
    with open(writer, "wb") as output:  # noqa: PTH123 - it is a descriptor
        done = subprocess.run(
            [*COMMAND, *arguments], env=environment, stdout=output, stderr=subprocess.PIPE, timeout=60, check=False
        )

    assert (done.returncode, done.stderr) == (141, b"")


def test_programs_get_errors_as_problems(environment):
    """The fields of the HTTP interface and the exit status; the same code as people see."""
    refused = gateway(environment, "accounts", "show", "nobody", "--json")
    problem = json.loads(refused.stderr.splitlines()[-1])
    assert (refused.returncode, refused.stdout) == (1, "")
    assert (problem["code"], problem["status"], problem["exit_status"]) == ("unknown_account", 404, 1)
    assert problem["type"] == "http://127.0.0.1:8000/help/unknown_account"

    shown = gateway(environment, "accounts", "show", "nobody", GATEWAY_PUBLIC_URL="https://extrato.example.com")
    assert shown.stderr.startswith(f"gateway: unknown_account: {problem['title']}")
    assert problem["remedy"] in shown.stderr
    assert "https://extrato.example.com/help/unknown_account" in shown.stderr

    usage = gateway(environment, "accounts", "list", "--stat", "active", "--json")
    assert (usage.returncode, json.loads(usage.stderr)["exit_status"]) == (2, 2)


def test_a_database_that_does_not_answer_is_its_own_status(environment):
    """A server that is not there is told from a refusal."""
    url = "postgresql://user:CANARY@127.0.0.1:1/none"
    done = gateway(
        environment,
        "keys",
        "list",
        GATEWAY_DATABASE_URL=url,
        GATEWAY_SECRET_KEYS="x" * 43 + "=",
    )

    assert done.returncode == 6
    assert "CANARY" not in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("serve", "--port", "0", "--workers", "2"), ("worker",)])
def test_a_folder_of_large_statements_that_is_not_there_stops_the_start(environment, tmp_path, command):
    """Another one, which may lie in memory, would be taken in its place and not be named; other commands need none."""
    url = {"GATEWAY_DATABASE_URL": "postgresql://user@127.0.0.1:1/none"} if "worker" in command else {}
    nowhere = str(tmp_path / "nowhere")

    done = gateway(environment, *command, TMPDIR=nowhere, GATEWAY_SECRET_KEYS="x" * 43 + "=", **url)

    assert done.returncode == 6
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert "TMPDIR must name a folder" in done.stderr
    assert gateway(environment, "banks", TMPDIR=nowhere).returncode == 0


def completed(environment, *words):
    """What a shell is offered for the last word."""
    line = {"COMP_WORDS": " ".join(["gateway", *words]), "COMP_CWORD": str(len(words))}
    done = gateway(environment, _GATEWAY_COMPLETE="bash_complete", **line)
    assert (done.returncode, done.stderr) == (0, "")
    return {each.partition(",")[2] for each in done.stdout.splitlines() if each}


def test_commands_options_banks_formats_and_codes_are_completed(environment, tmp_path):
    """Without a database, and without making one."""
    assert completed(environment, "acc") == {"accounts"}
    assert completed(environment, "accounts", "re") == {"remove"}
    assert "--tenant" in completed(environment, "accounts", "list", "--te")
    assert completed(environment, "pause", "in") == {"inter"}
    assert completed(environment, "statement", "x", "--format", "ofx") == {"ofx", "ofx2"}
    assert "certificate_expired" in completed(environment, "explain", "cert")
    assert completed(environment, "accounts", "remove", "") == set()
    assert not (tmp_path / "state").exists()


def test_accounts_tenants_and_keys_of_the_embedded_database_are_completed(environment, tmp_path):
    """Those that begin so; a database that is locked gives none and holds nobody up."""
    made = json.loads(gateway(environment, "keys", "create", "acme", "--json").stdout)
    added = ("--tenant", "acme", "--bank", "inter", "--number", "1234567-8", "--holder-tax-id", "11222333000181")
    account = gateway(environment, "accounts", "add", *added, "--branch", "0001").stdout.strip()

    assert completed(environment, "accounts", "show", account[:6]) == {account}
    assert completed(environment, "accounts", "show", "%") == set()
    assert completed(environment, "tenants", "remove", "a") == {"acme"}
    assert completed(environment, "keys", "revoke", "") == {made["prefix"]}
    with closing(sqlite3.connect(tmp_path / "state" / "gateway.sqlite", isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        started = time.monotonic()
        completed(environment, "tenants", "remove", "a")
    assert time.monotonic() - started < 30


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(environment, shell):
    """It asks by the variable of this program; a shell that is here finds no fault with it."""
    done = gateway(environment, "completion", shell)

    assert done.returncode == 0
    assert f"_GATEWAY_COMPLETE={shell}_complete" in done.stdout
    if (program := shutil.which(shell)) is not None:
        checked = subprocess.run([program, "-n"], input=done.stdout, text=True, timeout=60, check=False)
        assert checked.returncode == 0


@pytest.mark.parametrize("width", [60, 200])
def test_a_list_on_a_real_terminal(environment, width):
    """A table as wide as the terminal, and no progress on standard output."""
    main, other = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "exit-codes"],
        env={**environment, "COLUMNS": str(width), "TERM": "xterm", "NO_COLOR": "1"},
        stdout=other,
        stderr=subprocess.PIPE,
    ) as process:
        os.close(other)
        shown = b""
        while True:
            try:
                part = os.read(main, 65536)
            except OSError:
                break
            if not part:
                break
            shown += part
        assert process.wait(60) == 0
    os.close(main)
    lines = shown.decode().splitlines()

    assert "\x1b" not in shown.decode()
    assert max(map(len, lines)) <= width
    assert any(line.split() == ["status", "name", "meaning"] for line in lines)


SLOW = """
import sys, time
from gateway import cli
from gateway.commands import running, writing
from gateway.render.formats import FORMATS

def document():
    yield b"x" * 1000
    print("begun", flush=True)
    time.sleep(600)

async def run(parts):
    writing.write_document(FORMATS[0], document(), sys.argv[1])

cli.cli = lambda **_: running.with_parts(run)
cli.main()
"""
"""A command that writes a document which does not end."""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_told_to_end_leaves_no_part_of_a_statement(environment, tmp_path, number):
    """As one that is stopped by Ctrl+C: `timeout` and a closing terminal end it so."""
    folder = tmp_path / "folder"
    folder.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", SLOW, str(folder / "statement.json")],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "begun\n"
        assert len(list(folder.iterdir())) == 1
        process.send_signal(number)
        errors = process.stderr.read()
        status = process.wait(60)

    assert (status, list(folder.iterdir())) == (128 + number, [])
    assert "Traceback" not in errors


@pytest.mark.parametrize("before", [signal.SIG_DFL, signal.SIG_IGN])
def test_a_signal_that_is_ignored_stays_so(before):
    """As under `nohup`; and all is afterwards what it was."""
    former = signal.signal(signal.SIGHUP, before)
    try:
        with unwinding():
            assert (signal.getsignal(signal.SIGHUP) is before) == (before is signal.SIG_IGN)
        assert signal.getsignal(signal.SIGHUP) is before
    finally:
        signal.signal(signal.SIGHUP, former)


@pytest.mark.slow
def test_ctrl_c_ends_a_server_well(environment):
    """Without a traceback."""
    with subprocess.Popen(
        [*COMMAND, "serve", "--port", "0"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert json.loads(process.stdout.readline())["event"] == "ready"
        process.send_signal(signal.SIGINT)
        errors = process.stderr.read()
        status = process.wait(60)

    assert status in {0, 130, -signal.SIGINT}
    assert "Traceback" not in errors


def test_no_command_leaves_a_core_dump(environment, tmp_path):
    """Keys and credentials of its memory would lie on a disk, whatever the limits of the shell that starts it."""
    seen = tmp_path / "limits"
    (tmp_path / "sitecustomize.py").write_text(
        "import atexit, pathlib, resource\n"
        f"tell = lambda: pathlib.Path({str(seen)!r}).write_text(str(resource.getrlimit(resource.RLIMIT_CORE)))\n"
        "atexit.register(tell)\n"
    )
    given = {**environment, "PYTHONPATH": os.pathsep.join([str(tmp_path), *sys.path])}
    for arguments in (["keys", "create", "acme"], ["banks"], ["accounts", "show", "none"]):
        subprocess.run([*COMMAND, *arguments], env=given, capture_output=True, check=False, preexec_fn=_with_core_dumps)
        assert seen.read_text() == "(0, 0)", arguments
        seen.unlink()


def _with_core_dumps():
    _, most = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (most, most))
