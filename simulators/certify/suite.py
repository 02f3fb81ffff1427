"""Running the checks on an adapter, and what came of each."""

import time
from collections.abc import Callable, Iterator

from hypothesis import HealthCheck, Phase, given, seed, settings
from msgspec import Struct

from simulators.certify.bench import Bench, Check
from simulators.certify.bounded import CASE_SECONDS, bounded
from simulators.certify.cases import Case, cases
from simulators.certify.checks import CHECKS, LEVELS
from simulators.certify.evidence import contract_hash, counts, unwitnessed

__all__ = ["Certificate", "Result", "certify"]

CHECK_CASES = 20
"""So many cases that take their whole time end a check."""
SHORTEST_SECONDS = 0.2


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
    seconds: float = 0.0


class Certificate(Struct, frozen=True, kw_only=True):
    """What came of all checks."""

    bank: str
    adapter: str
    seed: int
    examples: int
    results: tuple[Result, ...]
    contract_hash: str = ""
    """SHA-256 of the contract's files for which the certificate was given."""
    evidence: dict[str, int] = {}
    """How many facts and exchanges are observed, documented, assumed."""
    unwitnessed: tuple[str, ...] = ()
    """Operations of which no observed or documented exchange exists."""

    @property
    def verdict(self) -> str:
        """`certified`, `rehearsed` (nothing falls short, but of some operation all is assumed) or `not certified`."""
        if not self.passed:
            return "not certified"
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
            if not all(result.passed for result in self.results if result.level == level):
                break
            reached = level
        return reached


def certify(
    bench: Bench, *, seed_number: int = 1, examples: int = 100, told: Callable[[Result], None] | None = None
) -> Certificate:
    """Run every check; `told` hears each result as it comes."""
    results = []
    for result in _results(bench, seed_number, examples):
        results.append(result)
        if told is not None:
            told(result)
    return Certificate(
        bank=bench.slug,
        adapter=f"{bench.adapter.__module__}:{bench.adapter.__qualname__}",
        seed=seed_number,
        examples=examples,
        results=tuple(results),
        contract_hash=contract_hash(bench.slug),
        evidence=counts(bench.slug),
        unwitnessed=unwitnessed(bench.slug),
    )


def _results(bench: Bench, seed_number: int, examples: int) -> Iterator[Result]:
    for check in CHECKS:
        exemption = bench.contract.exemptions.get(check.name)
        started = time.perf_counter()
        shortfall, case = run_check(check, bench, seed_number, examples)
        seconds = round(time.perf_counter() - started, 2)
        passed = not shortfall
        if exemption is not None:
            # An exemption that is not needed any more hides nothing today and something tomorrow.
            passed = bool(shortfall)
            shortfall = "" if passed else "the contract exempts the bank from this, but nothing falls short"
        yield Result(
            name=check.name,
            level=check.level,
            what=check.what,
            passed=passed,
            exempt=exemption.note or exemption.source if exemption and passed else "",
            shortfall=shortfall,
            case="" if passed else case,
            seconds=seconds,
        )


def run_check(
    check: Check, bench: Bench, seed_number: int, examples: int, case_seconds: float = CASE_SECONDS
) -> tuple[str, str]:
    """What falls short and the smallest case of it; two empty texts when nothing does.

    A case may take so many seconds of processor time, and a check as a whole twenty times as many.
    """
    left = CHECK_CASES * case_seconds
    failing: list[Case] = []

    def once(case: Case | None = None) -> None:
        nonlocal left
        began = time.process_time()
        try:
            with bounded(max(min(case_seconds, left), SHORTEST_SECONDS)):
                check.run(*([bench] if case is None else [bench, case]))
        except Exception:
            if case is not None:
                failing.append(case)
            raise
        finally:
            left -= time.process_time() - began

    try:
        if check.drawn:
            drawn = cases(bench.bank, attacked=check.drawn == "attacked")
            property_ = given(drawn)(lambda case: once(case))  # noqa: PLW0108 - hypothesis needs the argument's name
            seed(seed_number)(_bounded(examples)(property_))()
        else:
            once()
    except Exception as error:  # noqa: BLE001 - whatever an adapter under trial raises is its shortfall
        return f"{type(error).__name__}: {error}".strip(), str(failing[-1]) if failing else ""
    return "", ""


def _bounded(examples: int) -> settings:
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        print_blob=False,
        report_multiple_bugs=False,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
