"""Files of movements as banks, spreadsheets and editors write them: read whole, or refused by line and field."""

import json

import pytest

from simulators.ledgers.entry_form import EntryProblems
from simulators.ledgers.files import MEDIA_TYPES, read_ledger

JSON, CSV, OFX = MEDIA_TYPES
ROW = "02/03/2026;-1.234,56;Pix São João"


def csv_rows(text):
    return [
        (entry.date.isoformat(), str(entry.amount), entry.description)
        for entry in read_ledger(text if isinstance(text, bytes) else text.encode(), CSV).entries
    ]


def ofx(*movements, currency="BRL", after="", end="</OFX>"):
    """A statement as banks write it: SGML, values without closing tags."""
    rows = [f"<STMTTRN>\n<TRNTYPE>OTHER\n{row}\n</STMTTRN>" for row in movements]
    head = f"OFXHEADER:100\nDATA:OFXSGML\n\n<OFX>\n<STMTRS>\n<CURDEF>{currency}\n<BANKTRANLIST>\n<DTSTART>20260301\n"
    tail = f"</BANKTRANLIST>\n<LEDGERBAL><BALAMT>100.00<DTASOF>20260331</LEDGERBAL>\n</STMTRS>\n{after}"
    return (head + "\n".join(rows) + "\n" + tail + end).encode()


def movement(posted="20260302", amount="1.00", **more):
    rest = "".join(f"\n<{name}>{value}" for name, value in more.items())
    return f"<DTPOSTED>{posted}\n<TRNAMT>{amount}{rest}"


def problems(content, kind):
    with pytest.raises(EntryProblems) as told:
        read_ledger(content if isinstance(content, bytes) else content.encode(), kind)
    return [(each.line or each.entry, each.field, each.problem) for each in told.value.problems]


@pytest.mark.parametrize(
    "content",
    [
        f"Data;Valor;Histórico\n{ROW}\n",
        f"\ufeffData;Valor;Histórico\r\n{ROW}\r\n",
        f"Data;Valor;Histórico\n{ROW}\n".encode("cp1252"),
        f"Data;Valor;Histórico\n{ROW}\n".encode("utf-16"),
        f"sep=;\nData;Valor;Histórico\n{ROW}\n",
        f"\n\nData;Valor;Histórico\n\n{ROW}\n;;\n",
        f"Data;Valor;Histórico;\n{ROW};\n",
        f"Data;Valor;Histórico;Saldo\n{ROW};10,00\n",
        f"Data\tValor\tHistórico\n{ROW}\n".replace(";", "\t"),
        "Data;Valor;Histórico\n02/03/2026;-R$ 1.234,56;Pix São João\n",
        "Data;Valor;Histórico\n02/03/2026;R$ -1.234,56;Pix São João\n",
        "Data;Valor;Histórico\n02/03/2026;\N{MINUS SIGN}1.234,56;Pix São João\n",
    ],
)
def test_one_row_in_every_spelling(content):
    """Encodings, marks, delimiters, blank lines and columns of spreadsheets."""
    assert csv_rows(content) == [("2026-03-02", "-1234.56", "Pix São João")]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ("date,amount,opening_balance\n2026-03-02,1,\n2026-03-03,1,100\n", (3, "opening_balance", "first entry")),
        ("date,amount,opening_balance\n2026-03-02,1,5\n2026-03-03,1,100\n", (3, "opening_balance", "first entry")),
        ('date,amount,description\n2026-03-02,1.00,"a\nb"\n', (2, "description", "line ends")),
        ('date,amount,description\n2026-03-02,1.00,"abc\n2026-03-02,1.00,x\n', (2, "file", "is no CSV")),
        ("date,amount,,x\n2026-03-02,1,2,3\n", (1, "header", "column 3 has no name")),
        ("Extrato\nConta;1\n", (1, "amount", "must be the first line")),
        ("", (None, "file", "is empty")),
        (" \r\n", (None, "file", "is empty")),
        ("%PDF-1.4\n", (None, "file", "it is a PDF")),
        (b"PK\x03\x04\x00\x01", (None, "file", "XLSX")),
        ('[{"date": "2026-03-02"}]', (None, "file", "it is JSON")),
        ("OFXHEADER:100\n<OFX>", (None, "file", "it is OFX")),
        ("<html><body>", (None, "file", "it is HTML")),
    ],
)
def test_wrong_rows_and_files_of_another_kind(content, told):
    """By the line in which a row begins, or by what the file is."""
    place, field, words = told
    assert any(line == place and name == field and words in text for line, name, text in problems(content, CSV))


