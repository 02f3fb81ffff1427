"""The entries as CSV, read back."""

import csv
import io
import json
import re
from datetime import date, datetime
from decimal import Decimal

import msgspec
import pytest
from msgspec.structs import replace

from gateway.limits import CELL_CHARACTERS
from gateway.model import BRASILIA, Counterparty
from gateway.render import to_json
from gateway.render.to_csv import render, render_brazilian
from gateway.render.to_json import CounterpartyPart
from gateway.texts.controls import cleaned
from tests.gateway.render.cases import CASES, statement

CALCULATED = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

COUNTERPARTY = [field.name for field in msgspec.structs.fields(CounterpartyPart)]


def public_entries(case):
    """The entries of the JSON document, the other party's fields among the others, None as an empty text."""
    for entry in json.loads(b"".join(to_json.render(statement(case))))["entries"]:
        other = entry.pop("counterparty") or dict.fromkeys(COUNTERPARTY)
        entry |= {f"counterparty_{name}": value for name, value in other.items()}
        yield {name: value or "" for name, value in entry.items()}


def brazilian(case):
    """The rows of the spreadsheet, by title."""
    text = b"".join(render_brazilian(statement(case))).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";", strict=True))


def number(cell):
    """An amount of the spreadsheet, which may be a text."""
    return Decimal(cell.removeprefix("'").replace(",", "."))


@pytest.mark.parametrize("case", CASES)
def test_programs_read_what_the_json_document_says(case):
    """Names, order and values, whatever signs, quotes and line ends a text has."""
    text = b"".join(render(statement(case))).decode()

    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))

    assert [list(row.items()) for row in rows] == [list(entry.items()) for entry in public_entries(case)]


@pytest.mark.parametrize("case", CASES)
def test_spreadsheets_read_every_entry(case):
    """Days, amounts, texts and ids are those of the entries; one leading apostrophe is not part of a text."""
    rows, entries = brazilian(case), statement(case).entries

    assert len(rows) == len(entries)
    for row, entry in zip(rows, entries, strict=True):
        assert datetime.strptime(row["Data"], "%d/%m/%Y").date() == entry.date  # noqa: DTZ007 -- a day
        assert number(row["Valor"]) == entry.amount
        assert row["Saldo"] == "" if entry.balance is None else number(row["Saldo"]) == entry.balance
        assert row["Situação"] == {"final": "definitivo", "provisional": "provisório"}[entry.stability]
        other = entry.counterparty or Counterparty()
        texts = {"Descrição": entry.description, "Documento": entry.document, "Nome": other.name, "Id": entry.id}
        texts |= {"Mensagem": entry.note, "Agência": other.branch, "Conta": other.account}
        assert {title: row[title].removeprefix("'") for title in texts} == {
            title: cleaned(text or "") for title, text in texts.items()
        }
        assert "".join(filter(str.isdigit, row["CPF/CNPJ"])) == "".join(
            filter(str.isdigit, other.tax_id or other.tax_id_masked or "")
        )


@pytest.mark.parametrize("case", CASES)
def test_a_spreadsheet_calculates_nothing(case):
    """No cell but an amount begins with a sign that makes a formula of it."""
    for row in brazilian(case):
        cells = {title: cell for title, cell in row.items() if title not in {"Valor", "Saldo"}}
        assert [cell for cell in cells.values() if cell.strip(" \u00a0").startswith(CALCULATED)] == []


