"""The bare loop as a process: `python -m tests.benchmarks.bare_client`.

Standard input: one line of JSON, `{"bank", "ca", "tls", "requests"}`, then a line for each time that it shall ask.
Standard output: a line of JSON for each, with processor seconds, seconds, the rows and what they move.
"""

import json
import ssl
import sys
import time

import httpx

from tests.benchmarks.bare_loop import bare_loop
from tests.benchmarks.large_forms import FORMS


def main() -> None:
    """Ask as often as is wanted."""
    order = json.loads(sys.stdin.readline())
    host, _, port = order["tls"].rpartition(":")

    class Addressed(httpx.HTTPTransport):
        """Leads all requests to loopback, with the bank's host name."""

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            request.extensions["sni_hostname"] = request.url.host
            request.url = request.url.copy_with(host=host, port=int(port))
            return super().handle_request(request)

    client = httpx.Client(transport=Addressed(verify=ssl.create_default_context(cafile=order["ca"])), timeout=120)
    requests = [httpx.Request(method, url, headers=headers) for method, url, headers in order["requests"]]
    for _ in sys.stdin:
        used, started = time.process_time(), time.perf_counter()
        rows = bare_loop(client, requests, FORMS[order["bank"]])
        taken = time.process_time() - used, time.perf_counter() - started
        told = {"processor_s": taken[0], "wall_s": taken[1], "rows": len(rows)}
        sys.stdout.write(json.dumps(told | {"moved": str(sum(abs(row["amount"]) for row in rows))}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
