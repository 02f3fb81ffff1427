"""What an installation's files and pages name, held against the program."""

import importlib
import pkgutil
import re
import shlex
from collections.abc import Iterable, Sequence

import rich_click as click

import gateway
from gateway.cli import cli as gateway_cli
from gateway.commands.lazy import LazyGroup
from gateway.metrics import REGISTRY
from gateway.setting_names import FILE, FROM_FILES, NAMES, PREFIX
from simulators.cli import main as simulators_cli

__all__ = ["PROGRAMS", "labels_of", "metrics", "settings_named", "understood", "unknown_settings", "words_of"]

PROGRAMS = {"gateway": gateway_cli, "simulators": simulators_cli}


def understood(words: Sequence[str]) -> None:
    """Parse a command with its options, and run nothing.

    Raises:
        ClickException: the program has no such command, or the command no such option.
        KeyError: there is no such program.
    """
    program, *rest = words
    command: click.Command = PROGRAMS[program]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        if rest[0] not in command.commands:
            raise click.UsageError(f"{program} has no command {rest[0]}")
        name = rest.pop(0)
        command = command.loaded(name) if isinstance(command, LazyGroup) else command.commands[name]
    with command.make_context(program, list(rest)):
        pass


def words_of(line: str) -> list[str]:
    """The words of a command line, without what the shell does with it."""
    words = shlex.split(line, comments=True)
    ends = [words.index(each) for each in (">", "|", "&&") if each in words]
    return words[: min(ends, default=len(words))]


def settings_named(text: str) -> set[str]:
    """The variables of the gateway that a text names."""
    return set(re.findall(rf"{PREFIX}[A-Z_]*[A-Z]", text))


def unknown_settings(names: Iterable[str]) -> set[str]:
    """Those of them that the gateway does not read."""
    known = {PREFIX + name for name in NAMES} | {PREFIX + name + FILE for name in FROM_FILES}
    return set(names) - known


def metrics() -> dict[str, tuple[str, tuple[str, ...]]]:
    """Every metric of the gateway under the name by which it is asked for: its kind, and its labels."""
    for module in pkgutil.walk_packages(gateway.__path__, "gateway."):
        # Programs of their own, and what only the library of migrations may load.
        if not module.name.endswith(("__main__", "pkcs12_child")) and ".migrations" not in module.name:
            importlib.import_module(module.name)
    found = {}
    for metric in REGISTRY._collector_to_names:
        name = metric._name + ("_total" if metric._type == "counter" else "")
        found[name] = (metric._type, tuple(metric._labelnames))
    return found


def labels_of(query: str) -> set[str]:
    """The labels that a query names."""
    grouped = re.findall(r"\b(?:by|without) *\(([^)]*)\)", query)
    chosen = re.findall(r"[{,]\s*(\w+)\s*(?:=~|!~|!=|=)", query)
    return {each.strip() for part in grouped for each in part.split(",")} | set(chosen)
