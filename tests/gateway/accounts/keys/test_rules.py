"""What keys may do with each other, whatever is done in whatever order."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from gateway.accounts.keys import rules
from gateway.errors import CallerError
from gateway.storage.management.api_keys import Scope
from gateway.storage.management.tenant_keys import Alteration, NewKey, TenantKey
from tests.gateway.support import NOW

HOUR = timedelta(hours=1)
MOST = 4
KEPT = 3
Keys = list[TenantKey]


def key(prefix: str, *scopes: Scope, **more: Any) -> TenantKey:
    """A key that was made at NOW, for everything unless scopes are given."""
    return TenantKey(**{"prefix": prefix, "name": "", "scopes": frozenset(scopes or Scope), "created_at": NOW} | more)


def altered(keys: Sequence[TenantKey], change: Alteration) -> Keys:
    """The keys afterwards."""
    left = {each.prefix: each for each in keys if each.prefix not in change.erased}
    for prefix, at in change.revoked.items():
        left[prefix] = replace(left[prefix], revoked_at=at)
    if change.replaced is not None:
        left[change.replaced.prefix] = change.replaced
    return [*left.values(), *(new.key for new in change.added)]


def ends(one: TenantKey) -> datetime:
    """When a key ends, at the latest."""
    return min(each or datetime.max.replace(tzinfo=NOW.tzinfo) for each in (one.expires_at, one.revoked_at))


def code_of(change: Any) -> str:
    """The code of the refusal of a change that is a function without arguments."""
    with pytest.raises(CallerError) as refused:
        change()
    return refused.value.code


scopes = st.frozensets(st.sampled_from(Scope), min_size=1)
hours = st.integers(0, 40)
steps = st.lists(
    st.tuples(
        st.sampled_from(["create", "revoke", "revoke_even_last", "rotate", "use", "wait"]),
        st.integers(0, 20),
        st.integers(0, 20),
        scopes,
        st.none() | hours,
        hours,
    ),
    max_size=40,
)


@given(first=scopes, end=st.none() | hours, steps=steps)
def test_no_order_of_steps_gives_more_than_there_was(first: frozenset[Scope], end: int | None, steps: Any) -> None:
    """No key gets scopes or time that its maker has not, lives longer than before, or exceeds the bound.

    And the last key that manages goes by time alone, or where that is asked for.
    """
    now, numbers = NOW, count(1)
    keys: Keys = [
        key("k0", *first, Scope.MANAGE, expires_at=NOW + end * HOUR if end is not None else None),
        key("k00", Scope.READ),
    ]
    origin = {each.prefix: each for each in keys}
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rules, "KEYS_PER_TENANT", MOST)
        patched.setattr(rules, "ENDED_KEYS_KEPT", KEPT)
        for what, one, other, wanted, at, overlap in steps:
            by, named = keys[one % len(keys)].prefix, keys[other % len(keys)].prefix
            if what == "wait":
                now += overlap * HOUR
                continue
            if what == "use":
                keys = [replace(each, last_used_at=now) if each.prefix == named else each for each in keys]
                continue
            prefix, before = f"k{next(numbers)}", keys
            lived = {each.prefix: each for each in before}
            new = key(prefix, *wanted, created_at=now, expires_at=now + at * HOUR if at is not None else None)
            try:
                if what == "create":
                    change = rules.created(keys, by, NewKey(new, "hash"))
                elif what == "rotate":
                    change = rules.rotated(keys, by, named, prefix, "hash", now, overlap * HOUR)
                else:
                    change = rules.revoked(keys, by, named, now, even_last=what == "revoke_even_last")
            except CallerError:
                continue
            keys = altered(before, change)

            assert lived[by].lives(now)
            for added in (each.key for each in change.added):
                # A key that rotates itself gives what it was made with; another one gives what it has.
                giver = origin[by] if what == "rotate" and by == named else lived[by]
                assert added.scopes <= giver.scopes
                assert ends(added) <= ends(giver)
                assert added.lives(now)
                origin[prefix] = added
                if what == "rotate":
                    assert (added.scopes, added.name) == (lived[named].scopes, lived[named].name)
                    assert ends(added) == ends(origin[named])
            for each in keys:
                assert each.prefix not in lived or ends(each) <= ends(lived[each.prefix])
            assert sum(each.lives(now) and each.replaced_by is None for each in keys) <= MOST
            assert sum(each.lives(now) and each.replaced_by is not None for each in keys) <= MOST
            assert all(not lived[each].lives(now) for each in change.erased)
            if change.added:
                # Two more may have ended by this change.
                assert sum(not each.lives(now) for each in keys) <= KEPT + 2
            if what != "revoke_even_last" and any(_stays_manager(each, now) for each in before):
                assert any(_stays_manager(each, now) for each in keys)


def _stays_manager(one: TenantKey, now: datetime) -> bool:
    return one.lives(now) and one.replaced_by is None and Scope.MANAGE in one.scopes


@pytest.mark.parametrize(
    ("mine", "wanted", "code"),
    [
        ({}, {}, None),
        ({}, {"expires_at": NOW + HOUR}, None),
        ({"expires_at": NOW + HOUR}, {"expires_at": NOW + HOUR}, None),
        ({"expires_at": NOW + HOUR}, {}, "invalid_request"),
        ({"expires_at": NOW + HOUR}, {"expires_at": NOW + 2 * HOUR}, "invalid_request"),
        ({}, {"expires_at": NOW}, "invalid_request"),
        ({"scopes": frozenset({Scope.MANAGE})}, {}, "scope_missing"),
        ({"scopes": frozenset({Scope.MANAGE})}, {"scopes": frozenset({Scope.MANAGE})}, None),
        ({"revoked_at": NOW}, {}, "unauthenticated"),
        ({"expires_at": NOW}, {"expires_at": NOW + HOUR}, "unauthenticated"),
    ],
)
def test_what_a_key_may_give(mine: dict[str, Any], wanted: dict[str, Any], code: str | None) -> None:
    """What it has itself, while it lives."""
    keys, new = [key("a", **mine)], NewKey(key("b", **wanted), "hash")
    if code is None:
        assert rules.created(keys, "a", new) == Alteration(added=[new], erased=[])
    else:
        assert code_of(lambda: rules.created(keys, "a", new)) == code


def test_the_operator_is_bound_by_no_key_but_by_the_rest() -> None:
    """Scopes and ends are the operator's to give; what is not there cannot be rotated."""
    reads = key("a", Scope.READ, expires_at=NOW + HOUR)
    new = NewKey(key("b"), "hash")
    assert rules.created([reads], None, new).added == [new]
    (added,) = rules.rotated([reads], None, "a", "b", "hash", NOW, HOUR).added
    assert added.key == replace(reads, prefix="b")
    assert code_of(lambda: rules.rotated([reads], None, "x", "b", "hash", NOW, HOUR)) == "not_found"
    assert code_of(lambda: rules.rotated([reads], None, "a", "b", "hash", NOW + HOUR, HOUR)) == "not_found"


