"""Lists are read in the forms in which banks send them."""

import msgspec
import pytest
from msgspec import Struct

from gateway.connectors.lists import ListForm, items


class Item(Struct):
    """One item, and what else stands in it."""

    name: str | None = None
    inner: dict[str, int] | None = None


def read(sent):
    """The names of what is sent as JSON."""
    decoded = msgspec.json.decode(msgspec.json.encode(sent), type=list[Item] | ListForm)
    return [item.name for item in items(decoded, Item)]


@pytest.mark.parametrize(
    ("sent", "names"),
    [
        ([{"name": "a"}, {"name": "b"}], ["a", "b"]),
        ({"name": "a"}, ["a"]),
        ({"name": "a", "inner": {"x": 1}, "other": 2}, ["a"]),
        ({"0": {"name": "a"}, "1": {"name": "b"}}, ["a", "b"]),
        ({"item": {"name": "a"}}, ["a"]),
        ([], []),
        ({}, []),
        ("", []),
        (" ", []),
        (None, []),
    ],
)
def test_forms_of_a_list(sent, names):
    """An only item, items under keys, and nothing in any writing."""
    assert read(sent) == names


@pytest.mark.parametrize("sent", ["a", {"total": 1}, {"erros": []}, {"message": "no"}])
def test_what_is_no_list(sent):
    """It is never taken for an empty one."""
    with pytest.raises(ValueError, match="where a list should"):
        read(sent)
