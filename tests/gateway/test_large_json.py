"""Large documents are decoded as small ones are, in short steps."""

import gc
import json
import time
from decimal import Decimal
from typing import Annotated, Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings
from msgspec import Meta, Raw, Struct

from gateway import large_json


class Inner(Struct, frozen=True):
    text: str = ""
    more: list[int] = []


class Row(Struct, frozen=True, rename={"number": "no"}):
    number: Annotated[int, Meta(ge=0)]
    amount: Decimal | None = None
    inner: Inner | list[Inner] | None = None
    anything: Any = None


class Day(Struct, frozen=True):
    rows: list[Row]


class Document(Struct, frozen=True):
    data: list[Row] | None
    days: list[Day] | Day | None = None
    named: dict[str, Raw] | None = None
    total: int = 0


TEXTS = st.text(alphabet=st.sampled_from('ab"\\[]{},: \n\u00e9'), max_size=8)
INNERS = st.fixed_dictionaries({}, optional={"text": TEXTS, "more": st.lists(st.integers(0, 9), max_size=3)})
ROWS = st.fixed_dictionaries(
    {"no": st.integers(0, 99)},
    optional={
        "amount": st.none() | st.integers(-9, 9),
        "inner": st.none() | INNERS | st.lists(INNERS, max_size=2),
        "anything": st.recursive(TEXTS, lambda inner: st.lists(inner, max_size=2), max_leaves=4),
        "unknown": TEXTS,
    },
)
DAYS = st.fixed_dictionaries({"rows": st.lists(ROWS, max_size=12)})
DOCUMENTS = st.fixed_dictionaries(
    {"data": st.none() | st.lists(ROWS, max_size=30)},
    optional={
        "days": st.lists(DAYS, max_size=8) | DAYS,
        "named": st.dictionaries(TEXTS, st.lists(ROWS, max_size=5), max_size=4),
        "total": st.integers(0, 99),
        "unknown": st.lists(TEXTS, max_size=30),
    },
)


def plain(value):
    """Built-in values, those that are not decoded as their bytes."""
    return json.loads(msgspec.json.encode(value))


@pytest.mark.parametrize("separators", [(",", ":"), (" , ", " : "), (",\r\n\t", ":\n")], ids=["tight", "wide", "lines"])
@given(document=DOCUMENTS, part=st.integers(150, 600))
@settings(max_examples=150, deadline=None)
def test_steps_make_no_difference(document, part, separators):
    """Whatever the size of the parts, the value is that of one step."""
    content = json.dumps(document, separators=separators).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_json, "PART", part)
        patch.setattr(large_json, "BYTES_PER_VALUE", 1)
        patch.setattr(large_json, "BYTES_PER_BRACKET", 1)
        try:
            found = large_json.decode(content, Document)
        except msgspec.ValidationError as error:
            # One value of an open type, or one without any bracket, is larger than a part.
            assert "bytes" in str(error)
            return
    assert plain(found) == plain(msgspec.json.decode(content, type=Document))


@given(
    document=DOCUMENTS, at=st.integers(0, 10_000), sign=st.sampled_from(list('[]{},:"\\ x0')), part=st.integers(20, 200)
)
@settings(max_examples=300, deadline=None)
def test_what_is_refused_in_one_step_is_refused_in_many(document, at, sign, part):
    """A document with one wrong sign, or cut short, is never taken for another one."""
    content = bytearray(json.dumps(document).encode())
    at %= len(content)
    for broken in (bytes(content[:at]), bytes(content[:at] + sign.encode() + content[at + 1 :])):
        try:
            wanted = plain(msgspec.json.decode(broken, type=Document))
        except (msgspec.DecodeError, UnicodeDecodeError):
            wanted = None
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(large_json, "PART", part)
            patch.setattr(large_json, "BYTES_PER_VALUE", 1)
            patch.setattr(large_json, "BYTES_PER_BRACKET", 1)
            try:
                found = plain(large_json.decode(broken, Document))
            except (msgspec.DecodeError, UnicodeDecodeError):
                continue
        assert found == wanted


@pytest.mark.parametrize(
    "content",
    [
        b'{"data":[{"no":1,"anything":[' + b",".join([b"[]"] * 200_000) + b"]}]}",
        b'{"data":[' + b",".join([b"1"] * 200_000) + b"]}",
        b'{"data":' + b"[" * 500_000,
        b'{"data":[' + b'{"no":' * 100_000,
        b'{"data":[{"no":1}' + b"]" * 500_000,
        b'{"data":[{"no":1}],"named":{'
        + b",".join(b'"%d":[]' % name for name in range(50_000))
        + b" " * 2_000_000
        + b"}}",
        b'{"data":[' + b",".join([b'{"no":1,"unknown":"something"}'] * 50_000) + b",]}",
        b'{"data":[{"no":1,"anything":"' + b"x" * 300_000 + b'"},1]}',
        b'{"data":[{"no":1,"anything":{"a":"' + b"x" * 300_000 + b'"}}]}',
        b'{"data":[' + b" " * 300_000 + b'{"no":1}]}',
    ],
    ids=[
        "any",
        "scalars",
        "deep",
        "deep objects",
        "too many ends",
        "names",
        "a comma too many",
        "mixed",
        "large",
        "blanks",
    ],
)
def test_what_no_bank_sends_is_refused(content):
    """By a decoding error, like any other unexpected body."""
    with pytest.raises((msgspec.DecodeError, RecursionError)):
        large_json.decode(content, Document)


@pytest.mark.parametrize(
    "row",
    [
        b'{"no":1,"unknown":"something"}',
        b'{"no":1,"inner":[' + b",".join([b'{"text":"something, or more of it"}'] * 40) + b"]}",
        b'{"no":1,"unknown":"}},\\"} and something more"}',
    ],
    ids=["flat", "brackets", "texts"],
)
def test_twice_the_rows_cost_twice_the_work(row):
    """Also where the ends of rows cannot be guessed."""

    def cost(size):
        content = b'{"data":[' + b",".join([row] * (size // len(row))) + b"]}"
        tries = []
        gc.disable()  # it looks at all objects of all tests again and again
        try:
            for _ in range(3):
                began = time.process_time()
                large_json.decode(content, Document)
                tries.append(time.process_time() - began)
        finally:
            gc.enable()
        return min(tries)

    cost(1_000_000)
    assert cost(4_000_000) < 5 * cost(2_000_000) + 0.2
