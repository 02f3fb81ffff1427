"""One large statement from the bank to the caller: a gateway, its bank and the bare loop as real processes."""

import contextlib
import csv
import http.client
import io
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlsplit

import msgspec

from tests.benchmarks.callers import statement_path
from tests.benchmarks.numbers import Distribution
from tests.benchmarks.truth import Truth, Wrong, truth_of
from tests.benchmarks.usage import memory_peak, processor_seconds, resident, restart_memory_peak
from tests.served import processes

__all__ = ["WholeWay", "whole_way"]

HEALTH_SECONDS = 0.02
"""Between two looks at `/health/live`."""


@dataclass(frozen=True)
class WholeWay:
    """A bank with one large account, and a gateway at which the account is enabled."""

    ready: dict[str, Any]
    banks: processes.Banks
    gateway: processes.Gateway
    path: str

    def ask(self, form: str) -> tuple[int, bytes]:
        """The status and the whole answer."""
        connection = http.client.HTTPConnection(urlsplit(self.gateway.url).netloc, timeout=300)
        try:
            headers = {"authorization": f"Bearer {self.gateway.key}"}
            connection.request("GET", f"{self.path}&format={form}", headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def asked(self) -> dict[str, Any]:
        """The statement requests that the bank has seen since this was asked last, and what their lists hold."""
        return self.banks.ask("GET", "/asked").json()

    def truth(self) -> Truth:
        """What the statement holds."""
        return msgspec.convert(self.banks.ask("GET", "/truth").json(), Truth, strict=False)


@contextlib.contextmanager
def whole_way(slug: str, entries: int) -> Iterator[WholeWay]:
    """Bank and gateway, running."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        command = [sys.executable, "-m", "tests.benchmarks.large_bank", slug, str(entries), folder]
        bank = subprocess.Popen(command, cwd=processes.ROOT, stdout=subprocess.PIPE, text=True)
        stack.enter_context(bank)
        stack.callback(bank.terminate)
        ready = json.loads(bank.stdout.readline())
        banks = processes.Banks(**{name: ready[name] for name in ("http", "tls", "ca", "control")})
        gateway = stack.enter_context(processes.gateway(Path(folder), banks))
        enrolled = gateway.enrol(ready["listed"])
        enrolled.raise_for_status()
        yield WholeWay(ready, banks, gateway, statement_path(enrolled.json()["id"], *ready["period"]))


@contextlib.contextmanager
def bare(way: WholeWay, requests: list[Any]) -> Iterator[subprocess.Popen]:
    """The bare loop, which asks for the same pages."""
    command = [sys.executable, "-m", "tests.benchmarks.bare_client"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=processes.ROOT, stdin=pipe, stdout=pipe, text=True) as process:
        order = {"bank": way.ready["listed"]["bank"], "ca": way.banks.ca, "tls": way.banks.tls, "requests": requests}
        process.stdin.write(json.dumps(order) + "\n")
        yield process
        process.stdin.close()


def measured(slug: str, entries: int, forms: tuple[str, ...], turns: int) -> Iterator[dict[str, Any]]:
    """A row for each format: the gateway against the bare loop, in turns."""
    with whole_way(slug, entries) as way:
        truth = way.truth()
        way.asked()
        idle = resident(way.gateway.process.pid)
        status, body = way.ask(forms[0])
        asked = way.asked()
        if status != 200:
            problem = json.loads(body)
            yield {"bank": slug, "entries": truth.entries, "refused": f"{problem['code']}: {problem['detail']}"}
            return
        check(forms[0], body, truth)
        with bare(way, asked["requests"]) as plain:
            samples: dict[str, list[tuple[float, ...]]] = {form: [] for form in ("bare", *forms)}
            health: list[float] = []
            for _ in range(turns):
                samples["bare"].append(_bare_turn(plain, asked["lists"]))
                for form in forms:
                    samples[form].append(_turn(way, form, truth, health))
        bare_s, bare_wall_s, bare_memory = map(median, zip(*samples["bare"], strict=True))
        for form in forms:
            taken, wall, memory = map(median, zip(*samples[form], strict=True))
            yield {
                "bank": slug,
                "format": form,
                "entries": truth.entries,
                "bank_calls": len(asked["requests"]),
                "processor_s": taken,
                "wall_s": wall,
                "memory_mib": memory,
                "idle_mib": idle,
                "bare_processor_s": bare_s,
                "bare_wall_s": bare_wall_s,
                "bare_memory_mib": bare_memory,
                "ratio": taken / bare_s,
                "health_p99_ms": Distribution.of(health).p99,
            }


def _turn(way: WholeWay, form: str, truth: Truth, health: list[float]) -> tuple[float, float, float]:
    pid = way.gateway.process.pid
    restart_memory_peak(pid)
    with _watched(way.gateway.url, health):
        used, started = processor_seconds(pid), time.perf_counter()
        status, body = way.ask(form)
        taken = processor_seconds(pid) - used, time.perf_counter() - started
    if status != 200:
        raise Wrong(f"{form}: {status}: {body[:500]!r}")
    memory = memory_peak(pid)
    check(form, body, truth)
    return *taken, memory


def _bare_turn(process: subprocess.Popen, lists: dict[str, Any]) -> tuple[float, float, float]:
    process.stdin.write("\n")
    process.stdin.flush()
    told = json.loads(process.stdout.readline())
    if (told["rows"], Decimal(told["moved"])) != (lists["entries"], Decimal(lists["moved"])):
        raise Wrong(f"the bare loop read {told} instead of {lists}")
    return told["processor_s"], told["wall_s"], memory_peak(process.pid)


@contextlib.contextmanager
def _watched(url: str, seconds: list[float]) -> Iterator[None]:
    """Ask for `/health/live` again and again meanwhile, and note how long it took."""
    over = threading.Event()

    def watch() -> None:
        connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
        while not over.wait(HEALTH_SECONDS):
            started = time.perf_counter()
            connection.request("GET", "/health/live")
            connection.getresponse().read()
            seconds.append(time.perf_counter() - started)
        connection.close()

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()


class _Entry(msgspec.Struct):
    date: str
    amount: Decimal


class _Document(msgspec.Struct):
    entries: list[_Entry]


def check(form: str, body: bytes, truth: Truth) -> None:
    """Compare an answer with the truth.

    Raises:
        Wrong: it is another statement.
    """
    found = truth_of(READERS[form](body))
    if found != truth:
        raise Wrong(f"{form}: {found} instead of {truth}")


def _json(body: bytes) -> Iterator[tuple[str, Decimal]]:
    return ((each.date, each.amount) for each in msgspec.json.decode(body, type=_Document).entries)


def _ndjson(body: bytes) -> Iterator[tuple[str, Decimal]]:
    for line in body.splitlines():
        found = json.loads(line)
        if "amount" in found and "direction" in found:
            yield found["date"], Decimal(found["amount"])


def _csv(body: bytes) -> Iterator[tuple[str, Decimal]]:
    for row in csv.DictReader(io.StringIO(body.decode("utf-8-sig"))):
        yield row["date"], Decimal(row["amount"])


READERS = {"json": _json, "ndjson": _ndjson, "csv": _csv}
