"""What an answer of undocumented form says of rows that are not in it."""

import json

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.completeness.unlisted import tells_of_more
from gateway.limits import JSON_PART_BYTES

SPELLINGS = ["totalElements", "total_elements", "TotalElements", "TOTAL-ELEMENTS"]


def told(answer, rows=10, pages=1):
    members = msgspec.json.decode(json.dumps(answer), type=dict[str, msgspec.Raw])
    return tells_of_more(members, rows=rows, pages=pages)


@given(st.sampled_from(SPELLINGS), st.integers(0, 40), st.integers(0, 40), st.sampled_from([str, int]))
def test_a_count_is_compared_with_what_came(name, count, rows, kind):
    """In any spelling of its name, as number or text."""
    assert told({"meta": {name: kind(count)}}, rows=rows) == (count > rows)


@given(st.integers(0, 9), st.integers(1, 9))
def test_pages_are_compared_with_those_that_came(count, pages):
    """The number of rows has nothing to do with it."""
    assert told({"totalPages": count}, rows=0, pages=pages) == (count > pages)


def test_a_large_answer_is_read_in_parts(monkeypatch):
    """Nobody waits for a single step over all of its rows."""
    rows = [{"description": "x" * 200}] * 5000
    answer = {"data": {"days": [{"movements": rows}], "hasMore": True}}
    steps, decode = [], msgspec.json.decode
    monkeypatch.setattr(msgspec.json, "decode", lambda sent, **kind: steps.append(len(sent)) or decode(sent, **kind))

    assert told(answer)
    assert max(steps[1:]) <= JSON_PART_BYTES


@pytest.mark.parametrize(
    "answer",
    [
        {"hasMore": 1},
        {"has_next_page": "S"},
        {"last": "false"},
        {"ultimaPagina": "N"},
        {"nextPage": 2},
        {"a": {"b": {"nextToken": "x"}}},
    ],
)
def test_a_flag_is_taken_at_its_word(answer):
    """Whatever form it has."""
    assert told(answer)


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"hasMore": None},
        {"hasMore": "?"},
        {"last": None},
        {"nextPage": 0},
        {"nextPage": False},
        {"totalElements": "1.500,00"},
        {"totalElements": [99]},
        {"totalElements": "9" * 5000},
        {"total": 99},
        {"days": [{"hasMore": True}]},
    ],
)
def test_what_says_nothing(answer):
    """A sum of money is no count, and rows say nothing of their list."""
    assert not told(answer)
