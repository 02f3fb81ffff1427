"""The README and the table of settings are true."""

import re
from pathlib import Path

from gateway.limits import ConnectionLimits
from gateway.setting_names import NAMES
from gateway.settings import Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()


def test_every_setting_is_described():
    """Each setting of the gateway stands in the table of settings, and no other does."""
    described = {
        name.removeprefix("GATEWAY_").lower() for name in re.findall(r"^\| `(GATEWAY_\w+)`", OPERATIONS, re.MULTILINE)
    }

    known = {*Settings.__struct_fields__, *ConnectionLimits.__struct_fields__} - {"limits", "state_dir", "notes"}
    assert described - {"state_dir"} == known


def test_every_variable_that_is_known_is_described():
    """The start accepts exactly the values of the table."""
    assert set(re.findall(r"^\| `GATEWAY_(\w+)`", OPERATIONS, re.MULTILINE)) == NAMES


def test_commands_of_the_readme_exist():
    """Each `make` target that the README names exists."""
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"make (\w+)", README)) - {"are", "support"} <= targets
    assert "support" in targets
