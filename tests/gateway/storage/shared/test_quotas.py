"""The calls of all processes in the database: whoever asks, however often, no minute holds more than the limit."""

import asyncio
import io
import multiprocessing
from datetime import timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError

from gateway.limits import QUOTA_CALL_SECONDS, QUOTA_MARGIN_SECONDS, QUOTA_PURGE_SECONDS, QUOTA_ROWS_KEPT
from gateway.quotas.reservations import UNLIMITED, CallEnd, QuotaKey, Window
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.shared.quotas import Quotas
from gateway.storage.shared.tables import QUOTAS
from tests.clocks import FixedClock
from tests.gateway.storage.support import hold_for_writing, processes_apart
from tests.gateway.support import NOW, VAULT_KEY

pytestmark = pytest.mark.anyio

KEY = QuotaKey("inter", "statement", "CANARY-client")
LIMIT = 10
QUOTA_SECONDS = 60 + QUOTA_MARGIN_SECONDS
WINDOW = Window(LIMIT, QUOTA_SECONDS)


@pytest.fixture
def wall() -> FixedClock:
    """The machines' time."""
    return FixedClock(NOW)


@pytest.fixture
def quotas(database: Database, vault: Vault, wall: FixedClock) -> Quotas:
    """The quotas of one process."""
    return Quotas(database, vault, wall=wall)


async def granted(quotas: Quotas, calls: int, key: QuotaKey = KEY) -> list[str | None]:
    """The reservations that are had by asking so many times at once."""
    rooms = await asyncio.gather(*(quotas.reserve({key: WINDOW}) for _ in range(calls)))
    return [room.reservation for room in rooms if room.granted]


def in_a_process(url: str, key: str, dies: bool, counts: "multiprocessing.Queue[int]") -> None:
    """What each of several processes does: ask as often as it can, and perhaps die with its calls under way."""

    async def run() -> int:
        database = Database(url)
        quotas = Quotas(database, Vault([key]), wall=FixedClock(NOW))
        reservations = await granted(quotas, 12)
        if not dies:
            for each in reservations:
                quotas.settle({KEY: WINDOW}, each, CallEnd.ANSWERED)
            await quotas.aclose()
        await database.aclose()
        return len(reservations)

    counts.put(asyncio.run(run()))


async def test_processes_that_ask_at_once_get_no_more_than_one(
    database: Database, settings, quotas: Quotas, wall: FixedClock
) -> None:
    """Two of them, of which one dies; a start after that has no room, until a minute after it can have called."""
    context = processes_apart()
    counts = context.Queue()
    processes = [
        context.Process(target=in_a_process, args=(settings.database_url, VAULT_KEY, number == 0, counts))
        for number in range(2)
    ]
    for process in processes:
        process.start()
    total = sum([await asyncio.to_thread(counts.get, timeout=60) for _ in processes])
    for process in processes:
        await asyncio.to_thread(process.join)

    assert total == LIMIT
    assert await granted(quotas, 3) == []
    wall.moment += timedelta(seconds=QUOTA_SECONDS + QUOTA_CALL_SECONDS)
    assert len(await granted(quotas, 12)) == LIMIT


async def test_a_start_finds_the_calls_of_the_one_before(
    database: Database, vault: Vault, quotas: Quotas, wall: FixedClock
) -> None:
    """Those that were answered, for a minute; and a 429, until the instant that was named."""
    for each in await granted(quotas, 12):
        quotas.settle({KEY: WINDOW}, each, CallEnd.ANSWERED)
    hold = QuotaKey("inter", "balance", "CANARY-client")
    quotas.settle({hold: WINDOW}, None, CallEnd.ANSWERED, 120.0)
    await quotas.aclose()

    restarted = Quotas(database, vault, wall=wall)
    wall.moment += timedelta(seconds=QUOTA_SECONDS - 1)
    assert await granted(restarted, 1) == []
    assert (await restarted.reserve({KEY: WINDOW})).wait == pytest.approx(1.0)
    wall.moment += timedelta(seconds=1)
    assert len(await granted(restarted, 12)) == LIMIT
    assert (await restarted.reserve({hold: WINDOW})).closed == pytest.approx(120.0 - QUOTA_SECONDS)
    wall.moment += timedelta(seconds=120.0 - QUOTA_SECONDS)
    assert (await restarted.reserve({hold: WINDOW})).granted


