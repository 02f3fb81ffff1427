"""The banks on two ports: TLS by host name, and plain HTTP by slug with the control API.

This is a skin: it turns an ASGI request into the request a bank's `answer` takes, and its answer back.
"""

import asyncio
import gc
import json
import logging
import signal
import socket
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import uvicorn

from simulators.bank import HandshakeRefused
from simulators.clock import Clock
from simulators.console.app import console_app, is_console
from simulators.control.app import control_app
from simulators.control.worlds import within_world
from simulators.faults.delivery import Delivery, End, end, unanswered
from simulators.serving.addresses import Scope, addressed, bank_at, misdirected, note_unread, target_of
from simulators.serving.connection import ConnectionProtocol
from simulators.serving.listening import address_of, listen, reached_at
from simulators.serving.state_folder import announced_in, taken
from simulators.serving.tls import TLSProtocol, contexts
from simulators.serving.wire import Client, Receive, Send
from simulators.worlds.registry import Worlds

__all__ = ["announce_on_stdout", "application", "serve"]

LARGEST_REQUEST_BYTES = 1024 * 1024
"""Bytes of a request's body that are read."""
GRACE_SECONDS = 1
"""How long answers under way may take once a signal has come."""


def application(worlds: Worlds) -> Callable[[Scope, Receive, Send], Awaitable[None]]:
    """All banks, the control API and the console as one ASGI application."""
    control: Any = control_app(worlds)
    console: Any = console_app(worlds, control)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await control(scope, receive, send)
        elif scope["type"] == "http" and _is_control(scope):
            await control(within_world(scope), receive, send)
        elif scope["type"] == "http" and scope["scheme"] == "http" and is_console(scope["path"]):
            await console(scope, receive, send)
        elif scope["type"] == "http":
            await _play(worlds, scope, receive, send)

    return app


async def serve(
    host: str,
    port: int,
    tls_port: int,
    seed: int,
    state: Path,
    announce: Callable[[dict[str, str]], None],
    *,
    quotas: bool = False,
    clock: Callable[[], Clock] | None = None,
    load: Path | None = None,
) -> int | None:
    """Serve until stopped; `DIR/ready.json` and `announce` get the addresses once both ports listen.

    Args:
        host: an address, or `localhost`.
        port: of plain HTTP and the control API; 0 for a free one.
        tls_port: of TLS; 0 for a free one.
        seed: makes one simulation unlike another.
        state: folder of the test authority and of what outlives the process; no other process may have it.
        announce: is told the addresses.
        quotas: whether every bank refuses calls beyond its documented limits.
        clock: makes the clock of each world; one that runs with the machine's when None.
        load: the snapshot of a world that is there from the beginning.

    Returns:
        The signal that stopped it; None where something else did.

    Raises:
        StateError: the folder cannot be used.
        ListenError: a port cannot be listened at.
        ValueError: the host is no address.
        SnapshotError: the snapshot cannot be restored here.
        OSError: it cannot be read.
    """
    address = address_of(host)
    with ExitStack() as stack:
        stack.enter_context(taken(state))
        # What can fail at once comes before the worlds, which take seconds.
        plain = stack.enter_context(closing(listen(address, port)))
        secure = stack.enter_context(closing(listen(address, tls_port)))
        worlds = Worlds(seed, state, clock, quotas=quotas)
        if load is not None:
            worlds.load(load)
        (state / "ca.pem").write_text(worlds.authority.certificate)
        at = reached_at(address, plain.getsockname()[1])
        ready = {
            "http": f"http://{at}",
            "tls": reached_at(address, secure.getsockname()[1]),
            "ca": str(state / "ca.pem"),
            "control": f"http://{at}/_sim",
        }

        def begin() -> None:
            # What is there by now stays; looking through it for garbage would hold up every bank at once.
            gc.collect()
            gc.freeze()
            announced_in(state, ready)
            announce(ready)

        return await _serve_sockets(worlds, plain, secure, begin)


