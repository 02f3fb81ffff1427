"""API keys."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.accounts.keys.api_keys import Keys
from gateway.storage.engine.database import Database
from gateway.storage.management.api_keys import ApiKeys, Scope
from gateway.storage.management.tables import API_KEYS
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio


@pytest.fixture
def keys(database: Database) -> Keys:
    """The keys of an empty database."""
    return Keys(ApiKeys(database))


async def tenant_of(keys: Keys, key: str) -> str | None:
    """The id of the tenant whose living key this is."""
    found = await keys.living(key, NOW)
    return found.tenant_id if found is not None else None


async def test_a_key_is_known_by_its_tenant_and_stored_only_as_a_hash(keys: Keys, database: Database) -> None:
    """Two keys of one name are of one tenant; the table does not hold them."""
    one, two = await keys.create("acme", NOW), await keys.create(" acme ", NOW)

    assert await tenant_of(keys, one) == await tenant_of(keys, two) is not None
    with database.engine.connect() as connection:
        for row in connection.execute(select(API_KEYS)):
            secret = one[17:]
            assert secret not in f"{row.key_hash}{row.prefix}{row.id}"


async def test_tenants_are_told_apart(keys: Keys) -> None:
    """Another name is another tenant."""
    assert await tenant_of(keys, await keys.create("a", NOW)) != await tenant_of(keys, await keys.create("b", NOW))


@pytest.mark.parametrize("change", [lambda k: k[:-1] + "~", lambda k: k + "x", lambda k: "", lambda k: "ext_\udcff"])
async def test_a_text_that_is_no_key_has_no_tenant(keys: Keys, change: object) -> None:
    """Altered, longer, empty or unreadable keys have no tenant."""
    key = await keys.create("acme", NOW)

    assert await tenant_of(keys, change(key)) is None


async def test_the_secret_part_is_compared(keys: Keys) -> None:
    """A right prefix with the secret of another key belongs to no tenant."""
    one, two = await keys.create("acme", NOW), await keys.create("acme", NOW)

    assert await tenant_of(keys, one[:17] + two[17:]) is None


async def test_a_revoked_key_has_no_tenant(keys: Keys) -> None:
    """Revoking works at once, and once."""
    key = await keys.create("acme", NOW)
    (shown,) = await keys.all()

    assert await keys.revoke(f"ext_{shown.prefix}", NOW)
    assert not await keys.revoke(shown.prefix, NOW)
    assert await tenant_of(keys, key) is None
    assert (await keys.all())[0].revoked_at == NOW


async def test_turns_are_taken_as_the_tenant_until_the_key_is_revoked(keys: Keys) -> None:
    """A key that was never seen, or is found to be revoked, takes no turns of a tenant."""
    key = await keys.create("acme", NOW)
    assert keys.seen(key) == ""

    tenant = await tenant_of(keys, key)
    assert keys.seen(key) == tenant

    await keys.revoke((await keys.all())[0].prefix, NOW)
    await tenant_of(keys, key)
    assert keys.seen(key) == ""


@pytest.mark.parametrize("name", ["", "   ", "x" * 201])
async def test_a_tenant_has_a_name(keys: Keys, name: str) -> None:
    """Empty and endless names are refused."""
    with pytest.raises(ValueError, match="1 to 200"):
        await keys.create(name, NOW)


async def test_a_key_lives_until_the_instant_of_its_expiry(keys: Keys) -> None:
    """From that instant it is no key, and takes no turns of its tenant."""
    end = NOW + timedelta(hours=1)
    key = await keys.create("acme", NOW, expires_at=end)

    assert await keys.living(key, end - timedelta(microseconds=1)) is not None
    assert await keys.living(key, end) is None
    assert keys.seen(key) == ""
    await keys.aclose()


@pytest.mark.parametrize("scopes", [*({scope} for scope in Scope), set(Scope)])
async def test_a_key_has_the_scopes_that_it_was_made_with(keys: Keys, scopes: set[Scope]) -> None:
    """When it is recognised and when it is listed."""
    key = await keys.create("acme", NOW, name=" ERP ", scopes=frozenset(scopes))

    living = await keys.living(key, NOW)

    assert living is not None
    assert living.scopes == scopes
    (shown,) = await keys.all()
    assert (shown.scopes, shown.name) == (scopes, "ERP")
    await keys.aclose()


async def test_a_key_reads_and_manages_unless_scopes_are_given(keys: Keys) -> None:
    """`operate` is for those to whom it is given."""
    key = await keys.create("acme", NOW)

    living = await keys.living(key, NOW)

    assert living is not None
    assert living.scopes == {Scope.READ, Scope.MANAGE}
    await keys.aclose()


async def test_the_last_use_is_known_to_the_hour(keys: Keys) -> None:
    """A use is noted when none of the hour before is; one that is refused is not."""
    key = await keys.create("acme", NOW)

    async def used(minutes: int, presented: str = key) -> object:
        await keys.living(presented, NOW + timedelta(minutes=minutes))
        await keys.aclose()
        return (await keys.all())[0].last_used_at

    assert await used(0, key[:-1] + "~") is None
    assert await used(0) == NOW
    assert await used(59) == NOW
    assert await used(60) == NOW + timedelta(minutes=60)


async def test_a_use_that_cannot_be_noted_keeps_nobody_out(keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    """The key is recognised, and the next use is noted in its place."""
    key = await keys.create("acme", NOW)

    async def fails(prefix: str, now: object) -> None:
        raise OSError("disk is full")

    with monkeypatch.context() as patched:
        patched.setattr(keys._api_keys, "note_use", fails)
        assert await keys.living(key, NOW) is not None
        await keys.aclose()
    assert (await keys.all())[0].last_used_at is None

    assert await keys.living(key, NOW) is not None
    await keys.aclose()
    assert (await keys.all())[0].last_used_at == NOW


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"scopes": frozenset()}, "at least one scope"),
        ({"expires_at": NOW}, "expired already"),
        ({"name": "x" * 201}, "at most 200"),
        ({"name": "a\x00b"}, "control character"),
    ],
)
async def test_a_key_that_is_of_no_use_is_not_made(keys: Keys, given: dict[str, object], reason: str) -> None:
    """Nor is a tenant for it."""
    with pytest.raises(ValueError, match=reason):
        await keys.create("acme", NOW, **given)

    assert await keys.all() == []
