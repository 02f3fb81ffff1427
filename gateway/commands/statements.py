"""The command that reads a statement."""

import shutil
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

import rich_click as click

from gateway.commands.parameters import DAY, Named, example
from gateway.commands.running import progress, with_parts

if TYPE_CHECKING:
    from gateway.model import Period, Statement
    from gateway.parts import Parts

__all__ = ["statement"]

TABLE = "table"
"""The form for people, which the HTTP interface does not have."""
USUAL_DAYS = 30
"""Days of a statement without a given first day."""


@click.command(epilog=example("gateway statement ACCOUNT --from 2026-10-01 --format ofx --output october.ofx"))
@click.argument("account", type=Named("account"))
@click.option("--from", "first", type=DAY, metavar="DAY", help="First day, YYYY-MM-DD; 30 days unless given.")
@click.option("--to", "last", type=DAY, metavar="DAY", help="Last day, YYYY-MM-DD; yesterday unless given.")
@click.option(
    "--format",
    "form",
    type=Named("format"),
    help="`table` for people, or as `?format=` of the HTTP interface names it. A terminal gets a table, and everything "
    "else JSON.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json. Errors are JSON too.")
@click.option(
    "--output", default="-", type=click.Path(dir_okay=False, allow_dash=True), help="File; - for standard output."
)
def statement(
    account: str, first: datetime | None, last: datetime | None, form: str | None, output: str, *, as_json: bool
) -> None:
    """Read the statement of an ACCOUNT (its id) from the bank.

    A table on a terminal ends with totals, the proof that nothing is missing, and a chart of the balances. It is never
    a part of a statement: what cannot be read wholly is an error.
    """
    if first is not None and last is not None and first > last:
        raise click.UsageError("--from lies after --to")
    if as_json and form not in {None, "json"}:
        raise click.UsageError("--json and --format exclude each other")

    from gateway.commands.writing import shows_gibberish, write_document
    from gateway.render.formats import FORMATS

    formats = {each.name: each for each in FORMATS}
    to_terminal = output == "-" and sys.stdout.isatty()
    chosen = "json" if as_json else form or (TABLE if to_terminal else "json")
    if chosen not in {*formats, TABLE}:
        raise click.BadParameter(f"is none of {', '.join((*formats, TABLE))}", param_hint="--format")

    if chosen in formats and shows_gibberish(formats[chosen], output):
        raise click.UsageError(f"{chosen} is no text for a terminal: name a file with --output")

    async def run(parts: "Parts") -> None:
        period = _period(first, last, parts.clock.now())
        owner = (await parts.operations.account(account)).tenant_id
        with progress(f"Asking the bank for {period.first} to {period.last}"):
            read = await parts.readings.read(owner, account, period)
        # Within, because the entries of a large statement are there only as long as everything is open.
        # The table is a text, as JSON is.
        form = formats.get(chosen, formats["json"])
        document = _table(read, to_terminal=to_terminal) if chosen == TABLE else form.render(read)
        try:
            write_document(form, document, output)
        except BrokenPipeError:
            raise
        except OSError as error:
            raise click.ClickException(f"{output} cannot be written: {error.strerror}") from error

    with_parts(run)


def _period(first: datetime | None, last: datetime | None, now: datetime) -> "Period":
    """The days to read.

    Raises:
        UsageError: the first lies after the last.
    """
    from gateway.model import BRASILIA, Period

    to: date = last.date() if last is not None else now.astimezone(BRASILIA).date() - timedelta(days=1)
    since: date = first.date() if first is not None else to - timedelta(days=USUAL_DAYS - 1)
    if since > to:
        raise click.UsageError("--from lies after --to, which is yesterday unless it is given")
    return Period(since, to)


def _table(read: "Statement", *, to_terminal: bool) -> Iterator[bytes]:
    from gateway.commands.statement_table import table

    encoding = sys.stdout.encoding if to_terminal else "utf-8"
    width = shutil.get_terminal_size().columns if to_terminal else 0
    try:
        "█".encode(encoding)
        plain = False
    except UnicodeEncodeError:
        plain = True
    for line in table(read, width, terminal=to_terminal, plain=plain):
        yield (line + "\n").encode(encoding, errors="replace")
