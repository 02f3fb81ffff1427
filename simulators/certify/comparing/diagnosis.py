"""The likely mistakes of an adapter, in the words in which its author would name them.

Each movement that the adapter made is matched with the row of the ledger that it resembles most. What all pairs have in
common is one sentence ("every sign is inverted"); a row without a movement is named by its place on the wire.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from gateway.model import Movement, Period
from simulators.bank import Bank
from simulators.certify.comparing.with_ledger import as_read
from simulators.certify.demands import Finding
from simulators.certify.harnesses.sent import Sent
from simulators.clock import BRASILIA
from simulators.ledger import Ledger, LedgerEntry

__all__ = ["diagnose", "misreadings"]

MARGIN = timedelta(days=5)
"""Rows so far outside of the period may have been sent too, or have got another day."""
MOST_NAMED = 3
"""Lost or invented rows that are named one by one."""
ENOUGH_LIKENESS = 5
"""Points of likeness from which on a movement is taken for what was made of a row."""

Pair = tuple[Movement, LedgerEntry]
SEARCHES: tuple[tuple[Callable[[Movement], Hashable], Callable[[LedgerEntry], Hashable]], ...] = (
    (lambda movement: abs(movement.amount), lambda true: abs(true.amount)),
    (lambda movement: movement.booked_at, lambda true: true.booked_at),
    (lambda movement: movement.date, lambda true: true.date),
)
"""What a movement and its row have in common, the likeliest first: only such rows are looked at."""


def diagnose(
    bank: Bank, movements: Sequence[Movement], ledger: Ledger, period: Period, now: datetime, sent: Sent
) -> list[Finding]:
    """What is wrong with the movements that an adapter made of the answers for a period, most telling first.

    Args:
        bank: says what its wire can express.
        movements: all that the adapter made, oldest first, before anything is left out.
        ledger: what is true.
        period: the days that were asked for.
        now: when they were asked for.
        sent: what the bank put on its pages.
    """
    truth = ledger.entries(period.first - MARGIN, period.last + MARGIN, now)
    pairs, lost, invented = _matched(movements, truth, period, sent)
    found = list(_lost(lost, pairs, sent))
    found += _invented(invented, pairs)
    if pairs:
        found = [*_wrong_fields(bank, pairs), *found, *_disorder(pairs)]
    return found


def misreadings(
    bank: Bank, movements: Sequence[Movement], ledger: Ledger, period: Period, now: datetime, sent: Sent
) -> list[Finding]:
    """As `diagnose`, for the movements of a reading that failed: some of them may be missing."""
    truth = ledger.entries(period.first - MARGIN, period.last + MARGIN, now)
    pairs, _, _ = _matched(movements, truth, period, sent)
    return list(_wrong_fields(bank, pairs)) if pairs else []


def _matched(
    movements: Sequence[Movement], truth: Sequence[LedgerEntry], period: Period, sent: Sent
) -> tuple[list[Pair], list[LedgerEntry], list[Movement]]:
    """The pairs, the rows of the period without a movement, the movements without a row.

    Of equal rows those that were sent come first.
    """
    given = [place is not None and place.sent for place in map(sent.place_of, truth)]
    free = sorted(range(len(truth)), key=lambda number: not given[number])
    pairs: dict[int, int] = {}
    for of_movement, of_row in SEARCHES:
        rows: defaultdict[Hashable, list[int]] = defaultdict(list)
        for number in free:
            rows[of_row(truth[number])].append(number)
        for position, movement in enumerate(movements):
            candidates = [] if position in pairs else rows[of_movement(movement)]
            best = max(candidates, key=lambda number: _likeness(movement, truth[number]), default=None)
            if best is not None and _likeness(movement, truth[best]) >= ENOUGH_LIKENESS:
                candidates.remove(best)
                pairs[position] = best
        taken = {*pairs.values()}
        free = [number for number in free if number not in taken]
    return (
        [(movements[position], truth[pairs[position]]) for position in sorted(pairs)],
        [truth[number] for number in sorted(free) if truth[number].date in period],
        [movement for position, movement in enumerate(movements) if position not in pairs],
    )


def _likeness(movement: Movement, true: LedgerEntry) -> int:
    """How much speaks for a movement being what was made of a row."""
    party = movement.counterparty.name if movement.counterparty else None
    return (
        3 * (abs(movement.amount) == abs(true.amount))
        + (movement.amount == true.amount)
        + 2 * (movement.booked_at == true.booked_at)
        + 2 * (movement.date == true.date)
        + (movement.date in {true.date - timedelta(days=1), true.date + timedelta(days=1)})
        + 2 * bool(true.description and true.description.rstrip() in movement.description)
        + (party is not None and true.counterparty is not None and party == true.counterparty.name)
        + (movement.type.value == true.type)
    )


# --- fields


def _wrong_fields(bank: Bank, pairs: Sequence[Pair]) -> Iterator[Finding]:
    able = bank.contract.capabilities
    yield from _wrong_amounts(pairs)
    yield from _wrong_days(pairs)
    if able.booked_at:
        yield from _wrong_instants(pairs)
    others: list[tuple[str, bool, Callable[[LedgerEntry], object]]] = [
        ("type", True, lambda true: true.type),
        ("description", able.description, lambda true: as_read(bank.describes(true))),
        ("document", able.document, lambda true: true.document or None),
        ("balance", able.running_balance, lambda true: true.balance),
    ]
    for name, able_to, of in others:
        wrong = [pair for pair in pairs if able_to and getattr(pair[0], name) != of(pair[1])]
        if wrong:
            movement, true = wrong[0]
            value = getattr(movement, name)
            example = "empty" if value in {None, ""} else f"{value}"
            yield Finding(f"{_how_many(pairs, wrong, name)} wrong: {example}, the ledger has {of(true)}", name)
    if able.entry_id and (wrong := [pair for pair in pairs if pair[0].bank_id is None]):
        yield Finding(f"{_how_many(pairs, wrong, 'id of the bank')} left out", "bank_id")
    named = [pair for pair in pairs if able.counterparty and bank.names_party(pair[1])]
    if wrong := [(m, t) for m, t in named if m.counterparty is None or m.counterparty.name is None]:
        yield Finding(f"{_how_many(named, wrong, 'counterparty')} left out", "counterparty")


def _wrong_amounts(pairs: Sequence[Pair]) -> Iterator[Finding]:
    wrong = [(movement, true) for movement, true in pairs if movement.amount != true.amount]
    if not wrong:
        return
    movement, true = wrong[0]
    if all(m.amount == -t.amount for m, t in wrong):
        if len(wrong) == len(pairs):
            yield Finding("every sign is inverted", "amount")
            return
        for wrong_word, debit in (("credit", True), ("debit", False)):
            side = [pair for pair in pairs if (pair[1].amount < 0) is debit]
            if side == wrong:
                yield Finding(f"every {'debit' if debit else 'credit'} is given as a {wrong_word}", "amount")
                return
    ratios = {m.amount / t.amount for m, t in wrong if t.amount}
    if len(ratios) == 1 and len(wrong) == len(pairs) and abs(ratio := ratios.pop()) in {Decimal(100), Decimal("0.01")}:
        size = "100 times too large" if abs(ratio) > 1 else "100 times too small"
        yield Finding(f"every amount is {size}: are they centavos, or reais?", "amount")
        return
    text = f"{_how_many(pairs, wrong, 'amount')} wrong: {movement.amount}, the ledger has {true.amount}"
    is_near = abs(movement.amount - true.amount) * 1000 < abs(true.amount)
    yield Finding(text + (": did money pass through a float?" if is_near else ""), "amount")


def _wrong_days(pairs: Sequence[Pair]) -> Iterator[Finding]:
    wrong = [(movement, true) for movement, true in pairs if movement.date != true.date]
    if not wrong:
        return
    shifts = {(movement.date - true.date).days for movement, true in wrong}
    days = _how_many(pairs, wrong, "day")
    if len(shifts) == 1 and abs(shift := shifts.pop()) <= MARGIN.days:
        count = "one" if abs(shift) == 1 else str(abs(shift))
        words = f"{days} {count} {'early' if shift < 0 else 'late'}"
        if len(wrong) < len(pairs):
            hours = sorted(true.booked_at.astimezone(BRASILIA).time() for _, true in wrong)
            words += f": of rows booked from {hours[0]} to {hours[-1]}; is the day taken in another zone?"
    else:
        movement, true = wrong[0]
        words = f"{days} wrong: {movement.date}, the ledger has {true.date}"
        if all((m.date.day, m.date.month) == (t.date.month, t.date.day) for m, t in wrong):
            words += ": day and month are exchanged"
    yield Finding(words, "date")


def _wrong_instants(pairs: Sequence[Pair]) -> Iterator[Finding]:
    wrong = [(movement, true) for movement, true in pairs if movement.booked_at != true.booked_at]
    if not wrong:
        return
    movement, true = wrong[0]
    instants = _how_many(pairs, wrong, "instant of booking")
    if naive := [m for m, _ in wrong if m.booked_at is not None and m.booked_at.tzinfo is None]:
        yield Finding(f"{instants} without an offset, so that it is no instant: {naive[0].booked_at}", "booked_at")
        return
    shifts = {m.booked_at - t.booked_at for m, t in wrong if m.booked_at is not None}
    if not shifts:
        yield Finding(f"{instants} left out", "booked_at")
    elif len(shifts) == 1 and all(m.booked_at is not None for m, _ in wrong):
        shift = shifts.pop()
        yield Finding(f"{instants} {abs(shift)} {'early' if shift < timedelta() else 'late'}", "booked_at")
    else:
        yield Finding(f"{instants} wrong: {movement.booked_at}, the ledger has {true.booked_at}", "booked_at")


def _how_many(pairs: Sequence[Pair], wrong: Sequence[Pair], name: str) -> str:
    """Which of the entries: every one, all of one kind, or so many."""
    if len(wrong) == len(pairs):
        return f"every {name} is"
    if len(wrong) == 1:
        return f"one {name} of {len(pairs)} is"
    kinds = {true.type for _, true in wrong}
    if len(kinds) == 1 and len(wrong) == sum(true.type in kinds for _, true in pairs):
        return f"the {name} of every {kinds.pop()} is"
    return f"{len(wrong)} of {len(pairs)}: {name} is"


# --- rows


def _lost(lost: Sequence[LedgerEntry], pairs: Sequence[Pair], sent: Sent) -> Iterator[Finding]:
    for true in lost[:MOST_NAMED]:
        what = f"{true.date} {true.amount} {true.type} {true.description!r}"
        place = sent.place_of(true)
        if place is None:
            yield Finding(f"an entry was never sent: {what}")
        elif not place.sent and place.asked:
            words = "was left out of the page that was asked for, and the adapter did not notice"
            yield Finding(f"{place} {words}: {what}", sent=False)
        elif not place.sent:
            yield Finding(f"{place} never came: the adapter did not ask for that page: {what}", sent=False)
        else:
            has_twin = any(_content(other) == _content(true) for _, other in pairs)
            equal = " (it equals another one, and both are entries)" if has_twin else ""
            yield Finding(f"{place} was sent and made no entry{equal}: {what}")
    if len(lost) > MOST_NAMED:
        yield Finding(f"{len(lost)} entries are missing in all")


def _invented(invented: Sequence[Movement], pairs: Sequence[Pair]) -> Iterator[Finding]:
    for movement in invented[:MOST_NAMED]:
        again = any(other.content == movement.content for other, _ in pairs)
        what = f"{movement.date} {movement.amount} {movement.description!r}"
        yield Finding(f"an entry is given twice: {what}" if again else f"an entry is given that does not exist: {what}")
    if len(invented) > MOST_NAMED:
        yield Finding(f"{len(invented)} entries are too many in all")


def _disorder(pairs: Sequence[Pair]) -> Iterator[Finding]:
    instants = [true.booked_at for _, true in pairs]
    if instants != sorted(instants):
        backwards = len(instants) > 1 and instants == sorted(instants, reverse=True)
        words = "the entries stand in the reverse order" if backwards else "the entries stand in another order"
        yield Finding(f"{words}: does the bank list the newest first (`newest_first`)?", "newest_first")


def _content(entry: LedgerEntry) -> tuple[object, ...]:
    return entry.booked_at, entry.amount, entry.type, entry.description, entry.document, entry.counterparty
