"""The addresses of the connect page. They need no key: a browser brings a session's token once, and then its secret.

Only the page itself can send its forms: they hold a secret that no other page knows, and a request that the browser
marks as coming from elsewhere is refused. Every answer is a page in Portuguese, failures too.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from litestar import Request, Response, get, post
from litestar.exceptions import HTTPException
from litestar.params import FromPath

from gateway.accounts.connect.sessions import PATH, Opened
from gateway.actions import ACTING, Acting, about
from gateway.api.parts import parts_of
from gateway.api.problems import failure_of, note_failure
from gateway.api.requests import note_tenant, up_to_date
from gateway.concurrency.shares import SHARES
from gateway.errors import GatewayError
from gateway.limits import CONNECT_BODY_BYTES
from gateway.pages.connect import views
from gateway.pages.connect.forms import Form, submitted
from gateway.pages.connect.frame import Site, headers_of
from gateway.pages.connect.steps import Steps
from gateway.pages.sent import OURS
from gateway.pages.shared import Page
from gateway.storage.connect.sessions import ConnectSession

__all__ = ["CONNECT_ROUTES", "acts_for", "answered", "safely", "steps_of"]

log = structlog.get_logger("gateway.connect")

ANEW = "Volte ao seu sistema e abra a página de conexão de novo."


@get(PATH, include_in_schema=False, status_code=200)
async def connect_page(request: Request[Any, Any, Any]) -> Response[Any]:
    """The address without a token, which stands in a browser's history."""
    said = "Este endereço só funciona a partir do seu sistema, e uma vez só."
    site = steps_of(request).site
    return answered(views.ended_page(site, "Página de conexão", said, ANEW, status=404))


@get(f"{PATH}/{{token:str}}", include_in_schema=False)
async def connect_opened(request: Request[Any, Any, Any], token: FromPath[str]) -> Response[Any]:
    """The address of a session: its token is used up, and the page's forms hold a secret in its place."""
    if "prefetch" in request.headers.get("sec-purpose", request.headers.get("purpose", "")):
        # A browser that looks ahead must not use the token up before the person comes.
        return Response(b"", status_code=503, headers={"Cache-Control": "no-store"})

    async def work() -> Response[Any]:
        await up_to_date(request)
        steps = steps_of(request)
        opened = await steps.sessions.opened(token)
        if opened is None:
            return _unknown(steps.site)
        if not opened.secret:
            return _over(steps, opened)
        await acts_for(request, opened.session)
        return answered(await steps.shown(opened), opened)

    return await safely(request, work)


@post(PATH, include_in_schema=False, status_code=200, request_max_body_size=CONNECT_BODY_BYTES)
async def connect_step(request: Request[Any, Any, Any]) -> Response[Any]:
    """A button of the page."""

    async def work(opened: Opened, form: Form) -> Response[Any]:
        steps = steps_of(request)
        return answered(await steps.done(opened, form), opened)

    return await _resumed(request, work)


@post(f"{PATH}/check", include_in_schema=False, status_code=200, request_max_body_size=CONNECT_BODY_BYTES)
async def connect_check(request: Request[Any, Any, Any]) -> Response[Any]:
    """What is wrong with the fields of a form so far, for the page's script."""

    async def work(opened: Opened, form: Form) -> Response[Any]:
        return _data({"errors": await steps_of(request).wrong(opened, form)})

    return await _resumed(request, work)


@post(f"{PATH}/status", include_in_schema=False, status_code=200, request_max_body_size=CONNECT_BODY_BYTES)
async def connect_status(request: Request[Any, Any, Any]) -> Response[Any]:
    """How far the session is, for the page's script."""

    async def work(opened: Opened, _form: Form) -> Response[Any]:
        return _data({"stage": (await steps_of(request).settled(opened)).session.stage.value})

    return await _resumed(request, work)


CONNECT_ROUTES = (connect_page, connect_opened, connect_step, connect_check, connect_status)


