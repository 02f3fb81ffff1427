"""The holders of a tenant's accounts, through HTTP."""

from collections import Counter
from collections.abc import Awaitable, Callable

import httpx
import pytest

from tests.clocks import FixedClock
from tests.gateway.support import FakeInter, enabled, registration

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
COMPANIES = ("11222333000181", "12345678000195", "45723174000110")


async def registered(client: Client, number: str, holder: str) -> str:
    """A new account without credentials."""
    answer = await client.post("/v1/accounts", json=registration(number=number, holder_tax_id=holder))
    answer.raise_for_status()
    return str(answer.json()["id"])


async def test_each_holder_once_with_how_its_accounts_stand(client: Client, bank: FakeInter) -> None:
    """In numbers of accounts, by the state in which the list of accounts shows them."""
    account = await enabled(client)
    holder = (await client.get(f"/v1/accounts/{account}")).json()["holder_tax_id"]
    await registered(client, "1111111-1", holder)
    other = next(each for each in COMPANIES if each != holder)
    await registered(client, "2222222-2", other)

    answer = (await client.get("/v1/holders")).json()

    assert answer["next"] is None
    assert {each["holder_tax_id"]: each["states"] for each in answer["holders"]} == {
        holder: {"active": 1, "disabled": 1},
        other: {"disabled": 1},
    }
    assert {each["holder_tax_id"]: (each["accounts"], each["needs_action"]) for each in answer["holders"]} == {
        holder: (2, 0),
        other: (1, 0),
    }
    assert all(each["banks"] == ["inter"] for each in answer["holders"])


async def test_one_call_tells_who_has_to_act(client: Client, clock: FixedClock) -> None:
    """Also when nobody has asked the bank since the certificate has ended."""
    account = await enabled(client)
    shown = (await client.get(f"/v1/accounts/{account}")).json()
    await registered(client, "2222222-2", next(each for each in COMPANIES if each != shown["holder_tax_id"]))
    assert (await client.get("/v1/holders?state=needs_action")).json()["holders"] == []

    clock.moment = clock.moment.replace(year=clock.moment.year + 3)

    (acting,) = (await client.get("/v1/holders?state=needs_action")).json()["holders"]
    assert (acting["holder_tax_id"], acting["needs_action"]) == (shown["holder_tax_id"], 1)
    states = Counter(each["integration"]["state"] for each in (await client.get("/v1/accounts")).json()["accounts"])
    assert acting["states"] == {"needs_action": states["needs_action"]}


async def test_the_list_goes_on(client: Client) -> None:
    """Each holder once, in the order of the tax ids, also when one is added meanwhile."""
    for number, holder in enumerate(COMPANIES[1:]):
        await registered(client, f"{number}111111-1", holder)
    first = (await client.get("/v1/holders?limit=1")).json()
    await registered(client, "9111111-1", COMPANIES[0])
    second = (await client.get("/v1/holders", params={"limit": 1, "cursor": first["next"]})).json()

    assert [each["holder_tax_id"] for part in (first, second) for each in part["holders"]] == list(COMPANIES[1:])
    assert second["next"] is None


@pytest.mark.parametrize(
    ("query", "field"), [("state=lost", "state"), ("cursor=a%20b", "cursor"), ("limit=0", "limit"), ("page=1", "page")]
)
async def test_a_wrong_parameter_is_named(client: Client, query: str, field: str) -> None:
    """It is not ignored."""
    answer = await client.get(f"/v1/holders?{query}")

    assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (422, "invalid_request", field)


async def test_another_tenant_sees_none_of_them(client: Client, new_key: Callable[[str], Awaitable[str]]) -> None:
    """Holders are those of the tenant's own accounts."""
    await enabled(client)
    theirs = {"Authorization": f"Bearer {await new_key('tenant-b')}"}

    assert (await client.get("/v1/holders", headers=theirs)).json() == {"holders": [], "next": None}
