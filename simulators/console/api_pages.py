"""Pages of the interfaces: the control API, and what each bank offers, from their OpenAPI documents."""

import asyncio

from litestar import Response, get
from litestar.params import FromPath

from simulators.console.api_view import shown_operations
from simulators.console.place import PREFIX, Here, Problem
from simulators.console.rendering import page

__all__ = ["API_PAGES"]

CONTROL_DOCUMENT = "/_sim/schema/openapi.json"


@get(f"{PREFIX}/api")
async def control_api_page(place: Here) -> Response[str]:
    """The control API, and the way to the documents of the banks."""
    document = await place.ask("GET", CONTROL_DOCUMENT.removeprefix("/_sim"))
    shown = await asyncio.to_thread(shown_operations, document)
    return await page(
        "api.html",
        place,
        title="API de controle",
        description=document["info"].get("description", ""),
        operations=shown,
        address=CONTROL_DOCUMENT,
        banks=place.bank_names(),
    )


@get(f"{PREFIX}/api/{{slug:str}}")
async def bank_api_page(place: Here, slug: FromPath[str]) -> Response[str]:
    """The calls of one bank."""
    if slug not in place.simulation.banks:
        raise Problem(404, f"não há o banco {slug[:60]}")
    document = await place.ask("GET", f"/banks/{slug}/openapi.json")
    return await page(
        "api.html",
        place,
        title=document["info"]["title"],
        description=document["info"]["description"],
        operations=shown_operations(document),
        address=f"/_sim/banks/{slug}/openapi.json",
        banks={},
    )


API_PAGES = (control_api_page, bank_api_page)
