"""Runs the application under uvicorn until SIGINT or SIGTERM, and then waits for the requests under way.

In this process, or in several workers at one address (`gateway.serving.processes`). On Linux each worker has a
listening socket of its own there, since the kernel then deals the connections out evenly; from one common socket,
whichever worker wakes first takes all that wait, and callers that keep their connections stay with it.
"""

import asyncio
import gc
import json
import logging
import math
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import structlog
import uvicorn
from msgspec.structs import replace

from gateway.api.connections import Connections
from gateway.app import create_app
from gateway.concurrency.workers import LARGE
from gateway.limits import (
    ACCEPTED_IN_ONE_PASS,
    CONNECTIONS_WAITING,
    GARBAGE_SECONDS,
    GARBAGE_THRESHOLDS,
    OTHER_OPEN_FILES,
    SHUTDOWN_SECONDS,
    THREAD_SWITCH_SECONDS,
)
from gateway.parts.opening import check_environment
from gateway.serving.errors import ServeError
from gateway.serving.processes import WorkerProcesses
from gateway.serving.unwanted import UNWANTED, hidden
from gateway.settings import Settings
from gateway.storage.encryption.key_check import verify_key
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.management.all_tenants import AllTenants

__all__ = ["accepting", "configured", "serve"]


NOT_STARTED = "the application did not start; the log says why"

log = structlog.get_logger("gateway.connections")


class _Server(uvicorn.Server):
    """Says when it is ready, and watches the connections from then on.

    Args:
        config: uvicorn's.
        connections: of callers.
        ready: called when it listens.
        life: a descriptor that becomes readable when this process is to stop; None where only signals stop it.
    """

    def __init__(
        self, config: uvicorn.Config, connections: Connections, ready: Callable[[], None], life: int | None
    ) -> None:
        super().__init__(config)
        self._connections = connections
        self._ready = ready
        self._life = life
        self._tasks: list[asyncio.Task[None]] = []

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture signals as the server does, but write the log out before the signal ends the process."""
        with super().capture_signals():
            try:
                yield
            finally:
                for handler in logging.getLogger().handlers:
                    handler.flush()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        if self.started and not self.should_exit:
            # The objects of the start live until the end. Collecting them again and again would delay every request
            # by a tenth of a second.
            gc.collect()
            gc.freeze()
            gc.set_threshold(*GARBAGE_THRESHOLDS)
            gc.enable()
            self._tasks = [asyncio.create_task(self._connections.watch()), asyncio.create_task(_collect_garbage())]
            if self._life is not None:
                asyncio.get_running_loop().add_reader(self._life, self._orphaned)
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop serving and end the tasks."""
        await super().shutdown(sockets=sockets)
        for task in self._tasks:
            task.cancel()

    def _orphaned(self) -> None:
        """Stop as if a signal had said so: the process that would pass one on has died."""
        if self._life is not None:
            asyncio.get_running_loop().remove_reader(self._life)
        self.should_exit = True


async def _collect_garbage() -> None:
    """Collect all generations every `GARBAGE_SECONDS`, except while a large answer is worked on."""
    while True:
        await asyncio.sleep(GARBAGE_SECONDS)
        if not LARGE.busy:
            gc.collect()


