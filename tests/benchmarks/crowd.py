"""Many callers at once in a process of their own, so that they take no time from the measuring process.

Standard input: one line of JSON `{"url", "key", "paths"}`, an empty line when they shall ask, another when they shall
go away. Standard output: one line when all are connected, and at the end one line of JSON, status to count, of those
who have been answered.
"""

import asyncio
import json
import sys
from collections import Counter

import rich_click as click

from tests.benchmarks.callers import Caller


async def main() -> None:
    """Connect, wait for the order, ask, and print the results."""
    order = json.loads(await _line())
    callers = [await Caller.open(order["url"], order["key"]) for _ in order["paths"]]
    click.echo("connected")
    await _line()
    calls = [asyncio.create_task(caller.ask(path)) for caller, path in zip(callers, order["paths"], strict=True)]
    await _line()
    answered = Counter(call.result().status for call in calls if call.done())
    click.echo(json.dumps(answered))


async def _line() -> str:
    return await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(main())
