"""`simulators new` and `simulators record`."""

import os
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from random import SystemRandom
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click

from simulators.authoring.new import CHOICES, files_of_package, files_of_tree, write
from simulators.commands.tables import shown

if TYPE_CHECKING:
    from simulators.authoring.record import Recording
    from simulators.authoring.writer import Traffic

__all__ = ["new", "record"]

F = TypeVar("F", bound=Callable[..., Any])

TREE = Path(__file__).parents[2]


def _choice(name: str, help_text: str) -> Callable[[F], F]:
    """The option of that name, one of `CHOICES`."""
    among = CHOICES[name]
    return click.option(f"--{name}", type=click.Choice(among), default=among[0], show_default=True, help=help_text)


@click.command()
@click.argument("slug")
@_choice("auth", "How the bank knows who asks.")
@_choice("mtls", "What refuses who shows no client certificate.")
@_choice("paging", "How it cuts a long answer.")
@_choice("proof", "By which balances a statement is proved.")
@click.option(
    "--package",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a distribution of its own into this folder, with entry points, package data and tests.",
)
@click.option(
    "--tree",
    type=click.Path(path_type=Path, file_okay=False),
    default=TREE,
    help="The source tree into which a bank is written that is to live in it.",
)
def new(slug: str, package: Path | None, tree: Path, **chosen: str) -> None:
    """Write the first files of a bank; they run at once, and the places to fill in are listed."""
    from simulators.certify.files.places import places_in  # noqa: PLC0415 - --help is instant

    today = datetime.now(UTC).date()
    try:
        if package is not None:
            written = write(package, files_of_package(slug, chosen, today))
        elif (tree / "tests" / "conformance").is_dir():
            written = write(tree, files_of_tree(slug, chosen, today))
        else:
            raise click.ClickException(f"{tree} is no source tree; write a package instead (--package DIR)")
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="SLUG") from error
    except FileExistsError as error:
        raise click.ClickException(str(error)) from error
    for file in written:
        click.echo(f"wrote {file}")
    click.echo("\nto fill in:")
    for place in places_in(written):
        click.echo(f"  {place}")
    if package is not None:
        click.echo(f"\nthen: pip install -e {package}")
    click.echo(f"\nsimulators certify {slug}")


@click.command()
@click.argument("slug")
@click.argument("har", required=False, type=click.Path(path_type=Path, dir_okay=False, exists=True))
@click.option(
    "--account",
    "account_file",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="In the place of a HAR file: read this account now. JSON as for POST /v1/accounts, in a file of mode 600.",
)
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), help="First day to read.")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), help="Last day to read; a week that ends yesterday.")
@click.option("--environment", envvar="GATEWAY_ENVIRONMENT", default="production", show_default=True)
@click.option("--keep", multiple=True, metavar="FIELD", help="A field whose values are harmless; may be repeated.")
@click.option("--cents", multiple=True, metavar="FIELD", help="A field whose whole numbers are centavos.")
@click.option(
    "--generated",
    multiple=True,
    metavar="FIELD",
    help="A field that the bank makes anew each time, or the end of its path (owner.id); may be repeated.",
)
@click.option(
    "--into",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the exchanges; that of the bank's contract without it.",
)
@click.option("--yes", is_flag=True, help="Do not ask whether what is replaced is enough.")
def record(
    slug: str,
    har: Path | None,
    account_file: Path | None,
    first: datetime | None,
    last: datetime | None,
    environment: str,
    keep: tuple[str, ...],
    cents: tuple[str, ...],
    generated: tuple[str, ...],
    into: Path | None,
    yes: bool,  # noqa: FBT001 - a command's flag
) -> None:
    """Make exchanges of recorded traffic, with all replaced that is not declared harmless.

    The traffic is a HAR file, or that of one reading now (--account), over the gateway's own line: only what the
    contract lists is asked. GATEWAY_CONNECT_TO, GATEWAY_CA_BUNDLE and GATEWAY_CLOCK_URL lead it to simulated banks.
    """
    import contracts  # noqa: PLC0415 - --help is instant
    from simulators.authoring.record import exchanges_of  # noqa: PLC0415

    if slug not in contracts.banks():
        raise click.BadParameter(f"there is no bank {slug!r}", param_hint="SLUG")
    if (har is None) is (account_file is None):
        raise click.UsageError("give a HAR file or --account, and not both")
    try:
        if account_file is not None:
            traffic = _read_now(slug, account_file, first, last, environment)
        elif har is not None:
            traffic = _saved(har)
        today = datetime.now(UTC).date()
        made = exchanges_of(contracts.load(slug), traffic, SystemRandom(), today, keep, cents, generated)
    except (OSError, LookupError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    _show_replaced(made)
    if not yes and not _consents():
        raise click.ClickException("nothing was written")
    folder = into or contracts.folder(slug) / "exchanges"
    try:
        written = write(folder, {Path(name): text for name, text in made.exchanges.items()})
    except FileExistsError as error:
        raise click.ClickException(str(error)) from error
    for file in written:
        click.echo(f"wrote {file}")
    click.echo("`expected` is what the adapter makes of it today: compare it with what the bank's own pages show.")


def _read_now(slug: str, account: Path, first: datetime | None, last: datetime | None, environment: str) -> "Traffic":
    """The traffic of one reading now; a failure in which it ends is told.

    Raises:
        OSError, LookupError, ValueError: there is no reading of this account.
    """
    from simulators.authoring.live import read_now  # noqa: PLC0415

    days = first.date() if first else None, last.date() if last else None
    traffic = read_now(slug, account, days, {**os.environ, "GATEWAY_ENVIRONMENT": environment})
    if traffic.failure:
        click.echo(f"the reading has ended with {traffic.failure}")
    return traffic


def _saved(har: Path) -> "Traffic":
    """The traffic of a HAR file.

    Raises:
        OSError, ValueError: the file cannot be read.
    """
    from simulators.authoring.har import read_har  # noqa: PLC0415
    from simulators.authoring.writer import Traffic  # noqa: PLC0415

    return Traffic(calls=read_har(har))


def _show_replaced(made: "Recording") -> None:
    """Show each value that was replaced beside what stands for it, so that the author sees what is left as it is."""
    for (field, former), new in made.replaced.items():
        replaced = "(a secret)" if former in made.secrets else former
        click.echo(shown(f"- {field}: {replaced}") + "\n" + shown(f"+ {field}: {new}"))
    click.echo(f"{len(made.replaced)} values replaced, {made.left_out} calls left out that the contract does not list")


def _consents() -> bool:
    """Whether the author lets the exchanges be written; without anybody to answer, no."""
    try:
        return click.confirm("Write the exchanges? Whatever is not shown here is written as it is")
    except click.Abort:
        if sys.stdin.isatty():
            raise
        return False