async def test_clients_operations_and_banks_count_apart(quotas: Quotas) -> None:
    """Each has the whole limit."""
    others = [KEY, KEY._replace(caller="b"), KEY._replace(quota="token"), KEY._replace(bank="bs2")]

    assert [len(await granted(quotas, 12, key)) for key in others] == [LIMIT] * 4


async def test_the_client_is_not_kept_in_the_clear(database: Database, quotas: Quotas) -> None:
    """Nor as anything that could be had from it without the vault's key."""
    await granted(quotas, 1)

    with database.engine.connect() as connection:
        (row,) = connection.execute(select(QUOTAS))
    assert row.client == Vault([VAULT_KEY]).fingerprint("quota inter", KEY.caller)
    assert "CANARY" not in repr((row.client, row.spent))


async def test_a_call_that_was_never_sent_gives_its_room_back(quotas: Quotas) -> None:
    """At once."""
    for each in await granted(quotas, 12):
        quotas.settle({KEY: WINDOW}, each, CallEnd.NOT_SENT)

    assert len(await granted(quotas, 12)) == LIMIT


async def test_an_operation_without_a_limit_is_not_counted(database: Database, quotas: Quotas) -> None:
    """Only a 429 of it is kept."""
    rooms = [await quotas.reserve({KEY: UNLIMITED}) for _ in range(20)]

    assert all(room.granted and room.reservation is None for room in rooms)
    with database.engine.connect() as connection:
        assert (connection.execute(select(QUOTAS))).all() == []


async def test_a_database_that_does_not_answer_is_not_waited_for(
    database: Database, vault: Vault, wall: FixedClock
) -> None:
    """The call is refused; what is reserved when the database goes on is given back."""
    hasty = Quotas(database, vault, wall=wall, seconds=0.05)
    with database.engine.connect() as other:
        hold_for_writing(other, "quotas")
        with pytest.raises(SQLAlchemyError):
            await hasty.reserve({KEY: WINDOW})
        other.rollback()
    await hasty.aclose()

    assert len(await granted(Quotas(database, vault, wall=wall), 12)) == LIMIT


async def test_a_caller_who_goes_away_reserves_nothing(database: Database, quotas: Quotas) -> None:
    """At whatever moment he goes."""
    with database.engine.connect() as other:
        hold_for_writing(other, "quotas")
        asking = [asyncio.create_task(quotas.reserve({KEY: WINDOW})) for _ in range(3)]
        await asyncio.sleep(0)
        for each in asking:
            each.cancel()
        outcomes = await asyncio.gather(*asking, return_exceptions=True)
        other.rollback()
    await quotas.aclose()

    assert all(isinstance(each, asyncio.CancelledError) for each in outcomes)
    assert len(await granted(quotas, 12)) == LIMIT


async def test_an_end_that_cannot_be_noted_costs_a_line_and_counts_as_if_the_process_had_died(
    database: Database, quotas: Quotas, wall: FixedClock, logged: io.StringIO
) -> None:
    """Without the table nothing can be; nobody is disturbed. What cannot be reserved is refused."""
    (reservation,) = await granted(quotas, 1)
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE quotas RENAME TO away"))
    quotas.settle({KEY: WINDOW}, reservation, CallEnd.ANSWERED)
    await quotas.aclose()
    with pytest.raises(SQLAlchemyError):
        await quotas.reserve({KEY: WINDOW})
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO quotas"))

    assert "call_not_settled" in logged.getvalue()
    assert "CANARY" not in logged.getvalue()
    assert len(await granted(quotas, 12)) == LIMIT - 1
    wall.moment += timedelta(seconds=QUOTA_SECONDS + QUOTA_CALL_SECONDS)
    assert len(await granted(quotas, 12)) == LIMIT


