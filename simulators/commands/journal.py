"""The command that shows what the banks saw."""

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

import rich_click as click

from simulators.commands.asking import Control, asks
from simulators.commands.options import Named, example, json_option
from simulators.commands.tables import print_rows

__all__ = ["requests"]

COLUMNS = ("at", "bank", "call", "account", "status", "faults", "why")
PAUSE_SECONDS = 1.0
"""Between two looks at the journal."""
LONGEST_SECONDS = 3600

Record = dict[str, Any]

MOST_SHOWN = 20_000
"""As many as the journal has at most."""
FOLLOWED = 1_000
"""Calls that can come between two looks."""
CUT = "cut"


class Status(click.ParamType[str]):
    """A status, all of a hundred, or none."""

    name = "status"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text as it is."""
        if value != CUT and re.fullmatch("[1-5]([0-9][0-9]|xx)", value) is None:
            self.fail("must be a status such as 401 or 4xx, or cut", param, ctx)
        return value


@click.command(epilog=example("simulators requests --bank inter --status 4xx --follow --seconds 60"))
@click.option("--bank", type=Named("bank"), help="Only calls of this bank.")
@click.option("--number", help="Only calls of this account.")
@click.option("--operation", help="Only calls of this operation of the contract.")
@click.option("--status", type=Status(), help="Only calls answered so: 401, 4xx, or cut for those without an answer.")
@click.option("--last", type=click.IntRange(1, MOST_SHOWN), default=50, show_default=True, help="Most calls to show.")
@click.option("--follow", is_flag=True, help="Go on with what comes, each call when it has ended.")
@click.option(
    "--seconds",
    type=click.FloatRange(0, LONGEST_SECONDS),
    default=60.0,
    show_default=True,
    help="How long to follow.",
)
@asks
@json_option
def requests(
    control: Control,
    bank: str | None,
    number: str | None,
    operation: str | None,
    status: str | None,
    last: int,
    seconds: float,
    *,
    follow: bool,
    as_json: bool,
) -> None:
    """Show the requests that the banks saw, the newest last.

    With --follow --json each request is one line of JSON.
    """

    def seen() -> list[Record]:
        asked: dict[str, str | None] = {"bank": bank, "number": number, "operation": operation}
        # Those that were cut have no status to ask for, and are looked for among all.
        asked |= {"limit": str(MOST_SHOWN)} if status == CUT else {"status": status, "limit": str(max(last, FOLLOWED))}
        found: list[Record] = control.get("/requests", asked)
        return [each for each in found if status != CUT or each.get("status") is None]

    if not follow:
        _print(seen()[-last:], as_json=as_json)
        return
    until, shown, first = time.monotonic() + seconds, Counter[str](), True
    while True:
        ended = time.monotonic() >= until
        new = list(_new(seen(), shown, unfinished=ended))
        _print_lines(new[-last:] if first else new, as_json=as_json)
        first = False
        if ended:
            break
        time.sleep(max(0.0, min(PAUSE_SECONDS, until - time.monotonic())))


def _new(records: Iterable[Record], shown: Counter[str], *, unfinished: bool) -> Iterator[Record]:
    """The records that were not shown yet, which they then are.

    Args:
        records: all there are now. The journal drops old ones, and forgets all at a reset.
        shown: how many were shown of each call.
        unfinished: whether calls under way are shown too.
    """
    met: Counter[str] = Counter()
    for each in records:
        if each.get("ended_at") is None and not unfinished:
            continue
        key = "\n".join(str(each.get(name)) for name in ("at", "bank", "method", "path"))
        met[key] += 1
        if met[key] > shown[key]:
            yield each
    shown.clear()
    shown.update(met)


def _row(record: Record) -> Record:
    call = record.get("operation") or f"{record.get('method') or ''} {record.get('path') or ''}".strip()
    at = str(record.get("at", "")).replace("T", " ")[:19]
    faults = ", ".join(str(each["name"]) for each in record.get("faults", ()))
    return {**record, "at": at, "call": call, "status": record.get("status") or "cut", "faults": faults}


def _print(records: list[Record], *, as_json: bool) -> None:
    rows = records if as_json else [_row(each) for each in records]
    print_rows(COLUMNS, rows, as_json=as_json, wraps=("call", "why"), nothing="no request")


def _print_lines(records: list[Record], *, as_json: bool) -> None:
    """Each record in a line of its own, at once."""
    import json  # noqa: PLC0415 - --help is instant

    from simulators.commands.tables import shown  # noqa: PLC0415

    for each in records:
        row = _row(each)
        click.echo(json.dumps(each) if as_json else "  ".join(filter(None, (shown(row.get(name)) for name in COLUMNS))))
