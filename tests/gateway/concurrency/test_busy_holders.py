"""The order in which waiting holders get slots."""

from gateway.concurrency.slots import Holder, Slots


def test_of_one_tenant_the_part_with_fewer_slots_is_served_first():
    """Though it came later: an account that is busy already keeps no other one waiting."""
    slots, woken = Slots(12, "bank", most_waiting=24, share=2), []
    # A tenant has no more than is left free after it: six, three, two and one.
    crowd = [slots.ask(Holder(tenant, str(number)), lambda: None) for number, tenant in enumerate("FFFFFFGGGHH")]
    busy = slots.ask(Holder("A", "busy"), lambda: None)
    assert all(slot.taken for slot in (*crowd, busy))

    again = slots.ask(Holder("A", "busy"), lambda: woken.append("busy"))
    other = slots.ask(Holder("A", "other"), lambda: woken.append("other"))
    crowd[0].leave()
    crowd[1].leave()

    assert (woken, again.taken, other.taken) == (["other"], False, True)
