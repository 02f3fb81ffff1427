"""Other libraries that read REST sources, each in an environment of its own, reading the same pages."""

import contextlib
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from statistics import median
from typing import Any

from gateway.render.formats import FORMATS
from tests.benchmarks import renderers
from tests.benchmarks.truth import Wrong
from tests.benchmarks.usage import processor_seconds
from tests.benchmarks.whole_way import WholeWay, check, whole_way
from tests.served import processes

__all__ = ["peers", "writers"]

HERE = Path(__file__).parent
READERS = {"dlt": "dlt_source", "airbyte-cdk": "airbyte_source", "singer-sdk": "singer_stream"}
ENTRIES = 10_000
TURNS = 5


def peers() -> Iterator[dict[str, Any]]:
    """Entries a second of each library and of the gateway, in turns, and how many times as fast the gateway is.

    The gateway speaks TLS with the bank, keeps credentials, checks everything and writes JSON; the others read plain
    HTTP and give dictionaries.
    """
    with whole_way("itau", ENTRIES) as way, contextlib.ExitStack() as stack:
        way.asked()
        check("json", way.ask("json")[1], truth := way.truth())
        asked = way.asked()
        order = _order(way, asked["requests"][0][1])
        processes_of = {name: stack.enter_context(_peer(name, script, order)) for name, script in READERS.items()}
        samples: dict[str, list[tuple[float, float]]] = {name: [] for name in ("gateway", *READERS)}
        for turn in range(TURNS + 1):
            taken = {"gateway": _gateway(way, truth)}
            taken |= {name: _told(name, process, asked["lists"]) for name, process in processes_of.items()}
            if turn:  # the first one loads what is loaded when it is needed
                for name, sample in taken.items():
                    samples[name].append(sample)
    used = {name: median(sample[0] for sample in taken) for name, taken in samples.items()}
    for name, taken in samples.items():
        yield {
            "what": name,
            "entries": truth.entries,
            "processor_s": used[name],
            "wall_s": median(sample[1] for sample in taken),
            "entries_per_s": truth.entries / used[name],
            "ratio": used[name] / used["gateway"],
        }


def writers() -> Iterator[dict[str, Any]]:
    """OFX of the same entries, written by the gateway and by ofxtools."""
    statement = renderers.statement(ENTRIES)
    entries = [[each.id, each.date.isoformat(), str(each.amount), each.description or ""] for each in statement.entries]
    ofx = next(each for each in FORMATS if each.name == "ofx")
    samples: dict[str, list[float]] = {"gateway": [], "ofxtools": []}
    with _peer("ofxtools", "ofx_writer", {"entries": entries}) as process:
        for _ in range(TURNS):
            taken, written = renderers.written(ofx, statement)
            told = _turn(process)
            if told["rows"] != len(entries) or written.count(b"<STMTTRN>") != len(entries):
                raise Wrong(f"ofxtools wrote {told['rows']} entries, the gateway {written.count(b'<STMTTRN>')}")
            samples["gateway"].append(taken)
            samples["ofxtools"].append(told["processor_s"])
    fastest = median(samples["gateway"])
    for name, taken in samples.items():
        used = median(taken)
        yield {"what": f"OFX by {name}", "entries_per_s": len(entries) / used, "ratio": used / fastest}


def environment(name: str) -> Path:
    """The interpreter of a library's own environment, which is made when it is not there."""
    place = processes.ROOT / ".bench" / "peers" / name
    if not (place / "ready").exists():
        pinned = next(line for line in (HERE / "pinned.txt").read_text().splitlines() if line.startswith(f"{name}=="))
        subprocess.run([sys.executable, "-m", "venv", "--without-pip", place], check=True)
        command = [sys.executable, "-m", "pip", "--python", place / "bin" / "python", "install", "--quiet"]
        subprocess.run([*command, "--disable-pip-version-check", pinned], check=True, stderr=subprocess.DEVNULL)
        (place / "ready").touch()
    return place / "bin" / "python"


def _order(way: WholeWay, address: str) -> dict[str, Any]:
    """What the peers read: the same list, over plain HTTP."""
    path, _, query = address.partition("://")[2].partition("/")[2].partition("?")
    params = dict(each.split("=") for each in query.split("&"))
    return {"base": way.banks.http, "path": f"/{path}", "first": int(params.pop("page")), "params": params}


@contextlib.contextmanager
def _peer(name: str, script: str, order: dict[str, Any]) -> Iterator[subprocess.Popen]:
    command = [environment(name), HERE / f"{script}.py"]
    environ = {key: value for key, value in processes.plain_environment().items() if key != "PYTHONPATH"}
    pipe, gone = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, env=environ, stdin=pipe, stdout=pipe, stderr=gone, text=True) as process:
        process.stdin.write(json.dumps(order) + "\n")
        yield process
        process.stdin.close()


def _told(name: str, process: subprocess.Popen, lists: dict[str, Any]) -> tuple[float, float]:
    told = _turn(process)
    if (told["rows"], Decimal(told["moved"])) != (lists["entries"], Decimal(lists["moved"])):
        raise Wrong(f"{name} read {told} instead of {lists}")
    return told["processor_s"], told["wall_s"]


def _turn(process: subprocess.Popen) -> dict[str, Any]:
    process.stdin.write("\n")
    process.stdin.flush()
    return json.loads(process.stdout.readline())


def _gateway(way: WholeWay, truth: Any) -> tuple[float, float]:
    pid = way.gateway.process.pid
    used, started = processor_seconds(pid), time.perf_counter()
    status, body = way.ask("json")
    taken = processor_seconds(pid) - used, time.perf_counter() - started
    if status != 200:
        raise Wrong(f"the gateway answered {status}")
    check("json", body, truth)
    return taken
