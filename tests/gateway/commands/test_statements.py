"""Statements on the command line."""

import json
import sys
import zipfile
from pathlib import Path

import pytest

from gateway.commands.exit_codes import ExitCode
from gateway.commands.writing import shows_gibberish
from gateway.render.formats import FORMATS
from tests.gateway.commands.support import register

pytestmark = pytest.mark.slow


def test_a_statement_comes_in_every_format(run, tmp_path: Path) -> None:
    """By the names that the HTTP interface has for them, whole and with its last line ended."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()
    period = ("--from", "2026-03-09", "--to", "2026-03-13")
    ids = [entry["id"].encode() for entry in json.loads(run("statement", account, *period).stdout)["entries"]]

    for form in FORMATS:
        target = tmp_path / form.name
        assert run("statement", account, *period, "--format", form.name, "--output", str(target)).exit_code == 0
        written = target.read_bytes()
        assert run("statement", account, *period, "--format", form.name).stdout_bytes[:1000] == written[:1000]
        if form.is_binary:
            assert zipfile.ZipFile(target).testzip() is None
            written = zipfile.ZipFile(target).read("xl/worksheets/sheet1.xml")
        else:
            assert written.endswith(b"\n")
        assert len(ids) == 5
        assert all(each in written for each in ids)

    refused = run("statement", account, *period, "--format", "pdf")
    assert (refused.exit_code, "is none of json" in refused.stderr) == (2, True)


def test_a_workbook_is_not_written_to_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A text is, and so is either to a file."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    forms = {each.name: each for each in FORMATS}

    assert shows_gibberish(forms["xlsx"], "-")
    assert not shows_gibberish(forms["xlsx"], "x.xlsx")
    assert not shows_gibberish(forms["cnab240"], "-")


def test_a_statement_without_days_is_that_of_the_last_thirty(run) -> None:
    """Through yesterday; a first day after yesterday is written wrongly."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()

    shown = json.loads(run("statement", account, "--json").stdout)

    assert shown["period"] == {"from": "2026-02-14", "to": "2026-03-15"}
    assert run("statement", account, "--from", "2026-03-16").exit_code == ExitCode.USAGE
    assert run("statement", account, "--json", "--format", "csv").exit_code == ExitCode.USAGE


def test_a_statement_for_people_has_the_entries_of_json(run) -> None:
    """In a pipe without the chart; totals and proof below."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()
    period = ("--from", "2026-03-09", "--to", "2026-03-13")
    entries = json.loads(run("statement", account, *period, "--json").stdout)["entries"]

    lines = run("statement", account, *period, "--format", "table").stdout.splitlines()

    for entry in entries:
        assert any(entry["amount"] in line and line.startswith(entry["date"]) for line in lines)
    assert f"entries   {len(entries)}" in lines
    assert any(line.startswith("proof     proved") for line in lines)
    assert not any(mark in line for line in lines for mark in "▁▂▃▄▅▆▇█")


def test_a_file_that_cannot_be_written_is_an_error(run, tmp_path: Path) -> None:
    """The statement is lost, the reason is not."""
    run("keys", "create", "acme")
    account = register(run).stdout.strip()

    done = run(
        "statement", account, "--from", "2026-03-09", "--to", "2026-03-13", "--output", str(tmp_path / "no" / "file")
    )

    assert (done.exit_code, "cannot be written" in done.stderr) == (1, True)
