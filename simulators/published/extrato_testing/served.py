"""Served banks as a test sees them: where they are reached, and a world of the test's own in them."""

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from extrato_testing.calls import Caller, CallRefusedError
from extrato_testing.shapes import BRASILIA, MOST_ENTRIES, Account, Entry, SeenRequest, Truth

__all__ = ["BankSimulators", "BankWorld", "impolite", "world_name"]

CREATED, CONFLICT = 201, 409


@dataclass(frozen=True)
class BankSimulators:
    """Where the served banks are reached. All tests of a run share them; each has a world of its own in them."""

    http: str
    """Address without TLS; the first segment of the path is the bank, then comes the bank's own path."""
    tls: str
    """Host and port where TLS is spoken and a bank is chosen by its host name, as in real life."""
    ca: Path
    """Certificate of the test authority; whoever trusts it trusts the served banks."""
    control: str
    """Address of the control API."""

    def url(self, bank: str) -> str:
        """Address of one bank without TLS; the bank's own paths stand behind it."""
        return f"{self.http}/{bank}"


class BankWorld:
    """An isolated world of the served banks: its own clock, accounts, faults and journal.

    A bank knows by the credentials in a request in which world it plays. Who shows none that this world issued, such as
    a wrong client id, is in the world that all share, and its request is in no journal here.

    Args:
        simulators: where the banks are served.
        name: of the world; all that is made up in it follows from that.
    """

    def __init__(self, simulators: BankSimulators, name: str) -> None:
        self.simulators = simulators
        self.name = name
        self.control = f"{simulators.control}/worlds/{quote(name)}"
        """Address of the control API of this world."""
        self._caller = Caller(self.control)
        made = Caller(simulators.control)
        try:
            answer = made.ask("POST", "/worlds", {"name": name, "ready_accounts": False})
        finally:
            made.close()
        if answer.status != CREATED:
            raise CallRefusedError(answer.status, str(answer.json()["detail"]))

    def end(self) -> None:
        """Let the banks forget this world."""
        try:
            self.ask("DELETE", "")
        finally:
            self._caller.close()

    def ask(self, method: str, path: str, body: object = None, **query: Any) -> Any:
        """What the control API says of this world, for what has no method here.

        Args:
            method: of HTTP.
            path: behind `control`, such as `/faults`.
            body: sent as JSON.
            query: parameters; those that are None are left out.

        Raises:
            CallRefusedError: something is wrong with the call.
        """
        answer = self._caller.ask(method, path, body, query)
        if answer.status >= 400:
            raise CallRefusedError(answer.status, str(answer.json()["detail"]))
        return answer.json()

    def account(
        self, bank: str, scenario: str = "ok", entries: Iterable[Entry] | None = None, **parameters: Any
    ) -> Account:
        """Open an account.

        Args:
            bank: its slug, such as `inter`.
            scenario: the situation that the account is in.
            entries: all its movements; made up when None.
            parameters: of the account, such as `page_size`, `entries_per_day` and `token_seconds`.

        Raises:
            CallRefusedError: there is no such bank, scenario or parameter, or an entry cannot be there.
        """
        body: dict[str, Any] = {"bank": bank, "scenario": scenario, "parameters": parameters}
        if entries is not None:
            body["entries"] = [entry.told() for entry in bounded(entries)]
        return Account.of(self.ask("POST", "/accounts", body))

    def truth(self, account: Account, first: date, last: date) -> Truth:
        """What the bank's books say of an account from `first` to `last`, both included.

        Raises:
            CallRefusedError: the first day lies after the last.
        """
        place = f"/truth/{account.bank}/{account.number}"
        return Truth.of(self.ask("GET", place, **{"from": first.isoformat(), "to": last.isoformat()}))

    @property
    def now(self) -> datetime:
        """The present in this world."""
        return datetime.fromisoformat(self.ask("GET", "/clock")["now"]).astimezone(BRASILIA)

    def put(self, now: datetime) -> datetime:
        """Put the clock at an instant, from which it runs on; one without offset is Brasília's."""
        return datetime.fromisoformat(self.ask("PUT", "/clock", {"now": now.isoformat()})["now"])

    def advance(self, *, days: float = 0, seconds: float = 0) -> datetime:
        """Move the clock on; answers the present then."""
        return datetime.fromisoformat(self.ask("POST", "/clock/advance", {"days": days, "seconds": seconds})["now"])

    def inject(
        self,
        account: Account | str,
        fault: str,
        operation: str | None = None,
        *,
        after: int = 0,
        every: int = 1,
        times: int = 0,
        probability: float = 1.0,
        seconds: float = 0.0,
        **parameters: Any,
    ) -> str:
        """Let something go wrong in calls from now on; answers the id of the fault.

        Args:
            account: whose calls, or the slug of a bank for those of all its accounts in this world.
            fault: its name.
            operation: name or kind of the calls' operation (`token`, `statement`, `balance`); None for all of them.
            after: calls that pass before.
            every: it applies to each n-th call after those.
            times: calls that it applies to at most; 0 for no limit.
            probability: how likely it applies to each of them.
            seconds: by this world's clock, after which it is over; 0 for never.
            parameters: of the fault.

        Raises:
            CallRefusedError: there is no such fault, operation or parameter.
        """
        aim = {"after": after, "every": every, "times": times, "probability": probability, "seconds": seconds}
        bank, number = (account, None) if isinstance(account, str) else (account.bank, account.number)
        whom = {"bank": bank, "number": number, "operation": operation}
        return str(self.ask("POST", "/faults", {**whom, "fault": fault, "parameters": parameters, **aim})["id"])

    def requests(self, bank: str | None = None, account: Account | None = None) -> list[SeenRequest]:
        """What the banks have seen, newest last: of one bank or account where it is given."""
        chosen = {"bank": account.bank if account else bank, "number": account.number if account else None}
        return [SeenRequest.of(each) for each in self.ask("GET", "/requests", **chosen)]

    def assert_polite(self) -> None:
        """Fail where callers broke a documented limit, called a write, or repeated what was refused.

        Raises:
            AssertionError: they did; with what it was.
        """
        wrong = impolite(self.ask("GET", "/politeness"))
        if wrong:
            raise AssertionError(f"the callers were not polite: {'; '.join(wrong)}")


