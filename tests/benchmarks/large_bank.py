"""One bank with one large account, over TLS: `python -m tests.benchmarks.large_bank BANK ENTRIES FOLDER`.

It prints one line of JSON when it listens: the addresses and the authority, as the simulators do, and the account with
its credentials. Over plain HTTP it answers too, for clients that know neither the authority nor the bank's host name;
there, `/clock` gives the present, `/asked` the statement requests since it was asked last and what their lists
hold, and `/truth` what the statement holds.
"""

import asyncio
import json
import ssl
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from msgspec import to_builtins

from simulators.pki import Authority
from tests.benchmarks.large_statements import NOW, PERIOD, LargeStatement

__all__ = ["LargeBank"]


class LargeBank:
    """Serves a large statement.

    Args:
        large: the statement.
    """

    def __init__(self, large: LargeStatement) -> None:
        self._large = large
        self._asked: list[httpx.Request] = []

    def bank(self, request: httpx.Request) -> bytes:
        """An answer of the bank."""
        if self._large.form.operation in request.url.path:
            self._asked.append(request)
        response = self._large.answer(request)
        head = {"content-type": "application/json"} | dict(response.headers) | {"connection": "keep-alive"}
        return _written(response.status_code, head, response.content)

    def plain(self, request: httpx.Request) -> bytes:
        """An answer to a client without TLS: a control call, or that of the bank's own host."""
        control: dict[str, Callable[[], Any]] = {
            "/clock": lambda: {"now": NOW.isoformat()},
            "/asked": self._told,
            "/truth": lambda: to_builtins(self._large.truth),
        }
        if (called := control.get(request.url.path)) is not None:
            return _written(200, {"content-type": "application/json"}, json.dumps(called(), default=str).encode())
        return self.bank(request)

    def _told(self) -> dict[str, Any]:
        asked, self._asked = self._asked, []
        sent = [[each.method, str(each.url), each.headers.multi_items()] for each in asked]
        return {"requests": sent, "lists": to_builtins(self._large.listed(asked))}


def _written(status: int, headers: dict[str, str], body: bytes) -> bytes:
    lines = [
        f"HTTP/1.1 {status} -",
        *(f"{name}: {value}" for name, value in headers.items() if name != "content-length"),
    ]
    return "\r\n".join([*lines, f"content-length: {len(body)}", "", ""]).encode() + body


async def _converse(
    answer: Callable[[httpx.Request], bytes], scheme: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Answer the requests of one connection."""
    try:
        while head := await reader.readuntil(b"\r\n\r\n"):
            first, *lines = head.decode().rstrip().split("\r\n")
            method, target, _ = first.split(" ")
            headers = [tuple(line.split(": ", 1)) for line in lines]
            known = {name.lower(): value for name, value in headers}
            content = await reader.readexactly(int(known.get("content-length", 0)))
            request = httpx.Request(method, f"{scheme}://{known['host']}{target}", headers=headers, content=content)
            writer.write(answer(request))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


def _tls(authority: Authority, hosts: frozenset[str]) -> ssl.SSLContext:
    """A context with a certificate for each host, chosen by the server name."""
    contexts = {host: _context(*authority.server(host)) for host in hosts}
    chosen = next(iter(contexts.values()))
    chosen.sni_callback = lambda connection, name, _: setattr(connection, "context", contexts.get(name or "", chosen))
    return chosen


def _context(certificate: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(certificate + key)
        file.flush()
        context.load_cert_chain(file.name)
    return context


async def serve(slug: str, entries: int, folder: Path) -> None:
    """Serve until ended."""
    authority = Authority()
    (folder / "ca.pem").write_text(authority.certificate)
    large = LargeStatement(slug, entries, authority)
    bank, simulated = LargeBank(large), large.harness.simulated

    async def secure(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _converse(bank.bank, "https", reader, writer)

    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await _converse(bank.plain, "http", reader, writer)

    context = _tls(authority, frozenset(large.harness.bank.hosts))
    servers = [
        await asyncio.start_server(secure, "127.0.0.1", 0, ssl=context),
        await asyncio.start_server(plain, "127.0.0.1", 0),
    ]
    tls, http = (f"127.0.0.1:{each.sockets[0].getsockname()[1]}" for each in servers)
    (folder / "ca.pem").write_text(authority.certificate)
    names = ("bank", "kind", "branch", "number", "holder_tax_id")
    ready = {
        "http": f"http://{http}",
        "control": f"http://{http}",
        "tls": tls,
        "ca": str(folder / "ca.pem"),
        "period": [PERIOD.first.isoformat(), PERIOD.last.isoformat()],
        "listed": {
            "bank": slug,
            "account": {name: getattr(simulated, name) for name in names},
            "credentials": simulated.form,
        },
    }
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])))
