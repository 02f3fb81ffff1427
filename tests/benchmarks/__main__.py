"""All measurements of one run: `make bench`, or `python -m tests.benchmarks [--only SECTION] [--million] [--peers]`.

Each result is compared with the truth before its time counts, and what is compared is measured in turns, in this run.
The table goes to standard output; everything, with versions and machine, as JSON to the file that BENCH_JSON names, or
into `.bench`.
"""

import argparse
import json
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import rich_click as click
import structlog

from tests.benchmarks import peers, renderers, simulated_banks, small_statements, start_up, whole_way
from tests.benchmarks.large_forms import FORMS, MILLION
from tests.benchmarks.linear import fitted
from tests.benchmarks.usage import machine
from tests.served import processes

Row = dict[str, Any]

TURNS = 5
SIZES = (100, 10_000, 100_000)
WAY = "itau"
"""The bank of the whole way: it documents no limit of calls a minute, for which the gateway would wait."""
RENDERED_ENTRIES = 10_000


def adapters(million: bool) -> Iterator[Row]:
    """Each adapter alone against the bare loop, and what they cost by size."""
    for slug, form in FORMS.items():
        rows = []
        for size in (*SIZES, *([MILLION] if million and slug == WAY else [])):
            turns, entries = 1 if size == MILLION else TURNS, min(size, form.most)
            command = [sys.executable, "-m", "tests.benchmarks.adapter_alone", slug, str(entries), str(turns)]
            done = subprocess.run(command, cwd=processes.ROOT, stdout=subprocess.PIPE, check=True)
            rows.append(json.loads(done.stdout))
            yield rows[-1]
        yield {"bank": slug, **_line(rows)}


def ways(million: bool) -> Iterator[Row]:
    """The whole way against the bare loop: JSON of every size, and of one the other formats that can be compared."""
    rows = []
    for size in (*SIZES, *([MILLION] if million else [])):
        forms = tuple(whole_way.READERS) if size == RENDERED_ENTRIES else ("json",)
        for row in whole_way.measured(WAY, size, forms, 0 if size == MILLION else TURNS):
            if row.get("format") == "json":
                rows.append(row)
            yield row
    yield {"bank": WAY, "format": "json", **_line(rows)}


def starts() -> Iterator[Row]:
    """The start, and memory at rest."""
    return chain([start_up.help_text(TURNS)], start_up.ready(TURNS), start_up.resting())


SECTIONS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "start": lambda _: starts(),
    "installed": lambda _: start_up.installed(),
    "adapter_alone": adapters,
    "whole_way": ways,
    "renderers": lambda _: renderers.renderers(RENDERED_ENTRIES, TURNS),
    "simulated_banks": lambda _: simulated_banks.simulated_banks(TURNS),
    "small_statements": lambda _: small_statements.rows(),
}

PEERS: dict[str, Callable[[bool], Iterator[Row]]] = {
    "peers": lambda _: peers.peers(),
    "ofx": lambda _: peers.writers(),
}


def _line(rows: list[Row]) -> Row:
    """The cost of the gateway by size, of those rows that have one."""
    points = [(row["entries"], row["processor_s"]) for row in rows if "processor_s" in row]
    line = fitted(points)
    return {"fixed_ms": 1e3 * line.fixed, "us_per_entry": 1e6 * line.each, "off_line": line.furthest}


def _printed(row: Row) -> str:
    cells = (f"{name} {value:.4g}" if isinstance(value, float) else f"{name} {value}" for name, value in row.items())
    return "  ".join(cells)


def main() -> None:
    """Measure, print, and write the file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="+", choices=SECTIONS, default=list(SECTIONS))
    parser.add_argument("--million", action="store_true", help="one million entries too, at one bank")
    parser.add_argument("--peers", action="store_true", help="other libraries too, each in an environment of its own")
    given = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    file = Path(os.environ.get("BENCH_JSON") or processes.ROOT / ".bench" / time.strftime("%Y-%m-%dT%H%M%S.json"))
    file.parent.mkdir(parents=True, exist_ok=True)
    sections = {name: SECTIONS[name] for name in given.only} | (PEERS if given.peers else {})
    found: dict[str, Any] = {**machine(), "sections": {}}
    for name, section in sections.items():
        click.echo(f"\n{name}")
        rows = found["sections"][name] = []
        for row in section(given.million):
            rows.append(row)
            click.echo(f"  {_printed(row)}")
        file.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n")
    click.echo(f"\nwritten to {file}")


if __name__ == "__main__":
    main()
