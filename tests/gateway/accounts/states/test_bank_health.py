"""How banks have been doing."""

from datetime import datetime, timedelta
from typing import cast

import pytest

from gateway.accounts.states.bank_health import BankHealth, BankHealths
from gateway.errors import BankError, BankFailure
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.accounts.remembered import RememberedFailure
from tests.gateway.support import NOW

HOUR = timedelta(hours=1)


def failure(code: str, *, answered: bool = True) -> BankFailure:
    bank_error = BankError(400) if answered else None
    return BankFailure(code, bank="inter", at="token", detail="", bank_error=bank_error)


def nothing_known() -> BankHealths:
    """No pause is looked up where one bank is asked for."""
    return BankHealths(cast("Pauses", None))


def test_health_follows_the_last_outcome_and_remembers_since_when() -> None:
    """Unknown, then up, then failing; the moment is that of the turn."""
    known = nothing_known()
    assert known.of("inter") == BankHealth(state="unknown")

    known.succeeded("inter", NOW)
    known.succeeded("inter", NOW + HOUR)
    assert known.of("inter") == BankHealth(state="up", since=NOW, last_success_at=NOW + HOUR)

    known.failed("inter", failure("bank_unavailable", answered=False), NOW + 2 * HOUR)
    known.failed("inter", failure("bank_server_error"), NOW + 3 * HOUR)
    assert known.of("inter") == BankHealth(
        state="failing",
        since=NOW + 2 * HOUR,
        last_success_at=NOW + HOUR,
        last_failure_at=NOW + 3 * HOUR,
        last_failure_code="bank_server_error",
    )
    assert known.of("stone").state == "unknown"


def test_a_user_s_mistake_shows_that_the_bank_is_well() -> None:
    """A bank that refuses a password is up; a failure without an answer of the bank does not change its health."""
    known = nothing_known()

    known.failed("inter", failure("certificate_expired", answered=False), NOW)
    assert known.of("inter").state == "unknown"
    known.failed("inter", failure("invalid_credentials"), NOW)

    assert known.of("inter") == BankHealth(state="up", since=NOW)


def test_a_failure_from_memory_changes_no_health() -> None:
    """A failure that is answered again was counted when it was met."""
    known = nothing_known()

    for code in ("bank_unavailable", "invalid_credentials"):
        known.failed("inter", RememberedFailure.of(failure(code), NOW).revive("inter"), NOW)

    assert known.of("inter") == BankHealth()


def test_an_unreadable_answer_is_shown_and_changes_no_state() -> None:
    """An answer that cannot be read came from a bank that answers."""
    known = nothing_known()
    known.succeeded("inter", NOW)

    known.failed("inter", failure("unexpected_bank_response"), NOW + HOUR)

    health = known.of("inter")
    assert (health.state, health.last_failure_code) == ("up", "unexpected_bank_response")
    known.failed("inter", failure("unexpected_bank_response", answered=False), NOW + 2 * HOUR)
    assert known.of("inter").last_failure_at == NOW + HOUR


@pytest.mark.parametrize(
    ("mode", "state", "since"), [(Mode.ALL, "paused", NOW + HOUR), (Mode.NEW_ENROLMENTS_ONLY, "up", NOW)]
)
def test_a_pause_lies_over_what_is_known(mode: Mode, state: str, since: datetime) -> None:
    """Nothing is forgotten under it; new enrolments only leave the bank's own state to be seen."""
    known = nothing_known()
    known.succeeded("inter", NOW)
    pause = Pause(bank="inter", mode=mode, since=NOW + HOUR)

    health = known.of("inter").under(pause)

    assert (health.state, health.since, health.last_success_at, health.pause) == (state, since, NOW, pause)
    assert known.of("inter").under(None) == known.of("inter")
