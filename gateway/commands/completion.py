"""The command that prints a shell's script of completion; click makes the script."""

import rich_click as click

from gateway.commands.parameters import example

__all__ = ["completion"]

VARIABLE = "_GATEWAY_COMPLETE"
"""The variable by which the script asks; its name is click's rule for a program of this name."""


@click.command(epilog=example("gateway completion bash > ~/.local/share/bash-completion/completions/gateway"))
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
def completion(shell: str) -> None:
    """Print the script with which a SHELL completes `gateway`.

    It completes commands, options, banks, formats and codes; and accounts, tenants and keys that are in the embedded
    database. In zsh put `source <(gateway completion zsh)` into ~/.zshrc after compinit; in fish save it as
    ~/.config/fish/completions/gateway.fish.
    """
    from click.shell_completion import get_completion_class

    from gateway.cli import cli  # here: that module lists this one

    made = get_completion_class(shell)
    if made is None:
        raise click.ClickException(f"there is no completion for {shell}")
    click.echo(made(cli, {}, "gateway", VARIABLE).source())
