"""How many entries a second each format writes."""

import asyncio
import time
from collections.abc import Iterator
from statistics import median
from typing import Any

from gateway.limits import HELD_ENTRIES
from gateway.model import Statement
from gateway.render.formats import FORMATS, Format
from gateway.statement import StatementReader
from tests.benchmarks.adapter_alone import FirstToken, MemoryLine
from tests.benchmarks.large_statements import NOW, PERIOD, LargeStatement
from tests.benchmarks.whole_way import READERS, check
from tests.clocks import FixedClock

__all__ = ["renderers", "statement", "written"]

BANK = "itau"


def renderers(entries: int, turns: int) -> Iterator[dict[str, Any]]:
    """Each format, for one statement; those that the benchmark can read are compared with the truth."""
    large = LargeStatement(BANK, entries)
    found = _read(large)
    taken: dict[str, list[float]] = {each.name: [] for each in FORMATS}
    sizes: dict[str, int] = {}
    for _ in range(turns):
        for form in FORMATS:
            seconds, document = written(form, found)
            if form.name in READERS:
                check(form.name, document, large.truth)
            taken[form.name].append(seconds)
            sizes[form.name] = len(document)
    for name, samples in taken.items():
        count = len(found.entries)
        yield {"format": name, "entries_per_s": count / median(samples), "bytes_per_entry": sizes[name] / count}


def statement(entries: int) -> Statement:
    """One statement whose entries are in memory, as they are where another library writes them."""
    return _read(LargeStatement(BANK, entries), most_held=2 * entries)


def _read(large: LargeStatement, most_held: int = HELD_ENTRIES) -> Statement:
    reader = StatementReader(MemoryLine(large), FirstToken(), FixedClock(NOW), most_held=most_held)
    return asyncio.run(reader.read(large.harness.account, PERIOD))


def written(form: Format, statement: Statement) -> tuple[float, bytes]:
    """The processor seconds of writing a statement, and what was written."""
    started = time.process_time()
    parts = list(form.render(statement))
    return time.process_time() - started, b"".join(parts)
