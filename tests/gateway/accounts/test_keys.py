"""API keys."""

import pytest
from sqlalchemy import select

from gateway.accounts.keys import Keys
from gateway.storage.api_keys import ApiKeys
from gateway.storage.database import Database
from gateway.storage.tables import ApiKeyRow
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio


@pytest.fixture
def keys(database: Database) -> Keys:
    """The keys of an empty database."""
    return Keys(ApiKeys(database))


async def test_a_key_is_known_by_its_tenant_and_stored_only_as_a_hash(keys: Keys, database: Database) -> None:
    """Two keys of one name are of one tenant; the table does not hold them."""
    one, two = await keys.create("acme", NOW), await keys.create(" acme ", NOW)

    assert await keys.tenant_of(one) == await keys.tenant_of(two) is not None
    with database.sessions() as session:
        for row in session.scalars(select(ApiKeyRow)):
            secret = one[17:]
            assert secret not in f"{row.key_hash}{row.prefix}{row.id}"


async def test_tenants_are_told_apart(keys: Keys) -> None:
    """Another name is another tenant."""
    assert await keys.tenant_of(await keys.create("a", NOW)) != await keys.tenant_of(await keys.create("b", NOW))


@pytest.mark.parametrize("change", [lambda k: k[:-1] + "~", lambda k: k + "x", lambda k: "", lambda k: "ext_\udcff"])
async def test_a_text_that_is_no_key_has_no_tenant(keys: Keys, change: object) -> None:
    """Altered, longer, empty or unreadable keys have no tenant."""
    key = await keys.create("acme", NOW)

    assert await keys.tenant_of(change(key)) is None


async def test_the_secret_part_is_compared(keys: Keys) -> None:
    """A right prefix with the secret of another key belongs to no tenant."""
    one, two = await keys.create("acme", NOW), await keys.create("acme", NOW)

    assert await keys.tenant_of(one[:17] + two[17:]) is None


async def test_a_revoked_key_has_no_tenant(keys: Keys) -> None:
    """Revoking works at once, and once."""
    key = await keys.create("acme", NOW)
    (shown,) = await keys.all()

    assert await keys.revoke(f"ext_{shown.prefix}", NOW)
    assert not await keys.revoke(shown.prefix, NOW)
    assert await keys.tenant_of(key) is None
    assert (await keys.all())[0].revoked_at == NOW


async def test_turns_are_taken_as_the_tenant_until_the_key_is_revoked(keys: Keys) -> None:
    """A key that was never seen, or is found to be revoked, takes no turns of a tenant."""
    key = await keys.create("acme", NOW)
    assert keys.seen(key) == ""

    tenant = await keys.tenant_of(key)
    assert keys.seen(key) == tenant

    await keys.revoke((await keys.all())[0].prefix, NOW)
    await keys.tenant_of(key)
    assert keys.seen(key) == ""


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
async def test_a_tenant_has_a_name(keys: Keys, name: str) -> None:
    """Empty and endless names are refused."""
    with pytest.raises(ValueError, match="1 to 200"):
        await keys.create(name, NOW)
