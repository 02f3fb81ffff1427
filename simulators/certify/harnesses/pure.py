"""An adapter in front of its simulated bank, without event loop, network or TLS."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import Any, TypeVar

import httpx

import contracts
from contracts.consistency import unknown_failure
from contracts.schema import OperationKind
from gateway.auth import signed
from gateway.connectors import Connector, connector_class
from gateway.errors import BankFailure
from gateway.flow import Flow, Page, Token, TokenNeeded, converse
from gateway.model import Balances, HeldAccount, Movement, Period, Statement
from gateway.statement.assemble import assemble
from gateway.statement.movements import oldest_first
from simulators.certify.demands import Shortfall
from simulators.certify.files.source import Line, files_of, line_of, method_line, raised_at
from simulators.certify.harnesses.account import Harness
from simulators.certify.harnesses.conversation import Asked
from simulators.certify.harnesses.sent import Sent
from simulators.reasons import why_of

__all__ = ["Endless", "PureHarness"]

T = TypeVar("T")
STEPS = (*(kind.value for kind in OperationKind), "tls", "authorization")
"""At which of them a failure is."""
MOST_REQUESTS = 1_000
"""Per reading; many times what the longest case needs, as are the two that follow."""
MOST_PAGES = 5_000
MOST_MOVEMENTS = 100_000


class Endless(AssertionError):
    """An adapter sends requests, or hands over pages or movements, without end."""


class PureHarness(Harness):
    """One account at one simulated bank, and the adapter that reads it.

    Args:
        slug: the bank.
        now: the present.
        page_size: entries the connector asks for in one page; 0 for its own choice.
        connector: the adapter; the bank's own when None.
        more: further arguments of `Harness`.
    """

    def __init__(
        self,
        slug: str,
        now: datetime,
        *,
        page_size: int = 0,
        connector: type[Connector[Any]] | None = None,
        **more: Any,
    ) -> None:
        super().__init__(slug, now, **more)
        self.connector = (connector or connector_class(slug))(self.bank.contract, page_size)
        self.token: Token | None = None
        self.requests: list[httpx.Request] = []
        self.movements: list[Movement] = []
        """What the adapter made of the last reading, before the gateway leaves anything out."""
        self.lines: list[Line | None] = []
        """The line of the adapter that handed each of them over, in the order in which they came."""
        self.pages: list[Page] = []
        """The pages that the adapter handed over in the last reading."""
        self.balances: Balances | None = None
        """What it gave besides them; None where the reading failed."""
        self.period: Period | None = None
        """The period of the last reading."""
        self.calls: list[Asked] = []
        """The calls of the last reading."""
        self.sent = Sent(self.bank)
        self._files = files_of(type(self.connector))
        self._flow: object = None

    def read(self, period: Period) -> Statement:
        """The gateway's statement of a period.

        Raises:
            BankFailure: as the gateway would.
            httpx.TransportError: a fault cut the connection.
            Endless: the adapter does not come to an end.
        """
        now, self.period = self.clock.now(), period
        with self._named_rightly():
            return self._read(period, now)

    def _read(self, period: Period, now: datetime) -> Statement:
        pages, balances = self._converse(self.connector.reading(self.account, period, now.date()))
        ended = self.clock.now()
        self.balances = balances
        for page in pages:
            self._normalise(page)
        connector = self.connector
        self.movements = oldest_first(self.movements, newest_first=connector.newest_first, by_time=connector.by_time)
        return assemble(connector.contract, self.account, period, self.movements, balances, now, ended)

    def identify(self) -> HeldAccount:
        """What the bank says of the account, as the gateway asks at enrolment.

        Raises:
            BankFailure: as the gateway would.
        """
        with self._named_rightly():
            held: object
            _, held = self._converse(self.connector.identifying(self.account))
        if not isinstance(held, HeldAccount):
            what = (
                f"`identify` gives {held!r}, it should give a `HeldAccount`, an empty one where the bank says nothing"
            )
            raise Shortfall(what, line=method_line(type(self.connector), "identify"))
        return held

    @contextmanager
    def _named_rightly(self) -> Iterator[None]:
        """Demand that a failure that the block raises is one of this bank, and of the catalogue.

        Raises:
            Shortfall: it is not.
        """
        try:
            yield
        except BankFailure as failure:
            slug, line = self.bank.contract.slug, raised_at(failure, self._files)
            if failure.bank != slug:
                what = (
                    f"the failure {failure.code} has the bank {failure.bank!r}, it should have {slug!r}: an operator "
                )
                raise Shortfall(f"{what}would look for it at another bank", line=line) from failure
            if unknown := unknown_failure(failure.code, contracts.failures()):
                raise Shortfall(f"the adapter raises a failure that nobody knows: {unknown}", line=line) from failure
            if failure.at not in STEPS:
                what = f"the failure {failure.code} is at {failure.at!r}, it should be at one of {', '.join(STEPS)}"
                raise Shortfall(what, line=line) from failure
            raise

    def misread(self) -> list[Movement]:
        """What the adapter makes of the pages of a reading that has failed, as far as it makes anything of them."""
        self.movements, self.lines = [], []
        with suppress(BankFailure, Endless):
            for page in self.pages:
                self._normalise(page)
        return self.movements

    def _normalise(self, page: Page) -> None:
        rows = self.connector.movements(page)
        for movement in rows:
            if len(self.movements) >= MOST_MOVEMENTS:
                raise Endless(f"no end after {MOST_MOVEMENTS} movements of one statement")
            self.movements.append(movement)
            self.lines.append(line_of(rows, self._files))

    def _converse(self, flow: Flow[T]) -> tuple[list[Page], T]:
        self.calls, self.movements, self.lines, self.pages, self.balances = [], [], [], [], None
        self.sent.forget()
        self._flow = flow
        return converse(signed(self._kept(flow), self.connector.auth(self.account)), self.answer, self._token)

    def _kept(self, flow: Flow[T]) -> Flow[T]:
        """The flow, whose pages are kept."""
        reply: Any = None
        try:
            while True:
                event = flow.send(reply)
                if isinstance(event, Page):
                    if len(self.pages) >= MOST_PAGES:
                        raise Endless(f"no end after {MOST_PAGES} pages handed over for one statement")
                    self.pages.append(event)
                reply = yield event
        except StopIteration as stop:
            result: T = stop.value
            return result
        finally:
            flow.close()

    @property
    def asking(self) -> Line | None:
        """The line of the adapter that waits for an answer."""
        return line_of(self._flow, self._files)

    @property
    def why(self) -> str:
        """The rule by which the simulated bank refused the last call; empty where it did not refuse it."""
        last = self.calls[-1].response if self.calls else None
        return why_of(last) if last is not None else ""

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer a request, which carries the account's certificate, as the simulated bank does."""
        self.requests.append(request)
        line = self.asking
        if len(self.calls) >= MOST_REQUESTS:
            path = request.url.copy_with(query=None)
            raise Endless(f"no end after {MOST_REQUESTS} requests for one statement, the last to {path}")
        if certificate := self.connector.client_certificate(self.account):
            request.extensions["client_certificate"] = certificate[0]
        try:
            response = self.bank.answer(request)
        except httpx.TransportError:
            self.calls.append(Asked(request, None, line))
            raise
        self.calls.append(Asked(request, response, line))
        return response

    def _token(self, needed: TokenNeeded) -> Token:
        held = self.token
        if held is not None and held is not needed.refused and self.clock.now() < held.renew_at:
            return held
        auth = self.connector.auth(self.account)
        _, fresh = converse(auth.obtain(held, self.clock.now()), self.answer)
        self.token = fresh
        return fresh
