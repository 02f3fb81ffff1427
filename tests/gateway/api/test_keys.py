"""Keys of a tenant through HTTP: made, listed, revoked, rotated, and what one key may not do with another."""

import asyncio
import io
from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar
from sqlalchemy import text

from gateway.accounts.keys import rules
from gateway.limits import ENDED_KEYS_KEPT, KEY_LONGEST_OVERLAP_SECONDS
from tests.clocks import FixedClock
from tests.gateway.databases import database_url, settings
from tests.gateway.support import NOW

__all__ = ["database_url", "settings"]

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
DAY = timedelta(days=1)


def bearer(key: str) -> dict[str, str]:
    """Headers with that key."""
    return {"Authorization": f"Bearer {key}"}


def key_of(client: Client) -> str:
    """The client's own key."""
    return client.headers["Authorization"].removeprefix("Bearer ")


def prefix_of(key: str) -> str:
    """The prefix of a key."""
    return key.split("_")[1]


async def made(client: Client, by: str = "", **body: Any) -> dict[str, Any]:
    """A new key, made with another one, or with the client's own."""
    answer = await client.post("/v1/keys", json=body, headers=bearer(by) if by else None)
    assert answer.status_code == 201, answer.text
    return given(answer)


async def rotated(client: Client, prefix: str, by: str = "", **body: Any) -> dict[str, Any]:
    """The key in the place of another one."""
    answer = await client.post(f"/v1/keys/{prefix}/rotate", json=body, headers=bearer(by) if by else None)
    assert answer.status_code == 201, answer.text
    return given(answer)


def given(answer: httpx.Response) -> dict[str, Any]:
    """The key in an answer, which is kept by nobody on the way."""
    body: dict[str, Any] = answer.json()
    assert answer.headers["location"] == f"/v1/keys/{body['prefix']}"
    assert answer.headers["cache-control"] == "no-store"
    assert body["key"].startswith(f"ext_{body['prefix']}_")
    return body


async def listed(client: Client) -> dict[str, dict[str, Any]]:
    """All keys of the tenant, by prefix."""
    answer = await client.get("/v1/keys", params={"limit": 1000})
    assert answer.status_code == 200, answer.text
    assert answer.json()["next"] is None
    return {each["prefix"]: each for each in answer.json()["keys"]}


async def works(client: Client, key: str) -> bool:
    """Whether a key is accepted."""
    answer = await client.get("/v1/keys", headers=bearer(key))
    assert answer.status_code in {200, 401, 403}, answer.text
    return answer.status_code != 401


def refusal(answer: httpx.Response) -> tuple[int, str, str | None]:
    """Status, code and field of a refusal."""
    return answer.status_code, answer.json()["code"], answer.json().get("field")


async def test_made_listed_read_and_used(client: Client, app: Litestar, logged: io.StringIO) -> None:
    """The key itself is given once, and stands nowhere."""
    key = await made(client, name=" ERP ", scopes=["read"], expires_at="2026-03-17T10:00:00-03:00")
    assert (key["name"], key["scopes"], key["own"]) == ("ERP", ["read"], False)
    assert (await client.get("/v1/banks", headers=bearer(key["key"]))).status_code == 200
    await app.state["parts"].keys.aclose()

    shown = key | {"key": None, "last_used_at": key["created_at"]}
    keys = await listed(client)

    assert keys[key["prefix"]] == shown == (await client.get(f"/v1/keys/{key['prefix']}")).json()
    assert (await client.get(f"/v1/keys/ext_{key['prefix']}")).json() == shown
    assert [each["prefix"] for each in keys.values() if each["own"]] == [prefix_of(key_of(client))]
    with app.state["parts"].database.engine.connect() as connection:
        assert key["key"][17:] not in str(connection.execute(text("SELECT * FROM api_keys")).all())
    assert key["key"][17:] not in logged.getvalue()