async def _serve_sockets(
    worlds: Worlds, plain: socket.socket, secure: socket.socket, begin: Callable[[], None]
) -> int | None:
    """Serve on these sockets until a signal comes; give it."""

    def on_unread(host: str, target: str, why: str) -> None:
        note_unread(worlds.shared, host, target, HTTPStatus.BAD_REQUEST, why)

    config = _config(worlds, on_unread)
    server = _Server(config)
    config.load()
    context_of = contexts(worlds.shared)

    def http() -> asyncio.Protocol:
        return ConnectionProtocol(config=config, server_state=server.server_state, app_state={}, on_unread=on_unread)

    def on_connect(host: str) -> Delivery | None:
        bank = bank_at(worlds.shared, host)
        return None if bank is None else bank.connect(host)

    loop = asyncio.get_running_loop()

    def on_refused(host: str, why: str) -> None:
        # No request has come that would tell the world, so it stands in the journal of the shared one.
        bank = bank_at(worlds.shared, host)
        if bank is not None:
            bank.world.journal.handshake_refused(bank.contract.slug, host, why, bank.world.now())

    secured = await loop.create_server(lambda: TLSProtocol(context_of, http, on_connect, on_refused), sock=secure)
    serving = asyncio.create_task(server.serve(sockets=[plain]))
    try:
        while not server.started and not serving.done():  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)
        if server.started:
            try:
                begin()
            except BaseException:
                server.should_exit = True  # who serves ends in order, and what hinders is all that is said
                await serving
                raise
        await serving
    finally:
        secured.close()
    return server.stopped_by


def _config(worlds: Worlds, on_unread: Callable[[str, str, str], None]) -> uvicorn.Config:
    return uvicorn.Config(
        application(worlds),
        http=partial(ConnectionProtocol, on_unread=on_unread),  # type: ignore[arg-type]
        # No bank speaks WebSocket: one whose library happens to be installed would take the offer of it.
        ws="none",
        lifespan="on",
        # Whoever calls from this machine would else choose, by X-Forwarded-Proto, which port it has called.
        proxy_headers=False,
        log_config=None,
        log_level="error",
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


class _Server(uvicorn.Server):
    """Remembers the signal that stops it, and lets whoever started it say what follows.

    Args:
        config: uvicorn's.
    """

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.stopped_by: int | None = None

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on SIGINT and SIGTERM; a second one ends the waiting for answers under way."""
        loop, former = asyncio.get_running_loop(), {}

        def stop(number: int, _: object = None) -> None:
            # From the loop, which the signal wakes: what it waits for ends now.
            loop.call_soon_threadsafe(self._stop, number)

        if threading.current_thread() is threading.main_thread():
            former = {each: signal.signal(each, stop) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in former.items():
                signal.signal(each, handler)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End answers under way, after a while by force: also those that wait on purpose."""
        logging.getLogger("uvicorn.error").disabled = True  # what ends by force from here on is no error
        await super().shutdown(sockets)
        for connection in list(self.server_state.connections):
            if (transport := getattr(connection, "transport", None)) is not None:
                transport.abort()

    def _stop(self, number: int) -> None:
        self.force_exit = self.should_exit
        self.should_exit = True
        self.stopped_by = self.stopped_by or number


async def _play(worlds: Worlds, scope: Scope, receive: Receive, send: Send) -> None:
    state = scope.get("state", {})
    client, server_name = Client(receive, send, state.get("transport")), state.get("server_name")
    found = addressed(worlds.shared, scope)
    if found is None:
        why = misdirected(scope)
        note_unread(worlds.shared, server_name, target_of(scope), HTTPStatus.MISDIRECTED_REQUEST, why)
        answer = httpx.Response(421, json={"detail": f"no bank is reached by this address: {why}"})
        await client.get(answer, httpx.Request(scope["method"], "https://localhost"))
        return
    slug, url = found
    body = await client.body(LARGEST_REQUEST_BYTES)
    if body is None:  # half a request is none
        return
    if len(body) > LARGEST_REQUEST_BYTES:
        why = f"the body has more than {LARGEST_REQUEST_BYTES} bytes"
        asked = f"{scope['method']} {url.raw_path.decode('ascii')}"
        note_unread(worlds.shared, url.host, asked, HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why)
        await client.get(httpx.Response(413), httpx.Request(scope["method"], url))
        return
    secure = scope["scheme"] == "https"
    extensions = {
        "client_certificate": state.get("client_certificate"),
        "plain": not secure,
        "server_name": server_name,
        "undelivered": True,
    }
    request = httpx.Request(scope["method"], url, headers=scope["headers"], content=body, extensions=extensions)
    simulation = worlds.of(request)
    # Before a request comes, a connection belongs to no world but the shared one, whose faults have been applied to it.
    request.extensions["connected"] = secure and simulation is worlds.shared
    bank = simulation.banks[slug]
    try:
        response = await simulation.turns.answer(bank, request)
    except HandshakeRefused:
        response = unanswered(Delivery(end=End.CLOSED, connecting=True))
        await client.get(response, request)
        return
    try:
        await client.get(response, request)
    finally:
        end(response)


def _is_control(scope: Scope) -> bool:
    path: str = scope["path"]
    return scope["scheme"] == "http" and (path == "/_sim" or path.startswith("/_sim/"))


def announce_on_stdout(ready: dict[str, str]) -> None:
    """Tell the addresses as one line of JSON."""
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
