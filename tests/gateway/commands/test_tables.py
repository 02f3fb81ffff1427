"""Lists on terminals, in pipes and as JSON."""

import io
import json
import sys

import pytest
import rich_click as click
from rich.cells import cell_len

import gateway.commands.tables
import simulators.commands.tables
from gateway.commands import complaints
from gateway.commands.tables import Column, print_fields, print_rows
from simulators.commands.lazy import _ended

COLUMNS = (Column("id"), Column("accounts", right=True), Column("note", wraps=True))
ID = "0b0e6b0a-8e0c-5c5e-9d5f-1f7a3f1f0c11"
ROWS = [{"id": ID, "accounts": 12, "note": "conta [red]do[/red] João\t" + "com muitas palavras " * 6, "hidden": None}]


class Terminal(io.TextIOWrapper):
    def isatty(self):
        return True


def printed(monkeypatch, width, rows=ROWS, encoding="utf-8", **environment):
    """What is printed on a terminal of that width."""
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {"COLUMNS": str(width), "TERM": "xterm", **environment}.items():
        monkeypatch.setenv(name, value)
    terminal = Terminal(io.BytesIO(), encoding=encoding, errors="replace")
    monkeypatch.setattr(sys, "stdout", terminal)
    print_rows(COLUMNS, rows, as_json=False)
    terminal.flush()
    return terminal.buffer.getvalue().decode(encoding)


@pytest.mark.parametrize("width", [20, 40, 60, 80, 200])
def test_no_id_is_cut_and_no_line_of_a_table_is_too_long(monkeypatch, width):
    """Text goes on in the next line; where the ids alone are too wide, each row is lines of names and values."""
    shown = printed(monkeypatch, width, NO_COLOR="1")

    assert ID in shown
    assert "[red]do[/red]" in " ".join(shown.split())
    assert shown.count("palavras") == 6
    assert "…" not in shown
    if width >= 80:
        assert max(map(cell_len, shown.splitlines())) <= width
    else:
        assert f"id        {ID}" in shown


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
@pytest.mark.parametrize("width", [40, 200])
def test_styles_are_turned_off(monkeypatch, name, value, width):
    """By the usual variables; without them there are some."""
    assert "\x1b" not in printed(monkeypatch, width, **{name: value})
    assert "\x1b" in printed(monkeypatch, width)


def test_a_terminal_without_accents_gets_a_table_all_the_same(monkeypatch):
    """With question marks in the place of letters, and frames of plain characters."""
    shown = printed(monkeypatch, 200, encoding="ascii", NO_COLOR="1")

    assert "Jo?o" in shown
    assert ID in shown


def test_a_control_character_reaches_no_terminal_and_no_column(monkeypatch, capsys):
    """Neither an escape sequence nor a tab from somebody's text."""
    evil = [{"id": "a\x1b[2Jb", "accounts": 1, "note": "x\ty\nz"}]

    assert "\x1b[2J" not in printed(monkeypatch, 200, rows=evil, NO_COLOR="1")
    monkeypatch.undo()
    print_rows(COLUMNS, evil, as_json=False)
    assert capsys.readouterr().out == "a [2Jb\t1\tx y z\n"


def test_programs_get_tabs_or_json_with_all_values(capsys):
    """JSON has what no column shows, and what is not known is null."""
    print_rows(COLUMNS, ROWS, as_json=False)
    assert capsys.readouterr().out.startswith(f"{ID}\t12\tconta [red]do[/red] João ")
    print_rows(COLUMNS, ROWS, as_json=True)
    assert json.loads(capsys.readouterr().out) == ROWS


def test_an_empty_list_says_so_to_people_alone(monkeypatch, capsys):
    """A program gets nothing at all."""
    assert printed(monkeypatch, 80, rows=[]) == ""
    assert capsys.readouterr().err == "nothing to list\n"
    print_rows(COLUMNS, [], as_json=False)
    assert capsys.readouterr().out == ""


def test_one_thing_is_lines_of_names(capsys):
    """Names within names have dots."""
    print_fields({"id": ID, "integration": {"state": "active", "failure": None}, "default": True}, as_json=False)

    assert capsys.readouterr().out == f"id\t{ID}\nintegration.state\tactive\nintegration.failure\t\ndefault\tyes\n"


TRICKS = {"name": "a\x1b[31m\x9b2J\x7f\u202e\u2028é\ud800"}


@pytest.mark.parametrize("tables", [gateway.commands.tables, simulators.commands.tables])
def test_no_sign_that_a_terminal_obeys_is_printed(monkeypatch, tables):
    """In JSON it is escaped, elsewhere it is a blank; letters stay."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    monkeypatch.setattr(sys, "stdout", stream)
    tables.print_json(TRICKS)
    stream.flush()
    printed = stream.buffer.getvalue().decode()
    assert "é" in printed
    assert printed.replace("\n", "").isprintable()
    assert json.loads(printed) == TRICKS
    assert tables.shown(TRICKS["name"].removesuffix("\ud800")).isprintable()


@pytest.mark.parametrize("written", ["gateway", "simulators"])
def test_an_error_has_no_sign_that_a_terminal_obeys(monkeypatch, capsys, written):
    """It may quote a file, a path or a variable."""
    monkeypatch.setattr("click.utils.should_strip_ansi", lambda *_: False)
    error = click.ClickException("a\x1b[31m\x9b2J\u202e\r\nb")
    if written == "gateway":
        complaints.written(error, as_json=False)
    else:
        with pytest.raises(SystemExit), _ended(as_json=False):
            raise error
    assert capsys.readouterr().err == f"{written}: a [31m 2J b\n"