async def test_a_key_reads_and_manages_unless_it_is_told_otherwise(client: Client) -> None:
    """As one from the command line does."""
    key = await made(client)

    assert (key["scopes"], key["name"], key["expires_at"]) == (["read", "manage"], "", None)
    assert (await made(client, by=key["key"]))["prefix"] in await listed(client)


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": "x" * 201}, "name"),
    ({"name": 1}, "name"),
    ({"name": "a\u0000"}, "name"),
    ({"scopes": []}, "scopes"),
    ({"scopes": ["write"]}, "scopes"),
    ({"scopes": "read"}, "scopes"),
    ({"scopes": None}, "scopes"),
    ({"expires_at": "2027-01-01"}, "expires_at"),
    ({"expires_at": "2027-01-01T00:00:00"}, "expires_at"),
    ({"expires_at": "2026-03-16T10:00:00-03:00"}, "expires_at"),
    ({"expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
    ({"expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at"),
    ({"tenant": "tenant-b"}, "tenant"),
    ({"prefix": "000000000000"}, "prefix"),
]


async def test_a_wrong_field_is_named(client: Client) -> None:
    """And no key is made."""
    for body, field in WRONG:
        answer = await client.post("/v1/keys", json=body)
        status, code, named = refusal(answer)
        assert (status, code) == (422, "invalid_request"), answer.text
        assert str(named).startswith(field)
    assert len(await listed(client)) == 1


async def test_the_list_goes_on(client: Client, clock: FixedClock) -> None:
    """Each key is listed once, oldest first, though one is made meanwhile; what is no cursor is refused."""
    prefixes = [prefix_of(key_of(client))]
    for number in range(6):
        clock.moment = NOW + timedelta(seconds=number // 2 + 1)
        prefixes.append((await made(client))["prefix"])
    seen: list[dict[str, Any]] = []
    cursor: str | None = ""
    while cursor is not None:
        part = (await client.get("/v1/keys", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += part["keys"]
        cursor = part["next"]
        if len(seen) == 2:
            clock.moment = NOW + DAY
            prefixes.append((await made(client))["prefix"])

    assert sorted(each["prefix"] for each in seen) == sorted(prefixes)
    assert [each["created_at"] for each in seen] == sorted(each["created_at"] for each in seen)
    for query in ("cursor=x", "limit=0", "limit=1001", "limit=x", "offset=1", "limit=1&limit=1"):
        answer = await client.get(f"/v1/keys?{query}")
        assert refusal(answer) == (422, "invalid_request", query.partition("=")[0])


async def test_of_ten_at_once_as_many_are_made_as_there_is_room(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others are refused by name; a key that is revoked makes room, and the bound stops no rotation."""
    monkeypatch.setattr(rules, "KEYS_PER_TENANT", 4)
    answers = await asyncio.gather(*(client.post("/v1/keys", json={}) for _ in range(10)))

    assert Counter(each.status_code for each in answers) == {201: 3, 409: 7}
    assert {each.json()["code"] for each in answers if each.status_code == 409} == {"too_many_keys"}
    first, second, third = (each.json() for each in answers if each.status_code == 201)
    for each in (first, second, third):
        await rotated(client, each["prefix"])
    assert refusal(await client.post("/v1/keys", json={}))[1] == "too_many_keys"
    assert len([each for each in (await listed(client)).values() if each["replaced_by"] is None]) == 4
    (await client.delete(f"/v1/keys/{(await listed(client))[third['prefix']]['replaced_by']}")).raise_for_status()
    await made(client)


async def test_replaced_keys_are_bounded_too(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often rotations follow each other; one without overlap leaves none."""
    monkeypatch.setattr(rules, "KEYS_PER_TENANT", 3)
    prefix = (await made(client))["prefix"]
    for _ in range(3):
        prefix = (await rotated(client, prefix))["prefix"]
    answer = await client.post(f"/v1/keys/{prefix}/rotate")

    assert refusal(answer) == (409, "too_many_keys", None)
    await rotated(client, prefix, overlap_seconds=0)


async def test_a_key_revokes_itself_at_once(client: Client) -> None:
    """Another one that manages is left; revoking again changes nothing."""
    other = await made(client)
    prefix = prefix_of(key_of(client))
    assert (await client.delete(f"/v1/keys/{prefix}")).status_code == 204
    assert refusal(await client.delete(f"/v1/keys/{prefix}"))[:2] == (401, "unauthenticated")
    client.headers.update(bearer(other["key"]))

    revoked = (await listed(client))[prefix]["revoked_at"]
    assert revoked is not None
    assert (await client.delete(f"/v1/keys/{prefix}")).status_code == 204
    assert (await listed(client))[prefix]["revoked_at"] == revoked


async def test_the_last_key_that_manages_is_revoked_when_that_is_asked_for(client: Client) -> None:
    """Without that it is kept, whatever else there is."""
    prefix, reader = prefix_of(key_of(client)), await made(client, scopes=["read"])
    for query in ("", "?even_last=false"):
        assert refusal(await client.delete(f"/v1/keys/{prefix}{query}")) == (409, "last_managing_key", None)
    assert refusal(await client.delete(f"/v1/keys/{prefix}?even_last=perhaps")) == (422, "invalid_request", "even_last")
    assert refusal(await client.delete(f"/v1/keys/{prefix}?force=true")) == (422, "invalid_request", "force")

    assert (await client.delete(f"/v1/keys/{prefix}?even_last=true")).status_code == 204
    assert not await works(client, key_of(client))
    assert await works(client, reader["key"])


async def test_of_keys_that_revoke_each_other_at_once_one_is_left(client: Client) -> None:
    """Each would leave another one if it were alone."""
    keys = [key_of(client), *[(await made(client))["key"] for _ in range(7)]]
    around = zip(keys, [*keys[1:], keys[0]], strict=True)
    answers = await asyncio.gather(
        *(client.delete(f"/v1/keys/{prefix_of(other)}", headers=bearer(key)) for key, other in around)
    )

    assert {each.status_code for each in answers} <= {204, 401, 409}
    left = [key for key in keys if await works(client, key)]
    assert left
    assert len(left) == len(keys) - sum(each.status_code == 204 for each in answers)


async def test_a_key_that_is_revoked_makes_no_more(client: Client) -> None:
    """Not even by a request that was let in before."""
    other, me = await made(client), prefix_of(key_of(client))
    deleting, *making = await asyncio.gather(
        client.delete(f"/v1/keys/{me}"), *(client.post("/v1/keys", json={}) for _ in range(8))
    )
    assert deleting.status_code == 204
    assert {each.status_code for each in making} <= {201, 401}
    client.headers.update(bearer(other["key"]))

    assert len(await listed(client)) == 2 + sum(each.status_code == 201 for each in making)


@pytest.mark.parametrize(
    ("body", "seconds"), [(None, 86400), ({}, 86400), ({"overlap_seconds": 60}, 60), ({"overlap_seconds": 0}, 0)]
)
async def test_a_rotated_key_goes_on_until_the_overlap_ends(
    client: Client, clock: FixedClock, body: dict[str, int] | None, seconds: int
) -> None:
    """The new key has the same name, scopes and end, and works at once; it may be the caller's own that is rotated."""
    old = await made(client, name="ERP", expires_at="2026-05-01T00:00:00-03:00")
    answer = await client.post(f"/v1/keys/{old['prefix']}/rotate", json=body, headers=bearer(old["key"]))
    new = given(answer)
    same = ("name", "scopes", "expires_at")
    assert [new[name] for name in same] == [old[name] for name in same]
    assert (new["own"], await works(client, new["key"])) == (False, True)
    shown = (await listed(client))[old["prefix"]]
    assert (shown["replaced_by"], shown["revoked_at"]) == (new["prefix"], None)

    for passed, lives in ((seconds - 1, True), (seconds, False)):
        if passed >= 0:
            clock.moment = NOW + timedelta(seconds=passed)
            assert await works(client, old["key"]) is lives
    assert await works(client, new["key"])


async def test_an_overlap_is_bounded(client: Client) -> None:
    """What is none is named, and nothing is rotated."""
    prefix = prefix_of(key_of(client))
    wrong: list[dict[str, Any]] = [
        {"overlap_seconds": each} for each in (-1, KEY_LONGEST_OVERLAP_SECONDS + 1, 1.5, "60", None)
    ]
    for body in [*wrong, {"overlap": 1}]:
        answer = await client.post(f"/v1/keys/{prefix}/rotate", json=body)
        assert refusal(answer) == (422, "invalid_request", next(iter(body)))
    assert [each["replaced_by"] for each in (await listed(client)).values()] == [None]


async def test_no_rotation_prolongs_a_life(client: Client, clock: FixedClock) -> None:
    """Neither that of the key, nor by the new one; nor does a longer overlap that is asked for later."""
    old = await made(client, expires_at="2026-03-16T11:00:00-03:00")
    new = await rotated(client, old["prefix"], overlap_seconds=600)
    again = await rotated(client, old["prefix"], overlap_seconds=3000)
    clock.moment = NOW + timedelta(seconds=600)
    assert not await works(client, old["key"])
    assert not await works(client, new["key"])
    assert await works(client, again["key"])
    await rotated(client, again["prefix"])
    clock.moment = NOW + timedelta(hours=1)
    assert not await works(client, again["key"])
    assert refusal(await client.post(f"/v1/keys/{again['prefix']}/rotate")) == (404, "not_found", None)


async def test_of_rotations_at_once_one_key_is_left(client: Client, app: Litestar) -> None:
    """As when answers were lost and asked for again; once the new key was used, the former one is not rotated."""
    old = await made(client)
    answers = await asyncio.gather(*(client.post(f"/v1/keys/{old['prefix']}/rotate") for _ in range(10)))
    assert {each.status_code for each in answers} == {201}

    living = [each.json()["key"] for each in answers if await works(client, each.json()["key"])]

    assert len(living) == 1
    assert (await listed(client))[old["prefix"]]["replaced_by"] == prefix_of(living[0])
    await app.state["parts"].keys.aclose()
    assert refusal(await client.post(f"/v1/keys/{old['prefix']}/rotate")) == (409, "key_replaced", None)
    assert await works(client, living[0])


async def test_no_key_gives_what_it_has_not(client: Client) -> None:
    """Neither by making another one nor by rotating one that has more: the answer would have its secret."""
    manager = (await made(client, scopes=["manage"], expires_at="2026-03-17T10:00:00-03:00"))["key"]
    reader = await made(client, scopes=["read"], expires_at="2026-03-17T10:00:00-03:00")
    endless = await made(client, scopes=["manage"])
    headers, before = bearer(manager), await listed(client)

    async def made_by_it(**body: Any) -> tuple[int, str, str | None]:
        return refusal(await client.post("/v1/keys", json=body, headers=headers))

    soon = "2026-03-17T10:00:00-03:00"
    assert await made_by_it(scopes=["read"], expires_at=soon) == (403, "scope_missing", "scopes")
    assert await made_by_it(expires_at=soon) == (403, "scope_missing", "scopes")
    assert await made_by_it(scopes=["manage"]) == (422, "invalid_request", "expires_at")
    late = "2026-03-17T10:00:00.000001-03:00"
    assert await made_by_it(scopes=["manage"], expires_at=late) == (422, "invalid_request", "expires_at")
    rotating = await client.post(f"/v1/keys/{reader['prefix']}/rotate", headers=headers)
    assert refusal(rotating) == (403, "scope_missing", "prefix")
    rotating = await client.post(f"/v1/keys/{endless['prefix']}/rotate", headers=headers)
    assert refusal(rotating) == (422, "invalid_request", "prefix")
    assert (await listed(client)).keys() == before.keys()

    assert (await made(client, by=manager, scopes=["manage"], expires_at=soon))["scopes"] == ["manage"]
    assert (await rotated(client, prefix_of(manager), by=manager))["scopes"] == ["manage"]


async def test_a_key_that_only_reads_sees_no_keys(client: Client) -> None:
    """Who has access to what is for those who manage it."""
    reader = await made(client, scopes=["read"])
    at = f"/v1/keys/{reader['prefix']}"
    asked = [("GET", "/v1/keys"), ("POST", "/v1/keys"), ("GET", at), ("DELETE", at), ("POST", f"{at}/rotate")]
    for method, path in asked:
        answer = await client.request(method, path, headers=bearer(reader["key"]))
        assert refusal(answer)[:2] == (403, "scope_missing")
    assert await works(client, reader["key"])


async def test_another_tenants_key_is_an_unknown_one(client: Client, new_key: Callable[[str], Awaitable[str]]) -> None:
    """Whatever is asked, and in the same words; it stays as it is, and is not listed."""
    theirs = await new_key("tenant-b")

    async def answers(prefix: str) -> list[tuple[int, dict[str, Any]]]:
        at = f"/v1/keys/{prefix}"
        got = [
            await client.get(at),
            await client.delete(at),
            await client.delete(f"{at}?even_last=true"),
            await client.post(f"{at}/rotate"),
        ]
        return [(each.status_code, each.json() | {"request_id": "", "instance": ""}) for each in got]

    found = await answers(prefix_of(theirs))

    assert found == await answers("0123456789ab") == await answers("x" * 300)
    assert {(status, body["code"]) for status, body in found} == {(404, "not_found")}
    assert await works(client, theirs)
    assert prefix_of(theirs) not in await listed(client)


async def test_an_expired_key_manages_nothing(client: Client, clock: FixedClock) -> None:
    """It is listed, and may be revoked; it does not count as the last one that manages."""
    ending = await made(client, expires_at="2026-03-16T11:00:00-03:00")
    clock.moment = NOW + timedelta(hours=1)

    assert refusal(await client.post("/v1/keys", json={}, headers=bearer(ending["key"])))[:2] == (
        401,
        "unauthenticated",
    )
    assert refusal(await client.delete(f"/v1/keys/{prefix_of(key_of(client))}"))[1] == "last_managing_key"
    assert (await client.delete(f"/v1/keys/{ending['prefix']}")).status_code == 204
    assert ending["prefix"] in await listed(client)


async def test_keys_that_have_ended_do_not_pile_up(
    client: Client, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last ones are listed; no living key is ever forgotten, nor one of another tenant."""
    assert ENDED_KEYS_KEPT >= 10
    monkeypatch.setattr(rules, "ENDED_KEYS_KEPT", 3)
    kept, ended = [prefix_of(key_of(client)), (await made(client))["prefix"]], []
    for number in range(8):
        clock.moment = NOW + timedelta(minutes=number)
        ended.append((await made(client))["prefix"])
        assert (await client.delete(f"/v1/keys/{ended[-1]}")).status_code == 204
    last = (await made(client))["prefix"]

    assert set(await listed(client)) == {*kept, *ended[-3:], last}
