"""How banks have been doing."""

from datetime import timedelta

from gateway.accounts.outcomes import BankHealth, Outcomes
from gateway.errors import BankError, BankFailure
from tests.gateway.support import NOW


def failure(code: str, *, answered: bool = True) -> BankFailure:
    said = BankError(400) if answered else None
    return BankFailure(code, bank="inter", at="token", detail="", bank_error=said)


def test_health_follows_the_last_outcome_and_remembers_since_when() -> None:
    """Unknown, then up, then failing; the moment is that of the turn."""
    outcomes = Outcomes()
    assert outcomes.of("inter") == BankHealth("unknown", None)

    outcomes.succeeded("inter", NOW)
    outcomes.succeeded("inter", NOW + timedelta(hours=1))
    assert outcomes.of("inter") == BankHealth("up", NOW)

    outcomes.failed("inter", failure("bank_unavailable", answered=False), NOW + timedelta(hours=2))
    assert outcomes.of("inter") == BankHealth("failing", NOW + timedelta(hours=2))
    assert outcomes.of("stone").state == "unknown"


def test_a_user_s_mistake_shows_that_the_bank_is_well() -> None:
    """A bank that refuses a password is up; what did not come from the bank says nothing."""
    outcomes = Outcomes()

    outcomes.failed("inter", failure("certificate_expired", answered=False), NOW)
    assert outcomes.of("inter").state == "unknown"
    outcomes.failed("inter", failure("invalid_credentials"), NOW)

    assert outcomes.of("inter").state == "up"