def bounded(entries: Iterable[Entry]) -> list[Entry]:
    """The entries as a list.

    Raises:
        TypeError: one of them is no entry.
        ValueError: there are too many.
    """
    found: list[Entry] = []
    for entry in entries:
        if not isinstance(entry, Entry):
            raise TypeError(f"entries: {entry!r} is no extrato_testing.Entry")
        found.append(entry)
        if len(found) > MOST_ENTRIES:
            raise ValueError(f"entries: at most {MOST_ENTRIES}")
    return found


def impolite(told: dict[str, Any]) -> list[str]:
    """What callers did that they may not, in words, from what the control API says of their politeness."""
    wrong = [
        f"{each['most_per_minute']} calls of {each['bank']} {each['operation']} in a minute, "
        f"where {each['limit_per_minute']} are allowed"
        for each in told["broken_limits"]
    ]
    wrong += [f"{each['bank']} {each['quota']}: {each['most']} of {each['limit']}" for each in told["broken_quotas"]]
    counted = {
        "writes": "calls of operations that change something",
        "unlisted": "calls of paths that the bank does not have",
        "repeated_refusals": "calls that repeat one that was refused with 401 or 403",
    }
    return wrong + [f"{told[name]} {words}" for name, words in counted.items() if told[name]]


def world_name(test: str) -> str:
    """The name of a test's world: the same in each run, and unlike that of any other test."""
    readable = re.sub("[^A-Za-z0-9]+", "-", test.rpartition("::")[2]).strip("-")[:40]
    return f"{readable or 'test'}-{hashlib.sha256(test.encode()).hexdigest()[:16]}"
