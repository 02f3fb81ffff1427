"""An exchange whose `generated` names no field of its responses is refused."""

import msgspec
import pytest

from contracts.exchange import Exchange

BODY = {"rows": [{"id": "a", "amount": 1}, {"id": "b", "owner": {"id": "c"}}], "next": None}


def exchange(*generated):
    asked = {"operation": "statement", "method": "GET", "url": "https://bank.example/rows"}
    steps = [
        {"request": asked, "response": {"status": 401, "body": {"id": "refused"}}},
        {"request": asked, "response": {"status": 200, "body": BODY}},
    ]
    plain = {"title": "t", "evidence": "assumed", "source": "s", "steps": steps, "expected": {}}
    return msgspec.convert({**plain, "generated": generated}, Exchange)


@pytest.mark.parametrize(
    "generated",
    [
        "ids",
        "3.rows.0.id",
        "0.rows.0.id",
        "1.rows.0.id",
        "2.rows.2.id",
        "2.rows.id",
        "2.*.id",
        "2.id",
        "2.rows.1.owner.id.more",
        "2",
        "*.rows.0.id",
    ],
)
def test_what_names_no_field_that_is_shown_is_refused(generated):
    """A name that no response has, a missing step, and a path to no value are refused."""
    with pytest.raises(msgspec.ValidationError, match=f"generated: {generated} is no field".replace("*", r"\*")):
        exchange("id", generated)


@pytest.mark.parametrize(
    ("generated", "places"),
    [
        ("id", {"1.id", "2.rows.0.id", "2.rows.1.id", "2.rows.1.owner.id"}),
        ("1.id", {"1.id"}),
        ("2.rows.1.id", {"2.rows.1.id"}),
        ("2.rows.*.id", {"2.rows.0.id", "2.rows.1.id"}),
        ("2.rows.1.*", {"2.rows.1.id", "2.rows.1.owner"}),
        ("2.next", {"2.next"}),
    ],
)
def test_a_name_means_all_fields_and_a_path_means_one(generated, places):
    """`*` matches each name or item; all other parts of a path match only themselves."""
    one = exchange(generated)
    rows = {"2.rows.0", "2.rows.0.id", "2.rows.0.amount", "2.rows.1", "2.rows.1.id", "2.rows.1.owner"}
    everywhere = {"1.id", "2.next", "2.rows", *rows, "2.rows.1.owner.id"}

    assert {place for place in everywhere if one.made_up(place.split("."))} == places
