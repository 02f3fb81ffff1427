"""The addresses of the account pages.

All are below `/painel` (a usual word for such pages), so that the cookie of a session is sent to no other address of
the gateway. Every page asks the services that the API asks, with the scopes that the API asks for, and counts in the
key's share of requests like a request of the API.
"""

import asyncio
from datetime import timedelta
from typing import Any

from litestar import Request, Response, get, post
from litestar.params import FromPath

from gateway.accounts.recording.stored import Answer, Wanted
from gateway.api.attending import attended
from gateway.api.bodies import account_body
from gateway.api.parameters import check_query, next_of, one_of, period_of, place_of
from gateway.api.parts import parts_of
from gateway.api.problems import note_failure
from gateway.api.requests import ARRIVAL, OPERATES, READS, SCOPE, asked_account, enter, tenant_of, up_to_date
from gateway.concurrency.shares import SHARES, TENANT
from gateway.concurrency.workers import LARGE
from gateway.errors import CallerError, GatewayError
from gateway.limits import (
    CURSOR_CHARACTERS,
    PANEL_ACCOUNTS,
    PANEL_BODY_BYTES,
    PANEL_DAYS,
    PANEL_FIELD_CHARACTERS,
)
from gateway.model import BRASILIA, DAY, Period
from gateway.pages.accounts import views
from gateway.pages.accounts.shown import Drawn, Site, drawn
from gateway.pages.accounts.signing import (
    COOKIE,
    PATH,
    answered,
    safely,
    sent_to,
    signed_in,
    site_of,
    submitted,
    with_cookie,
)
from gateway.pages.accounts.views import Chosen
from gateway.pages.sent import cookie
from gateway.pages.shared import Page
from gateway.storage.accounts.filters import Filter
from gateway.storage.accounts.records import State
from gateway.storage.imports.states import AccountState
from gateway.storage.management.api_keys import Scope

__all__ = ["ACCOUNT_ROUTES"]

UNKNOWN_KEY = "Esta chave não é válida: talvez tenha sido revogada, tenha vencido ou sido copiada pela metade."
NOT_FOR_THIS = "Esta chave não serve para estas páginas: ela precisa do escopo operate."


@get(PATH, include_in_schema=False)
async def accounts_list(request: Request[Any, Any, Any]) -> Response[Any]:
    """The accounts, those that were chosen."""

    async def work(site: Site) -> Page:
        asked = _asked(request, "banco", "estado", "titular", "codigo", "cursor")
        chosen = Chosen(**{name: asked[name] for name in Chosen.__struct_fields__})
        cursor = asked["cursor"][: CURSOR_CHARACTERS + 1]
        registered, tenant_id = parts_of(request).registered, tenant_of(request)
        records, total, following = await registered.page(
            tenant_id,
            PANEL_ACCOUNTS,
            0,
            place_of(cursor, "accounts"),
            Filter(
                holder_tax_id=chosen.titular or None,
                external_id=chosen.codigo or None,
                bank=chosen.banco or None,
                state=one_of(State, chosen.estado or None, "estado"),
            ),
        )
        integrations = await registered.integrations(tenant_id, records)
        imports = await _imports(request, [record.id for record in records])
        return await asyncio.to_thread(
            views.list_page,
            site,
            chosen,
            [account_body(record, integrations[record.id]) for record in records],
            imports,
            total=total,
            cursor=cursor,
            following=next_of(following, "accounts"),
        )

    return await signed_in(request, OPERATES[SCOPE], work)


@get(f"{PATH}/contas/{{account_id:str}}", include_in_schema=False)
async def one_account(request: Request[Any, Any, Any], account_id: FromPath[str]) -> Response[Any]:
    """How one account stands."""

    async def work(site: Site) -> Page:
        _asked(request)
        body = account_body(*await asked_account(request, account_id))
        imports = await _imports(request, [account_id])
        return await asyncio.to_thread(views.account_page, site, body, imports.get(account_id))

    return await signed_in(request, OPERATES[SCOPE], work)


