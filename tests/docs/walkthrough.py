"""Carries out a page of the guide as a reader would: its programs are written to files, its commands are run."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.packages import plugin_path

__all__ = ["GUIDE", "ROOT", "Block", "Walk", "blocks_of", "free_ports"]

ROOT = Path(__file__).parent.parent.parent
GUIDE = ROOT / "docs" / "guia"
FENCE = re.compile(r"^( *)```(\S*)( \S+)?\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
CAPTION = re.compile(r":caption: (\S+)\n")
STEP_SECONDS = 90
END = "end of the step:"
STEP = f"set -eo pipefail; trap 'echo \"{END} $?\"' EXIT; source .step.sh; trap - EXIT; set +e; echo '{END} 0'\n"


@dataclass(frozen=True)
class Block:
    """A block of code of a page."""

    language: str
    text: str
    file: str
    """The name under which a reader saves it; empty of commands."""


def blocks_of(page: str) -> Iterator[Block]:
    """The commands and programs of a page of the guide, in their order; blocks of other kinds are for the eye."""
    for found in FENCE.finditer((GUIDE / page).read_text("utf-8")):
        _, word, argument, body = found.groups()
        body = textwrap.dedent(body)
        language = (argument or "").strip() if word == "{code-block}" else word
        caption = CAPTION.match(body)
        if language in {"bash", "python", "yaml", "json"}:
            yield Block(language, body[caption.end() :] if caption else body, caption[1] if caption else "")


@dataclass
class Walk:
    """A reader in an empty folder with one terminal."""

    folder: Path
    replaced: dict[str, str] = field(default_factory=dict)
    """What a reader with other ports would change in each block."""
    printed: list[str] = field(default_factory=list)
    """What each block of commands has printed."""

    def __post_init__(self) -> None:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("GATEWAY_", "COVERAGE_"))
        }
        environment |= {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join([str(ROOT), *plugin_path(self.folder / ".site")]),
            "PYTHONUNBUFFERED": "1",
        }
        self._shell = subprocess.Popen(
            ["bash"],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def go(self, page: str) -> None:
        """Save each program and run each command of a page.

        Raises:
            AssertionError: a command failed, or took too long; with all that was printed.
        """
        for block in blocks_of(page):
            text = self._changed(block.text)
            if block.file:
                (self.folder / block.file).write_text(text, "utf-8")
            elif block.language == "bash":
                self.printed.append(self.run(text))

    def run(self, commands: str) -> str:
        """Run commands in the terminal; give what they print.

        Raises:
            AssertionError: as in `go`.
        """
        (self.folder / ".step.sh").write_text(commands, "utf-8")
        # Sourced, so that variables and servers stay for the commands after them.
        self._shell.stdin.write(STEP)
        self._shell.stdin.flush()
        patience = threading.Timer(STEP_SECONDS, self._end)
        patience.start()
        printed: list[str] = []
        try:
            while (line := self._shell.stdout.readline()) and not line.startswith(END):
                printed.append(line)
        finally:
            patience.cancel()
        text = "".join(printed)
        assert line == f"{END} 0\n", f"{commands}\n{text}\n{line or 'too slow'}\n{self._logs()}"
        return text

    def _logs(self) -> str:
        return "\n".join(f"--- {file.name}\n{file.read_text()[-3000:]}" for file in self.folder.glob("*.log"))

    def _changed(self, text: str) -> str:
        for old, new in self.replaced.items():
            text = text.replace(old, new)
        return text

    def leave(self) -> None:
        """Close the terminal with all servers that were started in it."""
        self._end()
        self._shell.wait(timeout=30)
        self._shell.stdin.close()
        self._shell.stdout.close()

    def _end(self) -> None:
        """End the terminal and what it has started: a group of processes of their own."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGKILL)


def free_ports(number: int) -> list[int]:
    """Ports of loopback that nobody listens on now."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(number)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
