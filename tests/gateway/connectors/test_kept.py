"""Results are kept by their texts, and never too many of them."""

import pytest

from gateway.connectors.kept import Kept
from gateway.limits import REMEMBERED_TEXT_CHARACTERS, REMEMBERED_TEXTS


def counted():
    """A function with what it keeps, and the arguments for which it was called."""
    calls = []

    def function(key):
        calls.append(key)
        return str(key)

    return Kept(function), calls


def test_a_result_is_made_once():
    """For a text, or for several of which some may be absent."""
    kept, calls = counted()

    assert [kept["a"], kept["a"], kept["a", None], kept["a", None]] == ["a", "a", "('a', None)", "('a', None)"]
    assert calls == ["a", ("a", None)]


def test_what_could_fill_the_memory_is_not_kept():
    """A long text, texts that are long together, and what is no text."""
    kept, _ = counted()

    for key in ("x" * (REMEMBERED_TEXT_CHARACTERS + 1), ("x" * REMEMBERED_TEXT_CHARACTERS, "y"), ("x", 7), 7):
        assert kept[key] == str(key)

    assert not kept
    assert kept["x" * REMEMBERED_TEXT_CHARACTERS]
    assert len(kept) == 1


def test_all_are_forgotten_when_there_are_too_many():
    """The results stay right."""
    kept, _ = counted()

    for number in range(REMEMBERED_TEXTS + 1):
        assert kept[str(number)] == str(number)

    assert list(kept) == [str(REMEMBERED_TEXTS)]


def test_what_fails_is_not_kept():
    """The error comes each time."""
    kept = Kept(int)

    for _ in range(2):
        with pytest.raises(ValueError, match="invalid literal"):
            kept["x"]
