"""A server that is forked for a test is as one that a user starts."""

import os
import subprocess
import sys

import pytest

from tests.served import forking


@pytest.mark.parametrize("words", [("2026", "1"), ("nonsense",), ("--help",)])
def test_output_and_status_are_those_of_a_start(words, tmp_path):
    """With arguments, errors, and an environment of its own, here the width of the help."""
    command, environment = ["calendar", *words], {**os.environ, "COLUMNS": "47"}
    whole = subprocess.run(
        [sys.executable, "-m", *command], env=environment, capture_output=True, text=True, timeout=60, check=False
    )

    with (tmp_path / "errors").open("w") as errors:
        forked = forking.start(command, environment, errors)
    with forked.stdout:
        printed = forked.stdout.read()

    assert forked.wait(60) == whole.returncode
    assert (printed, (tmp_path / "errors").read_text()) == (whole.stdout, whole.stderr)


def test_a_signal_ends_it(tmp_path):
    """Its status names the signal, and one that has ended gets none."""
    with (tmp_path / "errors").open("w") as errors:
        forked = forking.start(["http.server", "0", "--bind", "127.0.0.1"], os.environ, errors)
        other = forking.start(["http.server", "0", "--bind", "127.0.0.1"], os.environ, errors)
    with forked.stdout, other.stdout:
        assert forked.poll() is None
        with pytest.raises(subprocess.TimeoutExpired):
            forked.wait(0)
        forked.kill()
        assert forked.wait(60) == -9
        forked.terminate()
        assert forked.poll() == -9
        other.terminate()
        assert other.wait(60) == -15


def test_what_imports_otherwise_begins_as_users_start_it():
    """Another path of Python, or several processes, are decided before the first import."""
    command = ["gateway", "serve"]

    assert forking.can_start(command, os.environ)
    assert not forking.can_start([*command, "--workers", "2"], os.environ)
    assert not forking.can_start(command, {**os.environ, "PYTHONPATH": "/elsewhere"})
