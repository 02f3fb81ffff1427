"""Where the first control character of decoded JSON is, and what looking for it costs."""

import tracemalloc

from hypothesis import given
from hypothesis import strategies as st

from gateway.limits import BODY_LEVELS
from gateway.texts.controls import control_at

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.sampled_from("ab."), max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["a", "b", "c"]), inner, max_size=3),
    max_leaves=20,
)


@given(JSON)
def test_nothing_is_found_where_nothing_is(value):
    """Whatever the value."""
    assert control_at(value) is None


def test_names_lead_to_it():
    """Lists have none; a name that has one itself is not shown."""
    assert control_at({"a": {"b": ["x", [{"c": "y\x00"}]]}}) == "a.b.c"
    assert control_at({"a": [{"b": 1}, {"\x7f": 2}]}) == "a.?"
    assert control_at({"\x00": 1}) == "?"
    assert control_at("\x1b") == ""


def test_lines_are_allowed_below_some_names():
    """At the top; what is nested in a form is no text of it."""
    lines = frozenset({"credentials"})
    assert control_at({"credentials": {"a": "x\ny", "b": [{"c": "\x00"}]}}, lines=lines) is None
    assert control_at({"credentials": {"a\n": 1}}, lines=lines) == "credentials.?"
    assert control_at({"credentials": {"a": "x\x00"}}, lines=lines) == "credentials.a"
    assert control_at({"a": {"credentials": "x\ny"}}, lines=lines) == "a.credentials"


def test_long_names_above_many_values_take_no_memory():
    """A body of a few hundred kilobytes; the paths of all its values together would take gigabytes."""
    value = {f"a{number}": 1 for number in range(2000)}
    for _ in range(BODY_LEVELS - 4):
        value = {"n" * 8000: value}
    tracemalloc.start()
    try:
        assert control_at({"credentials": value}) is None
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
