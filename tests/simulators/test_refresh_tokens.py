"""A refresh token, or a code, of one environment of a bank is worth nothing in another."""

import msgspec
import pytest

import contracts
from gateway.errors import BankFailure
from gateway.flow import converse
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.pki import Authority
from simulators.world import Parameters

AUTHORITY = Authority()


def pair_at(slug):
    return PureHarness(slug, NOW, authority=AUTHORITY, parameters=Parameters(busy_day_entries=0))


def renewing():
    """Each bank at which a token is renewed by a refresh token, with each of its environments besides production."""
    for slug in contracts.banks():
        contract = contracts.load(slug)
        if contract.authentication.refresh_token_seconds:
            yield from ((slug, name) for name in contract.environments if name != "production")


def renewed(harness, environment, token):
    """What follows upon that token in an environment."""
    account = msgspec.structs.replace(harness.account, environment=environment)
    _, fresh = converse(harness.connector.auth(account).obtain(token, harness.clock.now()), harness.answer)
    return fresh


def test_banks_with_refresh_tokens_are_found():
    """So that the test below tries something."""
    assert {slug for slug, _ in renewing()} == {"bs2", "btg_pactual"}


@pytest.mark.parametrize(("slug", "other"), list(renewing()))
@pytest.mark.parametrize("turned", [False, True])
def test_a_refresh_token_is_good_in_its_own_environment_alone(slug, other, turned):
    """It is refused elsewhere as an unknown one is, in either direction, and is not used up by the attempt."""
    own, strange = ("production", other) if turned else (other, "production")
    harness = pair_at(slug)
    first = renewed(harness, own, None)

    with pytest.raises(BankFailure) as refused:
        renewed(harness, strange, first)
    with pytest.raises(BankFailure) as unknown:
        renewed(harness, strange, msgspec.structs.replace(first, refresh="0" * 32))

    assert str(refused.value) == str(unknown.value)
    assert refused.value.code == unknown.value.code == "consent_expired"
    assert "refresh_reuses" not in harness.simulated.memory
    assert renewed(harness, own, first).access != first.access


@pytest.mark.parametrize(("slug", "other"), list(renewing()))
def test_the_token_of_a_form_belongs_to_the_environment_that_sees_it_first(slug, other):
    """The same form tries either environment, but not one after the other."""
    harness = pair_at(slug)
    renewed(harness, other, None)

    with pytest.raises(BankFailure):
        renewed(harness, "production", None)


def test_a_token_that_stays_is_bound_as_well():
    """Where a refresh token is not replaced it is good where it was used first."""
    harness = PureHarness("btg_pactual", NOW, parameters=Parameters(readings={"refresh_rotation": "never"}))
    renewed(harness, "sandbox", None)

    with pytest.raises(BankFailure):
        renewed(harness, "production", None)
    assert renewed(harness, "sandbox", None).access
