"""The decoder's words tell where a value ends. Where they change, large documents are read more slowly."""

import pytest

from gateway.large_json.syntax import is_json, size_of


@pytest.mark.parametrize(
    ("content", "size"),
    [
        (b"[1,2]", 5),
        (b"[1,2] \t\r\n", 5),
        (b"[1,2],[3]", 5),
        (b'{"a":"}\xc3\xa9"} \n ,', 11),
        (b"[[1]]]]", 5),
        (b"[]{", 2),
    ],
)
def test_the_end_of_the_first_value_is_told(content, size):
    """Whatever follows it, blanks or something else."""
    assert size_of(content) == size_of(memoryview(content)) == size
    assert is_json(content[:size])


@pytest.mark.parametrize("content", [b"[", b'[{"a":', b'{"a":"', b'["\\', b"[tru", b'{"a":[1,2]', b"[1, "])
def test_a_value_may_go_on(content):
    """It is right as far as it goes."""
    assert size_of(content) == len(content) + 1
    assert not is_json(content)


@pytest.mark.parametrize("content", [b"[1,]", b"[}", b"{1", b"]", b"[" * 100_000 + b"]" * 100_000])
def test_what_is_malformed_has_no_size(content):
    """Nor has what stands too deep."""
    assert size_of(content) is None
    assert not is_json(content)
