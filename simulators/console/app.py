"""The console as an ASGI application."""

from typing import Any, cast

from litestar import Litestar, Response
from litestar.di import Provide
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, HTTPScope, Receive, Scope, Send

from simulators.console.account_pages import ACCOUNT_PAGES
from simulators.console.api_pages import API_PAGES
from simulators.console.clock_pages import CLOCK_PAGES
from simulators.console.fault_pages import FAULT_PAGES
from simulators.console.place import PREFIX, Asked, Place, Problem, within_console
from simulators.console.rendering import problem
from simulators.console.request_pages import REQUEST_PAGES
from simulators.console.sentences import in_portuguese
from simulators.console.start_pages import START_PAGES
from simulators.console.truth_pages import TRUTH_PAGES
from simulators.control.guarding import LONGEST_QUERY, headers_of, is_foreign_form, is_foreign_host, is_safe_method
from simulators.worlds.registry import Worlds

__all__ = ["console_app", "is_console"]


def is_console(path: str) -> bool:
    """Whether a path on the plain port is the console's."""
    return path in {"/", PREFIX} or path.startswith(f"{PREFIX}/")


def console_app(worlds: Worlds, control: ASGIApp) -> ASGIApp:
    """The pages of all worlds.

    Args:
        worlds: what they show.
        control: the control API, through which they change something.
    """

    def provide(request: Asked) -> Place:
        return Place.of(worlds, control, request)

    def refuse(request: Asked, error: Any) -> Response[str]:
        status, detail = _said(error)
        try:
            place = Place.of(worlds, control, request)
        except Problem:
            place = Place(worlds, control, worlds.shared)
        return problem(place, status, detail)

    pages = (START_PAGES, ACCOUNT_PAGES, REQUEST_PAGES, FAULT_PAGES, CLOCK_PAGES, TRUTH_PAGES, API_PAGES)
    app = Litestar(
        [handler for each in pages for handler in each],
        dependencies={"place": Provide(provide, sync_to_thread=False)},
        exception_handlers={Problem: refuse, HTTPException: refuse},
        openapi_config=None,
        logging_config=None,
    )

    async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
        refused = _refused(cast("HTTPScope", scope))
        if refused is None:
            await app(within_console(scope), receive, send)
            return
        status, text = refused
        head = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(text)).encode())]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": text, "more_body": False})

    return guarded


def _refused(scope: HTTPScope) -> tuple[int, bytes] | None:
    """Status and text for a request that is not answered at all; None for every other."""
    headers = headers_of(scope)
    server = scope.get("server")
    if is_foreign_host(headers.get("host", ""), server[0] if server else ""):
        return 421, "O console atende em localhost, ou no endereço IP em que foi ligado.".encode()
    if not is_safe_method(str(scope["method"])) and is_foreign_form(headers, str(scope["scheme"])):
        return 403, "Este formulário veio de uma página que não é do console.".encode()
    if len(scope["query_string"]) > LONGEST_QUERY:
        return 414, "Endereço longo demais.".encode()
    return None


def _said(error: Exception) -> tuple[int, str]:
    if isinstance(error, Problem):
        return error.status, error.detail
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else str(error)
    return status, "não há esta página" if status == 404 else in_portuguese(detail) or detail
