"""Content codings of statements."""

import gzip
import json
from importlib import import_module

import httpx
import pytest

from gateway.api.codings import CODINGS
from gateway.limits import COMPRESSED_FROM_BYTES
from tests.gateway.support import enabled

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
MONTH = "from=2026-02-01&to=2026-02-28"
DAY = "from=2026-03-13&to=2026-03-13"


def unpacked(coding: str, packed: bytes) -> bytes:
    """A body by the standard library, or by its backport."""
    if coding == "gzip":
        return gzip.decompress(packed)
    try:
        return import_module("compression.zstd").decompress(packed)
    except ImportError:
        return import_module("backports.zstd").decompress(packed)


async def raw(client: Client, account: str, query: str, *codings: str) -> tuple[httpx.Response, bytes]:
    """An answer with its body as it was sent; each of the codings is a header of its own."""
    headers = [("accept-encoding", each) for each in codings]
    client.headers.pop("accept-encoding", None)
    async with client.stream("GET", f"/v1/accounts/{account}/statement?{query}", headers=headers) as answer:
        return answer, b"".join([part async for part in answer.aiter_raw()])


def test_both_codings_are_there() -> None:
    """The tests have what the extra brings; of two that a caller accepts alike zstd is first."""
    assert [each.name for each in CODINGS] == ["zstd", "gzip"]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (("gzip",), "gzip"),
        (("GZIP;q=0.5",), "gzip"),
        (("zstd",), "zstd"),
        (("gzip, deflate, br, zstd",), "zstd"),
        (("gzip", "zstd"), "zstd"),
        (("gzip, zstd;q=0.9",), "gzip"),
        (("*",), "zstd"),
        (("*, zstd;q=0",), "gzip"),
        (("gzip;q=0.5, identity",), None),
        (("identity;q=0.5, gzip",), "gzip"),
        (("gzip;q=0",), None),
        (("*;q=0",), None),
        (("br, deflate",), None),
        (("",), None),
        ((), None),
    ],
)
async def test_accept_encoding_chooses(client: Client, accepted: tuple[str, ...], coding: str | None) -> None:
    """By weight; a body as it is where nothing else is accepted, or where that is preferred."""
    account = await enabled(client)
    _, plain = await raw(client, account, MONTH)

    answer, body = await raw(client, account, MONTH, *accepted)

    assert answer.headers.get("content-encoding") == coding
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert int(answer.headers["content-length"]) == len(body)
    assert (body if coding is None else unpacked(coding, body)) == plain
    assert (len(body) < len(plain) / 4) is (coding is not None)


async def test_what_is_small_or_packed_already_stays_as_it_is(client: Client) -> None:
    """It would hardly become smaller."""
    account = await enabled(client)

    small, body = await raw(client, account, f"{DAY}&format=csv", "gzip")
    workbook, packed = await raw(client, account, f"{MONTH}&format=xlsx", "gzip")

    assert len(body) < COMPRESSED_FROM_BYTES < len(packed)
    assert "content-encoding" not in small.headers
    assert "content-encoding" not in workbook.headers


@pytest.mark.parametrize("form", ["json", "ndjson"])
async def test_changes_are_compressed_too(client: Client, form: str) -> None:
    """The first answer of an account has all of its entries; one without changes is short and comes as it is."""
    account = await enabled(client)
    await raw(client, account, MONTH)

    (answer, packed), (_, plain) = [
        await raw(client, account, f"after=&format={form}", *accepted) for accepted in (("gzip",), ())
    ]
    short, body = await raw(client, account, f"after={json.loads(plain.splitlines()[0])['next']}&format={form}", "gzip")

    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == short.headers["vary"] == "Accept, Accept-Encoding"
    assert gzip.decompress(packed) == plain
    assert len(packed) < len(plain) / 3
    assert len(body) < COMPRESSED_FROM_BYTES
    assert "content-encoding" not in short.headers
