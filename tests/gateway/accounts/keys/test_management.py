"""Keys that several processes manage at once, over both kinds of database."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from gateway.accounts.keys import rules
from gateway.accounts.keys.api_keys import Keys
from gateway.accounts.keys.management import KeyManagement, MadeKey
from gateway.errors import CallerError
from gateway.settings import Settings
from gateway.storage.engine.database import Database
from gateway.storage.management.api_keys import ApiKeys, Scope
from gateway.storage.management.tenant_keys import TenantKeys
from gateway.storage.management.tenants import Tenants
from tests.clocks import FixedClock
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)
GIVEN: dict[str, Any] = {"name": "", "scopes": frozenset(Scope), "expires_at": None}


@pytest.fixture
async def managing(database: Database, settings: Settings) -> AsyncIterator[list[KeyManagement]]:
    """The keys of one database as two processes see them."""
    other = Database(settings.database_url)
    yield [KeyManagement(TenantKeys(each), FixedClock(NOW)) for each in (database, other)]
    await other.aclose()


@pytest.fixture
async def first(database: Database) -> tuple[str, str]:
    """A tenant and the prefix of its key."""
    key = await Keys(ApiKeys(database)).create("acme", NOW, scopes=frozenset(Scope))
    (tenant,) = await Tenants(database).all()
    return tenant.id, key.split("_")[1]


def codes(outcomes: list[Any]) -> Counter[str]:
    """How often there was which refusal; of what succeeded, the type."""
    for each in outcomes:
        if isinstance(each, BaseException) and not isinstance(each, CallerError):
            raise each
    return Counter(each.code if isinstance(each, CallerError) else type(each).__name__ for each in outcomes)


async def test_processes_that_make_keys_at_once_keep_to_the_bound(
    managing: list[KeyManagement], first: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Together they make as many as there is room for."""
    monkeypatch.setattr(rules, "KEYS_PER_TENANT", 6)

    made = await asyncio.gather(
        *(managing[number % 2].create(*first, **GIVEN) for number in range(20)), return_exceptions=True
    )

    assert codes(made) == {"MadeKey": 5, "too_many_keys": 15}
    assert len((await managing[0].page(first[0], 100))[0]) == 6


async def test_processes_that_revoke_at_once_leave_a_key_that_manages(
    managing: list[KeyManagement], first: tuple[str, str]
) -> None:
    """Each key is revoked by itself, and each would be allowed if it were alone."""
    tenant, prefix = first
    prefixes = [prefix, *[(await managing[0].create(*first, **GIVEN)).key.prefix for _ in range(9)]]

    done = await asyncio.gather(
        *(managing[number % 2].revoke(tenant, each, each) for number, each in enumerate(prefixes)),
        return_exceptions=True,
    )

    assert codes(done) == {"NoneType": 9, "last_managing_key": 1}
    assert sum(each.revoked_at is None for each in (await managing[1].page(tenant, 100))[0]) == 1


async def test_processes_that_rotate_at_once_leave_one_new_key(
    managing: list[KeyManagement], first: tuple[str, str]
) -> None:
    """The others, which nobody has used, are revoked."""
    tenant, prefix = first
    made = await asyncio.gather(*(managing[number % 2].rotate(tenant, prefix, prefix, HOUR) for number in range(10)))

    keys = {each.prefix: each for each in (await managing[0].page(tenant, 100))[0]}
    living = [each.key.prefix for each in made if keys[each.key.prefix].lives(NOW)]
    assert living == [keys[prefix].replaced_by]


async def test_the_operator_revokes_before_or_after_a_key_is_made(
    managing: list[KeyManagement], first: tuple[str, str], database: Database
) -> None:
    """Never between: no key is made with one that was revoked, and no rotation brings one back."""
    tenant, prefix = first
    operator = Keys(ApiKeys(database))
    *made, revoked = await asyncio.gather(
        *(managing[1].rotate(tenant, prefix, prefix, HOUR) for _ in range(3)),
        operator.revoke(prefix, NOW),
        return_exceptions=True,
    )

    assert revoked is True
    assert codes(made).keys() <= {"MadeKey", "unauthenticated"}
    assert (await managing[0].one(tenant, prefix)).revoked_at == NOW


async def test_a_tenant_that_was_removed_makes_no_key(
    managing: list[KeyManagement], first: tuple[str, str], database: Database
) -> None:
    """Its key is unknown by then."""
    await Tenants(database).remove("acme")

    done = await asyncio.gather(
        managing[0].create(*first, **GIVEN), managing[0].rotate(*first, first[1], HOUR), return_exceptions=True
    )
    assert codes(done) == {"unauthenticated": 2}
    with pytest.raises(CallerError) as refused:
        await managing[0].rotate(first[0], None, first[1], HOUR)
    assert refused.value.code == "not_found"


async def test_what_was_made_is_shown_without_the_key(managing: list[KeyManagement], first: tuple[str, str]) -> None:
    """Neither by a struct nor by what is stored; the key is recognised as what it was made as."""
    end = NOW + HOUR
    given = GIVEN | {"name": " ERP ", "scopes": frozenset({Scope.READ}), "expires_at": end}
    made: MadeKey = await managing[0].create(*first, **given)

    assert made.value not in f"{made!r} {made.key!r}"
    assert await managing[1].one(first[0], made.key.prefix) == made.key
    assert (made.key.name, made.key.scopes, made.key.expires_at) == ("ERP", {Scope.READ}, end)
