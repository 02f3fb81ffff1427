"""The command that prints a shell's script of completion; click makes the script."""

import rich_click as click

from simulators.commands.options import example

__all__ = ["completion"]

VARIABLE = "_SIMULATORS_COMPLETE"
"""The variable by which the script asks; its name is click's rule for a program of this name."""


@click.command(epilog=example("simulators completion bash > ~/.local/share/bash-completion/completions/simulators"))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script with which a SHELL completes `simulators`.

    It completes commands, options, banks, scenarios and faults. In zsh put `source <(simulators completion zsh)` into
    ~/.zshrc after compinit; in fish save it as ~/.config/fish/completions/simulators.fish.
    """
    from click.shell_completion import get_completion_class  # noqa: PLC0415 - --help is instant

    from simulators.cli import main  # noqa: PLC0415 - that module lists this one

    made = get_completion_class(shell)
    if made is None:
        raise click.ClickException(f"there is no completion for {shell}")
    click.echo(made(main, {}, "simulators", VARIABLE).source())
