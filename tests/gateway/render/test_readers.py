"""Every format of every statement, read back by programs of others, entry by entry.

What a format cannot hold of a text, such as emoji in Windows-1252, is what `docs/formats.md` says of it.
"""

import csv
import io
import re
import subprocess
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from openpyxl.utils.escape import unescape

import contracts
from gateway.model import BRASILIA, Direction, Entry, Statement
from gateway.render import to_camt053, to_csv, to_ofx, to_xlsx
from gateway.render.in_portuguese import STABILITIES, TITLES, tax_id
from gateway.render.plain_text import NEAREST
from gateway.texts.controls import cleaned
from tests.gateway.render.cases import final
from tests.gateway.render.statements import NAMES, WITHHELD, given
from tests.readers import LOCK, OFXDUMP, read

RENDERERS = {
    "ofx": to_ofx.render_sgml,
    "ofx2": to_ofx.render_xml,
    "camt053": to_camt053.render,
    "xlsx": to_xlsx.render,
}
CHARSETS = {"ofx": "cp1252", "ofx2": "utf-8"}
PROPRIETARY = {"MOVIMENTO DO PERIODO"}

each_statement = pytest.mark.parametrize("name", NAMES)
each_ofx = pytest.mark.parametrize("form", ["ofx", "ofx2"])


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of each statement in each format."""
    folder, found = tmp_path_factory.mktemp("statements"), {}
    for name in [*NAMES, *sorted(WITHHELD)]:
        for form, render in RENDERERS.items():
            path = found[f"{name} {form}"] = folder / f"{name}.{form}"
            path.write_bytes(b"".join(render(given(name))))
    return found


@pytest.fixture(scope="module")
def found(files: dict[str, Path]) -> dict[str, Any]:
    """What the readers have found in them, in one process."""
    return read(files)


def shown(text: str, most: int, charset: str) -> str:
    """A text as OFX can hold it."""
    text = cleaned(text if len(text) <= most else text[: most - 1] + "…")
    return " ".join(text.encode(charset, NEAREST).decode(charset).split())


def closing(of: Statement) -> Decimal | None:
    """The balance after the final entries; None where the bank gives no balances of days."""
    if of.opening_balance is not None:
        return of.opening_balance + sum((entry.amount for entry in final(of.entries)), Decimal(0))
    return of.closing_balance


def balance_of(of: Statement) -> Decimal | None:
    """What stands for the balance of the account: that after the final entries, else the present available one."""
    return of.available_balance.amount if closing(of) is None and of.available_balance is not None else closing(of)


def party(entry: Entry) -> str:
    return (entry.counterparty and entry.counterparty.name) or ""


@each_ofx
@each_statement
def test_ofxtools_reads_every_entry(found: dict[str, Any], name: str, form: str) -> None:
    """By its models of the standard: ids, days, amounts, texts, names and numbers."""
    charset = CHARSETS[form]

    entries = found[f"{name} {form}"]["entries"]

    assert [(each["id"], each["date"], Decimal(each["amount"])) for each in entries] == [
        (entry.id, str(entry.date), entry.amount) for entry in final(given(name).entries)
    ]
    for each, entry in zip(entries, final(given(name).entries), strict=True):
        assert " ".join(each["text"].split()) == (shown(entry.description, 255, charset) or entry.type)
        assert " ".join((each["name"] or "").split()) == shown(party(entry), 32, charset)
        number = entry.document or None
        assert each["number"] == (number if number and len(number) <= 32 else None)
        assert (each["type"] in {"DEBIT", "PAYMENT", "POS", "FEE", "CASH"}) <= (entry.direction is Direction.DEBIT)


@each_ofx
@each_statement
def test_ofxtools_reads_account_and_balances(found: dict[str, Any], name: str, form: str) -> None:
    """The standard wants a balance; where the bank gives none at all, none is made up, and this reader says so."""
    of = given(name)
    read = found[f"{name} {form}"]

    if balance_of(of) is None:
        assert "STMTRS.ledgerbal" in read["refused"]
        return
    assert "refused" not in read
    account = of.account
    assert read["account"] == [contracts.load(account.bank).compe, account.branch or None, account.number]
    assert read["currency"] == "BRL"
    amount, at = read["balance"]
    assert Decimal(amount) == balance_of(of)
    available = of.available_balance
    if closing(of) is None and available is not None:
        assert abs(datetime.fromisoformat(at) - available.at) < timedelta(seconds=1)
    else:
        assert datetime.fromisoformat(at).astimezone(BRASILIA).date() <= of.period.last
    assert read["available"] == ([amount, at] if available is not None else None)
    opening = [of.opening_balance] if form == "ofx2" and of.opening_balance is not None else []
    assert [Decimal(amount) for amount, _ in read["listed"]] == opening


@each_ofx
@each_statement
def test_bankfile_reads_every_entry_and_doubts_nothing(found: dict[str, Any], name: str, form: str) -> None:
    """Ids, days, amounts, texts, balance. It takes the header of Windows-1252, as the standard has it, for ASCII."""
    of, charset = given(name), CHARSETS[form]
    read = found[f"{name} {form}"]["second"]

    assert [(each["id"], each["date"], Decimal(each["amount"])) for each in read["entries"]] == [
        (entry.id, str(entry.date), entry.amount) for entry in final(of.entries)
    ]
    for each, entry in zip(read["entries"], final(of.entries), strict=True):
        assert " ".join((each["text"] or "").split()) == (shown(entry.description, 255, charset) or entry.type)
    assert (None if read["balance"] is None else Decimal(read["balance"])) == balance_of(of)
    assert set(read["doubts"]) <= ({"encoding"} if form == "ofx" else set())


@pytest.mark.parametrize("name", sorted(WITHHELD))
def test_no_reader_finds_entries_where_nothing_may_be_posted(found: dict[str, Any], name: str) -> None:
    """OFX has no statement, and camt.053 does not pass its schema."""
    assert [found[f"{name} {form}"]["entries"] for form in ("ofx", "ofx2")] == [None, None]
    camt = found[f"{name} camt053"]
    assert camt["entries"] == camt["second"] == []
    assert camt["schema"] != []


if OFXDUMP is not None:

    @each_ofx
    @each_statement
    def test_libofx_reads_every_entry(files: dict[str, Path], name: str, form: str) -> None:
        """As GnuCash and others do: ids, amounts, days and texts."""
        # Its status tells of the errors below, and not whether it has read the statement.
        done = subprocess.run([OFXDUMP, files[f"{name} {form}"]], capture_output=True, check=False)
        _, *listed = done.stdout.decode().split("ofx_proc_transaction():")
        entries = [dict(re.findall(r"^ +(.+?) ?: (.*)$", each, re.MULTILINE)) for each in listed]
        expected = final(given(name).entries)
        assert [each["Financial institution's ID for this transaction"] for each in entries] == [e.id for e in expected]
        for each, entry in zip(entries, expected, strict=True):
            # It prints amounts by way of a double, which has fifteen digits for sure.
            assert float(each["Total money amount"]) == pytest.approx(float(entry.amount), abs=0.0051, rel=1e-15)
            posted = datetime.strptime(each["Date posted"], "%a %b %d %H:%M:%S %Y %Z").replace(tzinfo=UTC)
            assert posted.astimezone(BRASILIA).date() == entry.date
            memo = shown(entry.description, 255, CHARSETS[form]) or entry.type
            assert " ".join(each["Extra transaction information (memo)"].split()) == memo
        errors = re.findall(r"LibOFX ERROR.*\n\S+ (.*)", done.stderr.decode())
        assert errors == known(given(name), form)

    def known(of: Statement, form: str) -> list[str]:
        """It goes by OFX 1.6, which has no list of balances in the statement of a bank account, and wants a balance."""
        if balance_of(of) is None:
            return ['end tag for "STMTRS" which is not finished']
        has_list = form == "ofx2" and of.opening_balance is not None
        return ['document type does not allow element "BALLIST" here'] if has_list else []


@each_statement
def test_camt053_passes_the_schema_of_iso_20022(found: dict[str, Any], name: str) -> None:
    """Of version 8, which most importers know, and of the newest; statements of banks without balances too."""
    assert found[f"{name} camt053"]["schema"] == []


@each_statement
def test_two_readers_of_camt053_find_every_entry(found: dict[str, Any], name: str) -> None:
    """Ids, days, amounts, sides, references, names and descriptions."""
    of = given(name)
    read = found[f"{name} camt053"]

    assert read["account"] == [of.account.number, "BRL"]
    for first, second, entry in zip(read["entries"], read["second"], final(of.entries), strict=True):
        side = "DBIT" if entry.direction is Direction.DEBIT else "CRDT"
        assert (first["id"], first["status"]) == (entry.id, "BOOK")
        for each in (first, second):
            assert each["date"] == str(entry.date)
            assert (Decimal(each["amount"]), each["side"]) == (abs(entry.amount), side)
            assert each["reference"] == (entry.bank_id if 0 < len(entry.bank_id or "") <= 35 else entry.id)
            assert each["value_date"] == str(entry.date)
            assert each["end_to_end_id"] == entry.end_to_end_id
            assert (each["name"] or "").strip() == " ".join(party(entry)[:140].split())
        assert second["text"] == (cleaned(entry.description)[:500] or None)
    balances = {
        code: Decimal(amount) * (-1) ** (side == "DBIT") for code, (amount, side, _) in read["balances"].items()
    }
    available = of.available_balance
    known = {"OPBD": of.opening_balance, "CLBD": closing(of), "ITAV": available and available.amount}
    assert {code: value for code, value in balances.items() if code is not None and code != "null"} == {
        code: value for code, value in known.items() if value is not None
    }


@each_statement
def test_two_spreadsheets_read_the_workbook(files: dict[str, Path], found: dict[str, Any], name: str) -> None:
    """Openpyxl and calamine: days are days, amounts numbers where they are exact, and texts are texts."""
    of = given(name)
    book = openpyxl.load_workbook(files[f"{name} xlsx"])
    sheet = book["Lançamentos"]
    other = found[f"{name} xlsx"]["Lançamentos"]

    assert tuple(cell.value for cell in sheet[1]) == tuple(text for _, text in other[0]) == TITLES
    assert sheet.freeze_panes == "A2"
    rows = list(sheet.iter_rows(min_row=2))
    for row, second, entry in zip(rows, other[1:], of.entries, strict=True):
        cells = dict(zip(TITLES, row, strict=True))
        again = dict(zip(TITLES, second, strict=True))
        assert not any(cell.data_type == "f" for cell in row)
        assert cells["Data"].is_date
        assert cells["Data"].value.date() == entry.date
        assert again["Data"] == ["date", str(entry.date)]
        for title, amount in (("Valor", entry.amount), ("Saldo", entry.balance)):
            read_amount(cells[title], again[title], amount)
        for title, text in texts(entry).items():
            assert unescape(cells[title].value or "") == again[title][1] == text
            assert again[title][0] == "str"
        if entry.booked_at is None:
            assert cells["Hora"].value is None
        else:
            local = entry.booked_at.astimezone(BRASILIA).time().replace(microsecond=0, tzinfo=None)
            assert cells["Hora"].value.replace(microsecond=0) == local
    about = {row[0].value: row[1].value for row in book["Extrato"].iter_rows() if row[0].value}
    assert (about["Conta"], about["De"].date(), about["Até"].date()) == (
        of.account.number,
        of.period.first,
        of.period.last,
    )
    assert [Decimal(str(about[title])) if title in about else None for title in ("Saldo inicial", "Saldo final")] == [
        of.opening_balance,
        of.closing_balance,
    ]
    available = of.available_balance
    assert about.get("Saldo disponível") == (available and pytest.approx(float(available.amount), rel=1e-15))
    assert {warning.title for warning in of.warnings} <= about.keys()


def read_amount(cell: Any, again: list[str], amount: Decimal | None) -> None:
    """A number of at most fifteen digits; a text with all digits of a longer one."""
    if amount is None:
        assert cell.value is None
    elif isinstance(cell.value, str):
        assert len(amount.as_tuple().digits) > 15
        assert Decimal(cell.value) == Decimal(again[1]) == amount
    else:
        assert cell.data_type == "n"
        assert Decimal(repr(cell.value)) == Decimal(again[1]) == amount
        assert again[0] == "float"


def texts(entry: Entry) -> dict[str, str]:
    """Cells that are texts."""
    other = entry.counterparty
    given = {
        "Descrição": entry.description,
        "Tipo": entry.type,
        "Situação": STABILITIES[entry.stability],
        "Documento": entry.document,
        "Mensagem": entry.note,
        "Nome": other and other.name,
        "CPF/CNPJ": other and (tax_id(other) or other.tax_id_masked),
        "Agência": other and other.branch,
        "Conta": other and other.account,
        "Id": entry.id,
    }
    return {title: cleaned(text or "") for title, text in given.items()}


@each_statement
def test_csv_is_read_by_the_standard_library(name: str) -> None:
    """For programs unchanged, for spreadsheets with an apostrophe where it protects."""
    of = given(name)
    rows = list(csv.DictReader(io.StringIO(b"".join(to_csv.render(of)).decode(), newline=""), strict=True))
    text = b"".join(to_csv.render_brazilian(of)).decode("utf-8-sig")
    brazilian = list(csv.DictReader(io.StringIO(text, newline=""), delimiter=";", strict=True))

    for row, second, entry in zip(rows, brazilian, of.entries, strict=True):
        assert (row["id"], second["Id"].removeprefix("'")) == (entry.id, entry.id)
        assert date.fromisoformat(row["date"]) == datetime.strptime(second["Data"], "%d/%m/%Y").date() == entry.date  # noqa: DTZ007
        assert Decimal(row["amount"]) == Decimal(second["Valor"].removeprefix("'").replace(",", ".")) == entry.amount
        assert row["description"] == entry.description
        assert second["Descrição"].removeprefix("'") == cleaned(entry.description).removeprefix("'")
        assert row["counterparty_name"] == party(entry)


def test_readers_are_pinned() -> None:
    """Each by its version and hashes, and from no address of its own."""
    pinned = re.split(r"\n(?=\S)", LOCK.read_text().strip())

    assert all(re.match(r"[a-z0-9-]+==\S+ ", each) and "--hash=sha256:" in each for each in pinned)
    assert "://" not in LOCK.read_text()


@each_ofx
@pytest.mark.parametrize("slug", contracts.banks())
def test_no_importer_refuses_the_statement_of_a_bank(found: dict[str, Any], slug: str, form: str) -> None:
    """Each bank tells a balance of the end of the period, or one of now."""
    assert "refused" not in found[f"{slug} {form}"]


def test_the_banks_have_entries_to_read() -> None:
    """Otherwise the comparisons above would compare nothing."""
    assert all(len(final(given(slug).entries)) > 10 for slug in contracts.banks())
