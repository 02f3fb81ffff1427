"""The statement as JSON."""

import json
from datetime import date, datetime
from decimal import Decimal, localcontext

import msgspec
import pytest
from msgspec.structs import replace

from gateway.limits import ENTRIES_AT_ONCE
from gateway.model import (
    BRASILIA,
    Account,
    AvailableBalance,
    Counterparty,
    Credentials,
    Direction,
    Entry,
    IdBasis,
    Period,
    Proof,
    Stability,
    Statement,
    StatementWarning,
    TransactionType,
    Verdict,
)
from gateway.render.amounts import money
from gateway.render.to_json import CounterpartyPart, EntryPart, StatementBody, entry_part, render

ENTRY = Entry(
    id="e1",
    id_basis=IdBasis.BANK,
    stability=Stability.FINAL,
    date=date(2026, 10, 2),
    booked_at=datetime(2026, 10, 2, 15, 2, 11, tzinfo=BRASILIA),
    amount=Decimal("-12.34"),
    direction=Direction.DEBIT,
    type=TransactionType.PIX,
    description="Ação",
    document=None,
    balance=None,
    bank_id="b1",
    end_to_end_id="E00416968202610021802abcdef012345",
    note="obrigada",
    counterparty=Counterparty(name="Padaria", tax_id="99888777000100"),
)
STATEMENT = Statement(
    account=Account("a", "inter", "PJ", "0001", "12345678", "CANARY", Credentials({"client_secret": "CANARY"})),
    period=Period(date(2026, 10, 1), date(2026, 10, 31)),
    currency="BRL",
    opening_balance=Decimal("1520.1"),
    closing_balance=None,
    complete_through=date(2026, 10, 31),
    proof=Proof(Verdict.NOT_PROVABLE, None, "why"),
    entries=[ENTRY],
    id_version=2,
    warnings=[StatementWarning("code", "title", "detail", "remedy", (date(2026, 10, 5),))],
    fetched_at=datetime(2026, 11, 22, 9, 0, 3, tzinfo=BRASILIA),
)


@pytest.mark.parametrize(
    ("amount", "text"),
    [
        ("0", "0.00"),
        ("-0.0", "0.00"),
        ("1E+3", "1000.00"),
        ("-1.5", "-1.50"),
        ("12.345", "12.345"),
        ("1E-8", "0.00000001"),
        ("10.5000", "10.50"),
        ("-1000.040", "-1000.04"),
        ("12.34500000", "12.345"),
        ("0.0000", "0.00"),
        ("700.0000", "700.00"),
        ("999999999999999.99", "999999999999999.99"),
    ],
)
def test_money_is_plain_with_at_least_two_decimals(amount: str, text: str) -> None:
    """Never an exponent, never a negative zero, nothing rounded, whatever the context's precision."""
    with localcontext() as context:
        context.prec = 3
        assert money(Decimal(amount)) == text


def test_the_shape_is_that_of_the_design() -> None:
    """Names and order of section 6, exactly."""
    assert b"".join(render(STATEMENT)).decode() == (
        '{"account":{"id":"a","bank":"inter","compe":"077","branch":"0001","number":"12345678","kind":"PJ"},'
        '"period":{"from":"2026-10-01","to":"2026-10-31"},"currency":"BRL","opening_balance":"1520.10",'
        '"closing_balance":null,"available_balance":null,"complete_through":"2026-10-31",'
        '"proof":{"verdict":"not_provable","difference":null,"reason":"why"},"entries":[{"id":"e1","id_basis":"bank",'
        '"stability":"final","date":"2026-10-02","booked_at":"2026-10-02T15:02:11-03:00","amount":"-12.34",'
        '"direction":"debit","type":"PIX","description":"Ação","document":null,"balance":null,"bank_id":"b1",'
        '"end_to_end_id":"E00416968202610021802abcdef012345","note":"obrigada",'
        '"counterparty":{"name":"Padaria","tax_id":"99888777000100","tax_id_masked":null,"bank":null,"ispb":null,'
        '"bank_name":null,"branch":null,"account":null}}],"id_version":2,'
        '"warnings":[{"code":"code","title":"title","detail":"detail","remedy":"remedy","days":["2026-10-05"]}],"fetched_at":"2026-11-22T09:00:03-03:00"}'
    )


def test_the_available_balance_tells_its_instant() -> None:
    """It is of now and not of the period, so that an amount alone would be taken for another one."""
    available = AvailableBalance(Decimal("-0.5"), datetime(2026, 11, 22, 9, 0, 4, tzinfo=BRASILIA))

    document = json.loads(b"".join(render(msgspec.structs.replace(STATEMENT, available_balance=available))))

    assert document["available_balance"] == {"amount": "-0.50", "at": "2026-11-22T09:00:04-03:00"}


def test_the_counterparty_has_its_public_shape() -> None:
    """It is encoded without a copy, so that its names and their order are those of the document."""
    assert [field.name for field in msgspec.structs.fields(Counterparty)] == [
        field.name for field in msgspec.structs.fields(CounterpartyPart)
    ]


@pytest.mark.parametrize("other", [None, Counterparty()])
def test_an_unknown_counterparty_is_null(other: Counterparty | None) -> None:
    """Instead of an object of nulls."""
    entry = msgspec.structs.replace(ENTRY, counterparty=other)

    document = json.loads(b"".join(render(msgspec.structs.replace(STATEMENT, entries=[entry]))))

    assert document["entries"][0]["counterparty"] is None


@pytest.mark.parametrize("count", [0, 1, ENTRIES_AT_ONCE, ENTRIES_AT_ONCE + 1, 3 * ENTRIES_AT_ONCE])
def test_many_entries_are_rendered_as_few_are(count):
    """The parts do not show in the document."""
    entries = [replace(ENTRY, id=f"e{number}") for number in range(count)]
    statement = replace(STATEMENT, warnings=[])
    frame = msgspec.json.decode(b"".join(render(replace(statement, entries=[]))), type=StatementBody)

    parts = list(render(replace(statement, entries=entries)))

    assert b"".join(parts) == msgspec.json.encode(
        replace(frame, entries=[entry_part(entry, EntryPart) for entry in entries])
    )
    assert len(parts) == -(-count // ENTRIES_AT_ONCE) + 2


def test_a_text_like_the_frame_is_no_place_for_entries():
    """Texts of banks and accounts cannot move the entries."""
    account = replace(STATEMENT.account, number='"entries":[]', branch='\\"entries":[]')

    document = json.loads(b"".join(render(replace(STATEMENT, account=account))))

    assert document["account"]["number"] == account.number
    assert [entry["id"] for entry in document["entries"]] == ["e1"]
