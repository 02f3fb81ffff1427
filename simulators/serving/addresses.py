"""Which bank a request names: by its host where it came with TLS, by the first segment of its path elsewhere."""

from typing import Any

import httpx

from simulators.bank import Bank
from simulators.reasons import header_wrong, shown
from simulators.serving.client_hello import host_name
from simulators.simulation import Simulation

__all__ = ["Scope", "addressed", "bank_at", "misdirected", "note_unread", "target_of"]

Scope = dict[str, Any]
"""A request as ASGI has it."""


def addressed(simulation: Simulation, scope: Scope) -> tuple[str, httpx.URL] | None:
    """The slug of the bank that a request means and the address it has there, or None."""
    path, query = scope["raw_path"].decode("ascii"), scope["query_string"].decode("ascii")
    path = path if path.startswith("/") else f"/{path}"  # the asterisk of OPTIONS is no part of the host
    tail = f"?{query}" if query else ""
    if scope["scheme"] == "https":
        host = _host(scope)
        bank = bank_at(simulation, host)
        return None if bank is None else (bank.contract.slug, httpx.URL(f"https://{host}{path}{tail}"))
    slug, _, rest = path.removeprefix("/").partition("/")
    bank = simulation.banks.get(slug)
    return None if bank is None else (slug, httpx.URL(f"https://{_host_for(bank, scope, '/' + rest)}/{rest}{tail}"))


def _host(scope: Scope) -> str:
    return host_name(dict(scope["headers"]).get(b"host", b"").decode("latin-1"))


def target_of(scope: Scope) -> str:
    """Method and address of a request, as they stand in its first line."""
    path, query = scope["raw_path"].decode("ascii"), scope["query_string"].decode("ascii")
    return f"{scope['method']} {path}?{query}" if query else f"{scope['method']} {path}"


def misdirected(scope: Scope) -> str:
    """Why a request names no bank."""
    if scope["scheme"] == "https":
        return header_wrong("host", "the host name of a bank", _host(scope) or None)
    return f"the path must begin with the slug of a bank, got {shown(scope['raw_path'].decode('ascii'))}"


def note_unread(simulation: Simulation, host: str, target: str, status: int, why: str) -> None:
    """Record a request that cannot be read with the bank whose host or slug it names, if there is one.

    It names no account, so it stands in the journal of the shared world.
    """
    method, _, address = target.partition(" ")
    if host:
        bank = bank_at(simulation, host)
    else:
        slug, _, path = address.removeprefix("/").partition("/")
        bank, target = simulation.banks.get(slug), f"{method} /{path}"
    if bank is not None:
        bank.world.journal.unread(bank.contract.slug, host, target, status, why, bank.world.now())


def bank_at(simulation: Simulation, host: str) -> Bank | None:
    """The bank that has this host, or None."""
    return next((bank for bank in simulation.banks.values() if host in bank.hosts), None)


def _host_for(bank: Bank, scope: Scope, path: str) -> str:
    """The production host that has this path; the first one when none has."""
    hosts = list(bank.contract.environments["production"].hosts.values())
    listed = (host for host in hosts if bank.played.operation_for(scope["method"], host, path))
    return next(listed, hosts[0])
