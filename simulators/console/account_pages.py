"""Pages of the accounts: by bank and scenario, one with what is typed, and the forms that open or change one."""

from pathlib import PurePath
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.datastructures import UploadFile
from litestar.params import FromPath
from litestar.response import Redirect

from simulators.console import words
from simulators.console.account_view import consent_address, file_name, shown_account
from simulators.console.fault_view import shown_faults
from simulators.console.place import PREFIX, Asked, Here, Place, Problem
from simulators.console.reading import form_of, number_of, query_of
from simulators.console.rendering import page
from simulators.ledgers.files import LARGEST_FILE_BYTES, SUFFIXES
from simulators.publication import PUBLICATIONS
from simulators.world import Parameters, SimulatedAccount

__all__ = ["ACCOUNT_PAGES"]

MOST_SHOWN = 100
FORM_AROUND_FILE = 65_536
"""Bytes of a form besides the file in it."""
WHOLE = frozenset({"busy_day_entries", "page_size", "token_seconds"})
NUMBERS = WHOLE | {"entries_per_day"}
TEXTS = frozenset({"opened_on", "kind", "publication"})
ACCOUNT = f"{PREFIX}/contas/{{bank:str}}/{{number:str}}"


@get(f"{PREFIX}/contas")
async def accounts_page(request: Asked, place: Here) -> Response[str]:
    """The accounts of a bank, of a scenario, or all of them, in parts."""
    query = query_of(request, "banco", "cenario", "busca", "parte")
    part = int(query["parte"]) if query["parte"].isdecimal() and len(query["parte"]) < 5 else 1
    found = [
        {
            "bank": account.bank,
            "branch": account.branch,
            "number": account.number,
            "holder_tax_id": account.holder_tax_id,
            "scenario": account.scenario,
            "generation": account.generation,
        }
        for account in place.simulation.world.accounts.values()
        if query["banco"] in {"", account.bank}
        and query["cenario"] in {"", account.scenario}
        and (not query["busca"] or query["busca"] in f"{account.number} {account.holder_tax_id}")
    ]
    found.reverse()
    parts = max(1, -(-len(found) // MOST_SHOWN))
    part = min(max(part, 1), parts)
    return await page(
        "accounts.html",
        place,
        accounts=found[(part - 1) * MOST_SHOWN : part * MOST_SHOWN],
        total=len(found),
        part=part,
        parts=parts,
        chosen=query,
        banks=place.bank_names(),
        scenarios=_scenarios(place, query["banco"]),
    )


@get(f"{PREFIX}/nova-conta")
async def new_account_page(request: Asked, place: Here) -> Response[str]:
    """The form that opens an account: first the bank, then what can happen there."""
    return await _new_account(place, query_of(request, "banco", "cenario"))


@post(f"{PREFIX}/nova-conta", status_code=303)
async def open_account(request: Asked, place: Here) -> Response[Any]:
    """Open an account and show it; the form comes again, as it was filled in, when something is wrong with it."""
    form = await form_of(request)
    parameters: dict[str, Any] = {name: form[name] for name in TEXTS if form.get(name)}
    parameters |= {name: number_of(form[name], whole=name in WHOLE) for name in NUMBERS if form.get(name)}
    if "quotas" in form:
        parameters["quotas"] = True
    body = {"bank": form.get("banco", ""), "scenario": form.get("cenario", "") or "ok", "parameters": parameters}
    try:
        made = await place.ask("POST", "/accounts", body | ({"name": form["nome"]} if form.get("nome") else {}))
    except Problem as error:
        return await _new_account(place, form, error)
    return Redirect(place.url("contas", made["bank"], made["account"]["number"]), status_code=303)


@get(ACCOUNT)
async def account_page(place: Here, bank: FromPath[str], number: FromPath[str]) -> Response[str]:
    """One account, and what is typed where."""
    return await _account(place, place.account(bank, number))


@get(f"{ACCOUNT}/arquivos/{{field:str}}")
async def download(place: Here, bank: FromPath[str], number: FromPath[str], field: FromPath[str]) -> Response[bytes]:
    """A certificate or key as a file."""
    account = place.account(bank, number)
    name = file_name(place.simulation, account, field)
    if not name:
        raise Problem(404, f"a conta não tem o arquivo {field[:60]}")
    stem, _, ending = name.partition(".")
    headers = {
        "Content-Disposition": f'attachment; filename="{stem}-{bank}-{account.number}.{ending}"',
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }
    return Response(account.form[field].encode(), media_type="application/x-pem-file", headers=headers)


@post(f"{ACCOUNT}/cenario", status_code=303)
async def enter_scenario(request: Asked, place: Here, bank: FromPath[str], number: FromPath[str]) -> Redirect:
    """Move an account into another scenario."""
    account = place.account(bank, number)
    chosen = (await form_of(request)).get("cenario", "")
    await place.ask("PUT", f"/accounts/{bank}/{account.number}/scenario", {"scenario": chosen})
    return Redirect(place.url("contas", bank, account.number), status_code=303)


@post(f"{ACCOUNT}/livro", status_code=200, request_max_body_size=LARGEST_FILE_BYTES + FORM_AROUND_FILE)
async def give_ledger(request: Asked, place: Here, bank: FromPath[str], number: FromPath[str]) -> Response[str]:
    """Let an account have exactly the movements of a file, and say what the bank does not show of them."""
    account = place.account(bank, number)
    if request.content_type[0] != "multipart/form-data":  # the framework would keep what it reads of another form
        raise Problem(415, "arquivo: o formulário deve trazer um arquivo")
    try:
        sent = (await request.form()).get("arquivo")
    except (LookupError, ValueError) as error:
        raise Problem(400, "arquivo: o formulário não pôde ser lido") from error
    if not isinstance(sent, UploadFile):
        raise Problem(422, "arquivo: escolha um arquivo JSON, CSV ou OFX")
    kind = SUFFIXES.get(PurePath(sent.filename).suffix.lower())
    if kind is None:
        raise Problem(422, "arquivo: o nome deve acabar em .json, .csv ou .ofx")
    content = await sent.read()
    given = await place.ask("PUT", f"/accounts/{bank}/{account.number}/ledger", (kind, content))
    return await _account(place, account, given)


@post(f"{ACCOUNT}/credenciais", status_code=303)
async def renew_credentials(place: Here, bank: FromPath[str], number: FromPath[str]) -> Redirect:
    """Give an account new credentials."""
    account = place.account(bank, number)
    await place.ask("POST", f"/accounts/{bank}/{account.number}/credentials")
    return Redirect(place.url("contas", bank, account.number), status_code=303)


@get(f"{PREFIX}/consentimento")
async def open_consent(request: Asked, place: Here) -> Redirect:
    """Lead a browser to the consent page of an address that the gateway has given."""
    try:
        address = consent_address(place.simulation, query_of(request, "endereco")["endereco"])
    except ValueError as error:
        raise Problem(422, f"endereço: {error}") from error
    return Redirect(address, status_code=303)


async def _account(place: Place, account: SimulatedAccount, given: dict[str, Any] | None = None) -> Response[str]:
    """The page of an account; `given` is what was answered to a ledger that it has just been given."""
    return await page(
        "account.html",
        place,
        account=shown_account(place.simulation, account),
        scenarios=_scenarios(place, account.bank),
        running=shown_faults(place.simulation.world, account.bank, account.number),
        given=given,
    )


async def _new_account(place: Place, typed: dict[str, str], error: Problem | None = None) -> Response[str]:
    slug = typed.get("banco", "")
    bank = place.simulation.banks.get(slug)
    if slug and bank is None:
        raise Problem(422, f"banco: não há o banco {slug[:60]}")
    usual = msgspec.to_builtins(Parameters())
    return await page(
        "new_account.html",
        place,
        error=error,
        banks=place.bank_names(),
        kinds=bank.contract.enrolment.kinds if bank is not None else (),
        scenarios=_scenarios(place, slug),
        publications=sorted(PUBLICATIONS),
        usual=usual,
        typed={**dict.fromkeys(("banco", "cenario", "nome", *sorted(NUMBERS | TEXTS)), ""), **typed},
    )


def _scenarios(place: Place, slug: str) -> dict[str, str]:
    """The scenarios of a bank, or of all where none is chosen, with their titles, in the order of these."""
    banks = place.simulation.banks
    chosen = [banks[slug]] if slug in banks else banks.values()
    names = {name for bank in chosen for name in bank.scenarios()}
    return {name: words.scenario(name) for name in sorted(names, key=lambda name: words.scenario(name).casefold())}


ACCOUNT_PAGES = (
    accounts_page,
    new_account_page,
    open_account,
    account_page,
    download,
    enter_scenario,
    give_ledger,
    renew_credentials,
    open_consent,
)
