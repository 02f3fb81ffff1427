"""Slots shared by tenants first and by accounts second, whatever comes and goes in whatever order."""

import itertools

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from gateway.concurrency.slots import Holder, NoSlot, Slots

MOST, WAITING, SHARE = 24, 24, 6
OF_TENANT, OF_ACCOUNT = 12, 2
TENANTS, ACCOUNTS = "ABC", "abcdefgh"


class Crowd(RuleBasedStateMachine):
    """Calls of several accounts come, leave, and give up; plain lists are the model."""

    def __init__(self):
        super().__init__()
        self.slots = Slots(MOST, "test", most_waiting=WAITING, share=SHARE)
        self.inside = []
        self.waiting = []
        self.woken = []

    @rule(tenant=st.sampled_from(TENANTS), account=st.sampled_from(ACCOUNTS), times=st.integers(1, 4))
    def come(self, tenant, account, times):
        holder = Holder(tenant, account)
        for _ in range(times):
            try:
                self._comes(holder)
            except NoSlot:
                of_tenant = sum(slot.holder.tenant == tenant for slot in self.waiting)
                of_account = sum(slot.holder == holder for slot in self.waiting)
                free = WAITING - len(self.waiting)
                assert of_tenant >= free or of_account >= min(2, 12 - of_tenant)

    def _comes(self, holder):
        woken = []
        slot = self.slots.ask(holder, lambda: self.woken.append(woken[0]))
        woken.append(slot)
        (self.inside if slot.taken else self.waiting).append(slot)

    @precondition(lambda self: self.inside or self.waiting)
    @rule(data=st.data())
    def leaves(self, data):
        slot = data.draw(st.sampled_from(self.inside + self.waiting))
        (self.inside if slot in self.inside else self.waiting).remove(slot)
        slot.leave()
        assert slot.taken or not self.woken
        for woken in self.woken:
            assert woken.taken
            earlier = self.waiting[: self.waiting.index(woken)]
            assert not any(other.holder == woken.holder for other in earlier)
            self.waiting.remove(woken)
            self.inside.append(woken)
        self.woken = []

    def _of(self, places, holder):
        of_tenant = [slot for slot in places if slot.holder.tenant == holder.tenant]
        return len(of_tenant), sum(slot.holder == holder for slot in of_tenant)

    @invariant()
    def nobody_has_too_many(self):
        assert len(self.inside) <= MOST
        for tenant, account in itertools.product(TENANTS, ACCOUNTS):
            of_tenant, of_account = self._of(self.inside, Holder(tenant, account))
            assert of_tenant <= OF_TENANT
            assert of_account <= OF_ACCOUNT
        assert all(slot.taken for slot in self.inside)
        assert not any(slot.taken for slot in self.waiting)

    @invariant()
    def nobody_waits_in_vain(self):
        free = MOST - len(self.inside)
        for slot in self.waiting:
            of_tenant, of_account = self._of(self.inside, slot.holder)
            assert of_tenant >= min(OF_TENANT, free) or of_account >= min(OF_ACCOUNT, OF_TENANT - of_tenant)


TestCrowd = Crowd.TestCase


def taken(slots, tenant, accounts, times):
    """How many places calls of so many accounts of a tenant get."""
    asked = [slots.ask(Holder(tenant, str(n)), lambda: None) for n in range(accounts) for _ in range(times)]
    return sum(slot.taken for slot in asked)


@pytest.mark.parametrize("hostile", range(1, 6))
def test_a_slot_is_left_for_the_next_tenant(hostile):
    """However many tenants have taken all they can, the next one is let in at once."""
    slots = Slots(96, "test", most_waiting=8192, share=6)
    got = [taken(slots, str(n), 20, 8) for n in range(hostile)]

    assert got[0] <= 48
    assert taken(slots, "next", 1, 1) == 1


def test_a_tenant_that_is_alone_has_what_there_was():
    """Half: 48 of 96, and one account 8 of these."""
    assert taken(Slots(96, "test", most_waiting=8192, share=6), "a", 100, 1) == 48
    assert taken(Slots(96, "test", most_waiting=8192, share=6), "a", 1, 20) == 8


def test_who_waits_is_served_by_tenant_then_by_account():
    """The tenant with the fewest places first, whatever the length of the other's queue."""
    slots, served = Slots(6, "test", most_waiting=400, share=6), []
    inside = [slots.ask(Holder("a", str(n)), lambda: None) for n in range(3)]
    for n in range(30):
        slots.ask(Holder("a", f"x{n}"), lambda n=n: served.append(f"a{n}"))
    inside += [slots.ask(Holder(tenant, "1"), lambda: None) for tenant in "bcd"]
    assert all(slot.taken for slot in inside)
    slots.ask(Holder("e", "1"), lambda: served.append("e"))

    for slot in inside[:3]:
        slot.leave()

    assert served == ["e", "a0"]
