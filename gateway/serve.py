"""Runs the application under uvicorn until it is told to stop, and then ends what is under way."""

import asyncio
import gc
import json
import socket
import sys

import uvicorn
from msgspec.structs import replace

from gateway.accounts.database import Database
from gateway.accounts.vault import Vault
from gateway.accounts.vault_key import verify_key
from gateway.app import create_app
from gateway.settings import Settings

__all__ = ["ServeError", "serve"]

GRACE_SECONDS = 130
"""For requests under way when it is told to stop; a statement may take two minutes."""


class ServeError(Exception):
    """The address cannot be listened on, or the application does not start."""


class _Server(uvicorn.Server):
    """Prints where it listens as soon as it does."""

    def __init__(self, config: uvicorn.Config, url: str) -> None:
        super().__init__(config)
        self._url = url

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets=sockets)
        if self.started and not self.should_exit:
            # What is there by now stays for good. Looking through it again and again for garbage would hold up every
            # request for a tenth of a second.
            gc.collect()
            gc.freeze()
            sys.stdout.write(json.dumps({"event": "ready", "url": self._url}) + "\n")
            sys.stdout.flush()


def serve(settings: Settings, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM.

    Args:
        settings: from `gateway.settings.load`.
        host: address to listen on.
        port: 0 picks a free one.

    Raises:
        ServeError: the address cannot be listened on, or the application does not start.
        DatabaseError: the database cannot be used.
        VaultKeyError: the vault keys are not those of the database.
    """
    # Told here, where it is one line; inside the application's start it would be a traceback.
    asyncio.run(_prepare(settings))
    try:
        listener = socket.create_server((host, port), family=_family(host), backlog=2048)
    except OSError as error:
        raise ServeError(f"{host}:{port} cannot be listened on: {error.strerror}") from error
    url = f"http://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}"
    settings = replace(settings, public_url=settings.public_url or url)
    config = uvicorn.Config(
        create_app(settings),
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    with listener:
        server = _Server(config, url)
        server.run(sockets=[listener])
    if not server.started:
        raise ServeError("the application did not start; the log says why")


async def _prepare(settings: Settings) -> None:
    database = Database(settings.database_url)
    try:
        await database.migrate()
        await verify_key(database, Vault(settings.secret_keys.values))
    finally:
        await database.aclose()


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET
