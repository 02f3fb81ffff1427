"""Keys that came twice are found by their digests."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.completeness.digests import Digests, DigestSet, DigestTable, digest_of

KEYS = st.text(max_size=2), st.integers(-3, 3), st.binary(max_size=1)


@given(st.one_of(*(st.lists(keys, max_size=40) for keys in KEYS)), st.integers(0, 40))
def test_what_came_twice_is_found(keys, at):
    """In one call or in two."""
    digests = Digests()
    digests.add(keys[:at])
    digests.add(keys[at:])

    assert digests.repeated() == {digest_of(key) for key in keys if keys.count(key) > 1}


def test_neighbouring_numbers_have_different_digests():
    """Also where Python's own hash is the same for both."""
    assert len({digest_of(number) for number in range(-1000, 1000)}) == 2000


DIGESTS = st.integers(-(2**63), 2**63 - 1) | st.integers(-5, 2000)


@given(st.lists(st.lists(DIGESTS)))
def test_a_set_of_digests_is_a_set(updates):
    """Whatever was in it before."""
    found, expected = DigestSet(), set[int]()
    for digests in updates:
        assert [each in found for each in digests] == [each in expected for each in digests]
        found.update(digests)
        expected.update(digests)
    assert all(each in found for each in expected)


@given(st.lists(st.tuples(DIGESTS, st.integers(-3, 3))))
def test_a_table_is_a_dictionary(pairs):
    """What was put under a key first stays."""
    table, expected = DigestTable(), dict[int, int]()
    for key, value in pairs:
        assert (key in table) == (key in expected)
        assert table.add(key, value) == (expected[key] == value if key in expected else None)
        expected.setdefault(key, value)
    assert all(key in table for key in expected)