@pytest.mark.parametrize(
    ("target", "code"),
    [
        (key("b", Scope.READ, expires_at=NOW + HOUR), None),
        (key("b", expires_at=NOW + HOUR), "scope_missing"),
        (key("b", Scope.READ), "invalid_request"),
        (key("b", Scope.READ, expires_at=NOW + HOUR, revoked_at=NOW), "not_found"),
        (key("b", Scope.READ, expires_at=NOW), "not_found"),
    ],
)
def test_what_a_key_may_rotate(target: TenantKey, code: str | None) -> None:
    """The secret is given anew, so nothing that has more than itself; itself always."""
    me = key("a", Scope.MANAGE, Scope.READ, expires_at=NOW + HOUR)
    if target.scopes == frozenset(Scope):
        me = key("a", Scope.MANAGE, expires_at=NOW + HOUR)
    if code is not None:
        assert code_of(lambda: rules.rotated([me, target], "a", "b", "c", "hash", NOW, HOUR)) == code
    else:
        assert rules.rotated([me, target], "a", "b", "c", "hash", NOW, HOUR).added
    assert rules.rotated([me, target], "a", "a", "c", "hash", NOW, HOUR).added


@pytest.mark.parametrize(
    ("end", "overlap", "expected"),
    [
        (None, HOUR, NOW + HOUR),
        (NOW + 2 * HOUR, HOUR, NOW + HOUR),
        (NOW + HOUR, 2 * HOUR, NOW + HOUR),
        (None, 0 * HOUR, NOW),
    ],
)
def test_an_overlap_ends_with_the_key(end: datetime | None, overlap: timedelta, expected: datetime) -> None:
    """Without any, the former key ends at once."""
    change = rules.rotated([key("a", expires_at=end)], "a", "a", "b", "hash", NOW, overlap)

    assert change.replaced == key("a", expires_at=expected, replaced_by="b")
    assert change.added == [NewKey(key("b", expires_at=end), "hash")]


