"""Checks who may see the account pages, and answers failures with pages.

A page is for the key of the session that the cookie names, as long as that key lives and has the scopes that the API
asks for. Forms are taken from pages of our own alone. Where something fails, the answer is a page that says so.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from gateway.api.attending import CallerGone
from gateway.api.parameters import refuse_controls
from gateway.api.parts import parts_of
from gateway.api.problems import PUBLIC_URL, failure_of, note_failure
from gateway.api.requests import enter, require, up_to_date
from gateway.concurrency.shares import SHARES
from gateway.errors import CallerError, GatewayError
from gateway.pages.accounts import views
from gateway.pages.accounts.sessions import PanelSession
from gateway.pages.accounts.shown import Site
from gateway.pages.sent import FORM, OURS, cookie, fields
from gateway.pages.shared import Page
from gateway.storage.management.api_keys import LivingKey, Scope

__all__ = ["COOKIE", "PATH", "answered", "safely", "sent_to", "signed_in", "site_of", "submitted"]
__all__ += ["with_cookie"]

PATH = "/painel"
COOKIE = "painel"
SIGNED_OUT = "A sessão terminou. Informe a chave de novo."

log = structlog.get_logger("gateway.pages")

Work = Callable[[Site], Awaitable[Page]]


async def signed_in(request: Request[Any, Any, Any], needed: tuple[Scope, ...], work: Work) -> Response[Any]:
    """A page for the key of the session, when that still lives and has one of the scopes that are needed."""

    async def check() -> Response[Any]:
        shown = cookie(request, COOKIE)
        if not shown:
            return sent_to(request, f"{PATH}/entrar")
        session = parts_of(request).panel_sessions.read(shown)
        living = await _living(request, session) if session is not None else None
        if session is None or living is None or Scope.OPERATE not in living.scopes:
            page = await asyncio.to_thread(views.sign_in_page, site_of(request), SIGNED_OUT, status=401)
            return with_cookie(request, answered(page), None)
        await enter(request, living)
        require(living, needed)
        answer = answered(await work(site_of(request, session, living)))
        renewed = parts_of(request).panel_sessions.renewed(session)
        return answer if renewed is None else with_cookie(request, answer, renewed)

    return await safely(request, check)


async def _living(request: Request[Any, Any, Any], session: PanelSession) -> LivingKey | None:
    """The key of a session; None when it is revoked or has expired."""
    await SHARES.turn()
    await up_to_date(request)
    parts = parts_of(request)
    return await parts.keys.still_living(session.prefix, session.key_hash, parts.clock.now())


async def safely(request: Request[Any, Any, Any], work: Callable[[], Awaitable[Response[Any]]]) -> Response[Any]:
    """The answer of the work; a page that says so where it fails."""
    try:
        refuse_controls(request)
        return await work()
    except (HTTPException, CallerGone):
        raise
    except GatewayError as error:
        failure: GatewayError = error
    except Exception as error:  # noqa: BLE001 - the last net: `failure_of` logs what it is
        failure = failure_of(error, log)
    note_failure(request, failure.code)
    session = parts_of(request).panel_sessions.read(cookie(request, COOKIE))
    request_id: str = request.scope["state"]["request_id"]
    page = await asyncio.to_thread(views.problem_page, site_of(request, session), failure, request_id)
    answer = answered(page)
    if page.status in {429, 503} and failure.retry_after is not None:
        answer.headers["Retry-After"] = str(failure.retry_after)
    return answer


async def submitted(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The fields of a form of our own.

    Raises:
        CallerError: another page has sent it, or it is no form, or cannot be read.
    """
    if request.headers.get("sec-fetch-site", "") not in OURS or not _same_origin(request):
        raise CallerError("invalid_request", "another page has sent the form")
    if request.content_type[0].lower() != FORM:
        raise CallerError("unsupported_media_type", "the body must be a form")
    try:
        return dict(await fields(request))
    except ValueError as error:
        raise CallerError("malformed_body", f"the form cannot be read: {error}") from error


def _same_origin(request: Request[Any, Any, Any]) -> bool:
    """Whether the form comes from the host that it goes to, as far as the browser says where it comes from."""
    origin, host = request.headers.get("origin", ""), request.headers.get("host", "")
    # Not taken apart as an address: what a browser does not write is the origin of no page of ours.
    return not origin or (bool(host) and origin in {f"http://{host}", f"https://{host}"}) or _is_public(request, origin)


def _is_public(request: Request[Any, Any, Any], origin: str) -> bool:
    public = urlsplit(request.app.state[PUBLIC_URL])
    return bool(public.netloc) and origin == f"{public.scheme}://{public.netloc}"


def site_of(
    request: Request[Any, Any, Any], session: PanelSession | None = None, living: LivingKey | None = None
) -> Site:
    """Where the pages are for this request's browser, and who has signed in."""
    return Site(
        base=urlsplit(request.app.state[PUBLIC_URL]).path.rstrip("/"),
        token=session.token if session is not None else "",
        reads=living is not None and Scope.READ in living.scopes,
    )


def answered(page: Page) -> Response[Any]:
    """A page as the answer."""
    return Response(page.body, status_code=page.status, headers=views.headers())


def sent_to(request: Request[Any, Any, Any], path: str) -> Response[Any]:
    """An answer that leads the browser to another of our pages."""
    headers = {"Location": f"{site_of(request).base}{path}", "Cache-Control": "no-store"}
    return Response(b"", status_code=303, media_type="text/plain", headers=headers)


def with_cookie(request: Request[Any, Any, Any], answer: Response[Any], value: str | None) -> Response[Any]:
    """The answer that gives the browser a session's cookie, or takes it away."""
    public = request.app.state[PUBLIC_URL]
    answer.set_cookie(
        COOKIE,
        value or "",
        path=site_of(request).path,
        httponly=True,
        samesite="strict",
        secure=public.startswith("https://") or request.scope["scheme"] == "https",
        # Without an age it ends with the browser; what it says of itself ends sooner.
        max_age=None if value else 0,
    )
    return answer
