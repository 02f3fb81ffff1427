"""The statement as NDJSON, read line by line."""

import json
from decimal import Decimal

import pytest

from gateway.render import to_json
from gateway.render.to_ndjson import render
from tests.gateway.render.cases import CASES, statement


@pytest.mark.parametrize("case", CASES)
def test_it_says_what_the_json_document_says(case: str) -> None:
    """The same fields in the same order; only the entries stand in lines of their own."""
    document = json.loads(b"".join(to_json.render(statement(case))))

    first, *entries, last = [json.loads(line) for line in b"".join(render(statement(case))).split(b"\n")[:-1]]

    assert [first.pop("record"), *(entry.pop("record") for entry in entries), last.pop("record")] == [
        "statement",
        *["entry"] * len(entries),
        "end",
    ]
    assert [list(entry.items()) for entry in entries] == [list(entry.items()) for entry in document.pop("entries")]
    assert list(first.items()) == list(document.items())
    assert last == {"entries": len(entries), "total": last["total"]}
    assert Decimal(last["total"]) == sum(Decimal(entry["amount"]) for entry in entries)


def test_each_part_has_whole_lines() -> None:
    """A reader of a stream never waits for the rest of a line."""
    assert all(part.endswith(b"\n") for part in render(statement("difficult")))


def test_line_ends_within_texts_are_escaped() -> None:
    """A description of several lines stays in its line."""
    text = b"".join(render(statement("difficult"))).decode()

    assert "linha\\r\\n" in text
    assert "\r" not in text
