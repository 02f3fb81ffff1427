"""Whatever is sent, within the OpenAPI document or beside it, gets an answer that the document describes.

What is tried is the same in every run: the examples come from fixed seeds, and their number is bounded.
"""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from anyio.from_thread import BlockingPortal, start_blocking_portal
from hypothesis import HealthCheck, Phase, given, note, seed
from hypothesis import settings as tries
from litestar import Litestar

from gateway import logs
from gateway.app import create_app
from gateway.settings import Secrets, Settings
from tests import postgresql
from tests.clocks import FixedClock
from tests.gateway.support import NOW, VAULT_KEY, FakeInter, credentials, registration

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import requests
    import schemathesis
    from schemathesis import GenerationMode
    from schemathesis.core.parameters import ParameterLocation
    from schemathesis.specs.openapi.checks import (
        content_type_conformance,
        negative_data_rejection,
        response_headers_conformance,
        response_schema_conformance,
        status_code_conformance,
    )

EXAMPLES = 12
"""Of each operation, of each kind: within the document, and beside it."""
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    negative_data_rejection,
]
LIMITS = tries(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
DOCUMENT = msgspec.json.decode(
    msgspec.json.encode(
        create_app(Settings(database_url="sqlite://", secret_keys=Secrets())).openapi_schema.to_schema()
    )
)
SCHEMA = schemathesis.openapi.from_dict(DOCUMENT)
OPERATIONS = {f"{each.ok().method.upper()} {each.ok().path}": each.ok() for each in SCHEMA.get_all_operations()}

TRIED = [
    pytest.param(name, mode, id=f"{name}-{mode.value}")
    for name, operation in OPERATIONS.items()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
    # Nothing can be wrong with a request that has neither parameter nor body nor key.
    if mode is GenerationMode.POSITIVE or operation.path.startswith("/v1")
]


class Served:
    """The application over the fake line, in a thread with an event loop of its own.

    Args:
        url: of its database.
        app: the application.
        portal: leads into the loop.
    """

    def __init__(self, url: str, app: Litestar, portal: BlockingPortal) -> None:
        self.url = url
        self._app, self._portal = app, portal
        self._key = portal.call(app.state["parts"].keys.create, "tenant-a", NOW)

    def account(self) -> str:
        """The id of the account, which is registered once more where a test before has removed it."""
        body = registration(credentials=credentials())
        self.send(httpx.Request("POST", "http://gateway.test/v1/accounts", json=body))
        (known,) = self.send(httpx.Request("GET", "http://gateway.test/v1/accounts")).json()["accounts"]
        return str(known["id"])

    def send(self, request: httpx.Request, *, keyed: bool = True) -> httpx.Response:
        """Send one request, with the key or as it is."""
        if keyed:
            request.headers["Authorization"] = f"Bearer {self._key}"
        return self._portal.call(self._send, request)

    async def _send(self, request: httpx.Request) -> httpx.Response:
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport) as client:
            return await client.send(request)


@pytest.fixture(scope="module")
def served(
    postgresql_server: postgresql.Server, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, Served]]:
    """An application with one account over each kind of database: most of the time is drawing what they are sent."""
    logs.configure("CRITICAL", io.StringIO())
    made = postgresql_server.database()
    with (
        start_blocking_portal() as portal,
        _served(portal, f"sqlite:///{tmp_path_factory.mktemp('any') / Path('gateway.sqlite')}") as embedded,
        _served(portal, postgresql.driven(made)) as server,
    ):
        yield embedded, server
    postgresql_server.drop(made)


@contextmanager
def _served(portal: BlockingPortal, url: str) -> Iterator[Served]:
    settings = Settings(database_url=url, secret_keys=Secrets((VAULT_KEY,)))
    app = create_app(settings, line=FakeInter(), clock=FixedClock(NOW))
    with portal.wrap_async_context_manager(app.lifespan()):
        yield Served(url, app, portal)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "mode"), TRIED)
def test_every_answer_is_documented(served: tuple[Served, Served], name: str, mode: GenerationMode) -> None:
    """Status, media type and body are as the document has them, and nothing is a defect of the gateway."""
    operation = OPERATIONS[name]

    accounts = [each.account() for each in served]

    @seed(20260316)
    @LIMITS
    @given(operation.as_strategy(generation_mode=mode))
    def attempt(case: Any) -> None:
        known = len(case.path_parameters.get("account_id", "")) % 2 == 1
        for each, account in zip(served, accounts, strict=True):
            note(each.url)
            if known and not spoilt(case, ParameterLocation.PATH):
                case.path_parameters["account_id"] = account
            response = each.send(request_of(case), keyed=not spoilt(case, ParameterLocation.HEADER))
            assert response.status_code != 500, response.text
            case.validate_response(response, checks=CHECKS)

    attempt()


def spoilt(case: Any, part: ParameterLocation) -> bool:
    """Whether that part of a case is beside the document on purpose."""
    component = case.meta.components.get(part)
    return component is not None and component.mode.is_negative


def request_of(case: Any) -> httpx.Request:
    """The request of a case, which schemathesis writes for another client."""
    sent = case.as_transport_kwargs(base_url="http://gateway.test")
    kept = {
        name: sent[name] for name in ("method", "url", "headers", "params", "json", "data", "cookies") if name in sent
    }
    made = requests.Request(**kept).prepare()
    return httpx.Request(str(made.method), str(made.url), headers=dict(made.headers), content=made.body or b"")
