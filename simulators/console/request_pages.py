"""Pages of the journal: the requests as they come in, and one of them with all that is known of it."""

import asyncio
from typing import Any

from litestar import Response, get
from litestar.params import FromPath

from simulators.console import words
from simulators.console.journal_view import Chosen, ShownRequest, found_request, shown_requests
from simulators.console.place import PREFIX, Asked, Here, Place, Problem
from simulators.console.reading import query_of
from simulators.console.rendering import fragment, page
from simulators.simulation import Simulation

__all__ = ["REQUEST_PAGES", "newest"]

MOST_SHOWN = 100
SECTIONS = {
    "query": "Consulta do endereço",
    "request_headers": "Cabeçalhos do pedido",
    "request_body": "Corpo do pedido",
    "answer_headers": "Cabeçalhos da resposta",
    "answer_body": "Corpo da resposta",
}
"""By the name of a record's field: what stands in a box of its own."""
FACTS = {
    "host": "Host",
    "milliseconds": "Duração, em milissegundos",
    "faults": "Falhas que alcançaram o pedido",
    "token": "Fim do token",
    "request_bytes": "Bytes do pedido",
    "answer_bytes": "Bytes da resposta",
}
"""By the name of a record's field: what is said in a line."""


@get(f"{PREFIX}/pedidos")
async def requests_page(request: Asked, place: Here) -> Response[str]:
    """The newest requests; the page renews itself."""
    query, rows = await _asked(request, place)
    reload_at = place.url("pedidos", "lista", **query)
    return await page("requests.html", place, chosen=query, reload_at=reload_at, most=MOST_SHOWN, rows=rows)


@get(f"{PREFIX}/pedidos/lista")
async def requests_rows(request: Asked, place: Here) -> Response[str]:
    """The rows alone."""
    _, rows = await _asked(request, place)
    return await fragment("request_rows.html", place, rows=rows)


@get(f"{PREFIX}/pedidos/{{key:str}}")
async def request_page(place: Here, key: FromPath[str]) -> Response[str]:
    """The page of one request of the journal, and of its answer."""
    journal = place.simulation.world.journal
    found = await asyncio.to_thread(found_request, list(journal.records), key, journal.secrets)
    if found is None:
        raise Problem(404, "o diário não tem mais este pedido")
    one, fields = found
    return await page(
        "request.html",
        place,
        one=one,
        facts={title: _fact(fields[name]) for name, title in FACTS.items() if fields.get(name)},
        sections={title: _text(fields[name]) for name, title in SECTIONS.items() if fields.get(name)},
    )


async def newest(simulation: Simulation, chosen: Chosen, most: int) -> list[ShownRequest]:
    """The newest requests to the banks of a world."""
    journal = simulation.world.journal
    return await asyncio.to_thread(shown_requests, list(journal.records), chosen, journal.secrets, most)


async def _asked(request: Asked, place: Place) -> tuple[dict[str, str], list[ShownRequest]]:
    query = query_of(request, "banco", "conta", "recusados")
    if query["banco"] and query["banco"] not in place.simulation.banks:
        raise Problem(422, f"banco: não há o banco {query['banco'][:60]}")
    chosen = Chosen(query["banco"], query["conta"], bool(query["recusados"]))
    return query, await newest(place.simulation, chosen, MOST_SHOWN)


def _fact(value: Any) -> str:
    """A field as words in a line."""
    if not isinstance(value, list):
        return str(value)
    return "; ".join(
        f"{words.fault(each['name'])} ({each['id']}{'' if each['changed'] else ': nada mudou'})" for each in value
    )


def _text(value: Any) -> str:
    """A field as text; headers as lines."""
    return value if isinstance(value, str) else "\n".join(f"{name}: {each}" for name, each in value)


REQUEST_PAGES = (requests_page, requests_rows, request_page)
