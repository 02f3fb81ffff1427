"""Traces: what they have, and what they never have."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from gateway.errors import BankFailure
from gateway.line import build_line
from gateway.tracing import TracingError, exporting, span, used
from gateway.tracing.exported import ExportedSpans
from tests.clocks import FixedClock
from tests.gateway.line.support import InProcess
from tests.gateway.support import ACCESS, CNPJ, NOW, SECRET, FakeInter, certificate, enabled

pytestmark = pytest.mark.anyio

DAYS = {"from": "2026-03-09", "to": "2026-03-13"}
PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
PLANTED = "CANARY-planted-by-the-caller"


class Wires(httpx.AsyncBaseTransport):
    """Connections that lead to a fake bank; what is sent is kept."""

    def __init__(self, fake: FakeInter) -> None:
        self.fake = fake
        self.sent: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        return await self.fake.send(request, account=None, certificate=None)


@pytest.fixture
def fake() -> FakeInter:
    """The bank behind the line."""
    return FakeInter()


@pytest.fixture
def wires(fake: FakeInter) -> Wires:
    """The connections to it."""
    return Wires(fake)


@pytest.fixture
def bank(wires: Wires):
    """The real line over these connections; its pauses take no time."""
    return build_line(InProcess(wires), FixedClock(NOW), random=lambda: 0.0, sleep=lambda _: asyncio.sleep(0))


@pytest.fixture
async def exporter() -> AsyncIterator[InMemorySpanExporter]:
    """Spans in memory."""
    kept = InMemorySpanExporter()
    async with used(ExportedSpans(SimpleSpanProcessor(kept))):
        yield kept


def named(exporter: InMemorySpanExporter, name: str) -> list[ReadableSpan]:
    """The ended spans of a name."""
    return [each for each in exporter.get_finished_spans() if each.name == name]


async def test_a_statement_is_traced_from_the_request_to_each_attempt_at_the_bank(client, exporter, fake) -> None:
    """Each within the one before; a repeated call has a span for each attempt."""
    account = await enabled(client)
    exporter.clear()
    failing = iter([httpx.Response(503)])
    fake.answer = lambda request: next(failing, None) if request.extensions["operation"] == "statement" else None

    answer = await client.get(f"/v1/accounts/{account}/statement", params=DAYS, headers={"x-request-id": "request-1"})

    assert answer.status_code == 200
    (request,) = named(exporter, "GET /v1/accounts/{account_id}/statement")
    (reading,) = named(exporter, "reading")
    calls = named(exporter, "inter statement")
    assert request.parent is None
    assert reading.parent.span_id == request.context.span_id
    assert {call.parent.span_id for call in calls} == {reading.context.span_id}
    assert len({each.context.trace_id for each in (request, reading, *calls)}) == 1
    assert request.attributes["extrato.request_id"] == "request-1"
    assert (request.attributes["http.response.status_code"], request.attributes["http.request.method"]) == (200, "GET")
    assert [(call.attributes["extrato.attempt"], call.attributes["http.response.status_code"]) for call in calls] == [
        (1, 503),
        (2, 200),
    ]
    assert all(call.attributes["extrato.bank"] == "inter" for call in (*calls, reading))
    assert request.resource.attributes["service.name"] == "extrato"


async def test_the_trace_of_a_caller_is_taken_up_and_goes_to_no_bank(client, exporter, wires) -> None:
    """With a `traceparent` of the right form; any other begins a trace, and `tracestate` is dropped."""
    account = await enabled(client)
    exporter.clear()
    for parent in (PARENT, PLANTED, "00-" + "0" * 32 + "-b7ad6b7169203331-01"):
        headers = {"traceparent": parent, "tracestate": f"x={PLANTED}", "baggage": f"y={PLANTED}"}
        assert (await client.get(f"/v1/accounts/{account}", headers=headers)).status_code == 200
    headers = {"traceparent": PARENT, "tracestate": f"x={PLANTED}"}
    assert (await client.get(f"/v1/accounts/{account}/statement", params=DAYS, headers=headers)).status_code == 200

    taken, *others = named(exporter, "GET /v1/accounts/{account_id}")
    assert f"{taken.parent.span_id:016x}" == PARENT[36:52]
    assert f"{taken.context.trace_id:032x}" == PARENT[3:35]
    assert [other.parent for other in others] == [None, None]
    assert all(f"{call.context.trace_id:032x}" == PARENT[3:35] for call in named(exporter, "inter statement"))
    assert PLANTED not in "".join(each.to_json() for each in exporter.get_finished_spans())
    assert not {"traceparent", "tracestate", "baggage"} & {name for each in wires.sent for name in each.headers}


async def test_no_secret_is_in_a_span(client, exporter, fake, logged) -> None:
    """Whatever the bank quotes and wherever a caller puts one: in addresses, headers, bodies, and in errors."""
    account = await enabled(client)
    quoted = {"error": "invalid", "error_description": f"bad secret {SECRET} of {CNPJ}, token {ACCESS}"}

    def boom(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(f"{request.url} {SECRET}")

    def defect(request: httpx.Request) -> httpx.Response:
        raise ValueError(f"{request.url} {SECRET}")

    for number, said in enumerate(
        (lambda _: httpx.Response(400, json=quoted), lambda _: httpx.Response(500, text=SECRET), boom, defect)
    ):
        fake.answer = said
        params = {"from": f"2026-03-0{number + 1}", "to": "2026-03-13"}
        headers = {"cookie": PLANTED, "x-request-id": f"{PLANTED} with blanks"}
        answer = await client.get(f"/v1/accounts/{account}/statement", params=params, headers=headers)
        assert answer.status_code >= 400
    await client.get(f"/v1/{PLANTED}?secret={PLANTED}")
    await client.request(PLANTED.upper(), "/v1/banks")
    await client.get("/v1/accounts", params={"cursor": PLANTED}, headers={"authorization": f"Bearer {PLANTED}"})
    await client.post("/v1/accounts", json={"bank": PLANTED, "credentials": {PLANTED: PLANTED}})

    spans = exporter.get_finished_spans()
    text = "".join(each.to_json() for each in spans)
    assert named(exporter, "GET unmatched")
    assert named(exporter, "other unmatched") or named(exporter, "other /v1/banks")
    assert {"ConnectError", "internal_error", "unauthenticated"} <= {
        each.attributes.get("error.type") for each in spans
    }
    _, private_key = certificate()
    for secret in (SECRET, ACCESS, CNPJ, PLANTED, PLANTED.upper(), "CANARY", private_key[40:80], account):
        assert secret not in text
    assert all(not each.events and not each.status.description for each in spans)
    assert "detach" not in logged.getvalue()


async def test_a_failure_is_named_by_its_code(exporter) -> None:
    """And any other error by its type; the error goes on."""
    for error in (BankFailure("bank_unavailable", bank="inter", at="statement", detail=SECRET), KeyError(SECRET)):
        with pytest.raises(type(error)), span("reading"):
            raise error

    assert [each.attributes["error.type"] for each in named(exporter, "reading")] == ["bank_unavailable", "KeyError"]
    assert SECRET not in "".join(each.to_json() for each in exporter.get_finished_spans())


def test_without_a_collector_the_library_is_not_loaded() -> None:
    """Neither by the application nor by a span; a disabled library is as good as none."""
    program = """
