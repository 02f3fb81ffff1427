"""`simulators new` and `simulators record`."""

from datetime import UTC, datetime
from pathlib import Path

import rich_click as click

from simulators.authoring.new import AUTHENTICATIONS, PAGINGS, PROOFS, files_of_package, files_of_tree, write
from simulators.authoring.places import places_in

__all__ = ["new"]

TREE = Path(__file__).parents[2]


@click.command()
@click.argument("slug")
@click.option("--auth", type=click.Choice(AUTHENTICATIONS), default=AUTHENTICATIONS[0], show_default=True)
@click.option("--paging", type=click.Choice(PAGINGS), default=PAGINGS[0], show_default=True)
@click.option("--proof", type=click.Choice(PROOFS), default=PROOFS[0], show_default=True)
@click.option(
    "--package",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write a distribution of its own into this folder, with entry points, package data and tests.",
)
@click.option(
    "--tree",
    type=click.Path(path_type=Path, file_okay=False),
    default=TREE,
    help="The source tree into which a bank is written that is to live in it.",
)
def new(slug: str, auth: str, paging: str, proof: str, package: Path | None, tree: Path) -> None:
    """Write the first files of a bank; they run at once, and the places to fill in are listed."""
    chosen = {"auth": auth, "paging": paging, "proof": proof}
    today = datetime.now(UTC).date()
    try:
        if package is not None:
            written = write(package, files_of_package(slug, chosen, today))
        elif (tree / "tests" / "conformance").is_dir():
            written = write(tree, files_of_tree(slug, chosen, today))
        else:
            raise click.BadParameter(f"{tree} is no source tree; write a package instead", param_hint="--package")
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="SLUG") from error
    except FileExistsError as error:
        raise click.ClickException(str(error)) from error
    for file in written:
        click.echo(f"wrote {file}")
    click.echo("\nto fill in:")
    for place in places_in(written):
        click.echo(f"  {place}")
    if package is not None:
        click.echo(f"\nthen: pip install -e {package}")
    click.echo(f"\nsimulators certify {slug}")
