"""A list goes on where it was left, over both kinds of database, whatever is added or removed meanwhile."""

from base64 import urlsafe_b64encode
from datetime import UTC, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import CallerError
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.engine.listing import Cursor
from tests.gateway.storage.support import Stored, account_of, tenant_added
from tests.gateway.support import NOW


async def test_each_account_is_listed_once_whatever_happens_meanwhile(database: Database, vault: Vault) -> None:
    """Some share their instant of registration; the account listed last is removed, and one is added."""
    store = Stored(database, vault)
    tenant = await tenant_added(database, "a")
    instants = [NOW, NOW, NOW, NOW + timedelta(microseconds=1), NOW + timedelta(seconds=1)]
    records = [account_of(tenant, str(100 + n), created_at=at) for n, at in enumerate(instants)]
    for record in records:
        await store.accounts.add(record)

    listed, total, cursor = await store.accounts.page(tenant, NOW, 2)
    assert (len(listed), total) == (2, 5)
    await store.accounts.remove(tenant, listed[-1].id)
    await store.accounts.add(account_of(tenant, "900", created_at=NOW + timedelta(days=1)))
    seen = list(listed)
    while cursor is not None:
        listed, _, cursor = await store.accounts.page(
            tenant, NOW, 2, after=Cursor.read(cursor.text("accounts"), "accounts")
        )
        seen += listed

    assert len({record.id for record in seen}) == len(seen) == 6
    assert [record.created_at for record in seen] == [*instants, NOW + timedelta(days=1)]


def written(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        *("CANARY", "é", "=", "A" * 129),
        *map(written, ("1/1/a", "2/accounts/1", "2/accounts/1/", "2/accounts/01/a", "2/accounts/1/?", "2/keys/1/a")),
        *(written("2/accounts/1/a") + more for more in ("A", "=", "==", "/", " ")),
    ],
)
def test_what_is_no_cursor_is_refused(text: str) -> None:
    """Only a text that was answered with this list is accepted."""
    assert Cursor.read(written("2/accounts/1/a"), "accounts").id == "a"
    with pytest.raises(CallerError) as refused:
        Cursor.read(text, "accounts")
    assert (refused.value.code, refused.value.field) == ("invalid_request", "cursor")


@given(st.datetimes(timezones=st.just(UTC)), st.from_regex(r"[0-9a-f-]{36}", fullmatch=True))
def test_a_cursor_is_read_as_it_was_written(moment, account) -> None:
    """To the microsecond, however long the name of the list; no answer has one that is too long to be sent."""
    cursor = Cursor(moment, account)

    for name in ("keys", "n" * 16):
        assert Cursor.read(cursor.text(name), name) == cursor
        with pytest.raises(CallerError):
            Cursor.read(cursor.text(name), "accounts")
