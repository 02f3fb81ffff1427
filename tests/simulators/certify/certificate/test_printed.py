"""What is printed of the checks: each mistake once."""

import io

import pytest
from rich.console import Console

from simulators.banks.rows import inter
from simulators.certify.bench import Bench
from simulators.certify.certificate.printed import Printer
from simulators.certify.certificate.suite import Result, certify, named_checks


@pytest.fixture
def paper():
    return io.StringIO()


@pytest.fixture
def printer(paper):
    return Printer(Console(file=paper, width=200, highlight=False))


def test_a_mistake_of_the_simulated_bank_is_explained_once_with_the_checks_that_it_touches(monkeypatch, paper, printer):
    monkeypatch.setattr(inter, "money", lambda amount: f"{amount[0]:.2f}")
    checks = [check for name in ("month", "empty", "today", "overdraft") for check in named_checks(name)]

    certify(Bench("inter"), checks=checks, report=printer.result)
    printer.mistakes()

    text = paper.getvalue()
    place = text.split("one mistake, at ")[1].split(",")[0]
    assert place.startswith("simulators/banks/rows/inter.py:")
    assert text.endswith(f"one mistake, at {place}, in 3 checks: month, today, overdraft\n")
    assert text.count("its last reading") == 1
    assert text.count(f"  as under month, at {place}\nTypeError: ") == 2
    assert [f"--check {name}\n" in text for name in ("month", "today", "overdraft")] == [True] * 3


def failed(name, **more):
    return Result(name=name, level="exact", what="It holds", passed=False, **more)


@pytest.mark.parametrize("other", [{"place": "a.py:1", "shortfall": "two"}, {"place": "a.py:2", "shortfall": "one"}])
def test_two_mistakes_are_explained_each(other, paper, printer):
    printer.result(failed("exact", place="a.py:1", shortfall="one", wire="> GET /first"))
    printer.result(failed("words", wire="> GET /second", **other))
    printer.mistakes()

    assert "> GET /first" in paper.getvalue()
    assert "> GET /second" in paper.getvalue()
    assert "one mistake" not in paper.getvalue()


def test_equal_words_without_a_line_may_be_of_two_mistakes(paper, printer):
    for name in ("exact", "words"):
        printer.result(failed(name, shortfall="the same", wire=f"> GET /{name}"))
    printer.mistakes()

    assert "> GET /words" in paper.getvalue()
    assert "one mistake" not in paper.getvalue()
