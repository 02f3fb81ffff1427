"""Ids: made of the bank's own fields, of one length, different from those of any other account."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, Struct
from msgspec.structs import replace

from gateway.identity import ID_VERSION, content_of, entry_id
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


def test_the_rule_has_a_version():
    """Another rule is another version: this test and the golden ids move together or not at all."""
    assert ID_VERSION == 2


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (Row(text="Ação "), Row(text="Ac\u0327a\u0303o")),
        (Row(amount=Decimal("1.5")), Row(amount=Decimal("1.50"))),
        (Row(text=7), Row(text="7")),
        (Row(text=""), Row()),
        (Row(detail={"name": "A", "more": 1}), Row(detail={"name": "A"})),
        (Row(detail="a text"), Row(detail=None)),
        (Row(raw=Raw(b'"x"')), Row(raw=Raw(b' "x" '))),
    ],
    ids=["blanks_and_composition", "zeros", "number_or_text", "absent", "other_fields", "no_object", "raw"],
)
def test_forms_that_mean_the_same(one, other):
    """What two answers may write differently makes no other row."""
    assert content_of(one, NAMES) == content_of(other, NAMES)


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
    assert content_of(one, NAMES) != content_of(other, NAMES)


@given(st.sampled_from(IdBasis), st.text(max_size=300), st.integers(0, 10**6))
def test_ids_have_one_length_and_belong_to_one_account(basis, content, ordinal):
    """However long the bank's id is, and however many accounts share it."""
    mine = entry_id(ACCOUNT, basis, content, ordinal)

    assert len(mine) == 32
    others = (replace(ACCOUNT, number="3"), replace(ACCOUNT, branch="2"), replace(ACCOUNT, bank="inter"))
    assert mine not in {entry_id(other, basis, content, ordinal) for other in others}
    assert mine == entry_id(replace(ACCOUNT, id="another registration"), basis, content, ordinal)