import asyncio, sys
from gateway.app import create_app
from gateway.tracing import exporting, span
async def main():
    for environ in ({}, {"OTEL_EXPORTER_OTLP_ENDPOINT": " "},
                    {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:1", "OTEL_SDK_DISABLED": "TRUE"}):
        async with exporting(environ):
            with span("reading") as traced:
                traced.note(bank="inter")
asyncio.run(main())
print([name for name in sys.modules if name.startswith("opentelemetry")])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)

    assert done.stdout.strip() == "[]"


async def test_a_collector_without_the_library_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """It names the variable and the extra."""
    monkeypatch.setitem(sys.modules, "gateway.tracing.exported", None)

    with pytest.raises(TracingError, match=r"OTEL_EXPORTER_OTLP_ENDPOINT.*extrato\[otel\]"):
        async with exporting({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:4318/v1/traces"}):
            pass


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """A collector: its address, and what it was sent."""
    got: list[tuple[str, bytes]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            got.append((self.path, self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", got
    server.shutdown()
    thread.join()
    server.server_close()


async def test_spans_go_to_the_collector_of_the_environment(collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """All that has ended until the gateway closes; afterwards nothing is recorded any more."""
    address, got = collector
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", address)
    monkeypatch.setenv("OTEL_SERVICE_NAME", "gateway-of-the-test")

    async with exporting():
        with span("reading") as traced:
            traced.note(bank="inter")
    with span("too-late"):
        pass

    assert {path for path, _ in got} == {"/v1/traces"}
    sent = b"".join(body for _, body in got)
    assert all(each in sent for each in (b"reading", b"extrato.bank", b"gateway-of-the-test"))
    assert b"too-late" not in sent
    assert json.dumps(sys.argv[0]).encode() not in sent
