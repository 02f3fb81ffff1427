"""All commands: they are listed as they are, teach by an example, and the page about them is theirs."""

import shlex
from pathlib import Path

import pytest
import rich_click as click

from gateway.cli import COMMANDS, cli
from gateway.commands.accounts import STATES
from gateway.commands.exit_codes import MEANINGS, ExitCode
from gateway.commands.lazy import LazyGroup
from gateway.commands.reference import commands_of, page
from gateway.storage.accounts.records import State
from tests.deploy.commands import understood

ROOT = Path(__file__).parents[3]
ALL = dict(commands_of())
RUN = {name: command for name, command in ALL.items() if not isinstance(command, click.Group) or name == "gateway sync"}
SHOWS = ("list", "show", "status", "banks", "pauses", "audit", "explain", "exit-codes", "statement", "sync")


@pytest.mark.parametrize("name", cli.listed)
def test_the_table_says_what_the_command_says(name):
    """The help of the program loads no command, so what it says is compared here."""
    command = cli.loaded(name)

    assert command.name == name
    assert cli.listed[name].help == " ".join((command.help or "").split("\n\n")[0].split())


def test_each_command_stands_in_one_part_of_the_help():
    """And each part has commands."""
    names = [name for part in COMMANDS.values() for name in part]

    assert len(names) == len(set(names)) == len(cli.listed)
    assert isinstance(cli, LazyGroup)


@pytest.mark.parametrize("name", RUN)
def test_each_command_has_an_example_that_it_understands(name):
    """Its options exist and have values of the right kind."""
    title, _, example = (RUN[name].epilog or "").partition("\n\n")
    words = shlex.split(example, comments=True)
    while "=" in words[0]:
        words.pop(0)
    ends = [words.index(each) for each in (">",) if each in words]
    words = [__file__ if word.endswith(".json") else word for word in words[: min(ends, default=len(words))]]

    assert title == "Example:"
    assert " ".join(words).startswith(name)
    understood(words)


@pytest.mark.parametrize("name", [name for name in RUN if name.split()[-1] in SHOWS])
def test_what_lists_or_shows_has_json(name):
    """Every command whose output is data."""
    assert "as_json" in {parameter.name for parameter in RUN[name].params}


@pytest.mark.parametrize("name", RUN)
def test_each_option_is_explained(name):
    """No option is left to be guessed."""
    silent = [each.name for each in RUN[name].params if isinstance(each, click.Option) and not each.help]

    assert silent == []


def test_the_page_of_commands_is_up_to_date():
    """`make commands` writes it."""
    assert (ROOT / "docs" / "commands.md").read_text() == page()


def test_the_statuses_are_explained_in_the_help_too():
    """Each has its meaning, and the help of the program names those that commands choose."""
    assert set(MEANINGS) == set(ExitCode)
    assert all(f"{status.value} " in (cli.epilog or "") for status in ExitCode if status < ExitCode.STOPPED)


def test_the_states_are_those_of_integrations():
    """The option repeats them, because help loads no storage."""
    assert tuple(state.value for state in State) == STATES
