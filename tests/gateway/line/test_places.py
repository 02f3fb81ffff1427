"""Places shared by tenants first and by accounts second, whatever comes and goes in whatever order."""

import itertools

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.line.places import Crowded, Places, Whose

MOST, WAITING, SHARE = 24, 24, 6
OF_TENANT, OF_ACCOUNT = 12, 2
TENANTS, ACCOUNTS = "ABC", "abcdefgh"


class Crowd(RuleBasedStateMachine):
    """Calls of several accounts come, leave, and lose patience; lists say who has what."""

    def __init__(self):
        super().__init__()
        self.places = Places(MOST, WAITING, SHARE)
        self.inside = []
        self.waiting = []
        self.woken = []

    @rule(tenant=st.sampled_from(TENANTS), account=st.sampled_from(ACCOUNTS), times=st.integers(1, 4))
    def come(self, tenant, account, times):
        whose = Whose(tenant, account)
        for _ in range(times):
            try:
                self._comes(whose)
            except Crowded:
                of_tenant = sum(place.whose.tenant == tenant for place in self.waiting)
                of_account = sum(place.whose == whose for place in self.waiting)
                free = WAITING - len(self.waiting)
                assert of_tenant >= free or of_account >= min(2, 12 - of_tenant)

    def _comes(self, whose):
        woken = []
        place = self.places.ask(whose, lambda: self.woken.append(woken[0]))
        woken.append(place)
        (self.inside if place.taken else self.waiting).append(place)

    @precondition(lambda self: self.inside or self.waiting)
    @rule(data=st.data())
    def leaves(self, data):
        place = data.draw(st.sampled_from(self.inside + self.waiting))
        (self.inside if place in self.inside else self.waiting).remove(place)
        self.places.leave(place)
        assert place.taken or not self.woken
        for woken in self.woken:
            assert woken.taken
            earlier = self.waiting[: self.waiting.index(woken)]
            assert not any(other.whose == woken.whose for other in earlier)
            self.waiting.remove(woken)
            self.inside.append(woken)
        self.woken = []

    def _of(self, places, whose):
        of_tenant = [place for place in places if place.whose.tenant == whose.tenant]
        return len(of_tenant), sum(place.whose == whose for place in of_tenant)

    @invariant()
    def nobody_has_too_many(self):
        assert len(self.inside) <= MOST
        for tenant, account in itertools.product(TENANTS, ACCOUNTS):
            of_tenant, of_account = self._of(self.inside, Whose(tenant, account))
            assert of_tenant <= OF_TENANT
            assert of_account <= OF_ACCOUNT
        assert all(place.taken for place in self.inside)
        assert not any(place.taken for place in self.waiting)

    @invariant()
    def nobody_waits_in_vain(self):
        free = MOST - len(self.inside)
        for place in self.waiting:
            of_tenant, of_account = self._of(self.inside, place.whose)
            assert of_tenant >= min(OF_TENANT, free) or of_account >= min(OF_ACCOUNT, OF_TENANT - of_tenant)


TestCrowd = Crowd.TestCase


def taken(places, tenant, accounts, times):
    """How many places calls of so many accounts of a tenant get."""
    asked = [places.ask(Whose(tenant, str(n)), lambda: None) for n in range(accounts) for _ in range(times)]
    return sum(place.taken for place in asked)


@pytest.mark.parametrize("hostile", range(1, 6))
def test_there_is_a_place_left_for_who_comes_next(hostile):
    """However many tenants have taken all they can, the next one is let in at once."""
    places = Places(96, 8192, 6)
    got = [taken(places, str(n), 20, 8) for n in range(hostile)]

    assert got[0] <= 48
    assert taken(places, "next", 1, 1) == 1


def test_a_tenant_that_is_alone_has_what_there_was():
    """Half: 48 of 96, and one account 8 of these."""
    assert taken(Places(96, 8192, 6), "a", 100, 1) == 48
    assert taken(Places(96, 8192, 6), "a", 1, 20) == 8


def test_who_waits_is_served_by_tenant_then_by_account():
    """The tenant with the fewest places first, whatever the length of the other's queue."""
    places, served = Places(6, 400, 6), []
    inside = [places.ask(Whose("a", str(n)), lambda: None) for n in range(3)]
    for n in range(30):
        places.ask(Whose("a", f"x{n}"), lambda n=n: served.append(f"a{n}"))
    inside += [places.ask(Whose(tenant, "1"), lambda: None) for tenant in "bcd"]
    assert all(place.taken for place in inside)
    places.ask(Whose("e", "1"), lambda: served.append("e"))

    for place in inside[:3]:
        places.leave(place)

    assert served == ["e", "a0"]
