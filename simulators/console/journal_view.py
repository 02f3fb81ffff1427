"""The journal as pages show it: which requests, in which order, under which addresses, refused by which rule."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from simulators.console import words
from simulators.journal import Record
from simulators.world import World

__all__ = ["Chosen", "ShownRequest", "found_request", "is_refused", "shown_requests"]


class Chosen(Struct, frozen=True):
    """Which requests are wanted."""

    bank: str = ""
    account: str = ""
    only_refused: bool = False

    def means(self, record: Record) -> bool:
        """Whether a request is one of them."""
        return (
            (not self.bank or record.bank == self.bank)
            and (not self.account or record.account == self.account)
            and (not self.only_refused or is_refused(record))
        )


class ShownRequest(Struct, frozen=True):
    """One request as a page shows it."""

    key: str
    """Names it in addresses."""
    at: datetime
    bank: str
    method: str
    path: str
    operation: str
    account: str
    status: int | None
    under_way: bool
    refused: bool
    rule: str
    """By which it was refused, in words; empty where it was not."""
    nearest: str
    request_id: str
    fault: str
    write: bool


def is_refused(record: Record) -> bool:
    """Whether the caller did not get what was asked for."""
    return record.write or (record.status is None and record.ended_at is not None) or (record.status or 0) >= 400


def shown_requests(world: World, chosen: Chosen, most: int) -> list[ShownRequest]:
    """The requests that are wanted, newest first."""
    found: list[ShownRequest] = []
    for key, record in _newest_first(world.journal.records):
        if len(found) == most:
            break
        if chosen.means(record):
            found.append(_shown(world, key, record))
    return found


def found_request(world: World, key: str) -> tuple[ShownRequest, dict[str, Any]] | None:
    """A request and all that its record holds, by the name of each field; None where the journal has dropped it."""
    for each, record in _newest_first(world.journal.records):
        if each == key:
            return _shown(world, each, record), msgspec.structs.asdict(record)
    return None


def _newest_first(records: Iterable[Record]) -> Iterator[tuple[str, Record]]:
    """The requests, each with its key: its instant, and how many came at that instant before it.

    A clock that stands still, or was put back, gives one instant to several.
    """
    at_once = Counter(record.at for record in records)
    for record in _reversed(records):
        at_once[record.at] -= 1
        yield f"{int(record.at.timestamp() * 1_000_000)}-{at_once[record.at]}", record


def _reversed(records: Iterable[Record]) -> Iterable[Record]:
    return reversed(list(records))


def _shown(world: World, key: str, record: Record) -> ShownRequest:
    refused = is_refused(record)
    return ShownRequest(
        key=key,
        at=record.at,
        bank=record.bank,
        method=record.method,
        path=record.path,
        operation=record.operation or "",
        account=record.account or "",
        status=record.status,
        under_way=record.ended_at is None,
        refused=refused,
        rule=record.why or next(filter(None, (rule(world, record) for rule in RULES)), "") if refused else "",
        nearest=record.nearest,
        request_id=record.request_id or "",
        fault=record.fault or "",
        write=record.write,
    )


def _by_write(world: World, record: Record) -> str:
    return "operação de escrita, que nenhum leitor pode chamar" if record.write else ""


def _by_fault(world: World, record: Record) -> str:
    return f"falha ligada: {words.fault(record.fault)}" if record.fault else ""


def _by_address(world: World, record: Record) -> str:
    return "o banco não tem este endereço" if record.operation is None and record.status == 404 else ""


def _by_scenario(world: World, record: Record) -> str:
    account = world.account(record.bank, record.account) if record.account else None
    known = account is not None and account.scenario != "ok"
    return f"cenário da conta: {words.scenario(account.scenario)}" if account is not None and known else ""


RULES: tuple[Callable[[World, Record], str], ...] = (_by_write, _by_fault, _by_address, _by_scenario)
"""What the record shows where the bank has not said why: the first that says something counts."""
