"""What commands run in: settings, the opened parts, expected errors, and progress."""

import json
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar

import rich_click as click

from gateway.commands.complaints import Failed, Hindered
from gateway.limits import BODY_BYTES

if TYPE_CHECKING:
    from gateway.parts import Parts
    from gateway.settings import Settings

__all__ = [
    "bar",
    "check_temporary_files",
    "guarded",
    "json_object",
    "progress",
    "settings",
    "tenant_id_of",
    "unwinding",
    "with_parts",
]

T = TypeVar("T")
ENDING = (signal.SIGTERM, signal.SIGHUP)
"""Signals that end a process on the spot: of `timeout` or a service manager, and of a terminal that closes."""


def settings() -> "Settings":
    """The settings from the environment; their notes are printed on standard error.

    Raises:
        Hindered: a variable is wrong.
    """
    from gateway.settings import SettingsError, load

    try:
        found = load()
    except SettingsError as error:
        raise Hindered(str(error)) from error
    for note in found.notes:
        click.echo(note, err=True)
    return found


def check_temporary_files() -> None:
    """Check that large statements have a folder, and that it is the one that was named.

    Raises:
        Hindered: TMPDIR names none, in whose place another would be taken silently; or there is none at all.
    """
    import tempfile

    given = os.environ.get("TMPDIR", "")
    if given and not (os.path.isdir(given) and os.access(given, os.W_OK | os.X_OK)):  # noqa: PTH112 - a path as given
        raise Hindered("TMPDIR must name a folder in which this user can write, for large statements")
    try:
        tempfile.gettempdir()
    except OSError as error:
        raise Hindered("there is no folder for large statements in which this user can write: set TMPDIR") from error


def with_parts(run: Callable[["Parts"], Awaitable[T]]) -> T:
    """Open everything, run, close.

    Raises:
        ClickException: an expected error.
    """
    import asyncio

    from gateway.serving.unwanted import UNWANTED, hidden

    with hidden(*UNWANTED):
        from gateway.actions import ACTING, OPERATOR, Acting
        from gateway.logs import configure
        from gateway.parts.opening import opened

    found = settings()
    configure("ERROR")

    async def all_of_it() -> T:
        async with opened(found) as parts:
            ACTING.set(Acting(actor=OPERATOR))
            return await run(parts)

    with unwinding():
        return guarded(lambda: asyncio.run(all_of_it()), found.public_url or "")


@contextmanager
def unwinding() -> Iterator[None]:
    """Within, signals end this process as Ctrl+C does: no part of a file stays, and what is open is closed.

    One that is ignored, as under `nohup`, stays so. Only the main thread can receive them.
    """

    def end(number: int, _: object) -> None:
        raise SystemExit(128 + number)

    main = threading.current_thread() is threading.main_thread()
    received = [each for each in ENDING if main and signal.getsignal(each) is signal.SIG_DFL]
    for each in received:
        signal.signal(each, end)
    try:
        yield
    finally:
        for each in received:
            signal.signal(each, signal.SIG_DFL)


def guarded(run: Callable[[], T], public_url: str = "") -> T:
    """Run, and turn the expected errors into those of commands.

    Args:
        run: what to do.
        public_url: the address at which browsers reach this gateway.

    Raises:
        ClickException: an expected error.
    """
    from gateway.errors import GatewayError
    from gateway.serving.errors import ServeError
    from gateway.settings import SettingsError
    from gateway.storage.encryption.key_check import VaultKeyError
    from gateway.storage.engine.database import DATABASE_ERRORS, DatabaseError, storage_trouble
    from gateway.tracing import TracingError

    try:
        return run()
    except GatewayError as error:
        raise Failed(error, public_url) from error
    except (DatabaseError, VaultKeyError, ServeError, SettingsError, TracingError) as error:
        raise Hindered(str(error)) from error
    except DATABASE_ERRORS as error:
        if (trouble := storage_trouble(error)) is None:
            raise
        raise Failed(trouble, public_url) from error


async def tenant_id_of(parts: "Parts", name: str) -> str:
    """The id of the tenant of that name.

    Raises:
        ClickException: there is none.
    """
    for each in await parts.tenants.all():
        if each.name == name:
            return each.id
    raise click.ClickException("there is no tenant of that name")


def json_object(file: BinaryIO) -> dict[str, Any]:
    """The credentials in a file; no more of it is read than a request may have.

    Raises:
        ClickException: they are not a JSON object.
    """
    try:
        given = json.loads(file.read(BODY_BYTES))
    except (ValueError, RecursionError) as error:
        raise click.ClickException("the credentials are not JSON") from error
    if not isinstance(given, dict):
        raise click.ClickException("the credentials are not a JSON object")
    return given


def progress(text: str) -> Any:
    """A spinner on standard error when that is a terminal."""
    if not sys.stderr.isatty():
        return nullcontext()
    from rich.console import Console

    return Console(stderr=True).status(text)


@contextmanager
def bar(text: str) -> Iterator[Callable[[int, int], None] | None]:
    """A progress bar on standard error when that is a terminal; it is told how many are done, of how many."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True)) as shown:
        task = shown.add_task(text, total=None)
        yield lambda done, known: shown.update(task, completed=done, total=known)
