"""The bench on which an adapter is tried: makes harnesses for it, and reads with them what a check needs."""

from collections.abc import Callable, Container
from datetime import datetime, timedelta
from typing import Any

import httpx
import msgspec
from msgspec import Struct

import contracts
from contracts.schema import Contract, CredentialField, Exempted, OperationKind
from gateway import connectors
from gateway.causes import causes
from gateway.connectors import Connector, connector_class
from gateway.errors import BankFailure, IncoherentPages
from gateway.judgement import missing_response
from gateway.model import Period, Statement
from simulators import banks
from simulators.banks import bank_class
from simulators.certify.cases import NOW, Case
from simulators.certify.comparing.diagnosis import diagnose
from simulators.certify.comparing.with_ledger import differences, misdated, overclaimed
from simulators.certify.demands import Shortfall
from simulators.certify.harnesses.pure import PureHarness
from simulators.pki import Authority
from simulators.scenarios import scenario as find_scenario
from simulators.world import Parameters

__all__ = ["CALM", "YOUNG", "Bench", "Check", "two_sided", "why_not"]


QUIET: dict[str, Any] = {"entries_per_day": 3, "busy_day_entries": 0, "opened_days_ago": 120}
"""An account of few entries, for checks of something else."""

YOUNG = Parameters(opened_days_ago=60)
"""An account whose last month alone is read; a longer ledger would be made for nothing."""
CALM = Parameters(opened_days_ago=60, busy_day_entries=0)
"""Such an account without a busy day."""


def two_sided() -> tuple[str, ...]:
    """The slugs of the banks that have both an adapter and a simulated bank, in alphabetical order."""
    return tuple(slug for slug in connectors.banks() if slug in banks.banks())


def why_not(slug: str) -> str:
    """Why a bank lacks a side: the parts that were left out, each with its file; empty when it has both."""
    aside = [each for each in (*connectors.quarantined(), *banks.quarantined()) if each.slug == slug]
    if aside:
        return "; ".join(
            dict.fromkeys(
                each.reason if each.reason.startswith(each.file) else f"{each.file}: {each.reason}" for each in aside
            )
        )
    return "" if slug in contracts.banks() else f"there is no bank {slug!r}"


CARRIED = frozenset({"_request", "request", "response"})
"""Parts of an error that are looked at by themselves: what is sent proves who sends it."""


