"""`gateway demo` ends with everything that it has started."""

import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from gateway.commands.demo.run import _gateway, _simulators, _to_try
from gateway.commands.exit_codes import ExitCode

pytestmark = pytest.mark.slow


def test_a_demo_without_simulators_ends_with_one_line(run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulators' own line says why they did not start."""
    monkeypatch.setattr("gateway.commands.demo.run.sys.executable", "/bin/false")

    done = run("demo")

    assert (done.exit_code, done.stderr) == (ExitCode.CANNOT_WORK, "gateway: simulators serve did not start\n")


@pytest.mark.anyio
async def test_the_key_of_a_demo_opens_the_account_pages(tmp_path: Path) -> None:
    """They are named among what there is to try."""
    async with _simulators(tmp_path) as banks, _gateway(tmp_path, banks) as (address, key, _):
        said = "\n".join(_to_try(address, key, banks, page="", rows=[]))
        async with httpx.AsyncClient() as browser:
            signed_in = await browser.post(f"{address}/painel/entrar", data={"chave": key})

    assert f"{address}/painel" in said
    assert (signed_in.status_code, signed_in.headers["Location"]) == (303, "/painel")


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
    # One that was killed is gone once the system has taken it away.
    ends = time.monotonic() + 10
    while any(Path(f"/proc/{server}").exists() for server in servers) and time.monotonic() < ends:
        time.sleep(0.1)
    assert not any(Path(f"/proc/{server}").exists() for server in servers)
