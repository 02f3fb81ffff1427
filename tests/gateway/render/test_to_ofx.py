"""The statement as OFX, read back as XML."""

import re
from datetime import date
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest
from msgspec.structs import replace

from gateway.model import DAY, Counterparty, Direction, Stability, TransactionType
from gateway.render.to_ofx import render_sgml, render_xml
from gateway.statement.warnings import warning
from gateway.texts.controls import cleaned
from tests.gateway.render.cases import CASES, final, statement

WITHHELD = {"disproved", "too_early"}
INCOMPLETE = "Movimentos ainda não consolidados: completo até 05/10/2026, e o que ainda pode mudar não está aqui."
LISTED = sorted(set(CASES) - WITHHELD)


def document(given):
    """The document in XML."""
    return parsed(b"".join(render_xml(given)))


def parsed(written):
    """The root of a document that we have made ourselves."""
    return ET.fromstring(written)  # noqa: S314


def text(element, path):
    """The text at a path; None where there is nothing."""
    found = element.find(path)
    return None if found is None else found.text


def shortened(given, most):
    """A text as a field of so many characters holds it."""
    return given if len(given) <= most else given[: most - 1] + "…"


@pytest.mark.parametrize("case", LISTED)
def test_final_entries_are_read_back(case):
    """Every one, in order, with day, amount, id, name and text; and no other entry."""
    given = statement(case)

    read = document(given).findall(".//STMTTRN")

    entries = final(given.entries)
    assert [text(each, "FITID") for each in read] == [entry.id for entry in entries]
    for each, entry in zip(read, entries, strict=True):
        assert text(each, "DTPOSTED") == f"{entry.date:%Y%m%d}120000[-3:BRT]"
        assert Decimal(text(each, "TRNAMT")) == entry.amount
        name = (entry.counterparty and entry.counterparty.name) or None
        assert text(each, "NAME") == (name and shortened(name, 32))
        wanted = cleaned(shortened(entry.description, 255)).strip() or entry.type.value
        assert text(each, "MEMO") == wanted
        number = entry.document
        assert text(each, "CHECKNUM") == (number if number and len(number) <= 12 else None)
        assert text(each, "REFNUM") == (number if number and len(number) <= 32 else None)


@pytest.mark.parametrize("case", CASES)
def test_both_dialects_say_the_same(case):
    """In SGML a value has no closing tag, what Windows-1252 lacks is replaced, and 1.02 has no list of balances."""
    given = statement(case)
    lines = b"".join(render_sgml(given)).decode("cp1252").partition("\r\n\r\n")[2].split("\r\n")
    closed = [re.sub(r"<(\w+)>(.+)", r"<\1>\2</\1>", line) for line in lines]

    roots = parsed("\n".join(closed)), document(given)
    for holder in roots[1].iter("STMTRS"):
        for listed in holder.findall("BALLIST"):
            holder.remove(listed)

    sgml, xml = [[(each.tag, each.text) for each in root.iter()] for root in roots]

    assert [tag for tag, _ in sgml] == [tag for tag, _ in xml]
    for (_, one), (_, other) in zip(sgml, xml, strict=True):
        if other is not None and other.strip():
            assert one == other.encode("cp1252", "gateway.nearest").decode("cp1252")


@pytest.mark.parametrize("case", sorted(WITHHELD))
@pytest.mark.parametrize("render", [render_sgml, render_xml])
def test_a_statement_that_posts_nothing_says_so(case, render):
    """An error with its reason and no list, which an importer cannot take for a period without movements."""
    written = b"".join(render(statement(case))).decode("cp1252" if render is render_sgml else "utf-8")

    assert "<SEVERITY>ERROR" in written
    assert "nada deve ser lançado" in written
    assert "STMTRS>" not in written.replace("STMTTRNRS>", "")


def test_a_period_without_movements_is_no_error():
    """An empty list with the balances."""
    read = document(statement("empty"))

    assert text(read, ".//STMTTRNRS/STATUS/SEVERITY") == "INFO"
    assert list(read.find(".//BANKTRANLIST")) == list(read.find(".//BANKTRANLIST"))[:2]
    assert text(read, ".//LEDGERBAL/BALAMT") == "-5.00"


@pytest.mark.parametrize(
    ("case", "balance", "day", "opening"),
    [
        ("plain", "107.66", "20261006", "100.00"),
        ("difficult", "2545.095", "20261005", "1520.10"),
        ("only_closing", "107.66", "20261006", None),
        ("no_balances", None, None, None),
    ],
)
def test_balances_are_those_of_the_entries_listed(case, balance, day, opening):
    """What is not listed is not in the balance either, and no balance is made up."""
    read = document(statement(case))

    assert text(read, ".//LEDGERBAL/BALAMT") == balance
    assert text(read, ".//LEDGERBAL/DTASOF") == (day and f"{day}120000[-3:BRT]")
    assert text(read, ".//BALLIST/BAL/VALUE") == opening
    assert text(read, ".//BALLIST/BAL/DTASOF") == (opening and "20260930120000[-3:BRT]")


def test_the_present_available_balance_stands_for_the_one_that_is_not_known():
    """With its own instant, and named as what it is; importers refuse a statement without any balance."""
    read = document(statement("only_available"))

    for of in ("LEDGERBAL", "AVAILBAL"):
        assert text(read, f".//{of}/BALAMT") == "-999999999999.99"
        assert text(read, f".//{of}/DTASOF") == "20261007090004[-3:BRT]"


