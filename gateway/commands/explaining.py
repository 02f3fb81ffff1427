"""The command that explains a code, from the same texts as the help pages."""

import shutil
from collections.abc import Sequence

import rich_click as click

from gateway.commands.parameters import Named, example, json_option
from gateway.commands.tables import Column, bold, print_json, print_rows

__all__ = ["explain"]


@click.command(epilog=example("gateway explain certificate_expired --bank inter"))
@click.argument("code", type=Named("code"), required=False)
@click.option("--bank", type=Named("bank"), help="What to do at this bank (its slug).")
@json_option
def explain(code: str | None, bank: str | None, *, as_json: bool) -> None:
    """Explain the CODE of a failure or warning, in Portuguese.

    What happened, why, what to do, who has to act, whether it mends itself. Without a code all are listed, or
    those of a bank. A running gateway gives the same as a page at /help/CODE.
    """
    import msgspec

    from gateway.help.topics import ACTORS, topics

    if bank is not None and all(each.bank != bank for one in topics().values() for each in one.banks):
        raise click.ClickException("there is no such bank; `gateway banks` lists all")
    if code is None:
        listed = [each for each in topics().values() if bank is None or any(one.bank == bank for one in each.banks)]
        columns = (Column("code"), Column("actor"), Column("title", wraps=True))
        names = ("code", "title", "actor", "warning", "remedy")
        print_rows(columns, [{name: getattr(each, name) for name in names} for each in listed], as_json=as_json)
        return
    if (topic := topics().get(code)) is None:
        raise click.ClickException("there is no such code; `gateway explain` lists all")
    there = [each for each in topic.banks if bank is None or each.bank == bank]
    if bank is not None and not there:
        raise click.ClickException("this does not happen at that bank")
    if as_json:
        print_json({**msgspec.to_builtins(topic), "banks": msgspec.to_builtins(there)})
        return
    click.echo(f"{bold(topic.code)}: {topic.title}")
    _print_parts(
        [
            ("O que aconteceu", topic.happened),
            ("Por que acontece", topic.why),
            ("O que fazer", (topic.remedy, *topic.steps)),
            ("Quem resolve", (ACTORS[topic.actor],)),
            ("Resolve-se sozinho?", topic.mends),
            *((f"No {each.name}", each.steps) for each in there if bank is not None),
        ]
    )
    if bank is None and there:
        click.echo(f"\nBancos: {' '.join(each.bank for each in there)} (--bank BANCO diz os passos de cada um)")


def _print_parts(parts: Sequence[tuple[str, Sequence[str]]]) -> None:
    width = min(shutil.get_terminal_size().columns, 100)
    for title, lines in parts:
        if lines:
            click.echo(f"\n{bold(title)}")
        for line in lines:
            click.echo(click.wrap_text(line, width, "  ", "  "))
