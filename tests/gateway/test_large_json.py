"""Large documents are decoded as small ones are, in short steps."""

import gc
import json
import re
import time
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated, Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import given, settings
from msgspec import Meta, Raw, Struct

from gateway import large_json, limits


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


class Block(Struct, frozen=True):
    rows: list[Row] | Row | str | None = None
    more: list[int] | str | None = None


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


LIMIT = re.compile("more than [0-9]+ (bytes|names)")
"""The error about a document that would be accepted if it were small."""
REFUSALS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def plain(value):
    """Built-in values, those that are not decoded by their bytes, which need not be UTF-8."""
    return json.loads(msgspec.json.encode(value).decode("latin-1"))


@contextmanager
def parts_of(size):
    """Within this block small documents are large ones."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(large_json, "JSON_PART_BYTES", size)
        patch.setattr(large_json, "BYTES_PER_VALUE", 1)
        patch.setattr(large_json, "BYTES_PER_BRACKET", 1)
        yield


def often(times):
    """So many times the examples of the profile."""
    return settings(max_examples=times * settings.default.max_examples, deadline=None)


def same_in_parts(content, part, kind=Document):
    """The same for parts of some sizes: to draw a document takes longer than to read it."""
    for size in (part, part + 1, part + 13, part + 62):
        same(content, size, kind)


def same(content, part, kind=Document):
    """Whether parts make no difference: the same value, or refused by both, or refused with the error of a limit.

    Returns:
        whether it was taken.
    """
    try:
        wanted = plain(msgspec.json.decode(content, type=kind))
    except REFUSALS:
        with parts_of(part), pytest.raises(REFUSALS):
            large_json.decode(content, kind)
        return False
    with parts_of(part):
        try:
            found = large_json.decode(content, kind)
        except msgspec.ValidationError as error:
            assert LIMIT.search(str(error))
            return False
    assert plain(found) == wanted
    return True


@pytest.mark.slow
@pytest.mark.parametrize("separators", [(",", ":"), (" , ", " : "), (",\r\n\t", ":\n")], ids=["tight", "wide", "lines"])
@given(document=DOCUMENTS, part=st.integers(150, 600))
@often(2)
def test_steps_make_no_difference(document, part, separators):
    """Whatever the size of the parts, the value is that of one step."""
    same_in_parts(json.dumps(document, separators=separators).encode(), part)


@pytest.mark.slow
@given(
    document=DOCUMENTS, at=st.integers(0, 10_000), sign=st.sampled_from(list('[]{},:"\\ x0')), part=st.integers(20, 200)
)
@often(3)
def test_what_is_refused_in_one_step_is_refused_in_many(document, at, sign, part):
    """A document with one wrong sign, or cut short, is never taken for another one."""
    content = bytearray(json.dumps(document).encode())
    at %= len(content)
    for broken in (bytes(content[:at]), bytes(content[:at] + sign.encode() + content[at + 1 :])):
        same_in_parts(broken, part)


WORDS = [
    *(b"[", b"]", b"{", b"}", b",", b":", b'"', b"[]", b"{}", b"[[", b"]]", b"},{", b"],[", b',"":', b',"data":null'),
    *(b"0", b"-", b"-0", b"01", b".5", b"1.", b"e5", b"1e", b"1E+5", b"-1.5e-3", b"1e999", b"9" * 40, b"+1", b"NaN"),
    *(
        b"true",
        b"nul",
        b"null",
        b"truefalse",
        b" ",
        b"\t",
        b"\r\n",
        b"\x0b",
        b"\x00",
        b"\xff",
        b"\xef\xbb\xbf",
        b"/**/",
    ),
    *(b'"a"', b'"\\', b'\\"', b"\\\\", b'"' + b"\\\\" * 9 + b'"', b'",,,,,,,,,,"', b'"}}}}]]]]"', b'"\xff"', b'"\x01"'),
    *(
        b'"\xc3\xa9"',
        b'"\xed\xa0\x80"',
        b'"\\u00e9"',
        b'"\\ud83d\\ude00"',
        b'"\\ud83d"',
        b'"\\ude00"',
        b'"\\ud83d\\u0041"',
    ),
    *(
        b'"\\x"',
        b'"\\u12g4"',
        b'"\\u12"',
        b'"' + b"x" * 60 + b'"',
        b'"' + b"\\u00e9" * 12 + b'":',
        b"\\u0061",
        b" " * 60,
    ),
]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(st.text(max_size=4), inner, max_size=5),
    max_leaves=40,
)
AROUND = {
    "unknown": b'{"data":[],"unknown":%b,"total":1}',
    "raw": b'{"named":{"a":%b,"b":2},"data":null}',
    "days": b'{"days":%b,"data":[]}',
    "name": b'{"data":[],"total":1,%b:2}',
    "document": b"%b",
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
@given(
    value=ANYTHING,
    words=st.lists(st.tuples(st.integers(0, 10_000), st.sampled_from(WORDS)), max_size=2),
    data=st.data(),
)
@often(3)
def test_no_syntax_is_taken_or_refused_by_steps_alone(around, value, words, data):
    """Numbers, texts and brackets of all sorts, right and wrong ones, wherever a part ends within them."""
    content = json.dumps(value, ensure_ascii=data.draw(st.booleans())).encode("utf-8", "surrogatepass")
    for at, word in words:
        content = content[: at % (len(content) + 1)] + word + content[at % (len(content) + 1) :]
    same_in_parts(around % content, data.draw(st.integers(16, 120)))


KINDS = {
    "numbers": (list[int], st.lists(st.integers(-99, 10**12), max_size=40)),
    "texts": (list[str] | None, st.lists(TEXTS, max_size=40)),
    "lists": (list[list[int]], st.lists(st.lists(st.integers(0, 999), max_size=30), max_size=9)),
    "blocks": (
        list[Block] | Block | str | None,
        st.lists(st.fixed_dictionaries({"rows": st.lists(ROWS, max_size=9), "more": st.lists(st.integers(0, 9))})),
    ),
    "mixed": (list[Any], st.lists(st.integers(0, 99) | TEXTS | INNERS | st.lists(TEXTS, max_size=2), max_size=30)),
    "names": (
        dict[str, list[str] | int],
        st.dictionaries(TEXTS, st.integers() | st.lists(TEXTS, max_size=20), max_size=9),
    ),
}


@pytest.mark.parametrize(("kind", "values"), KINDS.values(), ids=KINDS)
@given(data=st.data(), word=st.sampled_from([b"", *WORDS]), at=st.integers(0, 10_000), part=st.integers(16, 120))
@often(4)
def test_types_without_structs(kind, values, data, word, at, part):
    """Arrays of numbers, of texts and of arrays are cut elsewhere than those of objects."""
    content = json.dumps(data.draw(values), ensure_ascii=False).encode()
    at %= len(content) + 1
    same_in_parts(content, part, kind)
    same_in_parts(content[:at] + word + content[at:], part, kind)


@given(
    words=st.lists(st.sampled_from(WORDS), max_size=12),
    part=st.integers(16, 40),
    opened=st.sampled_from([b"[", b"[[", b'{"":', b"["]),
)
@often(6)
def test_words_in_any_order(words, part, opened):
    """Hardly any of them is JSON, and the same ones are passed over."""
    same_in_parts(b'{"data":[],"unknown":' + opened + b"".join(words) + b"]}", part)


@pytest.mark.parametrize(
    "content",
    [
        b'{"data":[{"no":1}],"data":null,"total":1,"total":2,"unknown":[%b]}',
        b'{"data":[],"tot\\u0061l":7,"unknown":[%b]}',
        b'{"data":[],"\xff":7,"\xff\\u0061":7,"unknown":[%b]}',
        b'{"data":[],"unknown":["\xff",%b,"\xff"]}',
        b'{"data":[],"unknown":[%b,1e999,-0,12345678901234567890123456789012345678901234567890]}',
        b" \t\r\n" * 99 + b'{"data":[],"unknown":[%b]}' + b" \t\r\n" * 99,
        b'{"data":[],"unknown":"' + b"\\\\" * 999 + b'","more":[%b]}',
        b'{"data":[],"unknown":"' + b"\\ud83d\\ude00" * 999 + b'","more":{"' + b"\\u00e9" * 99 + b'":[%b]}}',
        b'{"data":[],"unknown":' + b"[" * 100 + b"%b" + b"]" * 100 + b"}",
        b'{"data":[],"unknown":' + b'{"a":[' * 50 + b"%b" + b"]}" * 50 + b"}",
        b'{"data":[{"no":1,"unknown":{"a":[%b]},"inner":{"more":[1,2]}},{"no":2}]}',
        b'{"data":null,"named":{"a":1,"a":[%b],"b":{"c":[%b]},"c":"d"}}',
    ],
    ids=[
        *(
            "names twice",
            "a name in escapes",
            "names that are not UTF-8",
            "not UTF-8",
            "numbers",
            "blanks",
            "backslashes",
        ),
        *("pairs", "deep", "deep objects", "in a row", "kept as they are"),
    ],
)
@pytest.mark.parametrize("item", [b"1", b'"a,b"', b'{"a":"}"}', b"[]"], ids=["number", "text", "object", "array"])
def test_rare_documents_are_taken(content, item):
    """Also those that no bank should send, with something large in them."""
    content = content.replace(b"%b", b",".join([item] * 60))
    assert all(same(content, part) for part in range(100, 140))


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
        b'{"data":[{"no":1}],"unknown":[' + b"1" * 300_000 + b"]}",
        b'{"data":[{"no":1}],"unknown":[' + b'"x"' * 300_000 + b"]}",
        b'{"data":[{"no":1}],"' + b"x" * 300_000 + b'":1}',
        b'{"data":[{"no":1,"unknown":"' + b"x" * 300_000 + b'","inner":{"more":[1,2,]}}]}',
        b'{"data":[{"no":1,"inner":{"more":[1,2]},"unknown":"' + b"x" * 300_000,
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
        "a large number",
        "no commas",
        "a large name",
        "a comma too many within",
        "cut short",
    ],
)
def test_what_no_bank_sends_is_refused(content):
    """By a decoding error, like any other unexpected body."""
    with pytest.raises((msgspec.DecodeError, RecursionError)):
        large_json.decode(content, Document)


TEXT_OF_ESCAPES = b'"' + b"\\u00e9" * 300_000 + b'"'
ROW = b'{"no":1,"inner":{"text":"}]"},"unknown":"something, or more of it"}'


@pytest.mark.slow
def test_a_small_value_of_another_type_is_named_as_such():
    """Also where much of the document is left: what is wrong is its type, and not its size."""
    content = b'{"data":{"a":1},"unknown":"' + b"x" * 2 * limits.JSON_PART_BYTES + b'"}'

    with pytest.raises(msgspec.ValidationError, match="Expected `array"):
        large_json.decode(content, Document)


@pytest.mark.parametrize(
    "content",
    [
        b'{"data":[' + b",".join([ROW] * 20_000) + b"]}",
        b'{"data":[],"unknown":[' + b",".join([ROW] * 20_000) + b"]}",
        b'{"data":[],"named":{"a":[' + b",".join([ROW] * 20_000) + b"]}}",
        b'{"data":[],"unknown":[' + b",".join([b"[]" + b" " * 20] * 60_000) + b"]}",
        b'{"data":[],"unknown":[' + b",".join([b"1234567"] * 200_000) + b"]}",
        b'{"data":[],"unknown":' + (b"[" + b" " * 20_000) * 100 + b"]" * 100 + b"}",
        b'{"data":[],"unknown":[' + TEXT_OF_ESCAPES + b",{" + TEXT_OF_ESCAPES + b":1}]}",
        b'{"data":[],"unknown":' + TEXT_OF_ESCAPES + b"}",
        b" " * 2_000_000 + b'{"data":[]}' + b" " * 2_000_000,
    ],
    ids=["rows", "unknown rows", "kept rows", "arrays", "numbers", "deep", "texts", "a text", "blanks"],
)
def test_no_step_decodes_more_than_a_part(content, monkeypatch):
    """With what is open around it; a step is not interrupted."""
    wanted, sizes = plain(msgspec.json.decode(content, type=Document)), []
    decode = msgspec.json.decode

    def noted(part, **kwargs):
        sizes.append(len(part))
        return decode(part, **kwargs)

    monkeypatch.setattr(msgspec.json, "decode", noted)
    found = large_json.decode(content, Document)
    monkeypatch.undo()

    assert plain(found) == wanted
    assert max(sizes, default=0) < limits.JSON_PART_BYTES + 1000


@pytest.mark.slow
@pytest.mark.parametrize(
    "row",
    [
        b'{"no":1,"unknown":"something"}',
        b'{"no":1,"inner":[' + b",".join([b'{"text":"something, or more of it"}'] * 40) + b"]}",
        b'{"no":1,"unknown":"}},\\"} and something more"}',
    ],
    ids=["flat", "brackets", "texts"],
)
def test_four_times_the_rows_cost_four_times_the_work(row):
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

    cost(500_000)
    assert cost(2_000_000) < 8 * cost(500_000) + 0.1
