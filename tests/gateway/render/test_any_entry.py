"""Any text and any amount, written in every format and read back."""

import csv
import io
import json
import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import openpyxl
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from openpyxl.utils.escape import unescape

from gateway.errors import CallerError
from gateway.model import Counterparty, Direction
from gateway.render import to_camt053, to_cnab240, to_csv, to_json, to_ndjson, to_ofx, to_xlsx
from gateway.render.in_portuguese import TITLES
from gateway.render.plain_text import is_seen
from gateway.texts.controls import cleaned
from tests.gateway.render.cases import statement
from tests.gateway.render.cnab_sheet import read

PLAIN = statement("plain")
TEXTS = st.text(st.characters(codec="utf-8"), max_size=600)
SIGNS = st.text(st.sampled_from("=+-@\t\r\n\"',;&<>%\\ aé\u2013😀0123456789.:/eE\x00\x85\ufffe"), max_size=40)
AMOUNTS = st.decimals(allow_nan=False, allow_infinity=False, places=None, min_value=-(10**13), max_value=10**13)
NOT_XML = str.maketrans("\ufffe\uffff", "??")


@st.composite
def entries(draw):
    """An entry with drawn texts and amount."""
    text, name, note, document = (draw(st.one_of(TEXTS, SIGNS)) for _ in range(4))
    amount = draw(st.one_of(AMOUNTS, st.integers(-(10**14), 10**14).map(lambda cents: Decimal(cents).scaleb(-2))))
    return replace(
        PLAIN.entries[0],
        amount=amount,
        direction=Direction.DEBIT if amount < 0 else Direction.CREDIT,
        description=text,
        document=document,
        note=note,
        counterparty=Counterparty(name=name, tax_id="99888777000100"),
    )


def written(render, entry):
    """The document with this entry alone."""
    return b"".join(render(replace(PLAIN, entries=[entry])))


def parsed(document):
    """The root of a document that we have made ourselves."""
    return ET.fromstring(document)  # noqa: S314


@given(entries())
def test_programs_read_the_same(entry):
    """JSON, NDJSON and CSV change nothing."""
    (as_json,) = json.loads(written(to_json.render, entry))["entries"]
    _, as_line, _ = [json.loads(line) for line in written(to_ndjson.render, entry).split(b"\n")[:-1]]
    (row,) = csv.DictReader(io.StringIO(written(to_csv.render, entry).decode(), newline=""), strict=True)

    assert Decimal(as_json["amount"]) == entry.amount
    assert (as_json["description"], as_json["document"], as_json["note"]) == (
        entry.description,
        entry.document,
        entry.note,
    )
    assert as_json["counterparty"]["name"] == entry.counterparty.name
    assert as_line == {"record": "entry", **as_json}
    assert {name: row[name] for name in ("amount", "description", "document", "note")} == {
        name: as_json[name] for name in ("amount", "description", "document", "note")
    }
    assert row["counterparty_name"] == entry.counterparty.name


@given(entries())
def test_a_spreadsheet_reads_texts_and_numbers(entry):
    """Nothing is calculated, and one apostrophe in front is not part of a text."""
    document = written(to_csv.render_brazilian, entry).decode("utf-8-sig")

    (row,) = csv.DictReader(io.StringIO(document, newline=""), delimiter=";", strict=True)

    assert Decimal(row["Valor"].removeprefix("'").replace(",", ".")) == entry.amount
    texts = {"Descrição": entry.description, "Documento": entry.document, "Mensagem": entry.note}
    for title, text in texts.items():
        assert row[title].removeprefix("'") == cleaned(text)
        assert not row[title].lstrip().startswith(("=", "+", "-", "@"))


@given(entries())
def test_importers_read_the_same(entry):
    """OFX and camt.053 hold what fits their fields, in one line, without what XML cannot hold."""
    ofx = parsed(written(to_ofx.render_xml, entry)).find(".//STMTTRN")
    assert Decimal(ofx.findtext("TRNAMT")) == entry.amount
    memo = entry.description if len(entry.description) <= 255 else entry.description[:254] + "…"
    assert ofx.findtext("MEMO").strip() == (held(memo).strip() if is_seen(held(memo)) else entry.type.value)

    try:
        camt = parsed(written(to_camt053.render, replace(entry, balance=None))).find(".//{*}Ntry")
    except CallerError as error:
        assert error.code == "format_unsuitable"
        digits = f"{entry.amount.copy_abs():f}".partition(".")[2].rstrip("0")
        # The balance after it may be longer than the amount itself.
        assert len(digits) > 5 or entry.amount.copy_abs() * 10 ** len(digits) >= 10**17
        return
    # Copied rather than calculated, because arithmetic rounds to 28 digits.
    assert Decimal(camt.findtext("{*}Amt")) == entry.amount.copy_abs()
    assert camt.findtext("{*}CdtDbtInd") == ("DBIT" if entry.amount < 0 else "CRDT")
    message = "".join(each.text or "" for each in camt.findall(".//{*}Ustrd"))
    assert message == "".join(held(entry.note[at : at + 140]) for at in range(0, len(entry.note), 140))


@given(entries())
def test_a_workbook_has_texts_and_exact_numbers(entry):
    """Nothing is calculated; an amount that a spreadsheet would change is a text with all its digits."""
    book = openpyxl.load_workbook(io.BytesIO(written(to_xlsx.render, entry)))
    cells = dict(zip(TITLES, book.worksheets[0][2], strict=True))

    value = cells["Valor"].value
    assert (Decimal(value) if isinstance(value, str) else Decimal(repr(value))) == entry.amount
    for title, text in (("Descrição", entry.description), ("Documento", entry.document), ("Mensagem", entry.note)):
        assert unescape(cells[title].value or "") == held(text)
        assert cells[title].data_type in {"s", "n"}
        assert cells[title].data_type != "n" or cells[title].value is None


@given(entries())
def test_cnab_240_holds_it_or_says_why_not(entry):
    """Records are whole whatever a text has; an amount is exact or there is no document."""
    try:
        document = written(to_cnab240.render, replace(entry, balance=None))
    except CallerError as error:
        assert error.code == "format_unsuitable"
        digits = f"{entry.amount.copy_abs():f}".partition(".")[2].rstrip("0")
        # The balance after it may be longer than the amount itself.
        assert len(digits) > 2 or entry.amount.copy_abs() >= 10**15
        return
    *_, detail, _, _ = read(document)
    assert detail["amount"] == entry.amount.copy_abs()
    assert detail["document"][:32] == entry.id
    assert len(detail["text"]) == 25


@given(entries())
def test_windows_1252_holds_every_document(entry):
    """The encoder never fails, and no text is longer than its field."""
    document = written(to_ofx.render_sgml, entry).decode("cp1252")

    lines = [line for line in document.split("\r\n") if line.startswith("<MEMO>")]
    assert len(lines) == 1
    assert not re.findall(r"<(?:NAME|MEMO|CHECKNUM|REFNUM)>\s*\r\n", document)
    text = lines[0].removeprefix("<MEMO>").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    assert len(text) <= 255


def held(text):
    """A text as XML holds it."""
    return cleaned(text).translate(NOT_XML)
