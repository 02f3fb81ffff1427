"""The page of the truth: an account's ledger beside what the bank shows of it now."""

import asyncio
from datetime import date, timedelta

from litestar import Response, get
from litestar.params import FromPath

from simulators.clock import BRASILIA
from simulators.console.comparing import MOST_DAYS, MOST_ROWS, compared
from simulators.console.fault_view import shown_faults
from simulators.console.place import PREFIX, Asked, Here, Problem
from simulators.console.reading import day_of, query_of
from simulators.console.rendering import page
from simulators.ledger import Ledger

__all__ = ["TRUTH_PAGES"]

USUAL = timedelta(days=6)
DAYS_AT_ONCE = 10


@get(f"{PREFIX}/contas/{{bank:str}}/{{number:str}}/livro")
async def truth_page(request: Asked, place: Here, bank: FromPath[str], number: FromPath[str]) -> Response[str]:
    """The movements of a period, true and shown."""
    account = place.account(bank, number)
    query = query_of(request, "de", "ate")
    now = place.simulation.world.now().astimezone(BRASILIA)
    last = day_of(query["ate"], "ate", now.date())
    await _made_up_to(account.ledger, min(last, now.date()))
    try:
        first = day_of(query["de"], "de", last - USUAL)
        found = compared(account.ledger, first, last, now)
    except (ValueError, OverflowError) as error:
        raise Problem(422, f"de, ate: {error}") from error
    played = place.simulation.banks[bank]
    return await page(
        "truth.html",
        place,
        bank=bank,
        number=account.number,
        first=first,
        last=last,
        found=found,
        served={row.shown.serial: played.describes(row.shown) for row in found.rows if row.shown is not None},
        publication=account.parameters.publication,
        running=shown_faults(place.simulation.world, bank, account.number),
        most_days=MOST_DAYS,
        most_rows=MOST_ROWS,
    )


async def _made_up_to(ledger: Ledger, last: date) -> None:
    """Let a ledger make up its days, and others have their turn in between: the first look takes a while."""
    for number in range(0, (last - ledger.opened_on).days, DAYS_AT_ONCE):
        ledger.day(ledger.opened_on + timedelta(days=number))
        await asyncio.sleep(0)


TRUTH_PAGES = (truth_page,)
