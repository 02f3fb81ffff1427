"""The statement as a workbook; `test_readers` compares its entries."""

import io
import sys
import zipfile
from datetime import datetime
from decimal import Decimal

import openpyxl
import pytest
from msgspec.structs import replace

from gateway.errors import CallerError
from gateway.limits import CELL_CHARACTERS, SHEET_BYTES, SHEET_ROWS
from gateway.model import Statement
from gateway.render import to_xlsx
from gateway.render.to_xlsx import render
from tests.gateway.render.cases import CASES, Forward, statement


def book(of: Statement) -> openpyxl.Workbook:
    return openpyxl.load_workbook(io.BytesIO(b"".join(render(of))))


def about(of: Statement) -> dict[str, object]:
    """What the second sheet says, by title."""
    return {row[0].value: row[1].value for row in book(of)["Extrato"].iter_rows() if row[0].value}


def only(**changed) -> dict[str, object]:
    """The cells of one entry."""
    plain = statement("plain")
    sheet = book(replace(plain, entries=[replace(plain.entries[0], **changed)])).worksheets[0]
    return dict(zip((cell.value for cell in sheet[1]), sheet[2], strict=True))


@pytest.mark.parametrize("case", CASES)
def test_the_package_is_sound(case: str) -> None:
    """Checksums are right, each member is well formed for a strict reader, and the size of the sheet is announced."""
    of = statement(case)
    document = b"".join(render(of))
    with zipfile.ZipFile(io.BytesIO(document)) as packed:
        assert packed.testzip() is None
    sheet = openpyxl.load_workbook(io.BytesIO(document), read_only=True).worksheets[0]

    assert (sheet.max_row, sheet.max_column) == (len(of.entries) + 1, 15)


def test_the_second_sheet_says_what_is_to_be_known() -> None:
    """Account, period, balances, proof, and the warnings with what to do."""
    found = about(statement("difficult_cents"))

    assert (found["Banco"], found["Agência"], found["Conta"]) == ("077 Banco Inter", "0001", "12345678")
    assert (found["De"], found["Até"]) == (datetime(2026, 10, 1), datetime(2026, 10, 6))  # noqa: DTZ001
    assert (found["Saldo inicial"], found["Saldo final"]) == (1520.1, 2545.09)
    assert found["Conferência"].startswith("Conferido")
    assert found["Movimentos ainda não consolidados"] == "Volte no próximo dia útil."
    assert found["Lido do banco em"] == datetime(2026, 10, 7, 9, 0, 3)  # noqa: DTZ001


def test_what_is_not_known_is_left_out() -> None:
    """No balance is made up, and a disproved statement says that nothing may be posted."""
    assert not about(statement("no_balances")).keys() & {"Saldo inicial", "Saldo final", "Diferença"}
    disproved = about(statement("disproved"))
    assert "nada deve ser lançado" in disproved["Conferência"]
    assert disproved["Diferença"] == pytest.approx(-0.66)


@pytest.mark.parametrize(
    ("amount", "kind"),
    [
        ("9999999999999.99", "n"),
        ("99999999999999.99", "s"),
        ("0.1234567890123456", "s"),
        ("100000000000000000000.00", "s"),
        ("-0.00", "n"),
    ],
)
def test_a_number_is_exact_or_a_text(amount: str, kind: str) -> None:
    """A spreadsheet keeps fifteen digits: a longer number would become a wrong one."""
    cell = only(amount=Decimal(amount))["Valor"]

    assert cell.data_type == kind
    assert Decimal(str(cell.value)) == Decimal(amount)


def test_a_balance_is_exact_or_a_text() -> None:
    """As an amount is."""
    amounts = Decimal("9999999999999.99"), Decimal("-99999999999999.99")
    found = about(replace(statement("plain"), opening_balance=amounts[0], closing_balance=amounts[1]))

    assert (found["Saldo inicial"], found["Saldo final"]) == (9999999999999.99, "-99999999999999.99")


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "00123", "1E5", "01/02/2026", "TRUE", "  x  "]
)
def test_a_text_stays_a_text(text: str) -> None:
    """Whatever a spreadsheet would make of it."""
    cell = only(description=text)["Descrição"]

    assert cell.data_type not in {"f", "n", "d", "b"}
    assert cell.value == text.replace("\t", " ")


def test_a_text_of_any_length_fits() -> None:
    """It ends in an ellipsis where a cell ends."""
    value = only(description="x" * (CELL_CHARACTERS + 1))["Descrição"].value

    assert (len(value), value[-2:]) == (CELL_CHARACTERS, "x…")


@pytest.mark.parametrize("before", ["", "x"])
def test_a_cell_counts_as_spreadsheets_do(before: str) -> None:
    """What lies beyond the first plane takes two places, of which none stands alone; a longer cell is no cell."""
    value = only(description=before + "😀" * CELL_CHARACTERS)["Descrição"].value

    assert CELL_CHARACTERS - 1 <= len(value.encode("utf-16-le")) // 2 <= CELL_CHARACTERS
    assert value == before + "😀" * (len(value) - len(before) - 1) + "…"


def test_more_entries_than_rows_are_a_problem() -> None:
    """Before the first part."""
    plain = statement("plain")
    too_many: Forward = Forward((), SHEET_ROWS)

    with pytest.raises(CallerError) as caught:
        next(render(replace(plain, entries=too_many)))

    assert (caught.value.code, caught.value.field) == ("format_unsuitable", "format")


def test_a_sheet_of_more_bytes_than_an_archive_holds_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first part, as the archive would fail after its last row; a smaller one is the same when measured."""
    plain = statement("plain")
    large = replace(plain, entries=Forward(plain.entries * 1000, len(plain.entries) * 1000))
    document = list(render(large))
    monkeypatch.setattr(to_xlsx, "SHEET_MEASURED_ENTRIES", 1)

    assert list(render(large)) == document
    monkeypatch.setattr(to_xlsx, "SHEET_BYTES", 10_000)
    with pytest.raises(CallerError) as caught:
        next(render(large))

    assert (caught.value.code, caught.value.field) == ("format_unsuitable", "format")


def test_the_archive_holds_a_sheet_of_as_many_bytes_as_it_may_have() -> None:
    """The writer of archives refuses more, so that it would break off."""
    assert SHEET_BYTES < zipfile.ZIP64_LIMIT


def test_without_the_writer_there_is_a_problem_that_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Other formats do not need it."""
    monkeypatch.setitem(sys.modules, "xlsxwriter", None)

    with pytest.raises(CallerError) as caught:
        next(render(statement("plain")))

    assert caught.value.code == "format_not_installed"


def test_nothing_of_the_entries_waits_on_the_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is temporary is sealed (`gateway.statement.spool`); a workbook has no temporary file at all."""

    def refused(*arguments: object, **named: object) -> None:
        raise AssertionError("a temporary file was made")

    for name in ("mkstemp", "mkdtemp", "TemporaryFile", "NamedTemporaryFile"):
        monkeypatch.setattr(f"tempfile.{name}", refused)

    assert b"".join(render(statement("plain")))


def test_parts_come_before_all_entries_are_read() -> None:
    """A large workbook is sent as it is made."""
    plain = statement("plain")
    read: list[int] = []

    class Counted(Forward):
        def __iter__(self):
            for number in range(5000):
                read.append(number)
                yield plain.entries[number % 2]

    parts = render(replace(plain, entries=Counted((), 5000)))
    first = next(parts)

    assert first.startswith(b"PK")
    assert len(read) < 5000
    assert to_xlsx.SHEET in zipfile.ZipFile(io.BytesIO(first + b"".join(parts))).namelist()
