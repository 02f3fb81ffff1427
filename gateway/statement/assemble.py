"""Makes a statement of a bank's movements and balances: gives them ids and an order, and proves them.

Rules.
1. A bank's id is used only once. The same row twice means that pages overlapped, never that there are two entries. Two
   different rows under one id are two entries only where the balances prove both; their ids are then derived.
2. Without a bank's id, an entry is identified by its content and its ordinal among equal ones of the same day. Equal
   entries are interchangeable, so that ids do not depend on period, page size or order (`gateway.entry_ids`).
3. Movements outside the period count in the balances, and become entries of the period that they belong to.
4. The proof is arithmetic on what the bank sent: opening balance + entries = closing balance. It counts the entries of
   days that have ended, except those that the bank itself calls provisional.
5. An entry is final once its day has ended, unless the bank calls it provisional. At a bank that sends weekends again
   its day must be settled (`gateway.calendar`). A statement may therefore be proved before all of it is final; its
   final entries come to the closing balance for sure only where all are.
6. What contradicts the entries withholds the statement where the bank's meaning is observed or documented. Where it is
   only assumed, the entries are given unproved, with the reason.
7. A disproved statement posts nothing: none of its entries is final, and none of its days is complete. A contradicted
   one is not complete either, unless the connector gives the day through which it is; its entries are final only where
   the balances agree.
8. An entry that only blocks or frees money is never final, because nothing has come or gone. Banks do not document
   whether balances include it, so that the proof may hold with all such entries or without any.
9. A statement is complete through the last settled day. Entries of later days may be final already: none of them will
   change, but others may still join them.
10. A part that the bank calls empty in words alone, in a form that is not documented, is complete only where the
   balances prove the statement: such words may as well be about an account that is not there.
11. It is complete no further than to the day before the first row of which nothing tells whether it is an entry. Such
   rows are given as provisional entries, and a warning names their kinds and days. What is called like a balance is
   such a row wherever the bank does not tell the balances at both ends.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import date, datetime
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from contracts.schema import Contract, Evidence
from gateway.amounts import trimmed
from gateway.calendar import settled_through
from gateway.connectors.wording import balance_called
from gateway.entry_ids import ID_VERSION, EntryIds
from gateway.errors import IncoherentPages
from gateway.model import (
    DAY,
    ZERO,
    Account,
    AvailableBalance,
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
    Undecided,
    Verdict,
)
from gateway.statement.movements import Movements, booked_at
from gateway.statement.proof import doubt_about, proof_of
from gateway.statement.warnings import empty, not_ready, warning
from gateway.texts.controls import cleaned

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


class SpooledEntries(Collection[Entry]):
    """The entries of a large statement, made of its spooled movements whenever they are read.

    Args:
        count: how many they are.
        begin: begins to make them.
    """

    def __init__(self, count: int, begin: Callable[[], Iterator[Entry]]) -> None:
        self._count = count
        self._begin = begin

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Entry]:
        return self._begin()

    def __contains__(self, entry: object) -> bool:
        return any(each == entry for each in self)


def assemble(
    contract: Contract,
    account: Account,
    period: Period,
    movements: Movements | Iterable[Movement],
    balances: Balances,
    now: datetime,
    ended: datetime | None = None,
) -> Statement:
    """The statement of a period.

    Args:
        period: the period that was asked for.
        movements: all movements between the two balances, within a day in the bank's order, oldest first.
        balances: what the bank gave besides them.
        now: when the reading began.
        ended: when the last answer had come; `now` where that does not matter.

    Raises:
        IncoherentPages: the same row came twice; rows that share an id are not proved; or what is observed or
            documented of the bank contradicts the entries.
        GatewayError: movements that are spooled cannot be read.
    """
    _refuse_known_contradictions(contract, balances)
    collected = movements if isinstance(movements, Movements) else Movements.of(movements)
    sums, shared_ids = list(collected.sums), _shared_ids(contract, collected.sharing_ids())
    horizons = Horizons.of(contract, balances, now)
    called = collected.called_balances if None in {balances.opening, balances.closing} else frozenset()
    balances = replace(balances, undecided=balances.undecided | called)
    figures, proof, blocks_move = proof_of(sums, horizons.ended, period, balances)
    if shared_ids and proof.verdict is not Verdict.PROVED:
        raise IncoherentPages(contract.slug, "rows with different contents share an id, and no balances prove them")
    disproved, contradicted = proof.verdict is Verdict.DISPROVED, bool(balances.contradictions)
    final_through = date.min if disproved or (contradicted and proof.difference is None) else horizons.final
    available = balances.available
    begin = partial(_entries, account, collected, period, final_through, shared_ids, doubts_balances=bool(called))
    count = sum(moved.count for moved in sums if moved.day in period)
    is_believed = not balances.empty_by_words or proof.verdict is Verdict.PROVED
    is_complete = not disproved and is_believed and (not contradicted or balances.complete_through is not None)
    shared_days = {day for days in shared_ids.values() for day in days if day in period}
    undecided = [each for each in balances.undecided if each.day in period]
    decided = min((each.day - DAY for each in undecided), default=period.last)
    complete_through = min(decided, horizons.settled) if is_complete else period.first - DAY
    return Statement(
        account=account,
        period=period,
        currency="BRL",
        opening_balance=figures.opening,
        closing_balance=figures.closing,
        complete_through=complete_through,
        proof=proof,
        entries=SpooledEntries(count, begin) if collected.is_spooled else list(begin()),
        id_version=ID_VERSION,
        blocks_move=blocks_move,
        contradicted=contradicted,
        available_balance=None if available is None else AvailableBalance(trimmed(available), ended or now),
        warnings=[
            *not_ready(period, complete_through),
            *([] if count else [empty(period)]),
            *_doubts(proof, balances, shared_days, undecided),
            *(warning(code, detail) for code, detail in balances.warnings),
        ],
        fetched_at=now,
    )


def _refuse_known_contradictions(contract: Contract, balances: Balances) -> None:
    for contradiction in balances.contradictions:
        if contradiction.evidence is not Evidence.ASSUMED:
            raise IncoherentPages(contract.slug, contradiction.detail)


def _shared_ids(contract: Contract, movements: Iterable[Movement]) -> dict[str, set[date]]:
    """The bank's ids under which different rows came, and the days of these rows.

    Args:
        movements: all movements whose id another one has too; others may be among them.

    Raises:
        IncoherentPages: the same row came twice under one id.
    """
    contents: defaultdict[str, set[bytes]] = defaultdict(set)
    days: defaultdict[str, set[date]] = defaultdict(set)
    for movement in movements:
        if movement.bank_id is None:
            continue
        known = contents[movement.bank_id]
        if movement.content in known:
            raise IncoherentPages(contract.slug, "the same entry came twice")
        known.add(movement.content)
        days[movement.bank_id].add(movement.date)
    return {shared: days[shared] for shared, known in contents.items() if len(known) > 1}


def _entries(
    account: Account,
    movements: Movements,
    period: Period,
    final_through: date,
    shared_ids: Collection[str],
    *,
    doubts_balances: bool,
) -> Iterator[Entry]:
    """The movements of a period as entries with ids, in the same order; what is called a balance may be doubtful."""
    ids = EntryIds(account)
    # The members of an enum are looked up once: doing so takes longer than to make an entry.
    bank, derived, final, unsettled = IdBasis.BANK, IdBasis.DERIVED, Stability.FINAL, Stability.PROVISIONAL
    debit, credit = Direction.DEBIT, Direction.CREDIT
    day, twins = date.min, dict[bytes, int]()
    for movement in movements.within(period):
        if movement.bank_id is not None and movement.bank_id not in shared_ids:
            basis, identity = bank, ids.of_bank_id(movement.bank_id)
        else:
            if movement.date != day:
                day, twins = movement.date, {}
            ordinal = twins.get(movement.content, 0)
            twins[movement.content] = ordinal + 1
            basis, identity = derived, ids.of_content(movement.content, ordinal)
        provisional = movement.provisional or movement.blocked or movement.date > final_through
        if doubts_balances:
            provisional |= bool(balance_called(movement.description))
        yield Entry(
            identity,
            basis,
            unsettled if provisional else final,
            movement.date,
            booked_at(movement),
            trimmed(movement.amount),
            debit if movement.amount < ZERO else credit,
            movement.type,
            movement.description,
            _shown(movement.document),
            None if movement.balance is None else trimmed(movement.balance),
            _shown(movement.bank_id),
            movement.end_to_end_id,
            movement.note,
            movement.counterparty,
            movement.blocked,
        )


def _shown(identity: str | None) -> str | None:
    """A number or id of the bank, which connectors give as it came, without control characters (`texts.controls`)."""
    return identity if identity is None or identity.isprintable() else cleaned(identity)


def _doubts(
    proof: Proof, balances: Balances, shared_days: Collection[date], undecided: Collection[Undecided]
) -> Iterator[StatementWarning]:
    """The warnings that entries may be missing, doubled or none.

    Args:
        proof: the proof of the statement.
        balances: what the bank gave besides the entries.
        shared_days: days of entries that share an id of the bank.
        undecided: rows of the period that may or may not be entries.
    """
    if proof.verdict is Verdict.DISPROVED:
        yield warning("balance_mismatch", f"the entries miss the closing balance by {proof.difference}")
    elif balances.contradictions:
        yield warning("balance_mismatch", f"the entries cannot be proved: {proof.reason}")
    if shared_days:
        yield warning("duplicate_suspected", "different entries share an id of the bank", sorted(shared_days))
    if undecided:
        yield warning("undecided_rows", doubt_about(undecided), sorted({each.day for each in undecided}))
