"""An id that nothing of the caller's has, of whatever length, is answered before anything is claimed for it."""

import httpx
import pytest
from litestar import Litestar

from gateway.storage.shared.tables import CHANGES
from tests.gateway.api.test_strangers_ids import BODIES, IDS, queries, routes
from tests.gateway.databases import database_url, settings

__all__ = ["database_url", "settings"]

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("unknown", ["2db19558-0000-4000-8000-000000000000", "x" * 37, "é" * 201, "x" * 5000], ids=len)
async def test_an_unknown_id_is_not_found_and_claims_nothing(
    client: httpx.AsyncClient, app: Litestar, unknown: str
) -> None:
    """A column has a length, and a claim would keep the tenant waiting whose id it is."""
    tried = 0
    for method, path in routes(app):
        if not path.startswith("/v1/accounts/"):
            continue
        body = BODIES.get(f"{method} {path}")
        query = "?from=2026-03-09&to=2026-03-13" if path.endswith("/statement") else ""
        with queries() as seen:
            answer = await client.request(method, path.format(**dict.fromkeys(IDS, unknown)) + query, json=body)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown_account"), (method, path)
        assert not [each for each in seen if each.startswith(f"INSERT INTO {CHANGES.name}")], (method, path)
        tried += 1
    assert tried > 5
