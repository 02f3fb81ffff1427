"""OFX read back by a program of others, ofxparse, as importers read it."""

import io
from datetime import date
from decimal import Decimal

import pytest
from msgspec import Struct
from ofxparse import OfxParser

import contracts
from gateway.model import Entry, Statement
from gateway.render.plain_text import NEAREST
from gateway.render.to_ofx import render_sgml
from gateway.texts.controls import cleaned
from tests.gateway.render.cases import final
from tests.gateway.render.statements import NAMES, WITHHELD, given

# ofxparse calls its HTML parser by names of old.
pytestmark = pytest.mark.filterwarnings("ignore:Call to deprecated method:DeprecationWarning")

CP1252 = "cp1252"


class Read(Struct, frozen=True):
    """What a reader has read of an entry."""

    id: str
    date: date
    amount: Decimal
    text: str = ""
    name: str = ""


each_statement = pytest.mark.parametrize("name", NAMES)


def ofx_entry(entry: Entry) -> Read:
    """What a reader of OFX 1.02 must find."""

    def held(text: str, most: int) -> str:
        shown = cleaned(text if len(text) <= most else text[: most - 1] + "…")
        return shown.encode(CP1252, NEAREST).decode(CP1252).strip()

    name = (entry.counterparty and entry.counterparty.name) or ""
    text = held(entry.description, 255) or entry.type.value
    return Read(entry.id, entry.date, entry.amount, text, held(name, 32))


@each_statement
def test_ofxparse_reads_every_entry(name):
    """Of OFX 1.02, in the character set that its header names."""
    document = OfxParser.parse(io.BytesIO(b"".join(render_sgml(given(name)))))

    read = document.account.statement
    assert [Read(each.id, each.date.date(), each.amount, each.memo, each.payee) for each in read.transactions] == [
        ofx_entry(entry) for entry in final(given(name).entries)
    ]
    assert read.warnings == read.discarded_entries == []
    assert getattr(read, "balance", None) == balance_of(given(name))
    assert document.account.number == given(name).account.number


@pytest.mark.parametrize("name", sorted(WITHHELD))
def test_it_finds_no_account_where_nothing_may_be_posted(name):
    """It does not take it for a period without movements."""
    assert not hasattr(OfxParser.parse(io.BytesIO(b"".join(render_sgml(given(name))))), "account")


def balance_of(of: Statement) -> Decimal | None:
    """The balance after the final entries, else the present available one; None where the bank gives neither."""
    if of.opening_balance is not None:
        return of.opening_balance + sum(entry.amount for entry in final(of.entries))
    if of.closing_balance is None and of.available_balance is not None:
        return of.available_balance.amount
    return of.closing_balance


def test_the_banks_have_entries_to_read():
    """Otherwise the comparisons above would compare nothing."""
    assert all(len(final(given(slug).entries)) > 10 for slug in contracts.banks())
