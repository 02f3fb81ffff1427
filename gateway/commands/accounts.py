"""The commands about accounts of all tenants."""

import json
from typing import TYPE_CHECKING, Any

import rich_click as click

from gateway.commands.parameters import Named, example, json_option
from gateway.commands.running import json_object, progress, tenant_id_of, with_parts
from gateway.commands.tables import Column, print_fields, print_json, print_rows

if TYPE_CHECKING:
    from gateway.parts import Parts
    from gateway.storage.accounts.records import AccountRecord, Integration

__all__ = ["accounts"]

STATES = ("pending_authorization", "active", "needs_action", "bank_failing", "paused", "disabled")
"""As `gateway.storage.accounts.records.State` has them, which a test compares; help is made without loading storage."""
ASKING = "Asking the bank"


@click.group()
def accounts() -> None:
    """Accounts of all tenants: add, list, show, enable, change, remove."""


@accounts.command("list", epilog=example("gateway accounts list --state needs_action"))
@click.option("--tenant", type=Named("tenant"), help="Only accounts of the tenant with this name.")
@click.option("--bank", type=Named("bank"), help="Only accounts at this bank (its slug).")
@click.option("--state", type=click.Choice(STATES), help="Only accounts whose integration is in this state.")
@json_option
def list_accounts(tenant: str | None, bank: str | None, state: str | None, *, as_json: bool) -> None:
    """List all accounts with the state of their integrations, and the code of the last failure since they worked."""

    async def run(parts: "Parts") -> list[dict[str, Any]]:
        from gateway.accounts.banks import contract_of

        if tenant is not None:
            await tenant_id_of(parts, tenant)
        registered = await parts.operations.accounts()
        # Accounts of a bank whose package is gone are listed all the same.
        if bank is not None and all(record.bank != bank for _, record, _ in registered):
            contract_of(bank, code="unknown_bank")
        return [
            _body(name, record, integration)
            for name, record, integration in registered
            if tenant in {None, name} and bank in {None, record.bank} and state in {None, integration.state.value}
        ]

    columns = (
        *map(Column, ("id", "tenant", "bank", "branch", "number", "state", "failure")),
        Column("description", wraps=True),
    )
    print_rows(columns, with_parts(run), as_json=as_json, nothing="no account is registered")


def _body(tenant: str, record: "AccountRecord", integration: "Integration") -> dict[str, Any]:
    """An account as the HTTP interface shows it, with its tenant's name; its state and failure beside it for tables."""
    import msgspec

    from gateway.api.bodies import account_body

    body: dict[str, Any] = msgspec.to_builtins(account_body(record, integration))
    failure = integration.last_failure.code if integration.last_failure is not None else None
    return {**body, "tenant": tenant, "state": integration.state.value, "failure": failure}


async def _found(parts: "Parts", account: str) -> dict[str, Any]:
    """One account as it is shown.

    Raises:
        CallerError: `unknown_account`.
    """
    record = await parts.operations.account(account)
    names = {each.id: each.name for each in await parts.tenants.all()}
    return _body(names[record.tenant_id], record, await parts.registered.integration(record))


@accounts.command("show", epilog=example("gateway accounts show 0b0e6b0a-8e0c-5c5e-9d5f-1f7a3f1f0c11"))
@click.argument("account", type=Named("account"))
@json_option
def show_account(account: str, *, as_json: bool) -> None:
    """Show an ACCOUNT (its id) with its integration and its last failure; never its credentials."""
    print_fields(with_parts(lambda parts: _found(parts, account)), as_json=as_json)


