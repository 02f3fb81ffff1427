"""Callers of the gateway that cost next to nothing themselves: one kept connection each, and no HTTP library."""

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

__all__ = ["Answer", "Caller", "all_at_once", "statement_path"]


@dataclass(frozen=True)
class Answer:
    """The answer that a caller got, and how long it took."""

    status: int
    body: bytes
    seconds: float


class Caller:
    """One connection to the gateway, used for one call after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, head: str) -> None:
        self._reader = reader
        self._writer = writer
        self._head = head

    @classmethod
    async def open(cls, url: str, key: str) -> "Caller":
        """A connection to the gateway at an address, with an API key."""
        address = urlsplit(url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        return cls(reader, writer, f"host: {address.netloc}\r\nauthorization: Bearer {key}\r\n\r\n")

    async def ask(self, path: str) -> Answer:
        """One GET."""
        started = time.perf_counter()
        self._writer.write(f"GET {path} HTTP/1.1\r\n{self._head}".encode())
        status_line, *headers = (await self._reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        named = dict(line.lower().split(": ", 1) for line in headers if line)
        body = await self._reader.readexactly(int(named["content-length"]))
        return Answer(int(status_line.split()[1]), body, time.perf_counter() - started)

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


async def all_at_once(url: str, key: str, paths: Iterable[str]) -> list[Answer]:
    """One caller for each path; all are connected before the first asks."""
    wanted = list(paths)
    callers = [await Caller.open(url, key) for _ in wanted]
    try:
        return await asyncio.gather(*(caller.ask(path) for caller, path in zip(callers, wanted, strict=True)))
    finally:
        for caller in callers:
            caller.close()


def statement_path(account_id: str, first: str, last: str) -> str:
    """Where the statement of a period is."""
    return f"/v1/accounts/{account_id}/statement?from={first}&to={last}"
