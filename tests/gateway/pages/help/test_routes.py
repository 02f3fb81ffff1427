"""Help pages are answered without a key, as pages or as data, and the type of each problem leads to one."""

import io
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar

import contracts
from gateway.api.connection_problems import DETAILS, problem
from gateway.api.connections import Connections
from gateway.app import create_app
from gateway.limits import ConnectionLimits
from gateway.pages.help import views
from gateway.settings import Settings
from tests.clocks import FixedClock
from tests.gateway.help.markup import read
from tests.gateway.support import FakeInter

pytestmark = pytest.mark.anyio

CODES = [*contracts.failures().failures, *contracts.failures().warnings]
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
async def stranger(client: httpx.AsyncClient) -> httpx.AsyncClient:
    """A caller without a key."""
    del client.headers["Authorization"]
    return client


async def test_every_code_and_warning_has_a_page(stranger: httpx.AsyncClient) -> None:
    """In Portuguese, safe to show, and kept by browsers for a while."""
    for code in CODES:
        answer = await stranger.get(f"/help/{code}", headers={"Accept": BROWSER})
        assert answer.status_code == 200, code
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert read(answer.content).faults == []
        assert answer.headers["Cache-Control"] == "public, max-age=3600"
        assert answer.headers["Vary"] == "Accept"


async def test_pages_may_do_nothing(stranger: httpx.AsyncClient) -> None:
    """No script, no frame, no form, no address of others; also where there is no page."""
    for path in ("/help/", "/help/invalid_credentials", "/help/nothing"):
        headers = (await stranger.get(path)).headers
        policy = dict(part.strip().partition(" ")[::2] for part in headers["Content-Security-Policy"].split(";"))
        assert policy.pop("style-src").startswith("'sha256-")
        assert policy == dict.fromkeys(("default-src", "base-uri", "form-action", "frame-ancestors"), "'none'")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert "set-cookie" not in headers


async def test_the_links_of_the_index_lead_to_pages(stranger: httpx.AsyncClient) -> None:
    """As a browser resolves them, and back again."""
    index = await stranger.get("/help/", headers={"Accept": BROWSER})
    links = [address for address in read(index.content).all("a", "href") if not address.startswith("#")]

    assert len(links) == len(CODES)
    for address in links:
        assert (await stranger.get(index.url.join(address))).status_code == 200
    page = await stranger.get("/help/bank_unavailable")
    assert page.url.join("./").path == "/help/"


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("/help", "/help/"),
        ("/help/rate_limited/", "/help/rate_limited"),
        ("/help/nothing/", "/help/nothing"),
    ],
)
async def test_other_spellings_of_an_address_are_sent_on(stranger: httpx.AsyncClient, asked: str, to: str) -> None:
    """To where the links of the page lead somewhere: by a relative address, which holds below any path of a proxy."""
    answer = await stranger.get(asked)

    assert answer.status_code == 308
    assert answer.content == b""
    assert "://" not in answer.headers["Location"]
    assert answer.url.join(answer.headers["Location"]).path == to
    below = httpx.URL(f"https://erp.example/extrato{asked}")
    assert below.join(answer.headers["Location"]) == f"https://erp.example/extrato{to}"


@pytest.mark.parametrize("path", ["/help//evil.example/", "/help/%2F%2Fevil.example/"])
async def test_nobody_is_sent_to_another_host(stranger: httpx.AsyncClient, path: str) -> None:
    """Whatever stands in the address."""
    answer = await stranger.get(path)

    assert answer.url.join(answer.headers.get("Location", "")).host == "gateway.test"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "text/html"),
        ("*/*", "text/html"),
        (BROWSER, "text/html"),
        ("text/*", "text/html"),
        ("image/png", "text/html"),
        ("application/json;q=0.5, text/html", "text/html"),
        ("application/json", "application/json"),
        ("application/json, text/plain, */*", "application/json"),
        ("application/problem+json", "application/json"),
        ("text/html;q=0.5, application/json", "application/json"),
    ],
)
@pytest.mark.parametrize("path", ["/help/", "/help/rate_limited"])
async def test_a_program_gets_data_and_a_browser_a_page(
    stranger: httpx.AsyncClient, path: str, accept: str | None, media_type: str
) -> None:
    """By `Accept`; who names nothing that there is gets a page."""
    del stranger.headers["Accept"]

    answer = await stranger.get(path, headers={} if accept is None else {"Accept": accept})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].split(";")[0] == media_type


async def test_data_are_those_of_the_catalogue(stranger: httpx.AsyncClient) -> None:
    """With the advice and the facts of each bank."""
    for code, failure in contracts.failures().failures.items():
        body = (await stranger.get(f"/help/{code}", headers={"Accept": "application/json"})).json()
        assert (body["code"], body["title"], body["remedy"]) == (code, failure.title, failure.remedy)
        assert (body["actor"], body["official"], body["warning"]) == (failure.actor, failure.official, False)
        assert body["fields"] == {
            "status": failure.status,
            "status_on_timeout": failure.status_on_timeout,
            "retryable": failure.retryable,
            "retry_after": failure.retry_after,
            "scenario": failure.scenario or None,
        }
    warned = (await stranger.get("/help/empty_statement", headers={"Accept": "application/json"})).json()
    assert (warned["warning"], warned["fields"], warned["actor"]) == (True, None, "nobody")


