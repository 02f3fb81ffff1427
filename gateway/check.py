"""From movements to a statement: identity, order, and the proof. Checking explains everything and drops nothing.

Rules.
1. A bank's id is used only once. The same row twice means that the pages overlapped, never that there are two entries.
   Two rows that differ under one id are two entries only where the balances prove both; their ids are then derived.
2. Without a bank's id, an entry is known by its content and its ordinal among equal ones of the same day. Equal
   entries are interchangeable, so the ids do not depend on period, page size or order (`gateway.identity`).
3. Movements outside the period serve the balances and are then left to the period they belong to.
4. The proof is arithmetic on the bank's own figures: opening balance + entries = closing balance. It counts the entries
   of days that have ended and that the bank itself does not call provisional.
5. An entry is final once its day has ended, unless the bank says otherwise, or is one that sends weekends again: there
   only once its day is settled (`gateway.calendar`). A statement may therefore be proved before all of it is final.
6. What contradicts the entries withholds the statement where the bank's meaning is observed or documented. Where it is
   only assumed, the entries are given: nothing is proved then, and the statement says why.
7. A disproved statement posts nothing: no entry of it is final, and no day of it is complete. A contradicted one is not
   complete either, unless the connector says how far it is; its entries are final only where the balances agree.
8. An entry that only blocks money, or frees it, is never final: nothing has come or gone. No bank documents whether
   balances follow it, so that the proof holds with all of them or without any.
9. A statement is complete through the last settled day, which may be earlier than the last day with final entries: late
   ones may still join them, but none of those will change.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

import contracts
from contracts.schema import Contract, Evidence
from gateway.calendar import settled_through
from gateway.concurrency.pacing import resting
from gateway.errors import IncoherentPages
from gateway.identity import ID_VERSION, entry_id
from gateway.model import (
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

__all__ = ["assemble", "not_ready", "warning"]


def assemble(
    contract: Contract,
    account: Account,
    period: Period,
    movements: Iterable[Movement],
    balances: Balances,
    now: datetime,
) -> Statement:
    """The statement of a period, from all movements the bank gave between its balances, oldest first within a day.

    Raises:
        IncoherentPages: the same row came twice, or something observed or documented contradicts the entries.
    """
    _refuse_known_contradictions(contract, balances)
    ordered = sorted(movements, key=lambda movement: movement.date)
    shared = _shared_ids(contract, ordered)
    declared_through = balances.complete_through or date.max
    settled = min(declared_through, settled_through(now, contract.period))
    ended_through = min(declared_through, now.date() - timedelta(days=1))
    lagging = min(declared_through, now.date() - timedelta(days=contract.period.lag_days))
    final_through = settled if contract.period.sends_weekends_again else lagging
    entries = list(_entries(account, ordered, final_through, shared))
    firm = [not movement.provisional and movement.date <= ended_through for movement in ordered]
    within = [entry for entry in entries if entry.date in period]
    opening, closing = _balances_of(period, entries, balances)
    counted = [entry for entry, is_firm in zip(entries, firm, strict=True) if is_firm and entry.date in period]
    proof = _prove(within, counted, opening, closing, balances)
    blocks_move = True
    if proof.verdict is not Verdict.PROVED and any(entry.blocked for entry in entries):
        edges = _balances_of(period, _moving(entries), balances)
        without = _prove(_moving(within), _moving(counted), *edges, balances)
        if without.verdict is Verdict.PROVED:
            blocks_move, proof, (opening, closing) = False, without, edges
    if shared and proof.verdict is not Verdict.PROVED:
        raise IncoherentPages(contract.slug, "rows with different contents share an id, and no balances prove them")
    complete_through = min(period.last, settled)
    if proof.verdict is Verdict.DISPROVED or (balances.contradictions and proof.difference is None):
        within = [replace(entry, stability=Stability.PROVISIONAL) for entry in within]
    if proof.verdict is Verdict.DISPROVED or (balances.contradictions and balances.complete_through is None):
        complete_through = period.first - timedelta(days=1)
    return Statement(
        account=account,
        period=period,
        currency="BRL",
        opening_balance=opening,
        closing_balance=closing,
        complete_through=complete_through,
        proof=proof,
        entries=within,
        id_version=ID_VERSION,
        blocks_move=blocks_move,
        contradicted=bool(balances.contradictions),
        warnings=[
            *_warnings(period, within, complete_through, proof, balances),
            *_repeated(entry for entry in within if entry.bank_id in shared),
            *(warning(code, detail) for code, detail in balances.warnings),
        ],
        fetched_at=now,
    )


def warning(code: str, detail: str, days: Iterable[date] = ()) -> StatementWarning:
    """A warning of the catalogue, with its detail about this statement and the days that it concerns."""
    entry = contracts.failures().warnings[code]
    return StatementWarning(code, entry.title, detail, entry.remedy, tuple(days))


def not_ready(period: Period, complete_through: date) -> Iterable[StatementWarning]:
    """The warning of a statement that is not complete to its end; none for one that is."""
    if complete_through < period.last:
        yield warning("statement_not_ready", f"complete through {complete_through}, asked through {period.last}")


def _refuse_known_contradictions(contract: Contract, balances: Balances) -> None:
    for contradiction in balances.contradictions:
        if contradiction.evidence is not Evidence.ASSUMED:
            raise IncoherentPages(contract.slug, contradiction.detail)


def _shared_ids(contract: Contract, movements: list[Movement]) -> frozenset[str]:
    """The bank ids that several different rows share.

    Raises:
        IncoherentPages: the same row came twice under its id.
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


