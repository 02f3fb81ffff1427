"""`simulators certify` and `simulators grid`."""

import resource
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import rich_click as click

if TYPE_CHECKING:
    from simulators.certify.bench import Bench

__all__ = ["certify", "grid"]

CASES = Path(".simulators/cases")
MOST_MEMORY_BYTES = 8 << 30
"""Of the process that certifies; an adapter that collects without an end is told so before the machine has no more."""


@click.command()
@click.argument("bank")
@click.option("--adapter", help="module:Class of the adapter; the bank's own without it.")
@click.option("--report", type=click.Path(path_type=Path), help="Write a report: .html, .json or .xml (JUnit).")
@click.option("--seed", default=1, show_default=True, help="Repeats the same cases.")
@click.option("--examples", default=100, show_default=True, help="Cases for each property.")
@click.option("--check", "name", help="Only this check, which certifies nothing.")
@click.option("--case", "file", type=click.Path(path_type=Path, dir_okay=False), help="Only the case of this file.")
@click.option(
    "--cases",
    default=CASES,
    show_default=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the smallest failing cases are kept.",
)
@click.option("--watch", is_flag=True, help="Run again whenever a file of the bank changes, until stopped.")
def certify(
    bank: str,
    adapter: str | None,
    report: Path | None,
    seed: int,
    examples: int,
    name: str | None,
    file: Path | None,
    cases: Path,
    watch: bool,  # noqa: FBT001 - a command's flag
) -> None:
    """Try an adapter against its simulated bank, offline; exit status 1 when it falls short."""
    import logging  # noqa: PLC0415

    import structlog  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415

    from simulators.certify.certificate.printed import Printer  # noqa: PLC0415
    from simulators.certify.certificate.report import FORMATS, grounds, write  # noqa: PLC0415
    from simulators.certify.certificate.suite import certify as run  # noqa: PLC0415
    from simulators.certify.certificate.suite import named_checks  # noqa: PLC0415
    from simulators.certify.checks.levels import CHECKS  # noqa: PLC0415
    from simulators.certify.harnesses.bounded import PROCESS_SECONDS  # noqa: PLC0415

    if report is not None and report.suffix not in FORMATS:
        raise click.BadParameter(f"the suffix must be one of {', '.join(FORMATS)}", param_hint="--report")
    case = None
    if file is not None:
        name, case = _case(file, bank, name)
    try:
        checks = named_checks(name) if name is not None else CHECKS
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--check") from error
    if watch:
        from simulators.certify.certificate.watch import follow  # noqa: PLC0415

        follow(bank, [argument for argument in sys.argv[1:] if argument != "--watch"])
        return
    # Faults are injected on purpose: what the gateway logs of them would hide what falls short.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    console = Console(highlight=False)

    printer = Printer(console)
    bench = _bench(bank, adapter)
    with suppress(ValueError, OSError):  # of a machine that has no such bound, or a lower one
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY_BYTES, resource.getrlimit(resource.RLIMIT_DATA)[1]))
    certificate = run(
        bench,
        seed_number=seed,
        examples=examples,
        checks=checks,
        case=case,
        keep=cases,
        report=printer.result,
        process_seconds=PROCESS_SECONDS,
    )
    if report is not None:
        write(certificate, report)
    printer.mistakes()
    console.print(grounds(certificate), style="dim", soft_wrap=True)
    console.print(f"{bank}: {certificate.verdict}, level {certificate.level or 'none'}")
    sys.exit(0 if certificate.passed else 1)


def _bench(bank: str, adapter: str | None) -> "Bench":
    """The bench for the adapter that `module:Class` names, or for the bank's own.

    Raises:
        BadParameter: one of its sides is missing or cannot be imported; the text says why.
    """
    from simulators.certify.bench import Bench, why_not  # noqa: PLC0415

    chosen = _adapter(adapter)
    try:
        return Bench(bank, chosen)
    except Exception as error:
        raise click.BadParameter(why_not(bank) or f"{type(error).__name__}: {error}", param_hint="BANK") from error


def _case(file: Path, bank: str, check: str | None) -> tuple[str, Any]:
    """The check and the case of a file.

    Raises:
        BadParameter: the file holds no case, or one of another bank or check.
    """
    from simulators.certify.certificate.case_file import read_case  # noqa: PLC0415

    try:
        of_bank, of_check, case = read_case(file)
    except (OSError, ValueError) as error:
        raise click.BadParameter(str(error), param_hint="--case") from error
    if of_bank != bank or check not in {None, of_check}:
        raise click.BadParameter(f"{file} is a case of {of_bank} and its check {of_check}", param_hint="--case")
    return of_check, case


@click.command()
@click.option("--bank", "chosen", multiple=True, help="Only this bank; may be repeated.")
def grid(chosen: tuple[str, ...]) -> None:
    """Try every fault at every step with every bank, offline; exit status 1 when a cell is wrong or was not tried.

    A cell `12+4 (3)` has twelve true statements and four failures under their right name; in three more tries the fault
    found nothing to act on, which shows nothing. A fault that finds nothing at any step of a bank is an error.
    """
    import logging  # noqa: PLC0415

    import structlog  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import track  # noqa: PLC0415

    from simulators.certify.bench import two_sided, why_not  # noqa: PLC0415
    from simulators.certify.grid.cells import cells, mistaken, try_cells  # noqa: PLC0415
    from simulators.certify.grid.tables import tables  # noqa: PLC0415

    for slug in set(chosen).difference(two_sided()):
        raise click.BadParameter(why_not(slug), param_hint="--bank")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    console = Console(highlight=False)
    todo = [cell for slug in chosen or two_sided() for cell in cells(slug)]
    outcomes = try_cells(track(todo, "Trying every cell", console=Console(stderr=True)))
    for table in tables(outcomes):
        console.print(table, "")
    wrong = [each for each in outcomes if not each.right]
    for each in wrong:
        console.print(f"[red]wrong[/] {each.cell}: {each.result}" if each.applied else f"[red]not tried[/] {each.cell}")
    without_effect = mistaken(outcomes)
    for text in without_effect:
        console.print(f"[red]without effect[/] {text}" if "nothing" in text else f"[red]effect[/] {text}")
    idle = sum(each.idle for each in outcomes)
    console.print(f"{len(outcomes)} cells, {idle} without effect, {len(wrong)} wrong")
    sys.exit(1 if wrong or without_effect else 0)


def _adapter(name: str | None) -> Any:
    """The class that `module:Class` names, or None."""
    if name is None:
        return None
    from importlib import import_module  # noqa: PLC0415

    module, _, attribute = name.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise click.BadParameter(f"{name} cannot be imported: {error}", param_hint="--adapter") from error
