"""Running the checks on an adapter, and what came of each."""

import shlex
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from msgspec import Struct
from msgspec.structs import replace

from gateway.connectors import connector_class
from simulators.certify.bench import Bench, Check
from simulators.certify.cases import PAGING_FAULTS, Case, cases
from simulators.certify.certificate.case_file import write_case
from simulators.certify.certificate.exempting import Found, run_exempted
from simulators.certify.certificate.explain import explain
from simulators.certify.checks.levels import CHECKS, LEVELS
from simulators.certify.demands import Shortfall
from simulators.certify.files.evidence import contract_hash, counts, unwitnessed
from simulators.certify.harnesses.bounded import CASE_SECONDS, OutOfTime, bounded
from simulators.certify.harnesses.effects import computing_only
from simulators.texts.controls import cleaned

__all__ = ["Certificate", "Found", "Result", "certify", "named_checks", "run_check"]

SHORT_SECONDS = 3.0
"""For a case of each further check once one has found that the adapter computes without an end."""
PHASES = (Phase.generate, Phase.shrink)
"""What falls short is looked for, then made small."""


class Result(Struct, frozen=True, kw_only=True):
    """What came of one check."""

    name: str
    level: str
    what: str
    passed: bool
    exempt: str = ""
    """Why the bank's wire cannot do better, where the contract says so."""
    shortfall: str = ""
    case: str = ""
    """The smallest case that falls short."""
    diagnosis: tuple[str, ...] = ()
    """The likely mistakes in words, most telling first."""
    place: str = ""
    """`file:line` of the adapter."""
    wire: str = ""
    """The last reading of the smallest case, as it went over the wire."""
    again: str = ""
    """The command that tries the same again."""
    seconds: float = 0.0


class Certificate(Struct, frozen=True, kw_only=True):
    """What came of all checks."""

    bank: str
    adapter: str
    seed: int
    examples: int
    results: tuple[Result, ...]
    left_out: tuple[str, ...] = ()
    """Checks that were not run: without them nothing is certified."""
    contract_hash: str = ""
    """SHA-256 of the contract's files for which the certificate was given."""
    evidence: dict[str, int] = {}
    """How many facts and exchanges are observed, documented, assumed."""
    unwitnessed: tuple[str, ...] = ()
    """Operations without an observed or documented exchange."""

    @property
    def verdict(self) -> str:
        """`certified`, `rehearsed` (nothing falls short, but of some operation all is assumed) or `not certified`.

        Where only some checks were run it is `passed`, which certifies nothing.
        """
        if not self.passed:
            return "not certified"
        if self.left_out:
            return "passed"
        return "rehearsed" if self.unwitnessed else "certified"

    @property
    def passed(self) -> bool:
        """Whether nothing falls short."""
        return all(result.passed for result in self.results)

    @property
    def level(self) -> str:
        """The highest level that is reached with all below it; empty when even the first falls short."""
        reached = ""
        for level in LEVELS:
            found = [result.passed for result in self.results if result.level == level]
            if self.left_out or not all(found):
                break
            reached = level
        return reached


def named_checks(name: str) -> tuple[Check, ...]:
    """The check of that name.

    Raises:
        ValueError: there is none; the text names those that there are.
    """
    found = tuple(check for check in CHECKS if check.name == name)
    if not found:
        raise ValueError(f"{name!r} is none of the checks {', '.join(check.name for check in CHECKS)}")
    return found


