"""What a connector is: one bank's conversation and how to read its answers.

A connector does no I/O. It builds the requests that its contract lists, decodes each answer into a page, and
normalises pages into movements. Money, dates and texts are read with `connectors.fields`; anything it cannot read
exactly becomes `unexpected_bank_response`, never a guess and never a gap.

Long because all that a connector may ask and answer with stands in one place.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, suppress
from datetime import date
from typing import ClassVar, Generic, TypeVar
from urllib.parse import urlencode

import httpx
from msgspec.structs import replace

from contracts.schema import Contract, Evidence, MutualTLS
from gateway.auth import Auth
from gateway.auth.declared import declared_auth
from gateway.entry_ids import ContentDigest
from gateway.errors import BankFailure, IncoherentPages
from gateway.flow import OPTIONAL, Flow, Page
from gateway.judgement import check_success, decode, failure_of, failure_within, unexpected
from gateway.model import Account, Balances, Contradiction, HeldAccount, Movement, Period
from gateway.responses import (
    NOTHING_STATUSES,
    found_nothing,
    own_or_empty,
    refusal_beside_nothing,
    refusal_within,
    tells_passing_cause,
    words_beside_nothing,
)
from gateway.unreadable import readable, unreadable

__all__ = ["EMPTY_BY_WORDS", "Connector"]

P = TypeVar("P", bound=Page)
W = TypeVar("W")
V = TypeVar("V")

WITHHELD = (httpx.codes.FORBIDDEN, httpx.codes.NOT_FOUND)
"""Answers to who may read the statement and not what describes its account."""
EMPTY_BY_WORDS = "empty_by_words"
"""The extension that is true of an answer that is taken for one without entries, though nothing documents its form."""


class Connector(ABC, Generic[P]):
    """One bank's adapter.

    Args:
        contract: the bank's contract.
        page_size: entries to ask for in one page; 0 for the largest the bank accepts.
    """

    newest_first: ClassVar[bool] = False
    """Whether the bank lists the newest movement first."""
    by_time: ClassVar[bool] = False
    """Whether the bank promises no order, so that instants alone tell which movement is older."""
    content_fields: ClassVar[tuple[str, ...]] = ()
    """Fields that identify a row for ever: the bank sends them in every answer and never changes them. Balances, stages
    and positions are not among them. Another choice of fields changes ids (see `gateway.entry_ids`)."""

    slice_days: int = 0
    """Days asked for at a time where fewer are wanted than the bank allows; 0 for as many as it allows."""

    def __init__(self, contract: Contract, page_size: int = 0) -> None:
        self.contract = contract
        self.page_size = page_size or contract.paging.max_size
        self.content = ContentDigest(self.content_fields)
        """The digest that identifies a row: of its `content_fields`, and of values that stand elsewhere."""

    @property
    def window_days(self) -> int:
        """Longest period of one request in days, both ends counted; 0 where there is no limit."""
        return self.slice_days or self.contract.period.max_days

    def auth(self, account: Account) -> Auth:
        """The authentication that the contract declares for this account: an API key, client credentials, or the
        consent of its holder.

        Raises:
            LookupError: the contract has another grant or proof, so that the bank's connector must say how.
        """
        return declared_auth(self.contract, account)

    def headers(self, account: Account) -> dict[str, str]:
        """What each read says in its headers besides its authentication."""
        return {}

    @abstractmethod
    def fetch(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """The conversation that reads a period, handing over its pages; `today` is the day in Brasília.

        Raises:
            BankFailure: the bank refuses, or its pages do not fit together.
        """

    @abstractmethod
    def normalise(self, page: P) -> Iterator[Movement]:
        """The movements of a page, every one of them, in the bank's order.

        Raises:
            ValueError: something in the page cannot be read exactly.
        """

    def identify(self, account: Account) -> Flow[HeldAccount]:
        """What the bank says of the account that is read with these credentials; asks nothing where it says nothing.

        Raises:
            BankFailure: the bank gave no answer, or one that cannot be read.
        """
        yield from ()
        return HeldAccount()

    def client_certificate(self, account: Account) -> tuple[str, str] | None:
        """The account's client certificate and key as PEM, where the contract wants mutual TLS; None elsewhere."""
        if self.contract.authentication.mutual_tls is MutualTLS.NONE:
            return None
        return account.credentials["certificate"], account.credentials["private_key"]

    def movements(self, page: P) -> Iterator[Movement]:
        """`normalise`, with what cannot be read as a failure of the bank.

        Raises:
            BankFailure: `unexpected_bank_response`.
        """
        with unreadable(self.contract, "statement", "an entry"):
            yield from self.normalise(page)

    def reading(self, account: Account, period: Period, today: date) -> Flow[Balances]:
        """`fetch`, with what cannot be read as a failure of the bank.

        Raises:
            BankFailure: as `fetch`, and `unexpected_bank_response`.
        """
        return readable(self.contract, "statement", _with_words(self.fetch(account, period, today)))

    def identifying(self, account: Account) -> Flow[HeldAccount]:
        """`identify`, with what cannot be read as a failure of the bank.

        Raises:
            BankFailure: as `identify`, and `unexpected_bank_response`.
        """
        return readable(self.contract, "accounts", self.identify(account))

    def ask(
        self,
        operation: str,
        account: Account,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
        **segments: str,
    ) -> Flow[httpx.Response]:
        """One listed read: its answer when that is a success or has one of the statuses in `accept`.

        A web page says nothing about the account, and neither do words that tell of a system that is down or of a
        used-up quota, so they are accepted with no refusal. Status 206 (a part) is no success, nor is an answer that
        tells a failure beside its empty lists.

        Args:
            operation: its name in the contract.
            account: whose read it is.
            query: of the request.
            headers: of this request alone; those of all reads are `headers`.
            accept: further statuses whose answer is given.
            segments: of the path, and of the body of a read that the bank offers as POST (`Operation.read_body`).

        Raises:
            BankFailure: any other answer, named by the contract's symptoms.
        """
        response: httpx.Response = yield self._request(operation, account, query, headers, segments)
        at = self.contract.kind_of(operation)
        accepted = response.status_code in accept and (
            response.is_success or (own_or_empty(response) and not tells_passing_cause(response))
        )
        if not accepted:
            check_success(self.contract, at, response)
        if (refusal := refusal_beside_nothing(response)) is not None:
            raise failure_within(self.contract, at, response, refusal.code, refusal.message or "")
        return response

    def ask_for_entries(
        self,
        operation: str,
        account: Account,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        accept: tuple[int, ...] = (),
        **segments: str,
    ) -> Flow[tuple[httpx.Response, bool]]:
        """The same for a list of entries; and whether its answer, a refusal too, says in words that there are none.

        With another status than those in `accept` nothing documents such words, so that they make no day complete
        (`EMPTY_BY_WORDS`); nor do a code and a message beside empty lists, whose meaning nobody knows.

        Raises:
            BankFailure: as `ask`.
        """
        response = yield from self.ask(
            operation, account, query=query, headers=headers, accept=(*accept, *NOTHING_STATUSES), **segments
        )
        nothing = found_nothing(response)
        if response.status_code not in accept:
            response.extensions[EMPTY_BY_WORDS] = nothing or words_beside_nothing(response)
            if not nothing:
                check_success(self.contract, self.contract.kind_of(operation), response)
        return response, nothing

    def answer(
        self,
        operation: str,
        account: Account,
        kind: type[W],
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **segments: str,
    ) -> Flow[W]:
        """One listed read, its answer as a wire struct.

        Raises:
            BankFailure: as `ask` and `decode`.
        """
        response = yield from self.ask(operation, account, query=query, headers=headers, accept=(), **segments)
        return self.decode(operation, response, kind)

    def answer_if_any(
        self,
        operation: str,
        account: Account,
        kind: type[W],
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        **segments: str,
    ) -> Flow[W | None]:
        """The same for a list of entries; None where the answer says that there are none.

        Raises:
            BankFailure: as `ask` and `decode`.
        """
        response, nothing = yield from self.ask_for_entries(
            operation, account, query=query, headers=headers, accept=(), **segments
        )
        return None if nothing else self.decode(operation, response, kind)

    def answer_if_allowed(self, operation: str, account: Account, kind: type[W], **segments: str) -> Flow[W | None]:
        """The same; None where the bank withholds it (`WITHHELD`).

        Raises:
            BankFailure: as `ask` and `decode`.
        """
        response = yield from self.ask(operation, account, query=None, headers=None, accept=WITHHELD, **segments)
        return None if response.status_code in WITHHELD else self.decode(operation, response, kind)

    def optional(
        self,
        operation: str,
        account: Account,
        kind: type[W],
        read: Callable[[W], V],
        *,
        headers: Mapping[str, str] | None = None,
        **segments: str,
    ) -> Flow[V | None]:
        """The result of one listed read that the flow can do without; None where the bank gives no readable answer.

        It is asked last (`gateway.flow`, rule 4), and no failure of it is raised.

        Args:
            operation: its name in the contract.
            account: whose read it is.
            kind: the wire struct of its answer.
            read: makes the result of that struct; any error of it means that the answer cannot be read.
            headers: of this request alone.
            segments: of the path.
        """
        request = self._request(operation, account, None, headers, segments)
        request.extensions[OPTIONAL] = True
        response: httpx.Response | None = yield request
        at = self.contract.kind_of(operation)
        if response is None or failure_of(self.contract, at, response) is not None:
            return None
        with suppress(BankFailure), unreadable(self.contract, at, "the answer"):
            return read(self.decode(operation, response, kind))
        return None

    def _request(
        self,
        operation: str,
        account: Account,
        query: Mapping[str, str] | None,
        headers: Mapping[str, str] | None,
        segments: Mapping[str, str],
    ) -> httpx.Request:
        if (listed := self.contract.operations.get(operation)) is None:
            listing = ", ".join(self.contract.operations)
            raise ValueError(f"the contract of {self.contract.slug} lists no operation {operation!r}, but {listing}")
        if missing := listed.places - segments.keys():
            raise ValueError(f"{operation} is asked without {', '.join(sorted(missing))}, for which it has a place")
        if unknown := segments.keys() - listed.places:
            raise TypeError(f"{operation} has no place for {', '.join(sorted(unknown))}")
        url = self.contract.url(operation, account.environment, **segments)
        if query:
            # `params` of httpx would write the same in twice the time.
            url = f"{url}?{urlencode(query)}"
        headers = {"Accept": "application/json", **self.headers(account), **(headers or {})}
        body = listed.body_of(segments)
        if body:
            headers["Content-Type"] = "application/json"
        return httpx.Request(
            listed.method, url, headers=headers, content=body or None, extensions={"operation": operation}
        )

    def decode(self, operation: str, response: httpx.Response, kind: type[W]) -> W:
        """The body of an answer as a wire struct.

        Raises:
            BankFailure: `unexpected_bank_response` when it is not one.
        """
        return decode(self.contract, self.contract.kind_of(operation), response, kind)

    def readable(self, operation: str, what: str) -> AbstractContextManager[None]:
        """Read a part of another answer than the statement: an error becomes a failure of that operation.

        Around all of `fetch` and `normalise` the same is done with the statement's.
        """
        return unreadable(self.contract, self.contract.kind_of(operation), what)

    def unexpected(self, operation: str, detail: str, response: httpx.Response | None = None) -> BankFailure:
        """An answer that makes no sense, as a failure to raise."""
        return unexpected(self.contract, self.contract.kind_of(operation), detail, response)

    def refused_within(self, operation: str, response: httpx.Response) -> BankFailure:
        """A success without anything of what was asked for, as a failure to raise.

        It is told in the bank's words where the answer is nothing but a refusal.
        """
        if (refusal := refusal_within(response, ())) is None:
            return self.unexpected(operation, "the answer has nothing of what was asked for", response)
        at = self.contract.kind_of(operation)
        return failure_within(self.contract, at, response, refusal.code, refusal.message or "")

    def check_days(self, days: Iterable[date], asked: Period) -> None:
        """Check that rows are of the days for which they may have come.

        Raises:
            IncoherentPages: one of them is not.
        """
        if not all(day in asked for day in days):
            raise self.incoherent(f"an answer for {asked.first} to {asked.last} holds entries of another time")

    def incoherent(self, detail: str) -> IncoherentPages:
        """Answers that do not fit together, as a failure to raise."""
        return IncoherentPages(self.contract.slug, detail)

    def doubt(self, detail: str, conflict: str | None = None) -> Contradiction:
        """What does not fit the entries; the contract's conflict of sources of that name says how its meaning is known.

        Without a conflict nothing says so, and the meaning is assumed.
        """
        return Contradiction(detail, self.contract.readings[conflict].evidence if conflict else Evidence.ASSUMED)


def _with_words(flow: Flow[Balances]) -> Flow[Balances]:
    """The same conversation, whose result says whether one of its answers is `EMPTY_BY_WORDS`."""
    reply: httpx.Response | None = None
    by_words = False
    try:
        while True:
            try:
                event = flow.send(reply)
            finally:
                by_words |= reply is not None and reply.extensions.get(EMPTY_BY_WORDS, False)
            reply = yield event
    except StopIteration as stop:
        balances: Balances = stop.value
        return replace(balances, empty_by_words=True) if by_words else balances
    finally:
        flow.close()