@pytest.mark.parametrize("made", [render, render_brazilian])
@pytest.mark.parametrize("balance", [None, Decimal("20.00")])
@pytest.mark.parametrize("text", ["um,=1+1", "um;=1+1", "um,=1+1;@SUM(A1),=2"])
def test_a_spreadsheet_that_divides_by_other_signs_too_finds_no_formula_within_a_text(made, balance, text):
    """LibreOffice offers commas and semicolons at once. Quotes keep a text whole; an amount needs none to be one."""
    plain = statement("plain")
    entry = replace(plain.entries[0], amount=Decimal(10), balance=balance, description=text, note=text)
    entry = replace(entry, counterparty=Counterparty(name=text, branch=text))
    document = b"".join(made(replace(plain, entries=[entry]))).decode("utf-8-sig")

    cells = re.findall(r'"((?:[^"]|"")*)"|([^,;\r\n]+)', document)

    assert [quoted for quoted, _ in cells if quoted] == [text] * 4
    assert [bare for _, bare in cells if bare.startswith(CALCULATED)] == []


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("Padaria", "Padaria"),
        ("2 pães", "2 pães"),
        ("123456789012345", "123456789012345"),
        ("1234567890123456", "'1234567890123456"),
        ("000123", "'000123"),
        ("0", "0"),
        ("01/02", "'01/02"),
        ("1E5", "'1E5"),
        ("10:30", "'10:30"),
        ("10:30 PM", "'10:30 PM"),
        ("out/26", "'out/26"),
        ("OUT 2026", "'OUT 2026"),
        ("5-out", "'5-out"),
        ("1 dez 26", "'1 dez 26"),
        ("março/2026", "'março/2026"),
        ("5 de outubro de 2026", "'5 de outubro de 2026"),
        ("Feb-26", "'Feb-26"),
        ("VERDADEIRO", "'VERDADEIRO"),
        ("false", "'false"),
        ("outubro", "outubro"),
        ("maria 26", "maria 26"),
        ("out/26 aluguel", "out/26 aluguel"),
        ("5 out 26 parcela", "5 out 26 parcela"),
        ("PM 10", "PM 10"),
        ("R$ 1,00", "R$ 1,00"),
        ("=1+1", "'=1+1"),
        ("  =1+1", "'  =1+1"),
        ("\u00a0@SUM(A1)", "'\u00a0@SUM(A1)"),
        ("\t1", "' 1"),
        ("um\r\ndois\x00", "um dois "),
        ("\uff1d1+1", "'\uff1d1+1"),
        ("'texto", "''texto"),
        ("E10", "E10"),
        ("1" * 40 + "x", "1" * 40 + "x"),
    ],
)
def test_a_text_stays_what_it_is(text, cell):
    """What a spreadsheet would calculate or change gets an apostrophe."""
    plain = statement("plain")
    entry = replace(plain.entries[0], description=text)

    document = b"".join(render_brazilian(replace(plain, entries=[entry]))).decode("utf-8-sig")

    (row,) = csv.DictReader(io.StringIO(document, newline=""), delimiter=";", strict=True)
    assert row["Descrição"] == cell


def test_amounts_are_brazilian_numbers():
    """A comma before the decimals and nothing between thousands, signs in front."""
    amounts = [row["Valor"] for row in brazilian("difficult")]

    assert amounts[:6] == ["-12,34", "999999999999,99", "-999999999999,99", "12,345", "0,00", "1000,00"]


@pytest.mark.parametrize(
    ("amount", "cell"),
    [
        ("9999999999999.99", "9999999999999,99"),
        ("-99999999999999.99", "'-99999999999999,99"),
        ("999999999999999.99", "'999999999999999,99"),
        ("0.1234567890123456", "'0,1234567890123456"),
    ],
)
def test_an_amount_that_a_spreadsheet_would_change_is_a_text(amount, cell):
    """It keeps fifteen digits, and would show zeros in the place of the others."""
    plain = statement("plain")
    entry = replace(plain.entries[0], amount=Decimal(amount), balance=Decimal(amount))

    document = b"".join(render_brazilian(replace(plain, entries=[entry]))).decode("utf-8-sig")

    (row,) = csv.DictReader(io.StringIO(document, newline=""), delimiter=";")
    assert (row["Valor"], row["Saldo"]) == (cell, cell)


@pytest.mark.parametrize("text", ["x" * 40_000, "=" + "😀" * 20_000])
def test_a_cell_is_no_longer_than_a_spreadsheet_reads(text):
    """What is beyond would go into other cells."""
    plain = statement("plain")
    entry = replace(plain.entries[0], description=text)

    document = b"".join(render_brazilian(replace(plain, entries=[entry]))).decode("utf-8-sig")

    (row,) = csv.DictReader(io.StringIO(document, newline=""), delimiter=";")
    assert len(row["Descrição"].encode("utf-16-le")) // 2 <= CELL_CHARACTERS
    assert row["Descrição"].endswith("…")


def test_the_time_of_day_is_that_of_brasilia():
    """Whatever offset the bank gives."""
    plain = statement("plain")
    at = datetime.fromisoformat("2026-10-02T01:30:00+00:00")
    entry = replace(plain.entries[0], booked_at=at, date=date(2026, 10, 1))

    document = b"".join(render_brazilian(replace(plain, entries=[entry]))).decode("utf-8-sig")

    (row,) = csv.DictReader(io.StringIO(document, newline=""), delimiter=";")
    assert row["Hora"] == f"{at.astimezone(BRASILIA):%H:%M:%S}" == "22:30:00"


def test_a_spreadsheet_knows_the_encoding():
    """The file begins with a byte order mark, and lines end as RFC 4180 wants."""
    document = b"".join(render_brazilian(statement("plain")))

    assert document.startswith("\ufeffData;".encode())
    assert document.count(b"\r\n") == document.count(b"\n") == 3
