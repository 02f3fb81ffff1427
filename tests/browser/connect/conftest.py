"""The ERP from which the connect page is opened."""

import pytest

from tests.browser.connect.steps import BACK, ERP, RETURNED


@pytest.fixture(scope="module", autouse=True)
def erp(gateway):
    """The tenant's system, whose addresses are allowed."""
    lists = {"return_addresses": [BACK], "frame_ancestors": []}
    assert gateway.ask("PUT", "/v1/connect-settings", json=lists).status_code == 200


@pytest.fixture
def session(gateway):
    """Makes sessions."""

    def make(**body):
        answer = gateway.ask("POST", "/v1/connect-sessions", json={"return_to": BACK, **body})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


@pytest.fixture
async def at_erp(page, guard):
    """The ERP answers, and the bank's page too, which the browser cannot reach at its real name."""
    guard.allow(ERP)
    await page.context.route(f"{ERP}/**", lambda route: route.fulfill(body=RETURNED, content_type="text/html"))
    return page
