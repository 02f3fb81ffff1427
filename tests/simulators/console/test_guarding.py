"""Which requests of a browser are answered."""

import pytest

from simulators.control.guarding import is_foreign_form, is_foreign_host

pytestmark = pytest.mark.anyio

FORM = {"nome": "de-fora", "prontas": ""}


@pytest.mark.parametrize(
    ("host", "reached_at", "foreign"),
    [
        ("localhost", "127.0.0.1", False),
        ("localhost:9000", "127.0.0.1", False),
        ("LocalHost:9000", "127.0.0.1", False),
        ("127.0.0.1:9000", "127.0.0.1", False),
        ("127.8.8.8", "127.8.8.8", False),
        ("[::1]:9000", "::1", False),
        ("192.168.7.7:9000", "192.168.7.7", False),
        ("192.168.7.7:9000", "127.0.0.1", True),
        ("rebinding.example", "127.0.0.1", True),
        ("rebinding.example:9000", "rebinding.example", True),
        ("127.0.0.1.rebinding.example", "127.0.0.1", True),
        ("localhost.rebinding.example", "127.0.0.1", True),
        ("", "127.0.0.1", True),
        ("[::1", "127.0.0.1", False),
        ("[evil", "127.0.0.1", True),
    ],
)
def test_hosts(host, reached_at, foreign):
    """This machine, or the address at which the request came in; no name can stand for either."""
    assert is_foreign_host(host, reached_at) is foreign


@pytest.mark.parametrize(
    ("headers", "foreign"),
    [
        ({}, False),
        ({"sec-fetch-site": "same-origin"}, False),
        ({"sec-fetch-site": "none"}, False),
        ({"sec-fetch-site": "same-site"}, True),
        ({"sec-fetch-site": "cross-site"}, True),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:9000"}, True),
        ({"origin": "http://127.0.0.1:9000"}, False),
        ({"origin": "https://127.0.0.1:9000"}, True),
        ({"origin": "http://127.0.0.1:9001"}, True),
        ({"origin": "null"}, True),
    ],
)
def test_forms(headers, foreign):
    """Those of pages of the same origin, and those of programs, which name none."""
    assert is_foreign_form({"host": "127.0.0.1:9000", **headers}, "http") is foreign


async def test_a_foreign_form_changes_nothing(client, worlds):
    answer = await client.post("/console/worlds", data=FORM, headers={"origin": "http://outro.example"})
    assert answer.status_code == 403
    assert worlds.names() == ["outro"]


async def test_a_foreign_page_may_lead_here(client):
    """A link is no form: it changes nothing."""
    answer = await client.get("/console", headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 200


async def test_a_foreign_host(client):
    assert (await client.get("/console", headers={"host": "rebinding.example"})).status_code == 421


async def test_a_query_that_is_too_long(client):
    assert (await client.get(f"/console/contas?busca={'x' * 9000}")).status_code == 414


async def test_a_form_that_is_too_large(client, worlds):
    answer = await client.post("/console/worlds", content=b"nome=" + b"x" * 70_000)
    assert answer.status_code == 413


@pytest.mark.parametrize("content", ["&".join(f"f{n}=1" for n in range(65)), f"nome={'x' * 8193}"])
async def test_a_form_with_too_much_in_it(client, content):
    assert (await client.post("/console/worlds", content=content)).status_code == 422
