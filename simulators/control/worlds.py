"""The part of the control API that makes, lists and ends worlds, and finds the one that a call means.

Every other call of the control API is about one world. `/_sim/worlds/NAME/…` is `/_sim/…` of that world, and so is
`/_sim/…` with the header `X-World: NAME`; without either it is about the world that all share.
"""

import asyncio
from typing import Any

from litestar import Controller, Request, delete, get, post
from litestar.di import NamedDependency
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath, JSONBody
from msgspec import Struct

from simulators.control.answers import WorldAnswer
from simulators.control.choices import Unfit
from simulators.simulation import Simulation
from simulators.worlds.registry import WorldError, Worlds, WorldTakenError

__all__ = ["HEADER", "WorldControl", "meant_simulation", "require_all", "within_world"]

Everything = NamedDependency[Worlds]

HEADER = "x-world"
PREFIX = "/_sim/worlds/"
SCOPE_KEY = "simulated_world"


class NewWorld(Struct, forbid_unknown_fields=True):
    """An isolated world."""

    name: str
    """One to 64 letters, digits and . _ -; all that is made up in it follows from the name and the seed."""
    ready_accounts: bool = True
    """Whether it has the ready account of each scenario; without them it is there at once."""
    quotas: bool = False
    """Whether its banks refuse calls beyond their documented limits."""


class WorldControl(Controller):
    """The calls of `/_sim/worlds`."""

    path = "/_sim/worlds"

    @get()
    async def list_worlds(self, worlds: Everything) -> list[WorldAnswer]:
        """The isolated worlds."""
        return [_shown(worlds[name]) for name in worlds.names()]

    @post()
    async def make_world(self, worlds: Everything, data: JSONBody[NewWorld]) -> WorldAnswer:
        """Make an isolated world: its own clock, accounts, faults, journal and politeness."""
        try:
            worlds.check_new(data.name)
            made = await asyncio.to_thread(worlds.made, data.name, quotas=data.quotas, ready=data.ready_accounts)
            worlds.enter(made)
        except WorldError as error:
            raise HTTPException(str(error), status_code=409 if isinstance(error, WorldTakenError) else 422) from error
        return _shown(made)

    @delete("/{name:str}")
    async def end_world(self, worlds: Everything, name: FromPath[str]) -> None:
        """End an isolated world: its accounts are known to no bank any more."""
        try:
            worlds.end(name)
        except WorldError as error:
            raise NotFoundException(str(error)) from error


def meant_simulation(worlds: Worlds, request: Request[Any, Any, Any]) -> Simulation:
    """The simulation of the world that a call is about.

    Raises:
        NotFoundException: there is no such world.
    """
    name = str(request.scope.get(SCOPE_KEY, "")) or request.headers.get(HEADER, "")
    try:
        return worlds[name]
    except WorldError as error:
        raise NotFoundException(str(error)) from error


def within_world(scope: Any) -> Any:
    """The scope of a call, without the world in its path, which is noted apart."""
    path: str = scope["path"]
    name, _, rest = path.removeprefix(PREFIX).partition("/") if path.startswith(PREFIX) else ("", "", "")
    if not rest:
        return scope
    raw = scope["raw_path"].removeprefix(PREFIX.encode()).partition(b"/")[2]
    return {**scope, "path": f"/_sim/{rest}", "raw_path": b"/_sim/" + raw, SCOPE_KEY: name}


def require_all(simulation: Simulation, everything: bool, what: str) -> None:  # noqa: FBT001 - a parameter of the call
    """Refuse what would change the shared world for all its users, unless the caller says that it is meant.

    Raises:
        HTTPException: 422.
    """
    if not simulation.world.name and not everything:
        raise Unfit(f"all: {what} in the world that all share; say all=true (`--all`), or use a world of your own")


def _shown(simulation: Simulation) -> WorldAnswer:
    world = simulation.world
    return WorldAnswer(
        name=world.name,
        now=world.now().isoformat(),
        ready_accounts=simulation.settings.ready,
        quotas=simulation.settings.quotas,
        accounts=len(world.accounts),
        faults=len(world.faults),
        control=f"{PREFIX}{world.name}",
    )