@accounts.command(
    "add",
    epilog=example(
        "gateway accounts add --tenant my-erp --bank inter --branch 0001 --number 1234567-8 "
        "--holder-tax-id 11.222.333/0001-81 --credentials inter.json"
    ),
)
@click.option("--tenant", type=Named("tenant"), required=True, help="Name of the tenant, who must exist.")
@click.option("--bank", type=Named("bank"), required=True, help="Slug of the bank; see `gateway banks`.")
@click.option("--kind", default="PJ", show_default=True, type=click.Choice(["PJ", "PF"]), help="Company or person.")
@click.option("--branch", default="", help="Without check digit.")
@click.option("--number", required=True, help="With check digit.")
@click.option("--holder-tax-id", required=True, help="CNPJ or CPF of the holder.")
@click.option("--description", default="", help="Your own words about it.")
@click.option("--external-id", help="Your own id of it.")
@click.option("--default", "is_default", is_flag=True, help="Make it the tenant's default account.")
@click.option("--credentials", type=click.File("rb"), help="JSON file with the credential form; - for standard input.")
@json_option
def add_account(*, tenant: str, is_default: bool, credentials: Any, as_json: bool, **form: Any) -> None:
    """Register an account, and enable its integration when credentials are given.

    The bank is asked at once; if it refuses them, nothing is registered. Prints the account's id. `gateway banks SLUG`
    shows the names of a bank's credentials.
    """
    # Credentials come from a file only: a command line can be read by every user of the machine.
    given = json_object(credentials) if credentials is not None else None

    async def run(parts: "Parts") -> tuple[dict[str, Any], str | None]:
        from gateway.storage.accounts.records import NewAccount

        names = {key.tenant: key.tenant_id for key in await parts.keys.all()}
        if tenant not in names:
            raise click.ClickException("there is no tenant of that name; make a key for it first")
        new = NewAccount(**form, default=is_default, credentials=given)
        with progress(ASKING):
            record, integration = await parts.enrolment.register(names[tenant], new)
        return _body(tenant, record, integration), integration.authorization_page

    body, page = with_parts(run)
    _print_changed(body, page, as_json=as_json, text=body["id"])


def _print_changed(body: dict[str, Any], page: str | None, *, as_json: bool, text: str) -> None:
    if as_json:
        print_json(body)
    elif text:
        click.echo(text)
    if page is not None:
        click.echo(f"the account holder must authorise at {page}", err=True)


@accounts.command("enable", epilog=example("gateway accounts enable ACCOUNT --credentials inter.json"))
@click.argument("account", type=Named("account"))
@click.option(
    "--credentials",
    type=click.File("rb"),
    required=True,
    help="JSON file with the credential form; - for standard input.",
)
@json_option
def enable_account(account: str, credentials: Any, *, as_json: bool) -> None:
    """Enable an ACCOUNT (its id), or repair it, with credentials that its bank accepts.

    The bank is asked at once; if it refuses them, everything stays as it was.
    """
    given = json_object(credentials)

    async def run(parts: "Parts") -> tuple[dict[str, Any], str | None]:
        owner = (await parts.operations.account(account)).tenant_id
        with progress(ASKING):
            _, integration = await parts.enrolment.enable(owner, account, given)
        return await _found(parts, account), integration.authorization_page

    body, page = with_parts(run)
    _print_changed(body, page, as_json=as_json, text=body["state"])


@accounts.command("disable", epilog=example("gateway accounts disable ACCOUNT"))
@click.argument("account", type=Named("account"))
def disable_account(account: str) -> None:
    """Disable the integration of an ACCOUNT (its id), and erase its credentials. The account stays."""

    async def run(parts: "Parts") -> None:
        await parts.registered.disable((await parts.operations.account(account)).tenant_id, account)

    with_parts(run)


@accounts.command("change", epilog=example('gateway accounts change ACCOUNT --description "Conta de folha"'))
@click.argument("account", type=Named("account"))
@click.option("--description", help="Your own words about it.")
@click.option("--external-id", help="Your own id of it; empty for none.")
@click.option("--default", "is_default", is_flag=True, help="Make it the tenant's default account.")
@json_option
def change_account(
    account: str, description: str | None, external_id: str | None, *, is_default: bool, as_json: bool
) -> None:
    """Change the description or your own id of an ACCOUNT (its id), or make it the default one."""
    if description is None and external_id is None and not is_default:
        raise click.UsageError("name what to change: --description, --external-id or --default")

    async def run(parts: "Parts") -> dict[str, Any]:
        from msgspec import UNSET

        from gateway.api.bodies import AccountChange, decode_body

        given: dict[str, Any] = {"default": True} if is_default else {}
        if description is not None:
            given["description"] = description
        if external_id is not None:
            given["external_id"] = external_id or None
        # Read as the HTTP interface reads it, so that the same lengths and characters are refused.
        change = decode_body(json.dumps(given).encode(), AccountChange)
        owner = (await parts.operations.account(account)).tenant_id
        await parts.registered.change(
            owner,
            account,
            description=None if change.description is UNSET else change.description.strip(),
            default=None if change.default is UNSET else change.default,
            external_id=change.external_id,
        )
        return await _found(parts, account)

    _print_changed(with_parts(run), None, as_json=as_json, text="")


@accounts.command("remove", epilog=example("gateway accounts remove ACCOUNT"))
@click.argument("account", type=Named("account"))
def remove_account(account: str) -> None:
    """Remove an ACCOUNT (its id); its credentials and tokens are erased."""

    async def run(parts: "Parts") -> None:
        owner = (await parts.operations.account(account)).tenant_id
        await parts.registered.remove(owner, account)

    with_parts(run)
