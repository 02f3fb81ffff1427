"""From movements to a statement: identity, order, and the proof. Checking explains everything and drops nothing.

Rules.
1. A bank's id is used only once; the same id twice means that the pages overlapped, never that there are two entries.
2. Without a bank's id, an entry is known by its content and its ordinal among equal ones of the same day. Equal
   entries are interchangeable, so the ids do not depend on period, page size or order.
3. Movements outside the period serve the balances and are then left to the period they belong to.
4. The proof is arithmetic on what the bank said: opening balance + entries = closing balance.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal

import contracts
from contracts.schema import Contract
from gateway.errors import IncoherentPages
from gateway.model import (
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

__all__ = ["assemble"]

ZERO = Decimal("0.00")


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
        IncoherentPages: the same bank id came twice.
    """
    ordered = sorted(movements, key=lambda movement: movement.date)
    settled_through = now.date() - timedelta(days=contract.period.lag_days)
    if balances.complete_through is not None:
        settled_through = min(settled_through, balances.complete_through)
    entries = list(_entries(contract, account, ordered, settled_through))
    within = [entry for entry in entries if entry.date in period]
    opening, closing = _balances_of(period, entries, balances)
    proof = _prove(within, opening, closing, balances)
    complete_through = min(period.last, settled_through)
    return Statement(
        account=account,
        period=period,
        currency="BRL",
        opening_balance=opening,
        closing_balance=closing,
        complete_through=complete_through,
        proof=proof,
        entries=within,
        warnings=list(_warnings(period, within, complete_through, proof)),
        fetched_at=now,
    )


def _entries(contract: Contract, account: Account, movements: list[Movement], settled_through: date) -> Iterable[Entry]:
    seen: set[str] = set()
    twins: Counter[bytes] = Counter()
    for movement in movements:
        if movement.bank_id is not None:
            if movement.bank_id in seen:
                raise IncoherentPages(contract.slug, "the same entry came twice")
            seen.add(movement.bank_id)
            identity, basis = movement.bank_id, IdBasis.BANK
        else:
            fingerprint = movement.fingerprint
            identity, basis = _derived(account, fingerprint, twins[fingerprint]), IdBasis.DERIVED
            twins[fingerprint] += 1
        provisional = movement.provisional or movement.date > settled_through
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
            counterparty=movement.counterparty,
        )


def _derived(account: Account, fingerprint: bytes, ordinal: int) -> str:
    """An id from the account, the content and the ordinal: 32 hexadecimal digits."""
    whose = f"{account.bank}\x1f{account.branch}\x1f{account.number}\x1f{ordinal}\x1f".encode()
    return hashlib.sha256(whose + fingerprint).hexdigest()[:32]


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


def _prove(entries: list[Entry], opening: Decimal | None, closing: Decimal | None, balances: Balances) -> Proof:
    if opening is None or closing is None:
        return Proof(Verdict.NOT_PROVABLE, None, balances.reason or "the bank gives no balances for this period")
    provisional = sum(1 for entry in entries if entry.stability is Stability.PROVISIONAL)
    final = sum((entry.amount for entry in entries if entry.stability is Stability.FINAL), ZERO)
    difference = closing - opening - final
    if difference == 0:
        return Proof(Verdict.PROVED, ZERO, None)
    if provisional and difference == sum((e.amount for e in entries if e.stability is Stability.PROVISIONAL), ZERO):
        reason = f"the balances agree only with {provisional} provisional entries, which may still change"
        return Proof(Verdict.NOT_PROVABLE, ZERO, reason)
    return Proof(Verdict.DISPROVED, difference, "opening balance and entries do not add up to the closing balance")


def _warnings(period: Period, entries: list[Entry], complete_through: date, proof: Proof) -> Iterable[StatementWarning]:
    if complete_through < period.last:
        yield _warning("statement_not_ready", f"complete through {complete_through}, asked through {period.last}")
    if not entries:
        yield _warning("empty_statement", f"no entries from {period.first} to {period.last}")
    if proof.verdict is Verdict.DISPROVED:
        yield _warning("balance_mismatch", f"the entries miss the closing balance by {proof.difference}")


def _warning(code: str, detail: str) -> StatementWarning:
    return StatementWarning(code, contracts.failures().warnings[code].title, detail)
