"""Refusals that stop an integration, and those that may pass."""

from datetime import timedelta

import pytest

import contracts
from gateway.accounts.states.refusals import (
    ONE_REFUSAL,
    conclusive,
    one_refusal,
    seconds_held,
    seconds_until,
    suspicion_of,
)
from gateway.errors import BankFailure
from gateway.limits import REFUSALS_APART
from gateway.storage.accounts.remembered import RememberedFailure, Suspicion
from tests.gateway.support import NOW

STOPPING = {code: entry for code, entry in contracts.failures().failures.items() if entry.stops_integration}
MAY_BE_OTHERWISE = {"invalid_account", "invalid_credentials", "statement_access_denied", "certificate_expired"}


def refusal(code: str = "invalid_credentials", *, status_alone: bool = False) -> BankFailure:
    return BankFailure(code, bank="inter", at="token", detail="no", status_alone=status_alone)


@pytest.mark.parametrize("code", sorted(STOPPING))
def test_what_cannot_be_otherwise(code: str) -> None:
    """An unambiguous message, and the refusal of a spent refresh token; never a status alone."""
    remembered = RememberedFailure.of(refusal(code), NOW).revive("inter")

    assert conclusive(refusal(code)) is (code not in MAY_BE_OTHERWISE)
    assert not conclusive(refusal(code, status_alone=True))
    assert conclusive(remembered)


def test_credentials_that_never_worked_are_refused_at_once() -> None:
    """There is nothing that they could contradict."""
    assert suspicion_of(refusal(), None, NOW, has_worked=False) is None
    assert suspicion_of(refusal(), None, NOW, has_worked=True) == Suspicion("invalid_credentials", NOW)


def test_what_is_certain_stops_what_has_worked_unless_a_clock_explains_it() -> None:
    """Nobody has to type credentials in again because a clock differs."""
    certain, explained = refusal("consent_revoked"), refusal("consent_revoked")
    explained.clock_ahead = 7200

    assert suspicion_of(certain, None, NOW, has_worked=True) is None
    suspicion = suspicion_of(explained, None, NOW, has_worked=True)
    assert suspicion == Suspicion("consent_revoked", NOW, by_clock=True)


def test_meetings_count_from_the_first() -> None:
    """Until an hour has passed; another refusal begins anew."""
    first = Suspicion("invalid_credentials", NOW)
    soon, later = NOW + REFUSALS_APART - timedelta(seconds=1), NOW + REFUSALS_APART

    assert suspicion_of(refusal(), first, soon, has_worked=True) == Suspicion("invalid_credentials", NOW, 2)
    assert suspicion_of(refusal(), first, later, has_worked=True) is None
    other = suspicion_of(refusal("invalid_account"), first, later, has_worked=True)
    assert other == Suspicion("invalid_account", later)


def test_the_bank_is_asked_twice_within_the_hour() -> None:
    """Then it is left alone until the hour has passed."""
    once, twice = Suspicion("invalid_account", NOW), Suspicion("invalid_account", NOW, 2)

    assert seconds_held(None, NOW) is seconds_held(once, NOW) is None
    assert seconds_held(twice, NOW + timedelta(minutes=59, milliseconds=1)) == 60
    assert seconds_held(twice, NOW + REFUSALS_APART) is None
    assert seconds_until(NOW, NOW + timedelta(days=1)) is None


def test_a_clock_that_differs_accuses_no_credentials() -> None:
    """Neither twice an hour apart nor later; with the right clock the count begins anew."""
    explained = refusal()
    explained.clock_ahead = 7200
    first = suspicion_of(explained, None, NOW, has_worked=True)
    assert first == Suspicion("invalid_credentials", NOW, by_clock=True)
    second = suspicion_of(explained, first, NOW + timedelta(minutes=1), has_worked=True)
    assert second == Suspicion("invalid_credentials", NOW, 2, by_clock=True)
    assert seconds_held(second, NOW + timedelta(minutes=59)) == 60

    later = NOW + 2 * REFUSALS_APART
    assert suspicion_of(explained, second, later, has_worked=True) == Suspicion(
        "invalid_credentials", later, by_clock=True
    )
    assert suspicion_of(refusal(), second, later, has_worked=True) == Suspicion("invalid_credentials", later)
    assert suspicion_of(explained, None, NOW, has_worked=False) is None
    # The failure itself says why it may pass, and threatens nobody.
    assert (one_refusal(first), one_refusal(Suspicion("invalid_credentials", NOW))) == ("", ONE_REFUSAL)


def test_a_suspicion_of_before_the_clock_was_set_back_holds_nothing() -> None:
    """It would else hold for as long as the clock was wrong, and then for an hour."""
    ahead = Suspicion("invalid_credentials", NOW + timedelta(days=300), 2)

    assert seconds_held(ahead, NOW) is None
    assert suspicion_of(refusal(), ahead, NOW, has_worked=True) == Suspicion("invalid_credentials", NOW)


def test_a_suspicion_survives_the_table() -> None:
    """Its moment too."""
    kept = Suspicion("invalid_account", NOW, 2, by_clock=True)

    assert Suspicion.read(kept.to_json()) == kept
