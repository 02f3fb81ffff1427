"""Common functions of the commands: settings, the opened parts, errors in one line, and printed rows."""

import json
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

if TYPE_CHECKING:
    from gateway.app import Parts
    from gateway.settings import Settings

__all__ = ["bar", "complain", "guarded", "json_object", "logs", "print_rows", "progress", "settings", "with_parts"]

T = TypeVar("T")

# Imports stand inside the functions for the same reason as in `gateway.cli`: `--help` must be instant.


def complain(text: str, status: int) -> int:
    """Print an error in one line on standard error; give the exit status."""
    click.echo(f"gateway: {' '.join(text.split())}", err=True)
    return status


def settings() -> "Settings":
    """The settings from the environment; their notes are printed on standard error.

    Raises:
        ClickException: a variable is wrong.
    """
    from gateway.settings import SettingsError, load  # noqa: PLC0415

    try:
        found = load()
    except SettingsError as error:
        raise click.ClickException(str(error)) from error
    for note in found.notes:
        click.echo(note, err=True)
    return found


def logs(level: str) -> None:
    """Configure the log with this lowest level."""
    from gateway.logs import configure  # noqa: PLC0415

    configure(level)


def with_parts(run: Callable[["Parts"], Awaitable[T]]) -> T:
    """Open everything, run, close.

    Raises:
        ClickException: an expected error, in one line.
    """
    import asyncio  # noqa: PLC0415

    from gateway.actions import ACTING, OPERATOR, Acting  # noqa: PLC0415
    from gateway.app import opened  # noqa: PLC0415

    found = settings()
    logs("ERROR")

    async def all_of_it() -> T:
        async with opened(found) as parts:
            ACTING.set(Acting(actor=OPERATOR))
            return await run(parts)

    return guarded(lambda: asyncio.run(all_of_it()))


def guarded(run: Callable[[], T]) -> T:
    """Run, and turn the expected errors into one line each.

    Raises:
        ClickException: with that line.
    """
    from gateway.errors import GatewayError  # noqa: PLC0415
    from gateway.serve import ServeError  # noqa: PLC0415
    from gateway.storage.database import DATABASE_ERRORS, DatabaseError, storage_trouble  # noqa: PLC0415
    from gateway.storage.vault_key import VaultKeyError  # noqa: PLC0415
    from gateway.tracing import TracingError  # noqa: PLC0415

    try:
        return run()
    except GatewayError as error:
        raise click.ClickException(f"{error.code}: {error.entry.title} ({error.detail})") from error
    except (DatabaseError, VaultKeyError, ServeError, TracingError) as error:
        raise click.ClickException(str(error)) from error
    except DATABASE_ERRORS as error:
        if (trouble := storage_trouble(error)) is None:
            raise
        raise click.ClickException(f"{trouble.code}: {trouble.entry.title} ({trouble.detail})") from error


def json_object(raw: bytes) -> dict[str, Any]:
    """The credentials in a file.

    Raises:
        ClickException: they are not a JSON object.
    """
    try:
        given = json.loads(raw)
    except ValueError as error:
        raise click.ClickException("the credentials are not JSON") from error
    if not isinstance(given, dict):
        raise click.ClickException("the credentials are not a JSON object")
    return given


def progress(text: str) -> Any:
    """A spinner on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console  # noqa: PLC0415

    return Console(stderr=True).status(text)


@contextmanager
def bar(text: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error when that is a terminal; it is told how many are done, of how many."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True)) as shown:
        task = shown.add_task(text, total=None)
        yield lambda done, known: shown.update(task, completed=done, total=known)


def print_rows(columns: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, as_json: bool) -> None:
    """Print rows: JSON when asked, a table for people, tab-separated lines for other programs."""
    if as_json:
        click.echo(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], ensure_ascii=False, indent=2))
        return
    if not sys.stdout.isatty():
        # For other programs: no frames, nothing cut.
        for row in rows:
            click.echo("\t".join(row))
        return
    from rich.console import Console  # noqa: PLC0415
    from rich.markup import escape  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    table = Table(*columns)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    Console().print(table)
