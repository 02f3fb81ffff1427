"""Accounts of a simulated bank: opened in a scenario, moved into another, given new credentials."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from random import Random
from typing import Any, ClassVar
from uuid import UUID

import msgspec
from msgspec.structs import replace

from contracts.enrolment import CredentialKind
from contracts.schema import Contract, MutualTLS, OperationKind
from simulators.accounts.kept import KeptAccount
from simulators.call import Refusal
from simulators.generate import Generated, cnpj, cpf
from simulators.ledger import Ledger, Source
from simulators.pki import Authority
from simulators.publication import PUBLICATIONS
from simulators.reasons import ending
from simulators.scenarios import Need, Scenario, all_scenarios, scenario
from simulators.world import OPENED_ON, Parameters, SimulatedAccount, World

__all__ = ["AccountOpening"]

ONE_OF_A_KIND = frozenset({CredentialKind.SECRET, CredentialKind.CERTIFICATE})
"""Credentials of these kinds are unlike those of any other account."""


class AccountOpening(ABC):
    """The part of a bank that keeps its accounts.

    Args:
        contract: what the bank promises.
        world: the state of the simulation.
    """

    kinds: ClassVar[frozenset[tuple[str, bool]]]
    """Transaction types that the wire distinguishes, each with whether it is a credit; ledgers here hold no others."""
    takes_others: ClassVar[bool] = True
    """Whether `OUTROS` is any movement that has no type of its own here, and not a certain one."""
    begins_at_zero: ClassVar[bool] = False
    """Whether the wire shows that no money came before an account's first movement."""
    refusals: ClassVar[Mapping[str, Refusal]] = {}
    """The bank's refusals by failure code, with a reason behind a dot where it has several."""
    untouched: ClassVar[frozenset[str]] = frozenset()
    """Faults that can change nothing in this bank's requests and answers; every other fault must change something."""
    balances_apart: ClassVar[bool] = False
    """Whether balances come apart from the entries, so that they may differ without contradicting a row."""
    number_width: ClassVar[int] = 8
    """Characters of an ordinary account number, with its check digit."""
    outcomes: ClassVar[Mapping[str, str]] = {}
    """By scenario: the failure to report where this bank's words mean another one than usual."""

    def __init__(self, contract: Contract, world: World) -> None:
        self.contract = contract
        self.world = world

    @abstractmethod
    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """The credentials of a new account, as its holder types them into the form."""

    def issue_application(
        self, account: SimulatedAccount, client_id: str = "", client_secret: str | None = "", common_name: str = ""
    ) -> dict[str, str]:
        """Issue an application with a certificate. What is empty is made up; without a secret where that is None."""
        fields = {"client_id": client_id or self.issued(account, "client")}
        if client_secret is not None:
            fields["client_secret"] = client_secret or self.issued(account, "secret")
        return {**fields, **self.issue_certificate(account, common_name)}

    def issue_certificate(self, account: SimulatedAccount, common_name: str = "") -> dict[str, str]:
        """Issue a certificate for the client of an account, with its key; an empty name is made up."""
        name, about = common_name or f"{account.bank} {account.number}", self.issued(account, "certificate")
        days = account.parameters.certificate_days
        certificate, key = self.world.client_certificate(name, about, days, account.issued_on)
        return {"certificate": certificate, "private_key": key}

    def issued(self, account: SimulatedAccount, purpose: str) -> str:
        """An opaque value of 32 hexadecimal digits that belongs to the account's present credentials."""
        return self.world.derived(account.bank, account.number, purpose, account.generation)

    def issued_uuid(self, account: SimulatedAccount, purpose: str) -> str:
        """Such a value in the form of a UUID."""
        return str(UUID(self.issued(account, purpose)))

    @property
    @abstractmethod
    def binds_certificates(self) -> bool:
        """Whether a token is good only with the certificate of its application."""

    def branch(self, chance: Random) -> str:
        """The branch of a new account."""
        return "0001"

    def branch_of(self, number: str) -> str:
        """The branch that an account of that number gets."""
        return self.branch(self.world.chance(self.contract.slug, number))

    def number(self, digits: str) -> str:
        """The account number that begins with these digits and ends as the bank's rule wants it.

        Args:
            digits: eight of them, the first not zero; as many are used as the bank's numbers have.
        """
        numbering = self.contract.enrolment.numbering
        body, rule = digits[: self.number_width - 1], numbering.check_digit if numbering is not None else None
        ends = rule.signs if rule is not None else digits[self.number_width - 1]
        numbers = (body + end for end in sorted(set(ends)))
        return next(number for number in numbers if rule is None or rule.of(self.branch_of(number), body) == number[-1])

    def number_about(self, about: str) -> str:
        """The account number that follows from the world and what it is about."""
        digest = self.world.derived(self.contract.slug, about)
        return self.number(str(10_000_000 + int(digest[:12], 16) % 90_000_000))

    def does_not_happen(self, name: str) -> str:
        """Why an account cannot be in a scenario of that name here; empty where it can."""
        known = self.scenarios()
        return "" if name in known else f"{name!r} does not happen at {self.contract.slug}, only {', '.join(known)}"

    def scenarios(self) -> tuple[str, ...]:
        """The scenarios that can happen at this bank."""
        operations = self.contract.operations.values()
        has: dict[Need, bool] = {
            "mutual_tls": self.contract.authentication.mutual_tls is not MutualTLS.NONE,
            "bound_certificate": self.binds_certificates,
            "one_kind": self.contract.enrolment.kinds == ("PJ",),
            "documented_limit": self.contract.limited,
            "balances_apart": self.balances_apart,
            "weekends_again": self.contract.period.sends_weekends_again,
            "tokens": any(operation.kind is OperationKind.TOKEN for operation in operations),
        }
        return tuple(
            name
            for name, each in all_scenarios().items()
            if (not each.refusal or each.refusal in self.refusals) and (not each.needs or has[each.needs])
        )

    def expected(self, scenario_name: str) -> str:
        """The gateway's outcome for an account in a scenario: `ok` or the code of a failure."""
        return self.outcomes.get(scenario_name, scenario(scenario_name).expected)

    def settled(self, chosen: Scenario) -> dict[str, Any]:
        """The parameters that a scenario settles at this bank."""
        return {**chosen.parameters, **(chosen.parameters_where_limited if self.contract.limited else {})}

    def open_account(
        self, number: str, scenario_name: str = "ok", parameters: Parameters | None = None, source: Source | None = None
    ) -> SimulatedAccount:
        """Open an account in a scenario, with a ledger of its own.

        Raises:
            KeyError: there is no such scenario.
        """
        chosen = scenario(scenario_name)
        settings = parameters or msgspec.convert(self.settled(chosen), Parameters)
        # So that it is as old when it is opened again on another day.
        opened_on = self.world.opened_on(settings)
        settings = replace(settings, opened_on=opened_on, opened_days_ago=0)
        slug = self.contract.slug
        chance = self.world.chance(slug, number)
        kind = settings.kind or self.contract.enrolment.kinds[0]
        account = SimulatedAccount(
            bank=slug,
            kind=kind,
            branch=self.branch(chance),
            number=number,
            holder_name="Empresa de Teste Ltda" if kind == "PJ" else "Pessoa de Teste",
            holder_tax_id=cnpj(chance) if kind == "PJ" else cpf(chance),
            ledger=Ledger(source or self.movements(number, settings), PUBLICATIONS.get(settings.publication)),
            scenario=scenario_name,
            opened_in=scenario_name,
            parameters=settings if opened_on != OPENED_ON else replace(settings, opened_on=None),
            issued_on=self.world.now().date(),
        )
        self._issue(account)
        self.world.add(account)
        self._inject(account, chosen)
        return account

    def reopen(self, kept: KeptAccount) -> SimulatedAccount:
        """Open an account as it was when it was written down; one of its number that is there becomes it."""
        there = self.world.account(kept.bank, kept.number)
        parameters = msgspec.convert({"opened_on": OPENED_ON, **kept.parameters}, Parameters)
        account = there or self.open_account(kept.number, kept.opened_in, parameters)
        account.branch, account.generation, account.issued_on = kept.branch, kept.generation, kept.issued_on
        self._issue(account)
        if account.scenario != kept.scenario:
            self.enter(account, kept.scenario)
        return account

    def has_large_ledger(self) -> bool:
        """Whether reading an account here may be too much work for a thread that has others to serve."""
        return self.contract.slug in self.world.large

    def by_credential(self, **wanted: str) -> SimulatedAccount | None:
        """The account whose credentials have these values, or None."""
        for account in self.world.accounts_of(self.contract.slug):
            if wanted and all(account.credentials.get(name) == value for name, value in wanted.items()):
                return account
        return None

    def unknown_caller(
        self, held: Mapping[str, str], missing: str = ": the call carries no credentials", secret: str = ""
    ) -> str:
        """Why credentials that a call carries belong to no account.

        Args:
            held: the credentials, by the names of the account's.
            missing: what is said further where one of them is missing.
            secret: what the second of them is called; its name when empty.
        """
        if without := [name for name, value in held.items() if not value]:
            return f"{' and '.join(without)} missing{missing}"
        first, *others = held
        if others and self.by_credential(**{first: held[first]}) is not None:
            return f"{secret or ' and '.join(others)} does not belong to {first} {ending(held[first])}"
        return f"{first} {ending(held[first])} is unknown here"

    def renew_credentials(self, account: SimulatedAccount) -> None:
        """Give an account new credentials; the bank forgets what it remembered of the former ones."""
        account.generation += 1
        account.issued_on = self.world.now().date()
        self._issue(account)

    def _issue(self, account: SimulatedAccount) -> None:
        account.memory.clear()
        account.refreshes = 0
        account.credentials = self.issue_credentials(account)
        account.mistyped = _mistyped(account, self.world)
        telling = {field.name for field in self.contract.enrolment.fields if field.kind in ONE_OF_A_KIND}
        telling.update(self.contract.authentication.client_fields)
        self.world.issue(*(account.form[name] for name in sorted(telling) if name in account.form))

    def enter(self, account: SimulatedAccount, scenario_name: str) -> None:
        """Move an account into another scenario in the middle of its life.

        Raises:
            ValueError: the scenario does not happen here, or consists in how the account was opened.
        """
        if not_here := self.does_not_happen(scenario_name):
            raise ValueError(not_here)
        chosen, own = scenario(scenario_name), scenario(account.opened_in)
        if scenario_name != own.name and chosen.parameters:
            raise ValueError(f"{scenario_name!r} is a matter of how an account is opened: open a new one in it")
        if scenario_name != own.name and own.parameters and self.expected(own.name) != "ok":
            raise ValueError(f"the account was opened in {own.name!r} and cannot leave it: open a new one")
        self.world.faults = [fault for fault in self.world.faults if fault.id not in account.scenario_faults]
        account.scenario, account.scenario_faults = scenario_name, ()
        self._inject(account, chosen)

    def movements(self, number: str, settings: Parameters) -> Source:
        """The movements that are made up for an account of that number."""
        opened_on = self.world.opened_on(settings)
        seed = self.world.seed_of(self.contract.slug, settings.ledger or number)
        return Generated(seed, opened_on, self.kinds, settings.entries_per_day, settings.busy_day_entries)

    def _inject(self, account: SimulatedAccount, chosen: Scenario) -> None:
        given = map(msgspec.structs.asdict, chosen.faults)
        account.scenario_faults = tuple(
            self.world.inject(account.bank, account.number, each.pop("at"), **each).id for each in given
        )


def _mistyped(account: SimulatedAccount, world: World) -> dict[str, str | None]:
    """The client certificate that goes into the form when it is not the account's own; None for an empty field."""
    name = f"{account.bank} {account.number}, another application"
    match account.parameters.certificate:
        case "own":
            return {}
        case "none":
            return {"certificate": None, "private_key": None}
        case "of_another":
            certificate, key = world.client_certificate(name, name)
        case "of_unknown_authority":
            certificate, key = Authority(f"unknown to {world.seed}").client(name)
    return {"certificate": certificate, "private_key": key}
