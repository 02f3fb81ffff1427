"""A gateway whose bank floods it: what the bank answers for some accounts is made large, in one way or another.

`FLOODS` gives the ways by account number. `BANKS_OF` gives, by tenant, the address of the banks that this tenant calls
where they are not those of all others: banks that are hostile to one tenant then compute in a process of their own, as
those of another tenant would. Both are JSON. `CLOCK_AHEAD` gives the seconds by which the banks' clock is ahead of the
machine's, for a gateway that asks nobody for the time. Nothing of this is in the product.
"""

import json
import os
import sys
from datetime import timedelta

from gateway.cli import main
from gateway.clock import SystemClock
from gateway.concurrency.shares import TENANT
from gateway.line import wire
from gateway.line.tls import CertificatePool

ROWS, SIZE = 30_000_000, 10_000_000
"""Bytes: of rows, with which every later step has work as well, and of what ends in the first one."""


def rows(content):
    """The rows again and again, each with its reversal, so that the balances stay right."""
    page = json.loads(content)
    given, made, size = page["transacoes"], [], 0
    lengths = [len(json.dumps(row)) for row in given]
    while size < ROWS:
        number = len(made) % len(given)
        row = given[number]
        for kind in ("C", "D"):
            made.append({**row, "tipoOperacao": kind, "idTransacao": f"{len(made):08}-{row['idTransacao']}"})
        size += 2 * lengths[number] + 4
    made += given
    return json.dumps({**page, "transacoes": made, "totalElementos": len(made)}).encode()


def filled(filler):
    """The rows, and in the details of the first one of them something else."""

    def fill(content):
        page = json.loads(content)
        page["transacoes"][0]["detalhes"] = "FILLER"
        return json.dumps(page).encode().replace(b'"FILLER"', filler())

    return fill


WAYS = {
    "rows": rows,
    "brackets": filled(lambda: b"[" + b",".join([b"[]"] * (SIZE // 3)) + b"]"),
    "numbers": filled(lambda: b"[" + b",".join([b"123456789"] * (SIZE // 10)) + b"]"),
    "deep": filled(lambda: b"[" * SIZE),
    "text": filled(lambda: b'"' + b"\\u00e9" * (SIZE // 6) + b'"'),
}


def arm(floods):
    """Let the answers grow."""
    read = wire.Wire._read
    made = {}

    async def flooded(self, response, request):
        parts = await read(self, response, request)
        way = floods.get(request.headers.get("x-conta-corrente", ""))
        query = request.url.params
        if way is None or request.extensions["operation"] != "statement" or query["dataInicio"] == query["dataFim"]:
            return parts
        asked = way, query["dataInicio"], query["dataFim"]
        if asked not in made:
            # Made before it counts: the first answer about a period is as it is. After a weekend the account is
            # verified with several days too.
            made[asked] = WAYS[way](b"".join(parts))
            return parts
        return [made[asked]]

    wire.Wire._read = flooded


def divide(banks_of):
    """Let some tenants call banks elsewhere."""
    usual = CertificatePool.addressed

    def addressed(self, request):
        request = usual(self, request)
        if elsewhere := banks_of.get(TENANT.get()):
            host, _, port = elsewhere.partition(":")
            request.url = request.url.copy_with(host=host, port=int(port))
        return request

    CertificatePool.addressed = addressed


def set_ahead(seconds):
    """Let the clock of the gateway be ahead of the machine's."""
    now, ahead = SystemClock.now, timedelta(seconds=seconds)
    SystemClock.now = lambda self: now(self) + ahead


if __name__ == "__main__":
    set_ahead(float(os.environ.get("CLOCK_AHEAD", "0")))
    arm(json.loads(os.environ["FLOODS"]))
    divide(json.loads(os.environ.get("BANKS_OF", "{}")))
    sys.exit(main())
