"""Ids: made of the bank's own fields, of one length, different from those of any other account."""

import hashlib
import unicodedata
from datetime import UTC
from decimal import Decimal

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec import Raw, Struct
from msgspec.structs import replace

from gateway.entry_ids import ID_VERSION, ContentDigest, EntryIds
from gateway.model import Account, Credentials, IdBasis

ACCOUNT = Account(
    id="1", bank="cora", kind="PJ", branch="1", number="2", holder_tax_id="3", credentials=Credentials({})
)


class Row(Struct, frozen=True):
    """A row of a bank."""

    text: object = None
    amount: object = None
    detail: object = None
    raw: Raw = Raw()


NAMES = ("text", "amount", "detail.name", "raw")
CONTENT = ContentDigest(NAMES)


def test_the_rule_has_a_version():
    """Another rule is another version: this test and the golden ids move together or not at all."""
    assert ID_VERSION == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Row(text="Ação "), Row(text="Ac\u0327a\u0303o")),
        (Row(text="Ação"), Row(text=" Ac\u0327a\u0303o ")),
        (Row(amount=Decimal("1.5")), Row(amount=Decimal("1.50"))),
        (Row(text=7), Row(text="7")),
        (Row(text=""), Row()),
        (Row(detail={"name": "A", "more": 1}), Row(detail={"name": "A"})),
        (Row(detail="a text"), Row(detail=None)),
        (Row(detail={"name": {"a": 1, "b": 2}}), Row(detail={"name": {"b": 2, "a": 1}})),
        (Row(raw=Raw(b'"x"')), Row(raw=Raw(b' "x" '))),
    ],
    ids=[
        *("blanks_and_composition", "composition_and_blanks", "zeros", "number_or_text", "absent", "other_fields"),
        *("no_object", "order_of_fields", "raw"),
    ],
)
def test_forms_that_mean_the_same(one, other):
    """What two answers may write differently makes no other row."""
    assert CONTENT(one) == CONTENT(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Row(text="a"), Row(text="A")),
        (Row(text="a", amount="b"), Row(text="ab")),
        (Row(amount=Decimal(1)), Row(amount=Decimal(10))),
        (Row(detail={"name": "A"}), Row(detail={"name": "B"})),
    ],
    ids=["case", "border", "amount", "inside"],
)
def test_rows_that_differ(one, other):
    """A named field that differs makes another row."""
    assert CONTENT(one) != CONTENT(other)


VALUES = st.one_of(
    st.none(),
    st.text(max_size=20),
    st.sampled_from(["Ac\u0327a\u0303o", " \u2000x", "\u1ea5 ", "a\x1f", "\u0301"]),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False),
    st.decimals(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.sampled_from([Decimal("-0.00"), Decimal("100.00"), Decimal("12345678901234567890123456789.10")]),
    st.dictionaries(st.sampled_from(["name", "other"]), st.text(max_size=3) | st.integers()),
    st.lists(st.text(max_size=3), max_size=2),
    st.datetimes(timezones=st.just(UTC)),
)


def plain_digest(row, *more):
    """The rule as it is written down: each value in its canonical form, one after the other."""
    inside = row.detail.get("name") if isinstance(row.detail, dict) else None
    raw = msgspec.json.decode(row.raw) if bytes(row.raw) else None
    values = [row.text, row.amount, inside, raw, *more]
    return hashlib.sha256("\x1f".join(map(canonical, values)).encode()).digest()


def canonical(value):
    """A value in the form of rule 3."""
    if value is None:
        return ""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).strip()
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, int | float):
        return str(value)
    return msgspec.json.encode(value, order="sorted").decode()


@given(VALUES, VALUES, VALUES, VALUES.map(msgspec.json.encode).map(Raw) | st.just(Raw()), st.lists(VALUES, max_size=2))
@example(None, Decimal("12345678901234567890123456789.10"), None, Raw(b'" A "'), [])
def test_the_digest_is_that_of_the_rule(text, amount, detail, raw, more):
    """Whatever the bank sends, and however it is composed."""
    row = Row(text=text, amount=amount, detail=detail, raw=raw)

    assert CONTENT(row, *more) == plain_digest(row, *more)


def test_a_field_may_lie_in_a_struct():
    """Only what the named field contains counts, as at a field of the row itself."""
    inside = ContentDigest(["detail.text"])

    assert inside(Row(detail=Row(text="Ana", amount=1))) == ContentDigest(["text"])(Row(text="Ana"))


@pytest.mark.parametrize(
    "detail",
    [Row(raw=Raw(b'{"name": "Ana"}')), {"raw": {"name": "Ana"}}, {"raw": Raw(b'{"name": "Ana"}')}],
    ids=["struct", "object", "undecoded"],
)
def test_a_field_may_lie_deep(detail):
    """Objects, structs and undecoded values on the way are all gone through; one name alone is enough."""
    deep, beside = ContentDigest(["detail.raw.name"]), ContentDigest(["text", "detail.raw.name"])

    assert deep(Row(detail=detail)) == ContentDigest(["text"])(Row(text="Ana"))
    assert beside(Row(text="PIX", detail=detail)) == ContentDigest(["text", "amount"])(Row(text="PIX", amount="Ana"))


@given(st.sampled_from(IdBasis), st.binary(max_size=40), st.text(max_size=300), st.integers(0, 10**6))
def test_ids_have_one_length_and_belong_to_one_account(basis, content, bank_id, ordinal):
    """However long the bank's id is, and however many accounts share it."""

    def id_of(account):
        ids = EntryIds(account)
        return ids.of_bank_id(bank_id) if basis is IdBasis.BANK else ids.of_content(content, ordinal)

    known_by = [bank_id, "0"] if basis is IdBasis.BANK else [content.hex(), str(ordinal)]
    whole = "\x1f".join(["2", "cora", "1", "2", basis.value, *known_by])

    assert id_of(ACCOUNT) == hashlib.sha256(whole.encode()).hexdigest()[:32]
    others = (replace(ACCOUNT, number="3"), replace(ACCOUNT, branch="2"), replace(ACCOUNT, bank="inter"))
    assert id_of(ACCOUNT) not in map(id_of, others)
    assert id_of(ACCOUNT) == id_of(replace(ACCOUNT, id="another registration"))
