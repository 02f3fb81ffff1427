"""The statement as CNAB 240, read back by the layout's sheet; the sheet reads what a bank has made, too."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from gateway.errors import CallerError
from gateway.limits import CNAB_ENTRIES
from gateway.model import Counterparty, Direction, Entry, Statement, TransactionType
from gateway.render import to_cnab240
from gateway.render.plain_text import NEAREST
from gateway.render.to_cnab240 import CATEGORIES, HISTORIES, render
from gateway.texts.controls import cleaned
from tests.gateway.render.cases import final, statement
from tests.gateway.render.cnab_sheet import read
from tests.gateway.render.statements import NAMES, WITHHELD, given
from tests.readers import bank_made_cnab240

READABLE = [name for name in NAMES if name != "difficult"]
"""All but the one that has thousandths."""


def document(of: Statement) -> bytes:
    return b"".join(render(of))


def only(**changed) -> dict:
    """The detail of one entry."""
    plain = replace(statement("plain"), opening_balance=None, closing_balance=None)
    return read(document(replace(plain, entries=[replace(plain.entries[0], **changed)])))[2]


def held(text: str) -> str:
    """What ASCII capitals hold of a text, at the length of its field."""
    return cleaned(text).encode("ascii", NEAREST).decode().upper().strip()[:25].rstrip()


@pytest.mark.parametrize("name", READABLE)
def test_final_entries_are_read_back(name: str) -> None:
    """Every one, in order, with day, amount, id, text and document; and no other entry."""
    of = given(name)
    entries = final(of.entries)

    head, batch, *details, end, tail = read(document(of))

    assert [each["number"] for each in details] == [f"{n:05}" for n in range(1, len(entries) + 1)]
    for each, entry in zip(details, entries, strict=True):
        assert each["amount"] == abs(entry.amount)
        assert each["side"] == ("D" if entry.direction is Direction.DEBIT else "C")
        assert each["day"] == each["booked"] == entry.date
        assert each["document"][:32] == entry.id
        number = entry.document or ""
        fits = len(number) <= 7 and number.isascii()
        assert each["document"][32:].lstrip() == (number if fits else "")
        assert each["text"].rstrip() == (held(entry.description) or entry.type)
        assert each["history"].rstrip() == HISTORIES[entry.type]
    assert {each["bank"] for each in (head, batch, *details, end, tail)} == {head["bank"]}
    assert [each["batch"] for each in (head, batch, *details, end, tail)] == [
        *("0000", "0001"),
        *["0001"] * len(entries),
        *("0001", "9999"),
    ]


@pytest.mark.parametrize("name", READABLE)
def test_totals_and_balances_agree(name: str) -> None:
    """Opening balance, debits, credits and closing balance; what the bank does not give is blank and not zero."""
    of = given(name)
    entries = final(of.entries)

    _, batch, *_, end, tail = read(document(of))

    assert end["debits"] == -sum(entry.amount for entry in entries if entry.direction is Direction.DEBIT)
    assert end["credits"] == sum(entry.amount for entry in entries if entry.direction is Direction.CREDIT)
    assert (end["records"], tail["records"]) == (f"{len(entries) + 2:06}", f"{len(entries) + 4:06}")
    assert (tail["batches"], tail["accounts"]) == ("000001", "000001")
    opening, closing = signed(batch), signed(end)
    assert opening == of.opening_balance
    if opening is None:
        assert closing == of.closing_balance
        assert batch["balance_day"] is None
    else:
        assert closing == opening + end["credits"] - end["debits"]
        assert (batch["balance_day"], batch["balance_position"]) == (
            of.period.first - (date(2, 1, 2) - date(2, 1, 1)),
            "F",
        )


def signed(record: dict) -> Decimal | None:
    """The balance of a record."""
    if record["balance"] is None:
        assert (record["balance_side"], record["balance_position"], record["balance_day"]) == (" ", " ", None)
        return None
    return record["balance"] if record["balance_side"] == "C" else -record["balance"]


def test_what_a_bank_has_made_is_read_by_the_same_sheet() -> None:
    """Banco Inter's statement of 2020: every position has what the sheet says, and its balances agree."""
    made = b"".join([line + b"\r\n" for line in bank_made_cnab240().splitlines()])
    head, batch, *details, end, tail = read(made)

    assert (head["direction"], head["version"], batch["version"]) == ("2", "101", "033")
    assert (batch["operation"], batch["service"], batch["form"], batch["currency"]) == ("E", "04", "40", "BRL")
    assert end["debits"] == sum(each["amount"] for each in details if each["side"] == "D")
    assert end["credits"] == sum(each["amount"] for each in details if each["side"] == "C")
    assert signed(batch) + end["credits"] - end["debits"] == signed(end)
    assert (int(end["records"]), int(tail["records"])) == (len(details) + 2, len(details) + 4)
    assert {each["category"] for each in details} <= {each for both in CATEGORIES.values() for each in both}
    ours = read(document(statement("plain")))
    for mine, theirs in zip(
        (ours[0], ours[1], ours[2], ours[-2], ours[-1]), (head, batch, details[0], end, tail), strict=True
    ):
        fixed = {"record", "batch", "direction", "version", "operation", "service", "form", "currency", "segment"}
        assert {name: mine[name] for name in fixed & mine.keys()} == {
            name: theirs[name] for name in fixed & theirs.keys()
        }


