"""What is demanded of a contract: its facts fit together, and both sides keep its exchanges."""

from collections.abc import Iterator
from pathlib import Path

import contracts
from contracts.consistency import contradictions_of, unknown_failure
from contracts.locating import located
from contracts.schema import Grant
from simulators import faults
from simulators.certify.bench import Bench
from simulators.certify.checks.shown_fields import demand_all_shown
from simulators.certify.demands import demand, saying_when
from simulators.certify.exchanges.as_shown import answers_as_shown, reads_as_shown
from simulators.certify.files.evidence import unfinished
from simulators.certify.files.places import open_places
from simulators.certify.files.repeated import repeated_keys

__all__ = ["keeps_exchanges", "plays_exchanges", "states_facts_that_fit"]


def states_facts_that_fit(bench: Bench) -> None:
    """Demand that the contract's facts fit together, and that nothing of the bank's files is still to be filled in."""
    folder = contracts.folder(bench.slug)
    wrong = [*contradictions_of(bench.contract, contracts.failures()), *unfinished(bench.slug)]
    found = [located(folder / "bank.yaml", each) for each in wrong]
    found += [each for name in contracts.exchanges(bench.slug) for each in _unknown_words(bench, name)]
    found += [located(folder / "bank.yaml", each) for each in _unknown_exemptions(bench)]
    found += repeated_keys(sorted(folder.rglob("*.yaml")))
    if places := open_places(bench.slug, bench.adapter):
        found.append(f"{len(places)} places are still to be filled in, the first: {places[0]}")
    demand(not found, "; ".join(found))


def keeps_exchanges(bench: Bench) -> None:
    """Demand that the adapter asks and reads as each exchange shows."""
    for name, exchange in contracts.exchanges(bench.slug).items():
        with saying_when(f"{_exchange_file(bench, name)}, the adapter"):
            reads_as_shown(bench.slug, exchange, bench.adapter)


def plays_exchanges(bench: Bench) -> None:
    """Demand that the simulated bank serves every operation, answers as the exchanges show, and sends nothing else."""
    pages = {"authorize", "decide"} if bench.contract.authentication.grant is Grant.AUTHORIZATION_CODE else set()
    without = sorted((bench.contract.operations.keys() | pages) - bench.harness().bank.routes().keys())
    demand(not without, f"`routes` of the simulated bank has no handler for {', '.join(without)}")
    for name, exchange in contracts.exchanges(bench.slug).items():
        if exchange.simulator_plays:
            with saying_when(f"{_exchange_file(bench, name)}, the simulated bank"):
                answers_as_shown(bench.slug, exchange)
    demand_all_shown(bench)


def _unknown_words(bench: Bench, name: str) -> list[str]:
    """What an exchange names and nobody knows: its failure, its scenario."""
    exchange, scenarios = contracts.exchanges(bench.slug)[name], bench.harness().bank.scenarios()
    found = []
    if (failure := exchange.expected.failure) and (unknown := unknown_failure(failure, contracts.failures())):
        found.append(f"expected.failure: {unknown}")
    if exchange.simulator_plays and exchange.given.scenario not in scenarios:
        what = f"the simulated bank has no scenario {exchange.given.scenario!r}; it has {', '.join(scenarios)}"
        found.append(f"given.scenario: {what}")
    return [located(_exchange_file(bench, name), each) for each in found]


def _unknown_exemptions(bench: Bench) -> Iterator[str]:
    """What an exemption names and nobody knows: its check, a fault, a scenario."""
    from simulators.certify.checks.levels import CHECKS  # noqa: PLC0415 - it lists this module's checks too

    checks = {check.name for check in CHECKS}
    for name, exemption in bench.contract.exemptions.items():
        if name not in checks:
            yield f"exemptions.{name}: there is no check of that name; there are {', '.join(sorted(checks))}"
        for number, each in enumerate(exemption.only):
            if each.fault and each.fault not in faults.names():
                yield f"exemptions.{name}.only.{number}.fault: there is no fault {each.fault!r}"
            if each.scenario and each.scenario not in bench.harness().bank.scenarios():
                yield f"exemptions.{name}.only.{number}.scenario: the simulated bank has no scenario {each.scenario!r}"


def _exchange_file(bench: Bench, name: str) -> Path:
    return contracts.folder(bench.slug) / "exchanges" / f"{name}.yaml"
