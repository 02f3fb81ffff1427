"""How many statement requests a second the simulated banks answer, over TLS, to one client."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from gateway.line.tls import CertificatePool
from gateway.model import Period
from tests.benchmarks.small_statements import recorded
from tests.served import processes

__all__ = ["simulated_banks"]

BANKS = ("itau", "sicoob")
DAYS = 10
REQUESTS = 40


def simulated_banks(turns: int) -> Iterator[dict[str, Any]]:
    """Each bank's rate, for a statement of ten days."""
    with tempfile.TemporaryDirectory() as folder, processes.simulators(Path(folder)) as banks:
        today = date.fromisoformat(banks.ask("GET", "/clock").json()["now"][:10])
        period = Period(today - timedelta(days=DAYS), today - timedelta(days=1))
        for slug in BANKS:
            listed = banks.new_account(slug, busy_day_entries=0, entries_per_day=4)
            requests, entries = asyncio.run(recorded(banks, listed, period))
            rates = [_rate(banks, listed, requests[0]) for _ in range(turns)]
            yield {"what": f"simulated {slug}", "entries": entries, "requests_per_s": median(rates)}


def _rate(banks: processes.Banks, listed: dict, request: httpx.Request) -> float:
    host, _, port = banks.tls.rpartition(":")
    pool = CertificatePool(banks.ca, (host, int(port)))
    given = listed["credentials"]
    certificate = (given["certificate"], given["private_key"]) if "certificate" in given else None

    async def ask() -> float:
        async with pool.transport(request.url.host, certificate) as transport:
            for number in range(REQUESTS + 1):
                if number == 1:  # the connection is open
                    started = time.perf_counter()
                sent = httpx.Request(request.method, request.url, headers=request.headers)
                response = await transport.handle_async_request(pool.addressed(sent))
                await response.aread()
                await response.aclose()
                if response.status_code != 200:
                    raise RuntimeError(f"the simulated bank answered {response.status_code}")
            taken = time.perf_counter() - started
        await pool.aclose()
        return REQUESTS / taken

    return asyncio.run(ask())
