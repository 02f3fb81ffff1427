"""Lists and single things on standard output: JSON for programs, tables for people, tabs between values in a pipe.

A table that is wider than the terminal wraps the columns that may be wrapped; where that is not enough, each row is
written as lines of names and values. Nothing is ever cut: half an id is of no use to anybody.
"""

import json
import os
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import rich_click as click

from gateway.texts.controls import cleaned, escaped

__all__ = ["Column", "bold", "instant", "print_fields", "print_json", "print_rows", "shown"]

LEAST_WRAPPED = 16
"""Characters below which a wrapped column is not readable."""


class Column(NamedTuple):
    """One column of a table."""

    name: str
    """The key of the row's value."""
    right: bool = False
    """Whether it is aligned to the right, as numbers are."""
    wraps: bool = False
    """Whether its text may go on in the next line."""


def shown(value: Any) -> str:
    """A value for people and for lines with tabs: without control characters, empty for what is not known."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return " ".join(map(shown, value))
    return cleaned(str(value))


def instant(moment: datetime | None) -> str | None:
    """An instant in Brasília's time, RFC 3339 to the second; None where there is none."""
    from gateway.model import BRASILIA

    return moment.astimezone(BRASILIA).isoformat(timespec="seconds") if moment is not None else None


def bold(text: str) -> str:
    """A heading: in bold letters on a terminal that takes styles (https://no-color.org), else as it is."""
    return click.style(text, bold=True) if _styled() else text


def _styled() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_json(value: Any) -> None:
    """Print JSON; with escapes where the encoding of standard output lacks letters."""
    plain = (sys.stdout.encoding or "").lower().replace("-", "") != "utf8"
    click.echo(escaped(json.dumps(value, ensure_ascii=plain, indent=2)))


def print_rows(
    columns: Sequence[Column], rows: Sequence[Mapping[str, Any]], *, as_json: bool, nothing: str = "nothing to list"
) -> None:
    """Print a list.

    Args:
        columns: those of the table, in order.
        rows: values by name; in JSON all of them are printed, also those without a column.
        as_json: whether to print JSON.
        nothing: what a person reads, on standard error, when there is no row.
    """
    if as_json:
        print_json(list(rows))
        return
    cells = [[shown(row[column.name]) for column in columns] for row in rows]
    if not sys.stdout.isatty():
        # For other programs: no frames, nothing cut.
        for row in cells:
            click.echo("\t".join(row))
        return
    if not cells:
        click.echo(nothing, err=True)
        return
    _print_table(columns, cells)


def print_fields(values: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one thing: its names and values, one in a line."""
    if as_json:
        print_json(values)
        return
    for name, value in _lines(values):
        click.echo(f"{name}\t{value}" if not sys.stdout.isatty() else f"{bold(name)}: {value}")


def _lines(values: Mapping[str, Any], within: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in values.items():
        if isinstance(value, Mapping):
            found += _lines(value, f"{within}{name}.")
        else:
            found.append((f"{within}{name}", shown(value)))
    return found


def _print_table(columns: Sequence[Column], cells: list[list[str]]) -> None:
    from rich import box
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    least = 0
    for number, column in enumerate(columns):
        width = max(cell_len(text) for text in (column.name, *(row[number] for row in cells)))
        least += min(width, LEAST_WRAPPED) if column.wraps else width
    if least + 2 * len(columns) > console.width:
        longest = max(len(column.name) for column in columns)
        for row in cells:
            for column, text in zip(columns, row, strict=True):
                click.echo(f"{bold(column.name.replace('_', ' ').ljust(longest))}  {text}")
            click.echo()
        return
    header = "bold" if _styled() else ""
    table = Table(header_style=header, box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1))
    for column in columns:
        table.add_column(
            column.name.replace("_", " "),
            justify="right" if column.right else "left",
            no_wrap=not column.wraps,
            overflow="fold",
        )
    for row in cells:
        # As text, not as markup: a description may have brackets.
        table.add_row(*(Text(text) for text in row))
    console.print(table)