def serve(settings: Settings, host: str, port: int, workers: int = 1) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        settings: from `gateway.settings.load`.
        host: address to listen on.
        port: 0 picks a free one.
        workers: processes that serve; with one, it is this process.

    Raises:
        SettingsError: no bank has the environment that is to be called.
        ServeError: the address cannot be listened on, or the application does not start.
        DatabaseError: the database cannot be used.
        VaultKeyError: the vault keys are not those of the database.
    """
    check_environment(settings)
    # A wrong database or key is one line here; inside the application's start it would be a traceback.
    asyncio.run(_prepare(settings))
    try:
        # Also with several workers: their sockets would share the address with a stranger's of the same kind.
        listener = _listener(host, port)
        address = (host, listener.getsockname()[1])
        dealt = workers > 1 and sys.platform == "linux"
        if dealt:
            listener.close()
            listener = _held(*address)
    except OSError as error:
        raise ServeError(f"{host}:{port} cannot be listened on: {error.strerror}") from error
    url = f"http://{f'[{host}]' if ':' in host else host}:{address[1]}"
    sys.setswitchinterval(THREAD_SWITCH_SECONDS)

    def print_ready() -> None:
        sys.stdout.write(json.dumps({"event": "ready", "url": url}) + "\n")
        sys.stdout.flush()

    def work(ready: Callable[[], None], life: int | None) -> None:
        with _listener(*address, shared=True) if dealt else listener as own:
            _serve_here(settings, own, url, workers, ready, life)

    with listener:
        if workers == 1:
            work(print_ready, None)
        elif not WorkerProcesses(workers, work, print_ready).run():
            raise ServeError(NOT_STARTED)


def _serve_here(
    settings: Settings, listener: socket.socket, url: str, workers: int, ready: Callable[[], None], life: int | None
) -> None:
    """Serve in this process, which is one of so many.

    Raises:
        ServeError: the application does not start.
    """
    most = _most_connections(settings.limits.connections)
    connections = Connections(replace(settings.limits, connections=most), settings.public_url or "")
    with hidden(*UNWANTED):
        app = create_app(settings, workers=workers, served_at=url)
    server = _Server(configured(app, connections.protocol(), settings), connections, ready, life)
    server.run(sockets=accepting(listener))
    if not server.started:
        raise ServeError(NOT_STARTED)


def configured(app: Callable[..., Any], protocol: type[asyncio.Protocol], settings: Settings) -> uvicorn.Config:
    """The server's configuration.

    Args:
        app: what answers.
        protocol: speaks HTTP.
        settings: of the gateway.
    """
    return uvicorn.Config(
        app,
        http=protocol,
        # There is no WebSocket, and one whose library happens to be installed would escape the limits of connections.
        ws="none",
        # Left to itself, uvicorn believes whoever calls from this machine, and what FORWARDED_ALLOW_IPS names.
        proxy_headers=bool(settings.proxies),
        forwarded_allow_ips=[str(network) for network in settings.proxies],
        timeout_keep_alive=math.ceil(settings.limits.idle_seconds),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_SECONDS,
    )


def _most_connections(wanted: int) -> int:
    """The wanted number of connections, or fewer when this process may not have open files for so many."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = wanted + OTHER_OPEN_FILES
    if soft < needed and soft != resource.RLIM_INFINITY:
        soft = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    most = wanted if soft == resource.RLIM_INFINITY else max(1, min(wanted, soft - OTHER_OPEN_FILES))
    if most < wanted:
        log.warning("fewer_connections", wanted=wanted, connections=most, open_files=soft)
    return most


async def _prepare(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        await database.migrate(here=True)
        vault = Vault(settings.secret_keys.values)
        await verify_key(database, vault)
        # The first write of the application's start: a standby, or a database without room, shows here.
        await AllTenants(database, vault).fill_in()
    finally:
        await database.aclose()


def _listener(host: str, port: int, *, shared: bool = False) -> socket.socket:
    """A socket that listens, alone at its address or beside others that share it likewise.

    Raises:
        OSError: the address cannot be had.
    """
    return socket.create_server((host, port), family=_family(host), backlog=CONNECTIONS_WAITING, reuse_port=shared)


def accepting(listener: socket.socket) -> list[socket.socket]:
    """A listening socket as often as connections shall be accepted in one pass of the event loop.

    uvloop accepts one connection of each listening socket before it goes on with all else. Where hundreds of clients
    come at once while requests are worked on, the last of them would wait for hundreds of passes.
    """
    return [listener, *(listener.dup() for _ in range(ACCEPTED_IN_ONE_PASS - 1))]


def _held(host: str, port: int) -> socket.socket:
    """A socket that keeps an address for those that share it, though none of them may be there; no caller gets to it.

    Raises:
        OSError: the address cannot be had.
    """
    found = socket.socket(_family(host))
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    found.bind((host, port))
    return found


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