class Bench:
    """One adapter and its simulated bank.

    Args:
        slug: the bank.
        adapter: the connector class under trial; the bank's own when None.

    Raises:
        KeyError: there is no such bank.
        ContractError: an exchange of it does not satisfy the schema.
        LookupError: one of its sides is missing, or there are several.
        Exception: whatever importing an outside package raises.
    """

    def __init__(self, slug: str, adapter: type[Connector[Any]] | None = None) -> None:
        self.slug = slug
        self.contract: Contract = contracts.load(slug)
        contracts.exchanges(slug)
        self.adapter = adapter or connector_class(slug)
        self.bank = bank_class(slug)
        self.last: PureHarness | None = None
        """The harness that was made last: the one at which a check that falls short ended."""
        self.left_out: tuple[Exempted, ...] = ()
        """What the checks do not try: the contract exempts the bank from it."""
        self.alone: Exempted | None = None
        """What alone they try; None where they try all."""
        self._authority = Authority()

    def tries(self, fault: str, operation: str | None, parameters: dict[str, Any]) -> bool:
        """Whether a check is to try a fault with its parameters at a kind of operation."""
        return self._chosen(lambda each: each.is_of(fault, operation, parameters))

    def plays(self, scenario: str) -> bool:
        """Whether a check is to try a scenario."""
        return self._chosen(lambda each: each.scenario == scenario)

    def _chosen(self, is_of: Callable[[Exempted], bool]) -> bool:
        return is_of(self.alone) if self.alone is not None else not any(map(is_of, self.left_out))

    def harness(self, now: datetime = NOW, **more: Any) -> PureHarness:
        """A harness of the adapter; arguments as of `PureHarness`."""
        self.last = PureHarness(self.slug, now, connector=self.adapter, authority=self._authority, **more)
        return self.last

    def quiet(self, scenario: str) -> PureHarness:
        """A harness with an account of few entries in a scenario."""
        settled = self.harness().bank.settled(find_scenario(scenario))
        return self.harness(scenario=scenario, parameters=msgspec.convert({**QUIET, **settled}, Parameters))

    def harness_for(self, case: Case) -> PureHarness:
        """A harness with the ledger, parameters and fault of a case."""
        harness = self.harness(source=case.source, parameters=case.parameters, page_size=case.page_size)
        if case.fault is not None:
            harness.world.inject(self.slug, None, "statement", *case.fault)
        return harness

    def read_true(self, harness: PureHarness, period: Period, blurred: Container[str] = ()) -> Statement:
        """Read the statement of a period, which must be the ledger.

        Raises:
            Shortfall: it is not.
            BankFailure: there is none.
        """
        statement = harness.read(period)
        now = harness.clock.now()
        ledger = harness.simulated.ledger
        if statement.contradicted:
            if wrong := overclaimed(statement, ledger, now):
                raise Shortfall("; ".join(wrong[:5]))
            # The entries are given unproved: nothing may be booked from them, as if the statement were refused.
            raise IncoherentPages(self.slug, statement.proof.reason or "the entries are contradicted")
        if wrong := misdated(harness.balances, period):
            raise Shortfall("; ".join(wrong))
        if found := differences(harness.bank, statement, ledger, period, now, blurred):
            movements = tuple(harness.movements)
            raise Shortfall(
                "; ".join(found[:5]), lambda: diagnose(harness.bank, movements, ledger, period, now, harness.sent)
            )
        return statement

    def outcome(self, scenario: str, period: Period) -> str:
        """`ok` with a true statement, or the code of the failure, for an account in a scenario."""
        harness = self.quiet(scenario)
        try:
            self.read_true(harness, period, {"balances"} if find_scenario(scenario).unbalanced else ())
        except BankFailure as failure:
            return failure.code
        except httpx.TransportError as error:
            return missing_response(self.contract, self.kind_of(error.request).value, error).code
        return "ok"

    @property
    def secret_fields(self) -> tuple[CredentialField, ...]:
        """The credentials that may stand in no text."""
        return tuple(field for field in self.contract.enrolment.fields if field.secret)

    def texts(self, harness: PureHarness, period: Period) -> list[str]:
        """The words that the adapter says of an account and of a period: those of its errors, or of the statement."""
        found: list[str] = []
        for asked in (harness.identify, lambda: harness.read(period)):
            try:
                told = asked()
            except Exception as error:  # noqa: BLE001 - whatever an adapter raises may quote a secret
                for cause in causes(error, hidden=False):
                    # What a traceback would print, and what a tracker of errors would send along.
                    found += [str(cause), repr(cause), repr({n: v for n, v in vars(cause).items() if n not in CARRIED})]
            else:
                found += [repr((told.proof, told.warnings, harness.balances))] if isinstance(told, Statement) else []
        return found

    def kind_of(self, request: httpx.Request) -> OperationKind:
        """What a request of the adapter asks for."""
        return self.contract.operations[request.extensions["operation"]].kind

    def last_days(self, days: int, now: datetime = NOW) -> Period:
        """The last closed days: so many, or as many as the bank's history has."""
        history = self.contract.period.history_days
        reach = min(days, history) if history else days
        today = now.date()
        return Period(today - timedelta(days=reach), today - timedelta(days=1))


class Check(Struct, frozen=True):
    """One demand on an adapter, named after the capability that it is about."""

    name: str
    level: str
    what: str
    run: Callable[[Bench, Case], None] | Callable[[Bench], None]
    parted: bool = False
    """Whether it tries faults or scenarios by their names, so that an exemption from it says from which (`only`)."""
    drawn: str = ""
    """`any` or `attacked`: the check is a property over such cases; empty: it is run once."""