def test_a_balance_of_the_period_stands_before_the_present_one():
    """What the entries lead to is what an importer compares with."""
    present = statement("only_available").available_balance

    read = document(replace(statement("plain"), available_balance=present))

    assert text(read, ".//LEDGERBAL/BALAMT") == "107.66"
    assert text(read, ".//AVAILBAL/BALAMT") == "-999999999999.99"


def test_a_closing_balance_of_more_than_is_listed_is_no_balance_of_the_list():
    """Without an opening balance it is unknown what the listed entries leave."""
    given = statement("only_closing")
    first, second = given.entries

    read = document(replace(given, entries=[first, replace(second, stability=Stability.PROVISIONAL)]))

    assert len(read.findall(".//STMTTRN")) == 1
    assert read.find(".//LEDGERBAL") is None


def test_an_incomplete_period_says_through_which_day_it_is_complete():
    """For the person who reads the message."""
    assert text(document(statement("difficult")), ".//STMTTRNRS/STATUS/MESSAGE") == INCOMPLETE
    assert text(document(statement("plain")), ".//STMTTRNRS/STATUS/MESSAGE") is None


def test_warnings_are_told_as_far_as_the_message_holds_them():
    """255 characters: a bank may have changed many days."""
    days = [statement("plain").period.first + n * DAY for n in range(40)]
    given = replace(statement("plain"), warnings=[warning("statement_restated", "why", days)])

    told = text(document(given), ".//STMTTRNRS/STATUS/MESSAGE")

    assert told.startswith("O banco corrigiu lançamentos já enviados (01/10/2026, 02/10/2026, ")
    assert (len(told), told[-1]) == (255, "…")


def test_the_account_is_named():
    """By COMPE code, branch and number; an account without a branch has none."""
    plain = statement("plain")
    account = document(plain).find(".//BANKACCTFROM")
    branchless = document(replace(plain, account=replace(plain.account, branch=""))).find(".//BANKACCTFROM")

    assert [(each.tag, each.text) for each in account] == [
        ("BANKID", "077"),
        ("BRANCHID", "0001"),
        ("ACCTID", "12345678"),
        ("ACCTTYPE", "CHECKING"),
    ]
    assert [each.tag for each in branchless] == ["BANKID", "ACCTID", "ACCTTYPE"]


@pytest.mark.parametrize("kind", TransactionType)
@pytest.mark.parametrize("amount", ["-1.00", "1.00"])
def test_the_word_for_a_movement_fits_its_sign(kind, amount):
    """A refunded fee is a credit, and never a fee."""
    plain = statement("plain")
    direction = Direction.DEBIT if amount < "0" else Direction.CREDIT
    entry = replace(plain.entries[0], type=kind, amount=Decimal(amount), direction=direction)

    word = text(document(replace(plain, entries=[entry])), ".//TRNTYPE")

    debits, credits_ = {"DEBIT", "FEE", "PAYMENT", "POS", "CASH", "INT"}, {"CREDIT", "DEP", "DIRECTDEP", "INT"}
    assert word in (debits if direction is Direction.DEBIT else credits_)


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("Ação \u2013 “aspas” € …", "Ação \u2013 “aspas” € …"),
        ("č ł ﬁ ½", "c ? f ½"),
        ("👍🏽 ok", "?? ok"),
        ("e\u0328", "e"),
        ("\u200bzero", "zero"),
        ("\ud800", "?"),
    ],
)
def test_windows_1252_has_the_nearest_letter(given, written):
    """One character for one at most, so that no text outgrows its field; the document never fails."""
    plain = statement("plain")
    entry = replace(plain.entries[0], description=given)

    read = b"".join(render_sgml(replace(plain, entries=[entry]))).decode("cp1252")

    assert f"<MEMO>{written}\r\n" in read


@pytest.mark.parametrize("given", [" ", "\u00a0", "\x01", "\u200b", "\u0301", "\ufe0f", "\u200d \u00ad", "\U000e0041"])
@pytest.mark.parametrize("render", [render_sgml, render_xml])
def test_no_tag_is_without_a_value(render, given):
    """SGML would take all that follows for what such a tag holds: a name of nothing but a joiner hid the balance."""
    plain = statement("plain")
    entry = replace(plain.entries[0], description=given, document=given, counterparty=Counterparty(name=given))

    read = b"".join(render(replace(plain, entries=[entry]))).decode("utf-8" if render is render_xml else "cp1252")

    listed = dict(re.findall(r"<(\w+)>([^<\r\n]*)", read.partition("<STMTTRN>")[2].partition("</STMTTRN>")[0]))
    assert listed["MEMO"] == entry.type
    assert not listed.keys() & {"NAME", "CHECKNUM", "REFNUM"}


def test_the_longest_texts_fit():
    """255 and 32 characters, after what Windows-1252 lacks has been replaced; signs of markup count as one."""
    plain = statement("plain")
    entry = replace(plain.entries[0], description="ﷺ&" * 250, date=date(2026, 10, 1))

    read = b"".join(render_sgml(replace(plain, entries=[entry]))).decode("cp1252")

    memo = re.search(r"<MEMO>(.*)\r\n", read)[1].replace("&amp;", "&")
    assert len(memo) == 255
    assert memo.endswith("…")