def certify(
    bench: Bench,
    *,
    seed_number: int = 1,
    examples: int = 100,
    checks: Sequence[Check] = CHECKS,
    case: Case | None = None,
    keep: Path | None = None,
    report: Callable[[Result], None] | None = None,
    process_seconds: float | None = None,
) -> Certificate:
    """Run the checks.

    Args:
        bench: the adapter and its simulated bank.
        seed_number: repeats the same cases.
        examples: cases for each property.
        checks: those to run; a certificate is one of all of them.
        case: the one case to try, in place of drawn ones.
        keep: folder for the smallest failing case of each check; None keeps none.
        report: called with each result as it comes.
        process_seconds: for one case, after which this process ends (see `bounded`); None where it has other work.
    """
    adapter = f"{bench.adapter.__module__}:{bench.adapter.__qualname__}"
    of_another = "" if bench.adapter is connector_class(bench.slug) else f" --adapter {adapter}"
    results = []
    case_seconds = CASE_SECONDS
    for check in checks:
        started = time.perf_counter()
        run = partial(run_check, check, bench, seed_number, examples, case_seconds, case, process_seconds)
        found = run() if case is not None else run_exempted(check, bench, run)
        case_seconds = SHORT_SECONDS if found.endless else case_seconds
        seconds = round(time.perf_counter() - started, 2)
        result = _result(check, found, seconds)
        if not result.passed:
            options = [f"--seed {seed_number} --examples {examples}"] if check.drawn else []
            if keep is not None and found.case is not None:
                file = keep / f"{bench.slug}-{check.name}.json"
                write_case(file, bench.slug, check.name, found.case)
                options = [f"--case {shlex.quote(str(file))}"]
            asked = f"simulators certify {bench.slug}{of_another} --check {check.name}"
            result = replace(result, again=" ".join([asked, *options]))
        results.append(result)
        if report is not None:
            report(result)
    return Certificate(
        bank=bench.slug,
        adapter=adapter,
        seed=seed_number,
        examples=examples,
        results=tuple(results),
        left_out=tuple(check.name for check in CHECKS if check not in checks),
        contract_hash=contract_hash(bench.slug),
        evidence=counts(bench.slug),
        unwitnessed=unwitnessed(bench.slug),
    )


def _result(check: Check, found: Found, seconds: float) -> Result:
    why = found.explanation
    return Result(
        name=check.name,
        level=check.level,
        what=check.what,
        passed=not found.shortfall,
        exempt=found.exempt,
        shortfall=cleaned(found.shortfall, lines=True),
        case=cleaned(str(found.case), lines=True) if found.case is not None else "",
        diagnosis=tuple(cleaned(each, lines=True) for each in why.diagnosis),
        place=cleaned(why.place),
        wire=cleaned(why.wire, lines=True),
        seconds=seconds,
    )


def run_check(
    check: Check,
    bench: Bench,
    seed_number: int,
    examples: int,
    case_seconds: float = CASE_SECONDS,
    case: Case | None = None,
    process_seconds: float | None = None,
) -> Found:
    """What falls short, and the smallest case of it.

    A case may take so many seconds of processor time. After one that takes them all no smaller one is looked for. With
    a case given, a check that draws cases tries that one alone.
    """
    trial = _Trial(check, bench, case_seconds, process_seconds)
    try:
        if check.drawn and case is None:
            attacks = [
                each
                for each in PAGING_FAULTS
                if check.drawn == "attacked" and bench.tries(each[0], "statement", each[1])
            ]
            if check.drawn == "attacked" and not attacks:
                return Found()
            drawn = cases(bench.bank, attacks)
            property_ = given(drawn)(lambda case: trial.run(case))  # noqa: PLW0108 - hypothesis needs the argument's name
            seed(seed_number)(_bounded(examples)(property_))()
        else:
            trial.run(case if check.drawn else None)
    except Exception as error:  # noqa: BLE001 - whatever an adapter under trial raises is its shortfall
        shortfall = str(error) if isinstance(error, Shortfall) else f"{type(error).__name__}: {error}".strip()
        return Found(shortfall, trial.failed, explain(bench, error), trial.endless is not None)
    return Found()


class _Trial:
    """One check, run with one case after the other."""

    def __init__(self, check: Check, bench: Bench, case_seconds: float, process_seconds: float | None) -> None:
        self.failed: Case | None = None
        """The latest case that fell short."""
        self.endless: OutOfTime | None = None
        """What the first case that took all its time has raised; no other case is run after it."""
        self._endless_case = ""
        self._check = check
        self._bench = bench
        self._case_seconds = case_seconds
        self._process_seconds = process_seconds

    def run(self, case: Case | None) -> None:
        """Run the check, with a case if it draws cases.

        Raises:
            Exception: the adapter falls short.
        """
        if self.endless is not None:
            if str(case) == self._endless_case:
                raise self.endless
            return
        bench, limit = self._bench, bounded(self._case_seconds, process_seconds=self._process_seconds)
        try:
            with limit, computing_only(bench.adapter, bench.bank):
                self._check.run(*([bench] if case is None else [bench, case]))
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self.failed = case
            if isinstance(error, OutOfTime):
                self.endless, self._endless_case = error, str(case)
            if isinstance(error, Exception):
                raise
            what = f"the adapter raises {type(error).__name__}, which is no `Exception`: it would stop what runs it"
            raise Shortfall(what) from error


def _bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
    )
