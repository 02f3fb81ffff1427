"""What a contract says of its capabilities is held against the adapter, in both directions."""

import msgspec
import pytest
from msgspec.structs import replace

import contracts
from gateway.connectors import Connector, connector_class
from gateway.connectors.stone import Stone
from simulators.certify.bench import Bench
from simulators.certify.certificate.suite import run_check
from simulators.certify.checks.capabilities import CAPABILITIES, lies, unnoticed
from simulators.certify.checks.levels import CHECKS
from tests.simulators.certify.planted import dropping

CHECK = next(check for check in CHECKS if check.name == "capabilities")


def lying(monkeypatch, slug, capability):
    """The bank whose contract says the contrary of what is so."""
    load, contract = contracts.load, contracts.load(slug)
    contrary = {capability: not getattr(contract.capabilities, capability)}
    changed = replace(contract, capabilities=replace(contract.capabilities, **contrary))
    monkeypatch.setattr(contracts, "load", lambda each: changed if each == slug else load(each))
    return Bench(slug)


def test_every_capability_is_looked_at():
    """One that is added to the contracts is held against the adapters as well."""
    facts = set(msgspec.structs.asdict(contracts.load("inter").capabilities)) - {"evidence", "source", "note"}

    assert set(CAPABILITIES) == facts


@pytest.mark.parametrize("slug", contracts.banks())
@pytest.mark.parametrize("capability", CAPABILITIES)
def test_a_lie_is_noticed(monkeypatch, slug, capability):
    """Declared where nothing comes, denied where all comes: either falls short, with its name and nothing else."""
    word = "declared" if not getattr(contracts.load(slug).capabilities, capability) else "denied"

    (lie,) = lies(lying(monkeypatch, slug, capability))

    assert lie.startswith(f"the capability {capability} is {word}, but ")


def test_an_adapter_that_drops_the_balance_after_each_entry():
    """At a bank that gives one."""

    class NoRunningBalance(Stone):
        def normalise(self, page):
            for movement in super().normalise(page):
                yield replace(movement, balance=None)

    shortfall = run_check(CHECK, Bench("stone", NoRunningBalance), 1, 1).shortfall

    assert "the capability running_balance is declared, but what comes is None" in shortfall


def test_a_denial_does_not_hide_what_an_adapter_drops(monkeypatch):
    """An adapter that gives nothing agrees with a contract that denies; one that gives some of it does too."""
    lying(monkeypatch, "inter", "booked_at")

    assert lies(Bench("inter", dropping("booked_at"))) == []


def test_another_number_of_entries_is_named():
    """They cannot be compared then."""

    class LosesOne(Stone):
        def normalise(self, page):
            yield from list(super().normalise(page))[1:]

    shortfall = run_check(CHECK, Bench("stone", LosesOne), 1, 1).shortfall

    assert shortfall


@pytest.mark.parametrize("name", ["branch", "number", "holder"])
def test_an_adapter_that_does_not_ask_whose_account_it_is(name):
    """What the contract says the bank tells of an account is compared, or falls short, for each part of it."""
    slug = {"branch": "cora", "number": "stone", "holder": "stone"}[name]

    class NeverAsks(connector_class(slug)):
        def identify(self, account):
            return Connector.identify(self, account)

    assert not unnoticed(Bench(slug))
    assert f"identity.verifies has the {name}, but with a mistyped {name} there is a statement" in unnoticed(
        Bench(slug, NeverAsks)
    )
