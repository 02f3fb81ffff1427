"""Where a page stands: the world that it is about, its addresses, and the control API of that world."""

from typing import Any
from urllib.parse import quote, urlencode

import httpx
from litestar import Request
from litestar.di import NamedDependency
from litestar.types import ASGIApp
from msgspec import Struct

from simulators.console.sentences import in_portuguese
from simulators.control.worlds import HEADER
from simulators.simulation import Simulation
from simulators.world import SimulatedAccount
from simulators.worlds.registry import WorldError, Worlds

__all__ = ["PREFIX", "Asked", "Here", "Place", "Problem", "within_console"]

PREFIX = "/console"
WORLDS = f"{PREFIX}/worlds/"
SCOPE_KEY = "console_world"


class Problem(Exception):
    """What the caller of a page has to know.

    Args:
        status: HTTP status.
        detail: what is wrong, and with which field.
    """

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail


Asked = Request[Any, Any, Any]


class Place(Struct, frozen=True):
    """The world of a page, and how to reach it."""

    worlds: Worlds
    control: ASGIApp
    simulation: Simulation

    @classmethod
    def of(cls, worlds: Worlds, control: ASGIApp, request: Asked) -> "Place":
        """The place that the address of a request names.

        Raises:
            Problem: there is no such world.
        """
        name = str(request.scope.get(SCOPE_KEY, ""))
        try:
            return cls(worlds, control, worlds[name])
        except WorldError as error:
            raise Problem(404, f"mundo: não há o mundo {name}") from error

    @property
    def world_name(self) -> str:
        """Empty for the world that all share."""
        return self.simulation.world.name

    @property
    def base(self) -> str:
        """The address of the start page of this world."""
        return f"{WORLDS}{self.world_name}" if self.world_name else PREFIX

    def url(self, *segments: str, **query: str | int) -> str:
        """The address of a page of this world; what is empty stays out of the query."""
        path = "/".join((self.base, *(quote(each, safe="") for each in segments)))
        asked = {name: value for name, value in query.items() if value != ""}
        return f"{path}?{urlencode(asked)}" if asked else path

    def bank_name(self, slug: str) -> str:
        """What people call a bank."""
        return self.simulation.banks[slug].contract.name if slug in self.simulation.banks else slug

    def bank_names(self) -> dict[str, str]:
        """The names of all banks by slug, in alphabetical order."""
        names = {slug: bank.contract.name for slug, bank in self.simulation.banks.items()}
        return dict(sorted(names.items(), key=lambda item: item[1].casefold()))

    def account(self, bank: str, number: str) -> SimulatedAccount:
        """An account of this world.

        Raises:
            Problem: there is none.
        """
        found = self.simulation.world.account(bank, number)
        if found is None:
            raise Problem(404, f"conta: {self.bank_name(bank)} não tem a conta {number}")
        return found

    async def ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        """What the control API answers about this world.

        Args:
            method: HTTP method.
            path: below `/_sim`.
            body: a JSON value, or a file as its media type and its bytes.
            query: parameters of the address.

        Raises:
            Problem: it refuses; the text is its own, in Portuguese where there are words for it.
        """
        headers = {HEADER: self.world_name} if self.world_name else {}
        # The application itself: no connection is made, and no port is known here.
        transport = httpx.ASGITransport(self.control)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", headers=headers) as client:
            sent: dict[str, Any] = {"json": body}
            if isinstance(body, tuple):
                sent = {"content": body[1], "headers": {"content-type": body[0]}}
            answer = await client.request(method, f"/_sim{path}", params=query, **sent)
        if answer.is_error:
            said = _detail(answer)
            raise Problem(answer.status_code, in_portuguese(said) or said)
        return answer.json() if answer.content else None


Here = NamedDependency[Place]
"""The place of a page, as its handler gets it."""


def within_console(scope: Any) -> Any:
    """The scope of a call, without the world in its path, which is noted apart."""
    path: str = scope["path"]
    if not path.startswith(WORLDS) or path == WORLDS:
        return scope
    name, _, rest = path.removeprefix(WORLDS).partition("/")
    inner = f"{PREFIX}/{rest}".rstrip("/")
    return {**scope, "path": inner, "raw_path": quote(inner).encode(), SCOPE_KEY: name}


def _detail(answer: httpx.Response) -> str:
    try:
        said = answer.json()
    except ValueError:
        return f"status {answer.status_code}"
    return str(said.get("detail") or said) if isinstance(said, dict) else str(said)
