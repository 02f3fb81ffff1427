"""The part of the control API that gives an account its own ledger and changes movements of any ledger.

Every answer says by `not_carried` what does not come back from the bank as it was given.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

from litestar import Controller, Request, delete, patch, post, put
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import FromPath, JSONBody
from msgspec import Meta, Struct, to_builtins
from msgspec.structs import replace

from simulators.bank import Bank
from simulators.control.answers import ChangeAnswer, LedgerAnswer, answer
from simulators.control.choices import Simulated, Unfit, account_of
from simulators.ledgers.carried import told
from simulators.ledgers.entries import LedgerEntry
from simulators.ledgers.entry_form import EntryProblems, Problems, flat, read_entry, shown
from simulators.ledgers.files import LARGEST_FILE_BYTES, MEDIA_TYPES, read_ledger
from simulators.ledgers.own import OwnLedger, check_own, fitted, fitted_entry, ledger_of
from simulators.scenarios import scenario
from simulators.simulation import Simulation
from simulators.world import Parameters, SimulatedAccount, differing

__all__ = ["LedgerControl", "apply_ledger", "own_ledger_of"]

T = TypeVar("T")

MOST_CHANGES = 20_000
"""Of one ledger; each further one costs as much as there are."""
MOST_AT_ONCE = 5_000
MOST_SHOWN = 1_000


class Grouping(Struct, forbid_unknown_fields=True):
    """Movements that become one sum."""

    ids: Annotated[list[int], Meta(min_length=2, max_length=MOST_AT_ONCE)]
    description: Annotated[str, Meta(max_length=500)] = ""
    """Of the sum; empty for `TOTAL` and the type."""


class LedgerControl(Controller):
    """The calls about the ledger of an account."""

    path = "/_sim/accounts/{bank:str}/{number:str}"

    @put("/ledger", request_max_body_size=LARGEST_FILE_BYTES)
    async def put_ledger(
        self, request: Request[Any, Any, Any], simulation: Simulated, bank: FromPath[str], number: FromPath[str]
    ) -> LedgerAnswer:
        """Let an account have exactly the movements of a file: JSON, CSV or OFX."""
        account = account_of(simulation, bank, number)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in MEDIA_TYPES:
            raise HTTPException(f"content-type: must be one of {', '.join(MEDIA_TYPES)}", status_code=415)
        content = await request.body()

        def work() -> LedgerAnswer:
            return answer(apply_ledger(simulation, account, read_ledger(content, kind)), LedgerAnswer)

        return await _away(work)

    @post("/entries")
    async def add_entries(
        self,
        simulation: Simulated,
        bank: FromPath[str],
        number: FromPath[str],
        data: JSONBody[dict[str, Any]],
    ) -> ChangeAnswer:
        """Add a movement, or several as `entries`. What the clock has not reached yet is shown from then on."""
        account = account_of(simulation, bank, number)
        raw = data["entries"] if data.keys() == {"entries"} else [data]
        if not isinstance(raw, list) or not 1 <= len(raw) <= MOST_AT_ONCE:
            raise Unfit(f"entries: must be a list of 1 to {MOST_AT_ONCE:,} entries")

        def work() -> ChangeAnswer:
            own, lost = fitted(ledger_of(raw), simulation.banks[account.bank])
            _check_room(account, len(raw))
            return _done(simulation, account, lost, added=own.entries)

        return await _away(work)

    @patch("/entries/{entry_id:int}")
    async def change_entry(
        self,
        simulation: Simulated,
        bank: FromPath[str],
        number: FromPath[str],
        entry_id: FromPath[int],
        data: JSONBody[dict[str, Any]],
    ) -> ChangeAnswer:
        """Change what is given of a movement; it keeps its id. `counterparty: null` takes the other party away."""
        account = account_of(simulation, bank, number)

        def work() -> ChangeAnswer:
            before = _entry(account, entry_id)
            problems = Problems()
            after = read_entry(_changed(shown(before), data, problems), problems, {})
            problems.check()
            if after is None:
                raise EntryProblems(problems.found, problems.count)
            fit = fitted_entry(after, simulation.banks[account.bank], problems, {})
            problems.check()
            _check_room(account, 1)
            kept = replace(fit, serial=entry_id, bank_id=before.bank_id, detail=before.detail)
            lost = [after.type if after.type != fit.type else ""]
            return _done(simulation, account, lost, changed=[kept])

        return await _away(work)

    @delete("/entries/{entry_id:int}", status_code=200)
    async def remove_entry(
        self, simulation: Simulated, bank: FromPath[str], number: FromPath[str], entry_id: FromPath[int]
    ) -> ChangeAnswer:
        """Let a movement never have been; no other one gets its id."""
        account = account_of(simulation, bank, number)

        def work() -> ChangeAnswer:
            _entry(account, entry_id)
            _check_room(account, 1)
            return _done(simulation, account, [], removed=[entry_id])

        return await _away(work)

    @post("/entries/regroup")
    async def regroup(
        self, simulation: Simulated, bank: FromPath[str], number: FromPath[str], data: JSONBody[Grouping]
    ) -> ChangeAnswer:
        """Let movements of one day, type and direction become one sum with an id of its own."""
        account = account_of(simulation, bank, number)

        def work() -> ChangeAnswer:
            if len(set(data.ids)) < len(data.ids):
                raise Unfit("ids: names an entry twice")
            parts = [_entry(account, each) for each in data.ids]
            if len({(part.date, part.type, part.amount > 0) for part in parts}) > 1:
                raise Unfit("ids: the entries must be of one day, type and direction")
            _check_room(account, len(parts) + 1)
            total = LedgerEntry(
                booked_at=max(part.booked_at for part in parts),
                amount=sum((part.amount for part in parts[1:]), parts[0].amount),
                type=parts[0].type,
                description=data.description.strip() or f"TOTAL {parts[0].type}",
            )
            return _done(simulation, account, [], added=[total], removed=data.ids)

        return await _away(work)


def apply_ledger(simulation: Simulation, account: SimulatedAccount, own: OwnLedger) -> dict[str, Any]:
    """Let an account have this ledger; what it has then, for the answer.

    Raises:
        EntryProblems: the bank does not express it.
    """
    bank = simulation.banks[account.bank]
    fit, lost = fitted(own, bank)
    simulation.give_ledger(account, fit)
    ledger = account.ledger
    # Serials follow from the order of booking, in which the source has them.
    by_booking = sorted(range(len(fit.entries)), key=lambda number: fit.entries[number].booked_at)
    entries = [row for day in sorted({entry.date for entry in fit.entries}) for row in ledger.day(day)]
    return {
        "bank": account.bank,
        "number": account.number,
        "opening_balance": f"{ledger.opening:.2f}",
        "closing_balance": f"{entries[-1].balance if entries else ledger.opening:.2f}",
        "opened_on": ledger.opened_on.isoformat(),
        "entries": len(entries),
        **told(bank, entries, [lost[number] for number in by_booking]),
    }


def own_ledger_of(
    entries: list[Any] | None, opening_balance: str | None, parameters: Parameters, scenario_name: str, bank: Bank
) -> OwnLedger | None:
    """The movements that are given for a new account; None where they are made up.

    Args:
        entries: as they stand in JSON.
        opening_balance: before the first of them.
        parameters: those that were chosen for the account.
        scenario_name: that the account is opened in.
        bank: at which it is opened.

    Raises:
        HTTPException: 422: something is wrong in them, or the bank does not express them.
    """
    if entries is None:
        if opening_balance is not None:
            raise Unfit("opening_balance: stands beside entries")
        return None
    is_aged = parameters.opened_on is not None or parameters.opened_days_ago > 0
    first = bank.world.opened_on(parameters).isoformat() if is_aged else None
    try:
        if entries:
            check_own(differing(parameters), bank.settled(scenario(scenario_name)), scenario_name)
        own = ledger_of(entries, opening_balance, first)
        fitted(own, bank)
    except EntryProblems as error:
        raise refusal(error) from error
    except ValueError as error:
        raise Unfit(str(error)) from error
    return own


def refusal(error: EntryProblems) -> HTTPException:
    """The answer to entries that cannot be taken: all that is wrong with them, at once."""
    return HTTPException(str(error), status_code=422, extra=to_builtins(error.problems))


def _done(
    simulation: Simulation,
    account: SimulatedAccount,
    lost: Sequence[str],
    added: Sequence[LedgerEntry] = (),
    changed: Sequence[LedgerEntry] = (),
    removed: Sequence[int] = (),
) -> ChangeAnswer:
    """Change the ledger; the movements that are new or other than before, for the answer."""
    try:
        new = simulation.edit_ledger(account, added, changed, removed)
    except ValueError as error:
        raise Unfit(f"date: {error}") from error
    serials = [entry.serial for entry in (*changed, *new)]
    found = [entry for serial in serials if (entry := account.ledger.find(serial)) is not None]
    entries = [shown(entry) for entry in found[:MOST_SHOWN]]
    lacking = told(simulation.banks[account.bank], found, lost)
    return answer({"entries": entries, "removed": list(removed), **lacking}, ChangeAnswer)


def _changed(before: dict[str, Any], change: dict[str, Any], problems: Problems) -> dict[str, Any]:
    """The fields of a movement after a change of some of them."""
    if not change:
        problems.add("entry", "names nothing to change")
    kept = dict(before)
    if "booked_at" in change:
        del kept["date"]
    elif "date" in change:
        del kept["booked_at"]
    if "counterparty" in change and change["counterparty"] is None:
        del kept["counterparty"]
    return flat(kept, problems, {}) | flat(change, problems, {})


def _check_room(account: SimulatedAccount, more: int) -> None:
    change = account.ledger.change
    if len(change.put) + len(change.removed) + more > MOST_CHANGES:
        raise Unfit(f"entries: at most {MOST_CHANGES:,} changes of one ledger; give it a ledger of its own")


def _entry(account: SimulatedAccount, serial: int) -> LedgerEntry:
    try:
        found = account.ledger.find(serial)
    except (ValueError, OverflowError):
        found = None
    if found is None:
        raise NotFoundException(f"{account.bank} {account.number} has no entry {serial}")
    return found


async def _away(work: Callable[[], T]) -> T:
    """Do work that may take long in a thread of its own."""
    try:
        return await asyncio.to_thread(work)
    except EntryProblems as error:
        raise refusal(error) from error