def test_an_opening_balance_may_be_repeated():
    """As in a table whose column has the same value everywhere."""
    own = read_ledger(b"date,amount,opening_balance\n2026-03-02,1,5.00\n2026-03-03,1,5.00\n", CSV)
    assert str(own.opening_balance) == "5.00"


def test_json_of_editors():
    """A mark at the beginning tells nothing; another encoding is named by its line; all that is wrong is told."""
    entry = {"date": "2026-03-02", "amount": "1.50", "description": "pão"}
    assert len(read_ledger("\ufeff".encode() + json.dumps([entry]).encode(), JSON).entries) == 1
    text = json.dumps([entry], ensure_ascii=False, indent=0)
    ((_, field, words),) = problems(text.encode("cp1252"), JSON)
    assert (field, words) == ("file", "is no JSON: it is not in UTF-8 (line 5)")
    assert problems("[" * 100_000, JSON)
    wrong = {"opening": "1", "opening_balance": "x", "entries": [{"date": "2026-03-02", "amount": "1", "dat": "x"}]}
    assert {field for _, field, _ in problems(json.dumps(wrong), JSON)} == {"opening", "opening_balance", "dat"}
    assert problems("date,amount\n", JSON)[0][2].startswith("is no JSON")
    assert "it is OFX" in problems(ofx(movement()), JSON)[0][2]


@pytest.mark.parametrize(
    ("memo", "text"),
    [
        ("PIX A & B", "PIX A & B"),
        ("PIX &amp; B", "PIX & B"),
        ("A < B > C", "A < B > C"),
        ("<![CDATA[PIX <STMTTRN> & B]]>", "PIX <STMTTRN> & B"),
        ("PIX\n   FULANO", "PIX FULANO"),
        ("PIX FULANO</MEMO>", "PIX FULANO"),
        ("<![CDATA[sem fim", "<![CDATA[sem fim"),
    ],
)
def test_a_text_of_ofx_is_kept_whole(memo, text):
    """With signs of markup, over several lines, and where a program marks it as literal."""
    own = read_ledger(ofx(movement(MEMO=memo), movement(MEMO="outro")), OFX)
    assert [entry.description for entry in own.entries] == [text, "outro"]


@pytest.mark.parametrize("zone", ["", "[-3:BRT]", "[-03:EST]", "[-3]", "[-03:00]", "[GMT-3]", "[-3:America/Sao_Paulo]"])
def test_zones_of_ofx(zone):
    """However a bank names Brasília's."""
    own = read_ledger(ofx(movement(f"20260302153000{zone}")), OFX)
    assert own.entries[0].booked_at.isoformat() == "2026-03-02T15:30:00-03:00"


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (ofx(movement(), after="<STMTRS>\n<BANKTRANLIST>\n</BANKTRANLIST></STMTRS>"), "STMTRS"),
        (ofx(movement(), currency="USD"), "CURDEF"),
        (ofx(movement(), movement(), end=""), "file"),
        (ofx(movement(), movement())[:170], "file"),
    ],
)
def test_ofx_that_would_be_another_ledger(content, field):
    """Of two accounts, in another currency, or cut off: never a ledger of some of it."""
    assert field in {name for _, name, _ in problems(content, OFX)}


def test_ofx_in_two_bytes_a_letter():
    """As some programs of Windows save a text."""
    assert len(read_ledger(ofx(movement()).decode().encode("utf-16"), OFX).entries) == 1


@pytest.mark.parametrize("sign", ["<", "<![CDATA[", "<a", "<STMTTRN>"])
def test_the_work_for_ofx_follows_its_size(sign):
    """A megabyte of signs of markup is read to the end."""
    with pytest.raises(EntryProblems):
        read_ledger(b"<OFX>" + sign.encode() * (1_000_000 // len(sign)), OFX)
