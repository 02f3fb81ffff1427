"""The start of the gateway and its size, with and without what only the simulators need."""

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.usage import processor_seconds, resident
from tests.benchmarks.whole_way import check, whole_way
from tests.served import processes

__all__ = ["help_text", "installed", "ready", "resting"]

STATEMENTS = 5
"""After which the memory of a gateway that does nothing is looked at."""
SIZES = {"extrato": "", "extrato[simulators]": "[simulators]"}


def help_text(turns: int) -> dict[str, Any]:
    """`gateway --help`, the first of which is not counted."""
    taken = [_help() for _ in range(turns + 1)][1:]
    processor, wall = map(median, zip(*taken, strict=True))
    return {"what": "gateway --help", "processor_s": processor, "wall_s": wall}


def _help() -> tuple[float, float]:
    started = time.perf_counter()
    command = [sys.executable, "-m", "gateway", "--help"]
    with subprocess.Popen(command, cwd=processes.ROOT, stdout=subprocess.DEVNULL) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"gateway --help ended with {process.returncode}")
    return used.ru_utime + used.ru_stime, time.perf_counter() - started


def ready(turns: int) -> Iterator[dict[str, Any]]:
    """`gateway serve` until it is ready, with a new database and with one that is there."""
    taken: dict[str, list[tuple[float, float, float]]] = {"a new database": [], "a database": []}
    for _ in range(turns):
        with tempfile.TemporaryDirectory() as folder:
            for samples in taken.values():
                samples.append(_ready(folder))
    for name, samples in taken.items():
        processor, wall, memory = map(median, zip(*samples, strict=True))
        yield {"what": f"ready with {name}", "processor_s": processor, "wall_s": wall, "memory_mib": memory}


def _ready(folder: str) -> tuple[float, float, float]:
    environment = processes.plain_environment() | {"GATEWAY_STATE_DIR": folder}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "gateway", "serve", "--port", "0"],
        env=environment,
        cwd=processes.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    with process:
        try:
            json.loads(process.stdout.readline())
            wall = time.perf_counter() - started
            return processor_seconds(process.pid), wall, resident(process.pid)
        finally:
            process.terminate()


def resting() -> Iterator[dict[str, Any]]:
    """The memory of a gateway with nothing to do, after its first statements."""
    with whole_way("itau", 100) as way:
        yield {"what": "memory with an account enabled", "memory_mib": resident(way.gateway.process.pid)}
        for _ in range(STATEMENTS):
            status, body = way.ask("json")
            if status != 200:
                raise RuntimeError(f"the gateway answered {status}: {body!r}")
        check("json", body, way.truth())
        yield {"what": f"memory after {STATEMENTS} statements", "memory_mib": resident(way.gateway.process.pid)}


def installed() -> Iterator[dict[str, Any]]:
    """What is installed with the gateway, in an environment of its own with the pinned versions."""
    pinned = re.findall(r"^([\w.\-]+==[\w.]+)", (processes.ROOT / "requirements.lock").read_text(), re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder:
        (place := Path(folder) / "pinned").write_text("\n".join(pinned))
        for name, extra in SIZES.items():
            environment = Path(folder) / name
            subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
            command = [sys.executable, "-m", "pip", "--python", environment / "bin" / "python", "install", "--quiet"]
            wanted = f"{processes.ROOT}{extra}"
            subprocess.run([*command, "--no-compile", "--constraint", place, wanted], check=True)
            files = [each for each in environment.glob("lib/*/site-packages/**/*") if each.is_file()]
            packages = len(list(environment.glob("lib/*/site-packages/*.dist-info")))
            size = sum(each.stat().st_size for each in files) / 2**20
            yield {"what": f"{name} installed", "packages": packages, "size_mib": size}
