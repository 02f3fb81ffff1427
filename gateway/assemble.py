"""Makes a statement of a bank's movements and balances: gives them ids and an order, and proves them.

Rules.
1. A bank's id is used only once. The same row twice means that pages overlapped, never that there are two entries. Two
   different rows under one id are two entries only where the balances prove both; their ids are then derived.
2. Without a bank's id, an entry is identified by its content and its ordinal among equal ones of the same day. Equal
   entries are interchangeable, so that ids do not depend on period, page size or order (`gateway.identity`).
3. Movements outside the period count in the balances, and become entries of the period that they belong to.
4. The proof is arithmetic on what the bank sent: opening balance + entries = closing balance. It counts the entries of
   days that have ended, except those that the bank itself calls provisional.
5. An entry is final once its day has ended, unless the bank calls it provisional. At a bank that sends weekends again
   its day must be settled (`gateway.calendar`). A statement may therefore be proved before all of it is final.
6. What contradicts the entries withholds the statement where the bank's meaning is observed or documented. Where it is
   only assumed, the entries are given unproved, with the reason.
7. A disproved statement posts nothing: none of its entries is final, and none of its days is complete. A contradicted
   one is not complete either, unless the connector gives the day through which it is; its entries are final only where
   the balances agree.
8. An entry that only blocks or frees money is never final, because nothing has come or gone. Banks do not document
   whether balances include it, so that the proof may hold with all such entries or without any.
9. A statement is complete through the last settled day. Entries of later days may be final already: none of them will
   change, but others may still join them.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from contracts.schema import Contract, Evidence
from gateway.calendar import settled_through
from gateway.concurrency.pacing import resting
from gateway.errors import IncoherentPages
from gateway.identity import ID_VERSION, EntryIds
from gateway.model import (
    DAY,
    ZERO,
    Account,
    Balances,
    Direction,
    Entry,
    IdBasis,
    Movement,
    Period,
    Proof,
    Stability,
    Statement,
    StatementWarning,
    Verdict,
)
from gateway.statement_warnings import not_ready, warning

__all__ = ["assemble"]


class Horizons(Struct, frozen=True):
    """The last day of each state that days go through, at the time of the reading."""

    ended: date
    """The day is over: its entries count in the proof (rule 4)."""
    final: date
    """Its entries do not change any more (rule 5)."""
    settled: date
    """No entry joins it any more (rule 9)."""

    @classmethod
    def of(cls, contract: Contract, balances: Balances, now: datetime) -> "Horizons":
        """The horizons at a bank; none lies after the day through which the bank declares its list complete."""
        declared, today = balances.complete_through or date.max, now.date()
        settled = min(declared, settled_through(now, contract.period))
        lagging = min(declared, today - contract.period.lag_days * DAY)
        return cls(
            ended=min(declared, today - DAY),
            final=settled if contract.period.sends_weekends_again else lagging,
            settled=settled,
        )


class ProofEntry(Struct, frozen=True):
    """An entry, and whether it counts in the proof."""

    entry: Entry
    counts: bool


class Figures(Struct, frozen=True):
    """The figures of the proof."""

    opening: Decimal | None
    """The balance before the period; None where the bank gives none."""
    closing: Decimal | None
    """The balance at the end of the period; None where the bank gives none."""
    counted: Decimal
    """The sum of the entries that count."""
    total: Decimal
    """The sum of all entries."""
    uncounted: int
    """How many entries do not count."""

    @classmethod
    def of(cls, listed: Sequence[ProofEntry], period: Period, balances: Balances) -> "Figures":
        """The figures of a period, its balances carried to its ends from the days for which the bank gave them."""
        opening, closing = balances.opening, balances.closing
        before = after = counted = total = ZERO
        uncounted = 0
        for each in listed:
            day, amount = each.entry.date, each.entry.amount
            if day < period.first:
                before += amount if opening is not None and day > opening.day else ZERO
            elif day > period.last:
                after += amount if closing is not None and day <= closing.day else ZERO
            else:
                total += amount
                counted += amount if each.counts else ZERO
                uncounted += not each.counts
        return cls(
            opening=None if opening is None else opening.amount + before,
            closing=None if closing is None else closing.amount - after,
            counted=counted,
            total=total,
            uncounted=uncounted,
        )


def assemble(
    contract: Contract,
    account: Account,
    period: Period,
    movements: Iterable[Movement],
    balances: Balances,
    now: datetime,
) -> Statement:
    """The statement of a period.

    Args:
        contract: the bank's contract.
        account: whose statement it is.
        period: the period that was asked for.
        movements: all movements between the two balances, within a day in the bank's order, oldest first.
        balances: what the bank gave besides them.
        now: when the reading began.

    Raises:
        IncoherentPages: the same row came twice; rows that share an id are not proved; or what is observed or
            documented of the bank contradicts the entries.
    """
    _refuse_known_contradictions(contract, balances)
    ordered = sorted(movements, key=lambda movement: movement.date)
    shared_ids = _shared_ids(contract, ordered)
    horizons = Horizons.of(contract, balances, now)
    entries = _entries(account, ordered, horizons.final, shared_ids)
    listed = [
        ProofEntry(entry, not movement.provisional and movement.date <= horizons.ended)
        for entry, movement in zip(entries, ordered, strict=True)
    ]
    figures, proof, blocks_move = _proof_of(listed, period, balances)
    if shared_ids and proof.verdict is not Verdict.PROVED:
        raise IncoherentPages(contract.slug, "rows with different contents share an id, and no balances prove them")
    within = [each.entry for each in listed if each.entry.date in period]
    disproved, contradicted = proof.verdict is Verdict.DISPROVED, bool(balances.contradictions)
    if disproved or (contradicted and proof.difference is None):
        within = [replace(entry, stability=Stability.PROVISIONAL) for entry in within]
    is_complete = not disproved and (not contradicted or balances.complete_through is not None)
    complete_through = min(period.last, horizons.settled) if is_complete else period.first - DAY
    return Statement(
        account=account,
        period=period,
        currency="BRL",
        opening_balance=figures.opening,
        closing_balance=figures.closing,
        complete_through=complete_through,
        proof=proof,
        entries=within,
        id_version=ID_VERSION,
        blocks_move=blocks_move,
        contradicted=contradicted,
        warnings=[
            *_warnings(period, within, complete_through, proof, balances),
            *_id_warnings(entry for entry in within if entry.bank_id in shared_ids),
            *(warning(code, detail) for code, detail in balances.warnings),
        ],
        fetched_at=now,
    )


def _refuse_known_contradictions(contract: Contract, balances: Balances) -> None:
    for contradiction in balances.contradictions:
        if contradiction.evidence is not Evidence.ASSUMED:
            raise IncoherentPages(contract.slug, contradiction.detail)


def _shared_ids(contract: Contract, movements: list[Movement]) -> frozenset[str]:
    """The bank's ids under which different rows came.

    Raises:
        IncoherentPages: the same row came twice under one id.
    """
    contents: dict[str, set[bytes]] = {}
    shared: set[str] = set()
    for movement in movements:
        if movement.bank_id is None:
            continue
        known = contents.setdefault(movement.bank_id, set())
        if movement.content in known:
            raise IncoherentPages(contract.slug, "the same entry came twice")
        if known:
            shared.add(movement.bank_id)
        known.add(movement.content)
    return frozenset(shared)


def _entries(
    account: Account, movements: list[Movement], final_through: date, shared_ids: frozenset[str]
) -> Iterable[Entry]:
    """The movements as entries with ids, in the same order."""
    ids = EntryIds(account)
    twins: Counter[tuple[date, bytes]] = Counter()
    for movement in resting(movements):
        if movement.bank_id is not None and movement.bank_id not in shared_ids:
            basis, identity = IdBasis.BANK, ids.of_bank_id(movement.bank_id)
        else:
            twin = (movement.date, movement.content)
            basis, identity = IdBasis.DERIVED, ids.of_content(movement.content, twins[twin])
            twins[twin] += 1
        provisional = movement.provisional or movement.blocked or movement.date > final_through
        yield Entry(
            id=identity,
            id_basis=basis,
            stability=Stability.PROVISIONAL if provisional else Stability.FINAL,
            date=movement.date,
            booked_at=movement.booked_at,
            amount=movement.amount,
            direction=Direction.DEBIT if movement.amount < 0 else Direction.CREDIT,
            type=movement.type,
            description=movement.description,
            document=movement.document,
            balance=movement.balance,
            bank_id=movement.bank_id,
            end_to_end_id=movement.end_to_end_id,
            note=movement.note,
            counterparty=movement.counterparty,
            blocked=movement.blocked,
        )


def _proof_of(listed: list[ProofEntry], period: Period, balances: Balances) -> tuple[Figures, Proof, bool]:
    """The proof with its figures, and whether blocked money counts in it: with it, else without it (rule 8)."""
    figures = Figures.of(listed, period, balances)
    proof = _prove(figures, balances)
    if proof.verdict is not Verdict.PROVED and any(each.entry.blocked for each in listed):
        unblocked = Figures.of([each for each in listed if not each.entry.blocked], period, balances)
        if (other := _prove(unblocked, balances)).verdict is Verdict.PROVED:
            return unblocked, other, False
    return figures, proof, True


def _prove(figures: Figures, balances: Balances) -> Proof:
    """The proof of a period; something that contradicts the entries never leaves them proved (rule 6)."""
    contradiction = "; ".join(each.detail for each in balances.contradictions) or None
    if figures.opening is None or figures.closing is None:
        reason = contradiction or balances.reason or "the bank gives no balances for this period"
        return Proof(Verdict.NOT_PROVABLE, None, reason)
    moved = figures.closing - figures.opening
    difference, agrees_with_all = moved - figures.counted, moved == figures.total
    if contradiction and (difference == 0 or agrees_with_all):
        return Proof(Verdict.NOT_PROVABLE, ZERO, contradiction)
    if difference == 0:
        return Proof(Verdict.PROVED, ZERO, None)
    if figures.uncounted and agrees_with_all:
        reason = f"the balances agree only with {figures.uncounted} provisional entries, which may still change"
        return Proof(Verdict.NOT_PROVABLE, ZERO, reason)
    reason = contradiction or "opening balance and entries do not add up to the closing balance"
    return Proof(Verdict.DISPROVED, difference, reason)


def _warnings(
    period: Period, entries: list[Entry], complete_through: date, proof: Proof, balances: Balances
) -> Iterable[StatementWarning]:
    yield from not_ready(period, complete_through)
    if not entries:
        yield warning("empty_statement", f"no entries from {period.first} to {period.last}")
    if proof.verdict is Verdict.DISPROVED:
        yield warning("balance_mismatch", f"the entries miss the closing balance by {proof.difference}")
    elif balances.contradictions:
        yield warning("balance_mismatch", f"the entries cannot be proved: {proof.reason}")


def _id_warnings(entries: Iterable[Entry]) -> Iterable[StatementWarning]:
    """The warning about entries that share an id of the bank; nothing where there are none."""
    days = sorted({entry.date for entry in entries})
    if days:
        yield warning("duplicate_suspected", "different entries share an id of the bank", days)