async def _resumed(
    request: Request[Any, Any, Any], work: Callable[[Opened, Form], Awaitable[Response[Any]]]
) -> Response[Any]:
    async def resume() -> Response[Any]:
        await up_to_date(request)
        steps = steps_of(request)
        if request.headers.get("sec-fetch-site", "") not in OURS:
            said = "O pedido não veio desta página, e por isso não foi atendido."
            return answered(views.ended_page(steps.site, "Pedido recusado", said, ANEW, status=403))
        form = await submitted(request)
        if form is None:
            said = (
                "O formulário não pôde ser lido. Arquivos de certificado e chave têm poucos kilobytes: confira os seus."
            )
            return answered(views.ended_page(steps.site, "Formulário não lido", said, ANEW, status=400))
        opened = await steps.sessions.resumed(form["session"])
        if opened is None:
            return _unknown(steps.site)
        if not opened.secret:
            return _over(steps, opened)
        await acts_for(request, opened.session)
        return await work(opened, form)

    return await safely(request, resume)


async def acts_for(request: Request[Any, Any, Any], session: ConnectSession) -> None:
    """From now on the request acts for a session, and uses its tenant's share."""
    request_id = request.scope["state"]["request_id"]
    note_tenant(request, session.tenant_id)
    ACTING.set(Acting(actor=about("connect", session.id), request_id=request_id))
    await SHARES.turn()


async def safely(request: Request[Any, Any, Any], work: Callable[[], Awaitable[Response[Any]]]) -> Response[Any]:
    """The answer of the work; a page that says so where it fails."""
    try:
        return await work()
    except GatewayError as error:
        failure: GatewayError = error
    except HTTPException:
        raise
    except Exception as error:  # noqa: BLE001 - the last net: `failure_of` logs what it is
        failure = failure_of(error, log)
    note_failure(request, failure.code)
    entry = failure.entry
    page = views.ended_page(steps_of(request).site, entry.title, entry.remedy, ANEW, status=failure.status)
    return answered(page)


def steps_of(request: Request[Any, Any, Any]) -> Steps:
    """The pages of the request's application."""
    parts = parts_of(request)
    return Steps(
        site=Site(path=parts.connect_sessions.path, redirect_uri=parts.authorising.redirect_uri),
        sessions=parts.connect_sessions,
        enabling=parts.enabling,
        registered=parts.registered,
        enrolment=parts.enrolment,
        health=parts.health,
        clock=parts.clock,
    )


def answered(page: Page, opened: Opened | None = None) -> Response[Any]:
    """A page as the answer; the tenant's own pages may frame it."""
    origins = opened.settings.frame_ancestors if opened is not None else ()
    return Response(page.body, status_code=page.status, headers=headers_of(origins))


def _unknown(site: Site) -> Response[Any]:
    said = "Este endereço não pertence a nenhuma conexão em andamento. Ele vale 30 minutos, e uma vez só."
    return answered(views.ended_page(site, "Página de conexão encerrada", said, ANEW, status=410))


def _over(steps: Steps, opened: Opened) -> Response[Any]:
    """The session of a token that was used before, or one that has expired: nothing of it is shown."""
    if steps.sessions.has_expired(opened.session):
        said = "O prazo de 30 minutos desta página terminou."
        page = views.ended_page(steps.site, "O prazo terminou", said, ANEW, opened=opened, result="expired", status=410)
        return answered(page, opened)
    used = (
        "Este endereço já foi aberto, e só pode ser aberto uma vez. O que já foi concluído continua valendo.",
        f"Se você recarregou a página: {ANEW[0].lower()}{ANEW[1:]}",
    )
    page = views.ended_page(steps.site, "Endereço já usado", *used, opened=opened, status=410)
    return answered(page, opened)


def _data(value: dict[str, Any]) -> Response[Any]:
    return Response(value, media_type="application/json", headers={"Cache-Control": "no-store"})