async def test_clients_that_call_no_more_are_forgotten(database: Database, quotas: Quotas, wall: FixedClock) -> None:
    """With a call of another, when no window can reach back to theirs."""
    for client in "abc":
        await granted(quotas, 1, KEY._replace(caller=client))
    wall.moment += QUOTA_ROWS_KEPT + timedelta(seconds=QUOTA_PURGE_SECONDS)

    (reservation,) = await granted(quotas, 1)
    quotas.settle({KEY: WINDOW}, reservation, CallEnd.ANSWERED)
    await quotas.aclose()

    with database.engine.connect() as connection:
        assert len((connection.execute(select(QUOTAS))).all()) == 1


DAILY = QuotaKey("inter", "daily", "CANARY-account")
BOTH = {KEY: WINDOW, DAILY: Window(4, 43_200 + QUOTA_MARGIN_SECONDS)}


async def test_a_call_is_reserved_by_all_quotas_that_count_it_or_by_none(quotas: Quotas) -> None:
    """Those that the one refuses use up nothing of the other; what is never sent comes back in both."""
    rooms = await asyncio.gather(*(quotas.reserve(BOTH) for _ in range(12)))

    assert [room.granted for room in rooms] == [True] * 4 + [False] * 8
    assert {room.full for room in rooms[4:]} == {DAILY}
    assert len(await granted(quotas, 12)) == LIMIT - 4
    quotas.settle(BOTH, rooms[0].reservation, CallEnd.NOT_SENT)
    await quotas.aclose()
    assert [(await quotas.reserve(BOTH)).granted for _ in range(2)] == [True, False]


async def test_processes_that_ask_for_the_same_quotas_in_any_order_never_wait_for_each_other(
    database: Database, vault: Vault, wall: FixedClock
) -> None:
    """Each has its own locks; together they get what there is, and none of them hangs."""
    apart = [Quotas(database, vault, wall=wall) for _ in range(3)]
    backwards = dict(reversed(BOTH.items()))

    async with asyncio.timeout(60):
        rooms = await asyncio.gather(
            *(each.reserve(BOTH if number % 2 else backwards) for number in range(4) for each in apart)
        )

    assert sum(room.granted for room in rooms) == 4


async def test_a_429_closes_the_operation_and_not_what_it_shares(quotas: Quotas) -> None:
    """The first of the quotas is the operation's own."""
    quotas.settle(BOTH, (await quotas.reserve(BOTH)).reservation, CallEnd.ANSWERED, 120.0)
    await quotas.aclose()

    assert (await quotas.reserve(BOTH)).closed == pytest.approx(120.0)
    assert (await quotas.reserve({DAILY: BOTH[DAILY]})).granted


async def test_a_window_of_half_a_day_is_remembered_that_long_in_a_small_row(
    database: Database, vault: Vault, quotas: Quotas, wall: FixedClock
) -> None:
    """By a process that starts later, though its calls were spread; the row holds groups and not each of them."""
    large = {DAILY: Window(110, 43_200 + QUOTA_MARGIN_SECONDS)}
    for _ in range(110):
        quotas.settle(large, (await quotas.reserve(large)).reservation, CallEnd.ANSWERED)
        await quotas.aclose()
        wall.moment += timedelta(seconds=60)
    restarted = Quotas(database, vault, wall=wall)

    room = await restarted.reserve(large)

    assert not room.granted
    # The first group ends with the calls of a hundredth of the window.
    assert 43_200 - 110 * 60 < room.wait <= 43_200 - 110 * 60 + 432 + 2 * QUOTA_MARGIN_SECONDS
    with database.engine.connect() as connection:
        (row,) = connection.execute(select(QUOTAS))
    assert len(row.spent["calls"]) <= 20
    wall.moment += timedelta(seconds=room.wait)
    assert (await restarted.reserve(large)).granted
