"""The tests of the distributions themselves run where these are installed: see `test_outside.py`."""

from pathlib import Path

collect_ignore = [project.parent.name for project in Path(__file__).parent.glob("*/pyproject.toml")]
