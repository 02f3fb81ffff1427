"""The command `gateway`.

`--help` must be instant, so nothing heavy is imported before a command runs. The operator's commands see all tenants.
Every error is one readable line: exit status 1 for what went wrong, 2 for a command that was written wrongly.
"""

import json
import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import rich_click as click
from click.exceptions import Abort

from gateway.auditing import audit
from gateway.pausing import pause, pauses, resume, revive
from gateway.serving import serve
from gateway.syncing import sync, worker
from gateway.tenants import keys, tenants
from gateway.terminal import complain, guarded, json_object, logs, print_rows, progress, with_parts

if TYPE_CHECKING:
    from gateway.app import Parts

__all__ = ["cli", "main"]

T = TypeVar("T")

DAY = click.DateTime(formats=["%Y-%m-%d"])


def main() -> None:
    """Run the command of this process's arguments, and exit with its status."""
    status: Any
    try:
        status = cli(standalone_mode=False, prog_name="gateway")
    except Abort:
        status = complain("stopped", 130)
    except click.ClickException as error:
        status = complain(error.format_message(), error.exit_code)
    except Exception as error:  # noqa: BLE001 - the last net: a defect, shown in one line and logged without secrets
        import structlog  # noqa: PLC0415

        logs("ERROR")
        structlog.get_logger("gateway.cli").error("unexpected_error", exc_info=error)
        status = complain(f"internal error: {type(error).__name__}; the log line above says where", 1)
    sys.exit(status if isinstance(status, int) else 0)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="extrato", prog_name="gateway")
def cli() -> None:
    """One read-only statement endpoint in front of Brazilian banks."""


@cli.command()
@click.option("--keep", is_flag=True, help="Leave everything running and print the addresses and the key.")
def demo(*, keep: bool) -> None:
    """Start simulated banks and a gateway, and read one account of every bank."""
    import asyncio  # noqa: PLC0415

    from rich.console import Console  # noqa: PLC0415

    from gateway.demo import DemoError, run  # noqa: PLC0415

    try:
        right = guarded(lambda: asyncio.run(run(keep=keep, console=Console())))
    except DemoError as error:
        raise click.ClickException(str(error)) from error
    if not right:
        raise SystemExit(1)


@cli.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def banks(*, as_json: bool) -> None:
    """List the banks."""
    import contracts  # noqa: PLC0415
    from gateway import connectors  # noqa: PLC0415

    known = [contracts.load(slug) for slug in connectors.banks()]
    rows = [(bank.slug, bank.name, bank.compe, " ".join(bank.enrolment.kinds), bank.product) for bank in known]
    print_rows(("slug", "name", "compe", "kinds", "product"), rows, as_json=as_json)


cli.add_command(keys)
cli.add_command(tenants)


@cli.group()
def accounts() -> None:
    """Accounts of all tenants."""


@accounts.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def list_accounts(*, as_json: bool) -> None:
    """List all accounts with the state of their integrations."""

    async def run(parts: "Parts") -> list[tuple[str, ...]]:
        return [
            (*(one.id, tenant, one.bank, one.branch, one.number), state.value, one.description)
            for tenant, one, state in await parts.operations.accounts()
        ]

    columns = ("id", "tenant", "bank", "branch", "number", "state", "description")
    print_rows(columns, with_parts(run), as_json=as_json)


