"""Who goes next, of those who wait for a place."""

from gateway.line.places import Places, Whose


def test_of_one_tenant_the_account_with_fewer_places_goes_first():
    """Though it came later: an account that is busy already keeps no other one waiting."""
    places, woken = Places(12, 24, 2), []
    # A tenant has no more than is left free after it: six, three, two and one.
    crowd = [places.ask(Whose(tenant, str(number)), lambda: None) for number, tenant in enumerate("FFFFFFGGGHH")]
    busy = places.ask(Whose("A", "busy"), lambda: None)
    assert all(place.taken for place in (*crowd, busy))

    again = places.ask(Whose("A", "busy"), lambda: woken.append("busy"))
    other = places.ask(Whose("A", "other"), lambda: woken.append("other"))
    places.leave(crowd[0])
    places.leave(crowd[1])

    assert (woken, again.taken, other.taken) == (["other"], False, True)
