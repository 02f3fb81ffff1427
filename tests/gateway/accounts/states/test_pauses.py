"""The operator's switch: scopes, modes, ends."""

from datetime import timedelta

import pytest

from gateway.accounts.states.pauses import PausedFailure, PausesInForce, check_paused
from gateway.limits import PAUSE_REASON_CHARACTERS
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.accounts.records import AccountRecord, Integration, State
from gateway.storage.engine.database import Database
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


@pytest.fixture
def pauses(database: Database) -> Pauses:
    """The table as one process sees it."""
    return Pauses(database)


def record(account_id: str = "a", bank: str = "inter") -> AccountRecord:
    return AccountRecord(
        id=account_id,
        tenant_id="t",
        bank=bank,
        kind="PJ",
        branch="1",
        number="1",
        holder_tax_id="1",
        description="",
        default=False,
        created_at=NOW,
    )


def of_bank(**changed: object) -> Pause:
    return Pause(**({"bank": "inter", "since": NOW} | changed))  # type: ignore[arg-type]


async def refusal(pauses: Pauses, record: AccountRecord, *, enrolling: bool = False, at: timedelta = HOUR) -> str:
    """The code that an account is refused with, or nothing."""
    try:
        await check_paused(pauses, record, NOW + at, enrolling=enrolling)
    except PausedFailure as failure:
        return failure.code
    return ""


async def test_a_bank_is_paused_in_all_processes_and_resumed(pauses: Pauses, database: Database) -> None:
    """Its accounts feel it, those of others do not."""
    await pauses.begin(of_bank(reason="maintenance"))

    assert await Pauses(database).all(NOW) == [of_bank(reason="maintenance")]
    assert await refusal(Pauses(database), record()) == "integration_paused"
    assert await refusal(pauses, record(bank="stone")) == ""

    assert await pauses.end(bank="inter", now=NOW)
    assert not await pauses.end(bank="inter", now=NOW)
    assert await refusal(pauses, record()) == ""


async def test_one_connection_is_paused(pauses: Pauses) -> None:
    """Its neighbour at the same bank goes on; ending the bank's pause does not end it."""
    await pauses.begin(of_bank(account_id="a"))

    assert await refusal(pauses, record("a")) == "integration_paused"
    assert await refusal(pauses, record("b")) == ""
    assert not await pauses.end(bank="inter", now=NOW)
    assert await pauses.end(account_id="a", now=NOW)
    assert await refusal(pauses, record("a")) == ""


async def test_new_enrolments_only(pauses: Pauses) -> None:
    """Enabled integrations go on."""
    await pauses.begin(of_bank(mode=Mode.NEW_ENROLMENTS_ONLY))

    assert await refusal(pauses, record(), enrolling=True) == "enrolment_paused"
    assert await refusal(pauses, record(), enrolling=False) == ""


@pytest.mark.parametrize("account_mode", list(Mode))
async def test_of_two_pauses_the_one_that_holds_up_more_is_felt(pauses: Pauses, account_mode: Mode) -> None:
    """Whichever of the two it is."""
    bank_mode = next(mode for mode in Mode if mode is not account_mode)
    await pauses.begin(of_bank(mode=bank_mode))
    await pauses.begin(of_bank(mode=account_mode, account_id="a"))

    assert await refusal(pauses, record("a")) == "integration_paused"


async def test_a_pause_ends_by_itself(pauses: Pauses) -> None:
    """At its end, not after it; an ended pause is not listed and cannot be resumed."""
    await pauses.begin(of_bank(until=NOW + 2 * HOUR))

    assert await refusal(pauses, record(), at=2 * HOUR - timedelta(seconds=1)) == "integration_paused"
    assert await refusal(pauses, record(), at=2 * HOUR) == ""
    assert await pauses.all(NOW + 2 * HOUR) == []
    assert not await pauses.end(bank="inter", now=NOW + 2 * HOUR)


async def test_pausing_again_replaces(pauses: Pauses) -> None:
    """Mode, reason and end are those of the last word."""
    await pauses.begin(of_bank(reason="a", until=NOW + HOUR))
    last = of_bank(reason="b", mode=Mode.NEW_ENROLMENTS_ONLY, since=NOW + timedelta(minutes=1))
    await pauses.begin(last)

    assert await pauses.all(NOW + 3 * HOUR) == [last]


async def test_what_makes_no_sense_is_refused(pauses: Pauses) -> None:
    """And nothing is paused then."""
    with pytest.raises(ValueError, match="before it begins"):
        await pauses.begin(of_bank(until=NOW))
    with pytest.raises(ValueError, match="200"):
        await pauses.begin(of_bank(reason="x" * (PAUSE_REASON_CHARACTERS + 1)))

    assert await pauses.all(NOW) == []


@pytest.mark.parametrize(
    ("until", "seconds"), [(None, 3600), (30 * HOUR, 3600), (HOUR / 2, 1800), (timedelta(milliseconds=1), 1)]
)
def test_the_failure_tells_when_to_come_back(until: timedelta | None, seconds: int) -> None:
    """Never later than usual: the operator may end it earlier."""
    pause = of_bank(reason="Aviso do banco", until=NOW + until if until else None)

    failure = PausedFailure(pause, "inter", NOW)

    assert (failure.status, failure.retry_after, failure.since) == (503, seconds, NOW)
    assert failure.detail.startswith("the operator has paused this bank since 2026-03-16T10:00:00-03:00")
    assert failure.detail.endswith(": Aviso do banco")


async def test_a_pause_is_shown_over_the_state(pauses: Pauses) -> None:
    """Not over one that is disabled, and not when it is for new enrolments."""
    await pauses.begin(of_bank())
    await pauses.begin(of_bank(bank="stone", mode=Mode.NEW_ENROLMENTS_ONLY))
    one, other = record("a"), record("b", "stone")
    paused = PausesInForce(await pauses.of_accounts([one, other], NOW))

    shown = {state: paused.shown(one, Integration(account_id="a", state=state)).state for state in State}
    assert set(shown.values()) == {State.PAUSED, State.DISABLED}
    assert shown[State.DISABLED] is State.DISABLED
    active = Integration(account_id="b", state=State.ACTIVE)
    assert paused.shown(other, active) is active
    assert PausesInForce(await pauses.of_banks(NOW)).of_bank("stone") is not None