@accounts.command("add")
@click.option("--tenant", required=True, help="Name of the tenant, who must exist.")
@click.option("--bank", required=True, help="Slug of the bank; see `gateway banks`.")
@click.option("--kind", default="PJ", show_default=True, type=click.Choice(["PJ", "PF"]))
@click.option("--branch", default="", help="Without check digit.")
@click.option("--number", required=True, help="With check digit.")
@click.option("--holder-tax-id", required=True, help="CNPJ or CPF of the holder.")
@click.option("--description", default="")
@click.option("--default", "is_default", is_flag=True, help="Make it the tenant's default account.")
@click.option("--credentials", type=click.File("rb"), help="JSON file with the credential form; - for standard input.")
def add_account(*, tenant: str, is_default: bool, credentials: Any, **form: str) -> None:
    """Register an account, and enable its integration when credentials are given. Prints the account's id."""
    # Credentials come from a file only: a command line can be read by every user of the machine.
    given = json_object(credentials.read()) if credentials is not None else None

    async def run(parts: "Parts") -> tuple[str, str | None]:
        from gateway.storage.records import NewAccount  # noqa: PLC0415

        tenants = {key.tenant: key.tenant_id for key in await parts.keys.all()}
        if tenant not in tenants:
            raise click.ClickException("there is no tenant of that name; make a key for it first")
        new = NewAccount(**form, default=is_default, credentials=given)
        record, integration = await parts.service.register(tenants[tenant], new)
        return record.id, integration.authorization_page

    account, page = with_parts(run)
    click.echo(account)
    if page is not None:
        click.echo(f"the account holder must authorise at {page}", err=True)


@accounts.command("remove")
@click.argument("account")
def remove_account(account: str) -> None:
    """Remove an ACCOUNT (its id); its credentials and tokens are erased."""

    async def run(parts: "Parts") -> None:
        owner = (await parts.operations.account(account)).tenant_id
        await parts.service.remove(owner, account)

    with_parts(run)


@cli.command()
@click.argument("account")
@click.option("--from", "first", required=True, type=DAY, help="First day, YYYY-MM-DD.")
@click.option("--to", "last", required=True, type=DAY, help="Last day, YYYY-MM-DD.")
@click.option(
    "--format", "form", default="json", show_default=True, help="As `?format=` of the HTTP interface names it."
)
@click.option(
    "--output", default="-", type=click.Path(dir_okay=False, allow_dash=True), help="File; - for standard output."
)
def statement(account: str, first: datetime, last: datetime, form: str, output: str) -> None:
    """Read the statement of an ACCOUNT (its id) from the bank."""
    if first > last:
        raise click.UsageError("--from lies after --to")

    from gateway.render.formats import FORMATS  # noqa: PLC0415
    from gateway.writing import shows_gibberish, write_document  # noqa: PLC0415

    formats = {each.name: each for each in FORMATS}
    if form not in formats:
        raise click.BadParameter(f"is none of {', '.join(formats)}", param_hint="--format")
    if shows_gibberish(formats[form], output):
        raise click.UsageError(f"{form} is no text for a terminal: name a file with --output")

    async def run(parts: "Parts") -> None:
        from gateway.model import Period  # noqa: PLC0415

        owner = (await parts.operations.account(account)).tenant_id
        with progress("Asking the bank"):
            read = await parts.readings.read(owner, account, Period(first.date(), last.date()))
        # Within, because the entries of a large statement are there only as long as everything is open.
        try:
            write_document(formats[form], formats[form].render(read), output)
        except OSError as error:
            raise click.ClickException(f"{output} cannot be written: {error.strerror}") from error

    with_parts(run)


for command in (serve, pause, resume, pauses, revive, sync, worker, audit):
    cli.add_command(command)


@cli.group()
def vault() -> None:
    """The credential vault."""


@vault.command("rotate")
def rotate_vault() -> None:
    """Encrypt everything anew with the newest of GATEWAY_SECRET_KEYS; afterwards the older keys can be dropped."""

    async def run(parts: "Parts") -> tuple[int, list[str]]:
        return await parts.operations.rotate()

    count, damaged = with_parts(run)
    click.echo(f"{count} sealed anew")
    if damaged:
        # They stay as they are: another key may open them, and new credentials take their place.
        raise click.ClickException(f"{len(damaged)} do not open with any key: {'; '.join(damaged)}")


@cli.command()
def openapi() -> None:
    """Print the OpenAPI document."""
    from gateway.app import create_app  # noqa: PLC0415
    from gateway.settings import Secrets, Settings  # noqa: PLC0415

    # The application is not started: the document does not depend on the settings.
    app = create_app(Settings(database_url="sqlite://", secret_keys=Secrets()))
    click.echo(json.dumps(app.openapi_schema.to_schema(), ensure_ascii=False, indent=2))
