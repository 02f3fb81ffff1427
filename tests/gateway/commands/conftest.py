"""Commands in this process, over a fake line to Inter."""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import rich_click
from click.testing import CliRunner, Result

from gateway import cli, logs
from tests.clocks import FixedClock
from tests.gateway.support import NOW, FakeInter


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> FakeInter:
    """A fake line in the place of the real one, at NOW."""
    bank = FakeInter()
    monkeypatch.setattr("gateway.line.open_line", lambda *_: bank)
    monkeypatch.setattr("gateway.parts.opening.SystemClock", lambda: FixedClock(NOW))
    return bank


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bank: FakeInter) -> Iterator[object]:
    """Runs a command in a state directory of the test's own; gives its exit status, output and errors."""
    monkeypatch.setenv("GATEWAY_STATE_DIR", str(tmp_path))

    def command(*arguments: str, given: str = "") -> Result:
        def within() -> None:
            monkeypatch.setattr(sys, "argv", ["gateway", *arguments])
            cli.main()

        wrapped = rich_click.Command("gateway", callback=within)
        return CliRunner().invoke(wrapped, [], input=given, catch_exceptions=False)

    yield command
    logs.configure("CRITICAL", io.StringIO())