@pytest.mark.parametrize("accept", ["text/html", "application/json"])
@pytest.mark.parametrize("path", ["/help/", "/help/rate_limited"])
async def test_a_page_that_the_caller_has_is_not_sent_again(
    stranger: httpx.AsyncClient, path: str, accept: str
) -> None:
    """By its entity tag, which page and data do not share."""
    first = await stranger.get(path, headers={"Accept": accept})
    tag = first.headers["ETag"]
    other = await stranger.get(path, headers={"Accept": "text/html" if accept != "text/html" else "application/json"})

    again = await stranger.get(path, headers={"Accept": accept, "If-None-Match": f'"other", {tag}'})
    changed = await stranger.get(path, headers={"Accept": accept, "If-None-Match": other.headers["ETag"]})

    assert (again.status_code, again.content, again.headers["ETag"]) == (304, b"", tag)
    assert again.headers["Cache-Control"] == first.headers["Cache-Control"]
    assert (changed.status_code, changed.content) == (200, first.content)


async def test_a_code_that_does_not_exist_has_a_helpful_page(stranger: httpx.AsyncClient) -> None:
    """A program gets a problem like any other; the page is not kept and repeats nothing."""
    page = await stranger.get("/help/invalid_credential", headers={"Accept": BROWSER})
    problem = await stranger.get("/help/CANARY", headers={"Accept": "application/json"})
    long = await stranger.get(f"/help/{'CANARY' * 1000}")

    assert (page.status_code, page.headers["Cache-Control"]) == (404, "no-store")
    assert "invalid_credentials" in read(page.content).all("a", "href")
    assert problem.status_code == 404
    assert problem.headers["Content-Type"] == "application/problem+json"
    assert (problem.json()["code"], problem.json()["type"]) == ("not_found", "/help/not_found")
    assert long.status_code == 404
    assert "CANARY" not in long.text


async def test_a_page_that_does_not_exist_is_logged_as_such(stranger: httpx.AsyncClient, logged: io.StringIO) -> None:
    """With the route and not with what was asked for."""
    await stranger.get("/help/CANARY", headers={"Accept": BROWSER})

    (line,) = (line for line in logged.getvalue().splitlines() if '"route": "/help/{code}"' in line)
    assert '"code": "not_found"' in line
    assert "CANARY" not in logged.getvalue()


@pytest.fixture
async def published(
    serve: Callable[..., Litestar], settings: Settings, bank: FakeInter, clock: FixedClock, logged: io.StringIO
) -> AsyncIterator[httpx.AsyncClient]:
    """A caller of a gateway whose operator has set its public address."""
    known = msgspec.structs.replace(settings, public_url="https://erp.example/extrato")
    app: Any = serve(known, bank, clock)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        yield client


async def test_types_are_absolute_where_the_public_address_is_known(published: httpx.AsyncClient) -> None:
    """They lead through the proxy that the operator has named."""
    body = (await published.get("/v1/banks")).json()
    assert body["type"] == "https://erp.example/extrato/help/unauthenticated"


async def test_types_are_relative_where_nobody_has_set_the_address(
    settings: Settings, bank: FakeInter, clock: FixedClock, logged: io.StringIO
) -> None:
    """The address that the gateway listens on may be one that no browser reaches."""
    app: Any = create_app(settings, line=bank, clock=clock, served_at="http://0.0.0.0:8000")  # type: ignore[arg-type]
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with app.lifespan(), httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as client:
        answer = await client.get("/v1/banks")
        assert answer.json()["type"] == "/help/unauthenticated"
        assert (await client.get(answer.url.join(answer.json()["type"]))).status_code == 200
        # Browsers come back from a bank to the address that the gateway listens on, as before.
        assert app.state["parts"].authorising.redirect_uri == "http://0.0.0.0:8000/v1/authorizations/callback"


@pytest.mark.parametrize("code", sorted(DETAILS))
def test_problems_before_the_application_have_a_page_too(code: str) -> None:
    """Those of the connection itself."""
    for public_url in ("", "https://erp.example/extrato"):
        all_connections = Connections(ConnectionLimits(), public_url)
        *_, body = problem(code, all_connections.public_url)
        assert msgspec.json.decode(body)["type"] == f"{public_url}/help/{code}"
    assert views.page_of(code) is not None


async def test_the_last_net_has_a_page_too(published: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error in the handlers of problems themselves."""

    def broken(*given: object, **named: object) -> None:
        raise RuntimeError("CANARY")

    monkeypatch.setattr("gateway.api.problems.problem_of", broken)

    answer = await published.get("/v1/banks")

    assert answer.status_code == 500
    assert answer.json()["type"] == "https://erp.example/extrato/help/internal_error"


def test_nothing_but_a_page_loads_the_templates() -> None:
    """The server starts without them."""
    probe = (
        "import sys\nimport gateway.app, gateway.serving.serve\n"
        "print('jinja2' in sys.modules)\n"
        "from gateway.pages.help import views\nviews.index()\nprint('jinja2' in sys.modules)"
    )

    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "True"]