def _repeated(entries: Iterable[Entry]) -> Iterable[StatementWarning]:
    days = sorted({entry.date for entry in entries})
    if days:
        yield warning("duplicate_suspected", "different entries share an id of the bank", days)


def _entries(
    account: Account, movements: list[Movement], final_through: date, shared: frozenset[str]
) -> Iterable[Entry]:
    twins: Counter[tuple[date, bytes]] = Counter()
    for movement in resting(movements):
        if movement.bank_id is not None and movement.bank_id not in shared:
            basis, identity = IdBasis.BANK, entry_id(account, IdBasis.BANK, movement.bank_id)
        else:
            twin = (movement.date, movement.content)
            content, basis = movement.content.hex(), IdBasis.DERIVED
            identity = entry_id(account, basis, content, twins[twin])
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


def _balances_of(period: Period, entries: list[Entry], balances: Balances) -> tuple[Decimal | None, Decimal | None]:
    """The balances at both ends of the period, carried there from where the bank gave them."""
    opening = closing = None
    if balances.opening is not None:
        before = sum((e.amount for e in entries if balances.opening.day < e.date < period.first), ZERO)
        opening = balances.opening.amount + before
    if balances.closing is not None:
        after = sum((e.amount for e in entries if period.last < e.date <= balances.closing.day), ZERO)
        closing = balances.closing.amount - after
    return opening, closing


def _prove(
    entries: list[Entry], counted: list[Entry], opening: Decimal | None, closing: Decimal | None, balances: Balances
) -> Proof:
    if balances.contradictions:
        return _contradicted(entries, counted, opening, closing, balances)
    if opening is None or closing is None:
        return Proof(Verdict.NOT_PROVABLE, None, balances.reason or "the bank gives no balances for this period")
    moved = closing - opening
    difference = moved - _sum(counted)
    if difference == 0:
        return Proof(Verdict.PROVED, ZERO, None)
    if (uncounted := len(entries) - len(counted)) and moved == _sum(entries):
        reason = f"the balances agree only with {uncounted} provisional entries, which may still change"
        return Proof(Verdict.NOT_PROVABLE, ZERO, reason)
    return Proof(Verdict.DISPROVED, difference, "opening balance and entries do not add up to the closing balance")


def _moving(entries: Iterable[Entry]) -> list[Entry]:
    return [entry for entry in entries if not entry.blocked]


def _contradicted(
    entries: list[Entry], counted: list[Entry], opening: Decimal | None, closing: Decimal | None, balances: Balances
) -> Proof:
    """The proof of entries that are contradicted by something of which the meaning is only assumed."""
    reason = "; ".join(contradiction.detail for contradiction in balances.contradictions)
    if opening is None or closing is None:
        return Proof(Verdict.NOT_PROVABLE, None, reason)
    moved = closing - opening
    if moved in {_sum(counted), _sum(entries)}:
        return Proof(Verdict.NOT_PROVABLE, ZERO, reason)
    return Proof(Verdict.DISPROVED, moved - _sum(counted), reason)


def _sum(entries: Iterable[Entry]) -> Decimal:
    return sum((entry.amount for entry in entries), ZERO)


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