def test_a_rotation_whose_answer_was_lost_is_repeated() -> None:
    """The key that nobody has got is revoked, the end of the former one stays, and the new one has its first end.

    As soon as the new key was used, rotated or revoked, that is refused.
    """
    keys = altered([key("a")], rules.rotated([key("a")], "a", "a", "b", "hash", NOW, HOUR))
    later = NOW + HOUR / 2
    again = altered(keys, rules.rotated(keys, "a", "a", "c", "hash", later, HOUR))

    assert again == [
        key("a", expires_at=NOW + HOUR, replaced_by="c"),
        key("b", revoked_at=later),
        key("c", created_at=later),
    ]
    taken = ({"last_used_at": NOW}, {"replaced_by": "x"}, {"revoked_at": NOW}, {"expires_at": later})
    for known in (keys[:1], *([keys[0], replace(keys[1], **change)] for change in taken)):
        rotating = partial(rules.rotated, known, "a", "a", "c", "hash", later, HOUR)
        assert code_of(rotating) == "key_replaced"


@pytest.mark.parametrize(
    ("others", "last"),
    [
        ([], True),
        ([key("b", Scope.READ)], True),
        ([key("b", revoked_at=NOW)], True),
        ([key("b", expires_at=NOW)], True),
        ([key("b", expires_at=NOW + HOUR, replaced_by="x")], True),
        ([key("b", Scope.MANAGE)], False),
    ],
)
def test_the_last_key_that_manages_is_kept(others: Keys, last: bool) -> None:
    """Unless it is asked for; one that ends soon because it was replaced does not count."""
    keys = [key("a"), *others]
    if last:
        assert code_of(lambda: rules.revoked(keys, "a", "a", NOW)) == "last_managing_key"
    else:
        assert rules.revoked(keys, "a", "a", NOW) == Alteration(revoked={"a": NOW})
    assert rules.revoked(keys, "a", "a", NOW, even_last=True) == Alteration(revoked={"a": NOW})


def test_revoking_again_changes_nothing() -> None:
    """The instant of the first time stays; what is not there is not found."""
    keys = [key("a"), key("b", revoked_at=NOW - HOUR), key("c", Scope.READ, expires_at=NOW)]

    assert rules.revoked(keys, "a", "b", NOW) == Alteration()
    assert rules.revoked(keys, "a", "c", NOW) == Alteration(revoked={"c": NOW})
    assert code_of(lambda: rules.revoked(keys, "a", "d", NOW)) == "not_found"
    assert code_of(lambda: rules.revoked(keys, "b", "a", NOW, even_last=True)) == "unauthenticated"
