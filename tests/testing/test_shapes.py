"""What tests give is checked as it is made; what they get is read from what the control API says."""

import ast
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

import extrato_testing
from extrato_testing import Entry, Party
from extrato_testing.served import bounded, world_name
from extrato_testing.shapes import BRASILIA, MOST_ENTRIES

FOLDER = Path(extrato_testing.__file__).parent


@pytest.mark.parametrize("given", ["2026-03-02", date(2026, 3, 2), "2026-03-02T12:00:00", "2026-03-02T15:00:00+00:00"])
def test_an_entry_is_booked_in_brasilia(given):
    """A day is its noon."""
    entry = Entry(given, "1.5")
    assert entry.moment == datetime(2026, 3, 2, 12, tzinfo=BRASILIA)
    assert entry.reais == Decimal("1.50")
    assert entry.told()["amount"] == "1.50"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("02/03/2026", "1"), "booked_at"),
        (("2026-03-02", "1,50"), "amount"),
        (("2026-03-02", "1.505"), "amount"),
        (("2026-03-02", "NaN"), "amount"),
        (("2026-03-02", "1e999999"), "amount"),
        (("2026-03-02", "1" * 41), "amount"),
        (("2026-03-02", "1", "PIX", "x" * 501), "description"),
    ],
)
def test_what_is_no_entry_is_refused(arguments, words):
    """The message begins with the field."""
    with pytest.raises(ValueError, match=f"^{words}: "):
        Entry(*arguments)


def test_a_float_is_no_amount():
    """It has no exact value."""
    with pytest.raises(TypeError, match="amount"):
        Entry("2026-03-02", 0.1)


def test_an_entry_as_the_control_api_takes_it():
    """Without what is unknown."""
    party = Party("Padaria Pão & Cia ME", tax_id="11222333000181", bank="341")
    told = Entry("2026-03-02", -3, "TED", "Pão", counterparty=party).told()
    assert told["counterparty"] == {"name": "Padaria Pão & Cia ME", "tax_id": "11222333000181", "bank": "341"}
    assert "document" not in told


def test_entries_without_end_are_not_read_to_the_end():
    """The bound is met first."""
    with pytest.raises(ValueError, match=f"at most {MOST_ENTRIES}"):
        bounded(Entry("2026-03-02", 1) for _ in iter(int, 1))


def test_worlds_are_named_after_their_tests():
    """Always the same name, in what the simulators take for one, and unlike for tests of equal beginnings."""
    long = "tests/test_a.py::test_" + "x" * 300 + "[á/ç-{}]"
    names = [world_name(long.format(number)) for number in (1, 2, 1)]
    assert names[0] == names[2] != names[1]
    assert all(len(name) <= 64 and name.isascii() for name in names)


def test_the_plugin_imports_none_of_our_packages():
    """Nor does any module that a project with packages of the same names needs."""
    inside = {"inside.py", "routing.py", "strategies.py"}
    for file in FOLDER.glob("*.py"):
        if file.name in inside:
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            named = [node.module] if isinstance(node, ast.ImportFrom) else []
            named += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not {name.split(".")[0] for name in named if name} & {"contracts", "gateway", "simulators"}, file


def test_it_is_typed():
    """Type checkers read the annotations of installed packages only where this file is."""
    assert (FOLDER / "py.typed").exists()
