"""A statement as a table for people."""

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from gateway.commands.statement_table import table
from gateway.render.amounts import money
from tests.gateway.render.cases import CASES, Forward, statement


def lines(of, width=0, *, terminal=False, plain=False):
    return list(table(of, width, terminal=terminal, plain=plain))


@pytest.mark.parametrize("case", CASES)
def test_every_entry_is_there_with_its_amount_and_the_whole_text(case):
    """In the order of the statement, which is read forward once."""
    given = statement(case)
    found = lines(replace(given, entries=Forward(given.entries, len(given.entries))))

    rows = [line for line in found if line[:4].isdigit()]
    rows = [row for row in rows if not row.endswith((" opening balance", " closing balance"))]
    assert len(rows) == len(given.entries)
    for row, entry in zip(rows, given.entries, strict=True):
        assert row.startswith(entry.date.isoformat())
        assert f" {money(entry.amount)} " in row
        assert ("*" in row) or entry.stability == "final"
    assert f"entries   {len(given.entries)}" in found


@pytest.mark.parametrize("case", CASES)
def test_the_sums_and_the_proof_are_those_of_the_statement(case):
    """Final entries alone are summed; with both balances known and a proof the sums lead from one to the other."""
    given = statement(case)
    found = lines(given)
    credit, debit = (
        Decimal(next(line for line in found if line.startswith(name)).split()[-1]) for name in ("credits", "debits")
    )

    assert credit + debit == sum(entry.amount for entry in given.entries if entry.stability == "final")
    proof = next(line for line in found if line.startswith("proof"))
    assert proof.split()[1].lower().rstrip(":") in given.proof.verdict.replace("_", " ")
    assert all(any(warning.code in line for line in found) for warning in given.warnings)
    for warning in given.warnings:
        assert any(f"{warning.title.rstrip('.')}. {warning.remedy}".rstrip() in line for line in found)
    if given.proof.verdict == "proved":
        assert given.opening_balance + credit + debit == given.closing_balance


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("case", ["plain", "difficult"])
def test_entries_fit_the_terminal_and_no_word_is_lost(monkeypatch, case, width):
    """Descriptions go on in the next line, emoji and accents counted as wide as they are."""
    monkeypatch.setenv("NO_COLOR", "1")
    given = statement(case)
    found = lines(given, width, terminal=True)
    end = found.index("")

    assert max(cell_len(line) for line in found[1:end]) <= width
    together = "".join("".join(found[:end]).split())
    for entry in given.entries:
        assert all("".join(word.split()) in together for word in entry.description.split() if word.isalnum())


def test_the_chart_is_for_terminals():
    """Blocks where the encoding has them, plain marks else, and the highest and lowest balance beside them."""
    given = statement("plain")
    drawn, plain, piped = (
        lines(given, 80, terminal=True),
        lines(given, 80, terminal=True, plain=True),
        lines(given),
    )

    assert any(mark in line for line in drawn for mark in "▁▂▃▄▅▆▇█")
    assert not any(mark in line for line in (*plain, *piped) for mark in "▁▂▃▄▅▆▇█")
    assert len(plain) == len(drawn) == len(piped) + 6
    assert drawn[: len(piped)][-2:] == piped[-2:]


def test_balances_are_those_of_each_day():
    """The chart goes from the first day to the last one that is complete, days without entries included."""
    given = statement("plain")
    days = (min(given.complete_through, given.period.last) - given.period.first + timedelta(days=1)).days
    last = lines(given, 400, terminal=True)[-2]

    assert len(last.split("  ", 1)[1].rstrip()) == days


def test_no_escape_sequence_of_a_bank_reaches_a_terminal():
    """A description is text."""
    given = statement("plain")
    first = given.entries[0]
    evil = replace(first, description="\x1b[2J\x1b]0;title\x07 Pix\r\n")

    assert not any(mark in line for line in lines(replace(given, entries=[evil])) for mark in "\x1b\x07\r\n")
