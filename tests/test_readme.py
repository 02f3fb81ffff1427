"""The README says what is so."""

import re
from pathlib import Path

import pytest

import contracts
from gateway.limits import ConnectionLimits
from gateway.setting_names import NAMES
from gateway.settings import Settings
from simulators.support import in_text, table

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


def test_the_support_table_is_that_of_the_contracts():
    """The table is what `make support` writes."""
    assert in_text(README) == README


def test_every_bank_has_its_row():
    """The table has a row for each bank, in order."""
    assert re.findall(r"^\| `(\w+)`", table(), re.MULTILINE) == list(contracts.banks())


def test_a_text_without_the_marks():
    """A text without the marks is refused, not overwritten."""
    with pytest.raises(ValueError, match="support table"):
        in_text("nothing here")


def test_every_setting_is_described():
    """Each setting of the gateway stands in the table of settings, and no other does."""
    described = {
        name.removeprefix("GATEWAY_").lower() for name in re.findall(r"^\| `(GATEWAY_\w+)`", README, re.MULTILINE)
    }

    known = {*Settings.__struct_fields__, *ConnectionLimits.__struct_fields__} - {"limits", "state_dir", "notes"}
    assert described - {"state_dir"} == known


def test_every_variable_that_is_known_is_described():
    """What the start accepts and what the table offers is the same."""
    assert set(re.findall(r"^\| `GATEWAY_(\w+)`", README, re.MULTILINE)) == NAMES


def test_commands_of_the_readme_exist():
    """Each `make` target that the README names exists."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"make (\w+)", README)) - {"are", "support"} <= targets
    assert "support" in targets