@get(f"{PATH}/contas/{{account_id:str}}/extrato", include_in_schema=False)
async def one_statement(request: Request[Any, Any, Any], account_id: FromPath[str]) -> Response[Any]:
    """The statement of a period. Where none is chosen, the last days are shown if they are stored; no bank is asked."""

    async def work(site: Site) -> Page:
        asked = _asked(request, "de", "ate", "parte")
        number = asked["parte"] or "1"
        if not (number.isascii() and number.isdigit() and len(number) < 9 and int(number)):
            detail, portuguese = "`parte` is no number of a part", "Deve ser o número de uma parte."
            raise CallerError("invalid_request", detail, field="parte", portuguese=portuguese)
        body = account_body(*await asked_account(request, account_id))
        is_chosen = bool(asked["de"] or asked["ate"])
        if is_chosen:
            period = period_of(asked["de"], asked["ate"])
        else:
            period = await _last_days(request, account_id)
        answer, failure = None, None
        arrival = request.scope["state"][ARRIVAL] = parts_of(request).readings.arrival()
        reading = parts_of(request).readings.answer(
            tenant_of(request), account_id, period, Wanted(asks_bank=is_chosen), arrival
        )
        try:
            answer = await attended(request, reading)
        except GatewayError as error:
            if is_chosen or error.code != "not_stored":
                failure = error
                note_failure(request, error.code, body.bank)
        shown = await _drawn(answer, int(number)) if answer is not None else None
        return await asyncio.to_thread(views.statement_page, site, body, period, answer, shown, failure)

    return await signed_in(request, READS[SCOPE], work)


@get(f"{PATH}/entrar", include_in_schema=False)
async def sign_in_form(request: Request[Any, Any, Any]) -> Response[Any]:
    """The form that asks for a key."""
    return answered(await asyncio.to_thread(views.sign_in_page, site_of(request)))


@post(f"{PATH}/entrar", include_in_schema=False, status_code=303, request_max_body_size=PANEL_BODY_BYTES)
async def sign_in(request: Request[Any, Any, Any]) -> Response[Any]:
    """Begin a session of the key that was typed."""

    async def work() -> Response[Any]:
        form = await submitted(request)
        typed = form.get("chave", "").strip()
        parts = parts_of(request)
        TENANT.set(parts.keys.seen(typed))
        await SHARES.turn()
        await up_to_date(request)
        living = await parts.keys.living(typed, parts.clock.now())
        if living is None:
            note_failure(request, "unauthenticated")
            return answered(await asyncio.to_thread(views.sign_in_page, site_of(request), UNKNOWN_KEY, status=401))
        await enter(request, living)
        if Scope.OPERATE not in living.scopes:
            note_failure(request, "scope_missing")
            return answered(await asyncio.to_thread(views.sign_in_page, site_of(request), NOT_FOR_THIS, status=403))
        return with_cookie(request, sent_to(request, PATH), parts_of(request).panel_sessions.begun(living))

    return await safely(request, work)


@post(f"{PATH}/sair", include_in_schema=False, status_code=303, request_max_body_size=PANEL_BODY_BYTES)
async def sign_out(request: Request[Any, Any, Any]) -> Response[Any]:
    """End the session, if the form comes from one of its own pages."""

    async def work() -> Response[Any]:
        form = await submitted(request)
        session = parts_of(request).panel_sessions.read(cookie(request, COOKIE))
        if session is not None and not session.is_from(form.get("token", "")):
            detail = "the form is not one of this session's pages"
            portuguese = "O formulário não é de uma página desta sessão."
            raise CallerError("invalid_request", detail, field="token", portuguese=portuguese)
        return with_cookie(request, sent_to(request, f"{PATH}/entrar"), None)

    return await safely(request, work)


ACCOUNT_ROUTES = (accounts_list, one_account, one_statement, sign_in_form, sign_in, sign_out)


def _asked(request: Request[Any, Any, Any], *known: str) -> dict[str, str]:
    """What the address asks for, by name; empty for what it leaves out.

    Raises:
        CallerError: something in it is unknown, is there twice, or is too long.
    """
    check_query(request, known)
    for name in known:
        if len(request.query_params.get(name, "")) > PANEL_FIELD_CHARACTERS:
            portuguese = f"No máximo {PANEL_FIELD_CHARACTERS} caracteres."
            raise CallerError("invalid_request", f"`{name}` is too long", field=name, portuguese=portuguese)
    return {name: request.query_params.get(name, "").strip() for name in known}


async def _imports(request: Request[Any, Any, Any], account_ids: list[str]) -> dict[str, AccountState]:
    found, _ = await parts_of(request).import_states.page(tenant_of(request), PANEL_ACCOUNTS, account_ids=account_ids)
    return {each.account_id: each for each in found}


async def _last_days(request: Request[Any, Any, Any], account_id: str) -> Period:
    """The days that are shown where none are chosen: the last ones that were imported, else those before today."""
    found = (await _imports(request, [account_id])).get(account_id)
    yesterday = parts_of(request).clock.now().astimezone(BRASILIA).date() - DAY
    last = (found.through if found is not None else None) or yesterday
    return Period(last - timedelta(days=PANEL_DAYS - 1), last)


async def _drawn(answer: Answer, number: int) -> Drawn:
    return await LARGE.run_if(answer.statement.is_large, drawn, answer.statement, number)
