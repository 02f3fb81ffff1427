"""Answers of Itaú that lack a part."""

from datetime import date

import httpx
import msgspec
import pytest

from gateway import limits
from gateway.errors import BankFailure
from gateway.flow import converse
from gateway.model import Period
from tests.gateway.connectors.itau.answers import (
    ACCOUNT,
    ITAU,
    NOW,
    answered,
    row,
)

PENDING = {"pending_events": [{"error": "serviço indisponível"}]}


def test_a_part_that_was_not_asked_for_may_be_missing():
    """Status 206 says that a back end is down. Where only what is still to be booked is missing, the rest is whole."""
    pages, balances = answered(206, {"events": [row()], "balances": [], **PENDING})

    assert len([movement for page in pages for movement in ITAU.movements(page)]) == 1
    assert [code for code, _ in balances.warnings] == ["statement_not_ready"]


@pytest.mark.parametrize(
    "block",
    [
        {"events": [row() | {"error": None}], "balances": [{"error": None}], "error": None, **PENDING},
        {"events": row(), "balances": None, **PENDING},
        {"events": [row()], "pending_events": PENDING["pending_events"][0]},
    ],
    ids=["null", "single", "pending_alone"],
)
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte_order_mark"])
def test_the_forms_of_an_answer_that_lacks_a_part(block, mark):
    """They are those of a whole answer: an error that is null is none, and a single thing may stand for its list."""

    def answer(request):
        asked = request.url.params
        first = asked["page"] == "1" and asked["start_date"] <= "2026-03-11" <= asked["end_date"]
        body = msgspec.json.encode({"data": [block] if first else []})
        return httpx.Response(206 if first else 200, content=mark + body)

    day = Period(date(2026, 3, 11), date(2026, 3, 11))
    pages, balances = converse(ITAU.reading(ACCOUNT, day, NOW.date()), answer)

    assert len([movement for page in pages for movement in ITAU.movements(page)]) == 1
    assert [code for code, _ in balances.warnings] == ["statement_not_ready"]


def test_a_part_whose_error_is_null_is_not_missing():
    """A whole answer may have the field as well."""
    _, balances = answered(200, {"events": [row()], "balances": [], "pending_events": [{"error": None}]})

    assert balances.warnings == ()


def test_a_large_answer_that_lacks_a_part_is_read_in_steps(monkeypatch):
    """As one that lacks nothing is."""
    decode, sizes = msgspec.json.decode, []

    def noted(content, **kwargs):
        sizes.append(len(content))
        return decode(content, **kwargs)

    monkeypatch.setattr(msgspec.json, "decode", noted)
    pages, _ = answered(206, {"events": [row(id=str(number)) for number in range(8000)], "balances": [], **PENDING})

    assert sum(len(page.rows) for page in pages) == 8000
    assert sum(sizes) > 1_000_000
    assert max(sizes) < limits.JSON_PART_BYTES + 1000


@pytest.mark.parametrize(
    "block",
    [
        {"events": [row()]},
        {"events": [row(), {"error": "x"}], **PENDING},
        {"events": [row()], "balances": [{"error": "x"}], **PENDING},
        {"events": [row()], "error": "x", **PENDING},
        {**PENDING},
    ],
    ids=["nobody_knows", "entries", "balances", "account", "no_list"],
)
def test_any_other_part_may_not_be_missing(block):
    """Else a part of what was asked for is missing by the bank's own word."""
    with pytest.raises(BankFailure) as failure:
        answered(206, block)

    assert failure.value.code == "bank_server_error"