def test_the_account_and_its_holder_are_named() -> None:
    """In all records but the last; a number is filled with zeros, its check digit stands apart."""
    plain = statement("plain")
    account = replace(plain.account, branch="12", number="12.345-X", holder_tax_id="52998224725")

    records = read(document(replace(plain, account=account)))

    for record in records[:-1]:
        assert (record["tax_id_kind"], record["tax_id"]) == ("1", "00052998224725")
        assert (record["branch"], record["account"], record["account_digit"]) == ("00012", "000000012345", "X")
    assert records[0]["bank_name"].rstrip() == "BANCO INTER"
    assert (records[0]["day"], records[0]["time"]) == (date(2026, 10, 7), "090003")
    letters = replace(plain, account=replace(plain.account, holder_tax_id="12ABC34501DE35", branch=""))
    assert {(each["tax_id_kind"], each["tax_id"], each["branch"]) for each in read(document(letters))[:-1]} == {
        ("2", "12ABC34501DE35", "00000")
    }


def test_an_incomplete_period_has_a_partial_balance() -> None:
    """An importer sees that there is more to come."""
    assert read(document(statement("difficult_cents")))[-2]["balance_position"] == "P"
    assert read(document(statement("plain")))[-2]["balance_position"] == "F"


def test_later_statements_have_greater_numbers() -> None:
    """Importers that know the number of a statement refuse it the second time."""
    plain = statement("plain")
    last = plain.period.last
    numbers = [
        read(document(replace(plain, period=replace(plain.period, last=day), complete_through=day)))[1]["sequence"]
        for day in (last, last.replace(day=last.day + 1), date(2199, 12, 31))
    ]

    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("other", "complement"),
    [
        (Counterparty(bank="077", branch="1", account="234567"), ("01", "07700001000000234567")),
        (Counterparty(bank="077", branch="1-2", account="234567"), ("00", " " * 20)),
        (Counterparty(bank="077", branch="1", account="2345678901234"), ("00", " " * 20)),
        (Counterparty(bank="077", branch="1"), ("00", " " * 20)),
        (None, ("00", " " * 20)),
    ],
)
def test_the_origin_of_a_credit(other: Counterparty | None, complement: tuple[str, str]) -> None:
    """Whole, or not at all; a debit has a destination, which is no origin."""
    found = only(counterparty=other, amount=Decimal("1.00"), direction=Direction.CREDIT)
    debit = only(counterparty=other)

    assert (found["complement_kind"], found["complement"]) == complement
    assert (debit["complement_kind"], debit["complement"]) == ("00", " " * 20)


def test_each_type_has_a_category_of_either_side() -> None:
    """Debits have one from 101 on, credits from 201 on, and each type has a history of its own."""
    for kind in TransactionType:
        debit, credit = CATEGORIES[kind]
        assert (debit[0], credit[0]) == ("1", "2")
    assert len(set(HISTORIES.values())) == len(TransactionType)
    assert all(0 < len(each) <= 4 for each in HISTORIES.values())


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("9999999999999999.99", "9999999999999999.99"),
        ("-9999999999999999.99", "9999999999999999.99"),
        ("1E+3", "1000.00"),
        ("1.5000", "1.50"),
        ("-0.00", "0.00"),
    ],
)
def test_amounts_that_fit(amount: str, written: str) -> None:
    """All 18 digits; zeros at the end do no harm."""
    direction = Direction.DEBIT if Decimal(amount) < 0 else Direction.CREDIT

    assert only(amount=Decimal(amount), direction=direction)["amount"] == Decimal(written)


def refusal(of: Statement) -> CallerError:
    """Why there is no document; there is no part of one either."""
    parts = render(of)
    with pytest.raises(CallerError) as caught:
        next(parts)
    assert (caught.value.code, caught.value.field) == ("format_unsuitable", "format")
    return caught.value


def entries(*amounts: str) -> list[Entry]:
    (one, _) = statement("plain").entries
    return [
        replace(one, amount=Decimal(each), direction=Direction.DEBIT if each[0] == "-" else Direction.CREDIT)
        for each in amounts
    ]


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"entries": entries("0.001")}, "an amount has more than two decimals"),
        ({"entries": entries("-1E-7")}, "an amount has more than two decimals"),
        ({"entries": entries("10000000000000000")}, "an amount has more than 18 digits"),
        ({"entries": entries("9999999999999999.99", "0.01")}, "the sum of credits has more than 18 digits"),
        ({"entries": entries("-9999999999999999.99", "-0.01")}, "the sum of debits has more than 18 digits"),
        ({"opening_balance": Decimal("0.001")}, "a balance has more than two decimals"),
        ({"opening_balance": Decimal("9999999999999999.99")}, "a balance has more than 18 digits"),
        ({"account": replace(statement("plain").account, branch="123456")}, "the layout holds 5 characters"),
        ({"account": replace(statement("plain").account, number="12345678901234")}, "and 13 of an account"),
        ({"account": replace(statement("plain").account, number="-")}, "and 13 of an account"),
    ],
)
def test_what_does_not_fit_is_a_problem(changed: dict, why: str) -> None:
    """Before the first part, and neither rounded nor cut."""
    assert why in refusal(replace(statement("plain"), **changed)).detail


@pytest.mark.parametrize("case", sorted(WITHHELD))
def test_a_statement_that_posts_nothing_has_no_document(case: str) -> None:
    """An empty one would look like a period without movements; the reason is given in Portuguese."""
    (error,) = refusal(statement(case)).errors

    assert "nada deve ser lançado" in error.detail


def test_more_entries_than_numbers_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Details are numbered with five digits; a shorter period has fewer."""
    assert CNAB_ENTRIES == 10**5 - 1
    monkeypatch.setattr(to_cnab240, "CNAB_ENTRIES", 3)
    plain = statement("plain")

    assert len(read(document(replace(plain, entries=entries("1.00", "2.00", "3.00"))))) == 3 + 4
    error = refusal(replace(plain, entries=entries("1.00", "2.00", "3.00", "4.00")))
    assert "it has more than 3 entries" in error.detail
    assert "peça um período menor" in error.errors[0].detail
