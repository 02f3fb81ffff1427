"""Pages of the journal: the requests as they come in, and one of them with all that is known of it."""

from typing import Any

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath

from simulators.console.journal_view import Chosen, found_request, shown_requests
from simulators.console.place import PREFIX, Place, Problem
from simulators.console.reading import query_of
from simulators.console.rendering import fragment, page

__all__ = ["REQUEST_PAGES"]

MOST_SHOWN = 100
LONGEST_SHOWN = 65_536
"""Signs of one value of a record that a page shows."""
HEADLINE = frozenset({"at", "bank", "method", "path", "status", "why", "nearest", "request_id", "account", "operation"})
"""What stands above the rest of a record, in words of its own."""


@get(f"{PREFIX}/pedidos")
async def requests_page(request: Request[Any, Any, Any], place: NamedDependency[Place]) -> Response[str]:
    """The newest requests; the page renews itself."""
    query, values = _asked(request, place)
    reload_at = place.url("pedidos", "lista", **query)
    return await page("requests.html", place, chosen=query, reload_at=reload_at, most=MOST_SHOWN, **values)


@get(f"{PREFIX}/pedidos/lista")
async def requests_rows(request: Request[Any, Any, Any], place: NamedDependency[Place]) -> Response[str]:
    """The rows alone."""
    _, values = _asked(request, place)
    return await fragment("request_rows.html", place, **values)


@get(f"{PREFIX}/pedidos/{{key:str}}")
async def request_page(place: NamedDependency[Place], key: FromPath[str]) -> Response[str]:
    """One request."""
    found = found_request(place.simulation.world, key)
    if found is None:
        raise Problem(404, "o diário não tem mais este pedido")
    shown, record = found
    rest = {name: text for name, value in record.items() if name not in HEADLINE and (text := _text(value))}
    return await page("request.html", place, one=shown, rest=rest)


def _asked(request: Request[Any, Any, Any], place: Place) -> tuple[dict[str, str], dict[str, Any]]:
    query = query_of(request, "banco", "conta", "recusados")
    if query["banco"] and query["banco"] not in place.simulation.banks:
        raise Problem(422, f"banco: não há o banco {query['banco'][:60]}")
    chosen = Chosen(query["banco"], query["conta"], bool(query["recusados"]))
    return query, {"rows": shown_requests(place.simulation.world, chosen, MOST_SHOWN)}


def _text(value: Any) -> str:
    """A value of a record as text, cut to what a page can show; empty where there is nothing."""
    if value is None or value in ("", False) or value == {}:
        return ""
    if isinstance(value, dict):
        text = "\n".join(f"{name}: {each}" for name, each in value.items())
    elif isinstance(value, bytes):
        text = value.decode("utf-8", "replace")
    else:
        text = value if isinstance(value, str) else str(msgspec.to_builtins(value))
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}…"


REQUEST_PAGES = (requests_page, requests_rows, request_page)
