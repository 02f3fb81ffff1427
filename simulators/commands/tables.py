"""Lists and single things on standard output: JSON for programs, tables for people, tabs between values in a pipe.

A table that is wider than the terminal wraps the columns that may be wrapped; where that is not enough, each row is
written as lines of names and values. Nothing is ever cut: half an account number is of no use to anybody.
"""

import json
import os
import re
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import rich_click as click

from simulators.texts.controls import cleaned, escaped

__all__ = ["print_fields", "print_json", "print_rows", "shown"]

LEAST_WRAPPED = 16
"""Characters below which a wrapped column is not readable."""


def shown(value: Any) -> str:
    """A value for people and for lines with tabs: without control characters, empty for what is not known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return " ".join(f"{name}={shown(each)}" for name, each in value.items())
    if isinstance(value, list | tuple):
        return " ".join(map(shown, value))
    return cleaned(str(value))


def print_json(value: Any) -> None:
    """Print JSON; with escapes where the encoding of standard output lacks letters."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    click.echo(escaped(json.dumps(value, ensure_ascii=plain, indent=2)))


def print_rows(
    columns: Sequence[str],
    rows: Sequence[Mapping[str, Any]],
    *,
    as_json: bool,
    wraps: Collection[str] = (),
    nothing: str = "nothing to list",
) -> None:
    """Print a list.

    Args:
        columns: those of the table, in order.
        rows: values by name; in JSON all of them are printed, also those without a column.
        as_json: whether to print JSON.
        wraps: columns whose text may go on in the next line.
        nothing: what a person reads, on standard error, when there is no row.
    """
    if as_json:
        print_json(list(rows))
        return
    cells = [[shown(row.get(column)) for column in columns] for row in rows]
    if not sys.stdout.isatty():
        for row in cells:
            click.echo("\t".join(row))
    elif not cells:
        click.echo(nothing, err=True)
    else:
        _print_table(columns, cells, wraps)


def print_fields(values: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing: its names and values, one in a line."""
    if as_json:
        print_json(values)
        return
    for name, value in values.items():
        click.echo(f"{name}: {shown(value)}" if sys.stdout.isatty() else f"{name}\t{shown(value)}")


def _print_table(columns: Sequence[str], cells: list[list[str]], wraps: Collection[str]) -> None:
    from rich import box  # noqa: PLC0415 - --help is instant
    from rich.cells import cell_len  # noqa: PLC0415 - likewise
    from rich.console import Console  # noqa: PLC0415 - likewise
    from rich.table import Table  # noqa: PLC0415 - likewise
    from rich.text import Text  # noqa: PLC0415 - likewise

    console = Console(highlight=False)
    least = 0
    for number, column in enumerate(columns):
        width = max(cell_len(text) for text in (column, *(row[number] for row in cells)))
        least += min(width, LEAST_WRAPPED) if column in wraps else width
    if least + 2 * len(columns) > console.width:
        _print_one_below_another(columns, cells)
        return
    styled = not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    table = Table(
        header_style="bold" if styled else "", box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1)
    )
    for number, column in enumerate(columns):
        amounts = all(re.fullmatch(r"-?[\d.]*", row[number]) for row in cells)
        table.add_column(
            column.replace("_", " "),
            justify="right" if amounts else "left",
            no_wrap=column not in wraps,
            overflow="fold",
        )
    for row in cells:
        # As text, not as markup: a description may have brackets.
        table.add_row(*map(Text, row))
    console.print(table)


def _print_one_below_another(columns: Sequence[str], cells: list[list[str]]) -> None:
    """Each row as lines of a name and a value, for a terminal that is too narrow for the columns."""
    longest = max(map(len, columns))
    for row in cells:
        for column, text in zip(columns, row, strict=True):
            click.echo(f"{column.replace('_', ' ').ljust(longest)}  {text}")
        click.echo()
