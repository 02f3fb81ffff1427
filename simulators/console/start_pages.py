"""The start page of a world, and the page of all worlds."""

from collections import Counter
from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

import contracts
from simulators.console.fault_view import shown_faults
from simulators.console.journal_view import Chosen
from simulators.console.place import PREFIX, Asked, Here, Place, Problem
from simulators.console.reading import form_of, query_of
from simulators.console.rendering import page
from simulators.console.request_pages import newest
from simulators.simulation import Simulation
from simulators.worlds.registry import NAME

__all__ = ["START_PAGES"]

LAST_REFUSED = 8


@get(["/", PREFIX])
async def start_page(place: Here) -> Response[str]:
    """How the world stands, and the eight official failures to be played."""
    world = place.simulation.world
    accounts = Counter(bank for bank, _ in world.accounts)
    requests = Counter(record.bank for record in world.journal.records)
    faults = Counter(fault.bank for fault in world.faults)
    banks = [
        {"slug": slug, "name": name, "accounts": accounts[slug], "requests": requests[slug], "faults": faults[slug]}
        for slug, name in place.bank_names().items()
    ]
    return await page(
        "start.html",
        place,
        banks=banks,
        official=official_failures(place.simulation, place.bank_names()),
        running=[fault for fault in shown_faults(world) if not fault.of_scenario],
        rows=await newest(place.simulation, Chosen(only_refused=True), LAST_REFUSED),
    )


@get(f"{PREFIX}/mundo")
async def choose_world(request: Asked, place: Here) -> Redirect:
    """The start page of the world that was chosen."""
    name = query_of(request, "nome")["nome"]
    if name and name not in place.worlds.names():
        raise Problem(404, f"nome: não há o mundo {name[:80]}")
    return Redirect(Place(place.worlds, place.control, place.worlds[name]).base, status_code=303)


@get(f"{PREFIX}/worlds")
async def worlds_page(place: Here) -> Response[str]:
    """The page that lists all worlds."""
    found = [_world_shown(place.worlds[name]) for name in ("", *place.worlds.names())]
    return await page("worlds.html", place, found=found)


@post(f"{PREFIX}/worlds", status_code=303)
async def make_world(request: Asked, place: Here) -> Redirect:
    """Make a world and show it."""
    form = await form_of(request)
    name = form.get("nome", "").strip()
    if NAME.fullmatch(name) is None:
        raise Problem(422, "nome: de uma a 64 letras sem acento, algarismos, ponto, hífen e sublinhado")
    if name in place.worlds.names():
        raise Problem(409, f"nome: já há um mundo {name}")
    body = {"name": name, "ready_accounts": "prontas" in form, "quotas": "limites" in form}
    await place.ask("POST", "/worlds", body)
    return Redirect(f"{PREFIX}/worlds/{name}", status_code=303)


@post(f"{PREFIX}/fim", status_code=303)
async def end_world(request: Asked, place: Here) -> Redirect:
    """End a named world."""
    name = (await form_of(request)).get("nome", "")
    if name not in place.worlds.names():
        raise Problem(404, f"nome: não há o mundo {name[:80]}")
    await place.ask("DELETE", f"/worlds/{name}")
    return Redirect(f"{PREFIX}/worlds", status_code=303)


def official_failures(simulation: Simulation, bank_names: dict[str, str]) -> list[dict[str, Any]]:
    """The failures whose titles the model integration shows, each with the banks at which it can be played."""
    found = []
    for code, failure in contracts.failures().failures.items():
        if not failure.official:
            continue
        happens_at = {
            slug: name
            for slug, name in bank_names.items()
            if failure.scenario in simulation.banks[slug].scenarios()
            and simulation.banks[slug].expected(failure.scenario) == code
        }
        found.append(
            {
                "code": code,
                "title": failure.title,
                "remedy": failure.remedy,
                "scenario": failure.scenario,
                "banks": happens_at,
            }
        )
    return found


def _world_shown(simulation: Simulation) -> dict[str, Any]:
    world = simulation.world
    return {
        "name": world.name,
        "now": world.now(),
        "accounts": len(world.accounts),
        "requests": len(world.journal.records),
        "faults": len(world.faults),
        "quotas": simulation.settings.quotas,
    }


START_PAGES = (start_page, choose_world, worlds_page, make_world, end_world)
