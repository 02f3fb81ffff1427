"""A bank as a router of respx: every request to one of its hosts is answered in the process, without a socket."""

import contextlib
import functools
import inspect
import itertools
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar, Self

import httpx
import respx

from extrato_testing.places import require_own_packages
from extrato_testing.shapes import Account, Entry, SeenRequest, Truth

require_own_packages()

from extrato_testing.inside import PlayedBank  # noqa: E402
from simulators.clock import Clock  # noqa: E402 - only once they are known to be ours
from simulators.inprocess import carried  # noqa: E402
from simulators.worlds.recognition import marks  # noqa: E402

__all__ = ["BankRouter", "router"]


class BankRouter(respx.MockRouter):
    """Plays one bank with one account for httpx: as a context manager, a decorator, in a fixture, or as a transport.

    Each block, and each call of a decorated function, begins afresh. Several routers may play at once: a request is
    answered by the one whose credentials, tokens or certificate it carries, and one that carries none by the innermost.
    Nothing is waited for: a bank that stalls, or is slower than the client's timeout, has timed out.

    Args:
        bank: its slug, such as `inter`.
        scenario: the situation that the account is in.
        entries: all its movements; made up when None.
        opening_balance: balance before the first of them.
        now: instant at which the bank's clock stands until it is moved; None for one that runs with the machine's.
        seed: another one gives other accounts and movements.
        assert_all_called: whether a block fails in which nobody asks the bank.
        parameters: of the account, such as `page_size`, `entries_per_day` and `token_seconds`.
    """

    _playing: ClassVar[list["BankRouter"]] = []
    """Those that answer at present, the innermost last."""
    _numbers: ClassVar[set[tuple[str, int]]] = set()
    """By bank, the numbers of the routers whose account is in use; their worlds are named by them."""

    def __init__(
        self,
        bank: str,
        scenario: str = "ok",
        entries: Iterable[Entry] | None = None,
        *,
        opening_balance: Decimal | str | int = 0,
        now: datetime | None = None,
        seed: int = 1,
        assert_all_called: bool = False,
        **parameters: Any,
    ) -> None:
        super().__init__(assert_all_called=assert_all_called)
        self._bank = bank
        self._arguments: dict[str, Any] = {
            "scenario": scenario,
            "entries": None if entries is None else tuple(entries),
            "opening_balance": opening_balance,
            "now": now,
            "seed": seed,
        }
        self._asserts = assert_all_called
        self._parameters = parameters
        self._number = 0
        self._made: PlayedBank | None = None
        self.route(name=bank).mock(side_effect=self._answer)
        self.client_certificate: str | None = ""
        """The certificate, PEM, that a client is taken to show, since a request does not tell: None for none, and empty
        for the one in the account's credentials."""

    # --- what a test asks

    @property
    def account(self) -> Account:
        """The account, with the credentials for its forms."""
        return self._play.account

    @property
    def clock(self) -> Clock:
        """The bank's clock: `now()`, `put(instant)` and `advance(timedelta)`."""
        return self._play.clock

    @property
    def requests(self) -> list[SeenRequest]:
        """What the bank has seen, newest last."""
        return self._play.requests

    @property
    def hosts(self) -> frozenset[str]:
        """Every host name of the bank, in all environments."""
        return self._play.bank.hosts

    def has_issued(self, value: str) -> bool:
        """Whether this bank issued a value that a request carries, such as a client id or a token."""
        return self._play.knows(value)

    def truth(self, first: date, last: date) -> Truth:
        """What the bank's books say of the account from `first` to `last`, both included.

        Raises:
            ValueError: the first day lies after the last.
        """
        return self._play.truth(first, last)

    def inject(
        self,
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
        """Let something go wrong in the account's calls from now on; answers the id of the fault.

        Args:
            fault: its name.
            operation: name or kind of an operation (`token`, `statement`, `balance`), `tls` for connections; None for
                every operation.
            after: calls that pass before.
            every: it applies to each n-th call after those.
            times: calls that it applies to at most; 0 for no limit.
            probability: how likely it applies to each of them.
            seconds: by the bank's clock, after which it is over; 0 for never.
            parameters: of the fault.

        Raises:
            ValueError: there is no such fault, operation or parameter.
        """
        aim = {"after": after, "every": every, "times": times, "probability": probability, "seconds": seconds}
        return self._play.inject(fault, operation, parameters, **aim)

    def assert_polite(self) -> None:
        """Fail where the caller broke a documented limit, called a write, or repeated what was refused.

        Raises:
            AssertionError: it did; with what it was.
        """
        self._play.assert_polite()

    # --- what respx asks

    def start(self) -> None:
        """Begin to answer requests."""
        if not self._number:
            self._made = None
        _ = self._play  # what is wrong with the arguments is said before anything is answered
        super().start()
        self._playing.append(self)

    def stop(self, clear: bool = True, reset: bool = True, quiet: bool = False) -> None:  # noqa: FBT001, FBT002 - respx's
        """End answering; what the bank has seen and its books stay until it begins again."""
        if self not in self._playing:
            return
        self._playing.remove(self)
        self._numbers.discard((self._bank, self._number))
        self._number = 0
        super().stop(clear, reset, quiet)

    def __enter__(self) -> Self:
        self.start()
        return self

    async def __aenter__(self) -> Self:
        return self.__enter__()

    def __call__(self, func: Callable[..., Any] | None = None, **_: Any) -> Any:
        """Decorate a function: each call plays the bank anew, and has the router as `bank`, if it takes that argument.

        It may be a coroutine function, or one that yields, such as a fixture: the bank is played until its end.

        Raises:
            TypeError: there is no function, or a class in its place.
        """
        if func is None or not inspect.isroutine(func):
            what = "its arguments belong to router()" if func is None else f"{func!r} is none"
            raise TypeError(f"a bank's router decorates a function; {what}")
        called = func
        signature = inspect.signature(called)
        asked = [each for each in signature.parameters.values() if each.name != "bank"]

        @contextlib.contextmanager
        def anew() -> Iterator[dict[str, BankRouter]]:
            with self._anew() as played:
                yield {"bank": played} if len(asked) < len(signature.parameters) else {}

        decorated: Callable[..., Any]
        if inspect.iscoroutinefunction(called):

            @functools.wraps(called)
            async def decorated(*args: Any, **kwargs: Any) -> Any:
                with anew() as more:
                    return await called(*args, **kwargs, **more)
        elif inspect.isasyncgenfunction(called):

            @functools.wraps(called)
            async def decorated(*args: Any, **kwargs: Any) -> Any:
                with anew() as more:
                    async with contextlib.aclosing(called(*args, **kwargs, **more)) as each:
                        async for value in each:
                            yield value
        elif inspect.isgeneratorfunction(called):

            @functools.wraps(called)
            def decorated(*args: Any, **kwargs: Any) -> Any:
                with anew() as more:
                    return (yield from called(*args, **kwargs, **more))
        else:

            @functools.wraps(called)
            def decorated(*args: Any, **kwargs: Any) -> Any:
                with anew() as more:
                    return called(*args, **kwargs, **more)

        # pytest takes what stands here for fixtures
        decorated.__signature__ = signature.replace(parameters=asked)  # type: ignore[attr-defined]
        return decorated

    # --- below

    @property
    def _play(self) -> PlayedBank:
        """The bank; it is made when something is first asked of it."""
        if self._made is None:
            free = (number for number in itertools.count(1) if (self._bank, number) not in self._numbers)
            self._number = next(free)
            self._made = PlayedBank(
                self._bank, name=f"router-{self._number}", parameters=self._parameters, **self._arguments
            )
            self._numbers.add((self._bank, self._number))
        return self._made

    def _anew(self) -> "BankRouter":
        """Another router of the same arguments."""
        another = type(self)(self._bank, **self._arguments, assert_all_called=self._asserts, **self._parameters)
        another.client_certificate = self.client_certificate
        return another

    def _answer(self, request: httpx.Request) -> httpx.Response | None:
        """The bank's answer; None where another router answers, or nobody."""
        if request.url.host not in self.hosts or (self in self._playing and self._owner(request) is not self):
            return None
        certificate = self.client_certificate
        shown = self.account.credentials.get("certificate") if certificate == "" else certificate
        return carried(self._play.bank, request, request.content, shown)

    def _owner(self, request: httpx.Request) -> "BankRouter":
        """The router that answers a request to a host of this bank."""
        at_host = [each for each in self._playing if request.url.host in each.hosts]
        if len(at_host) > 1:
            for mark in marks(request):
                for each in at_host:
                    if each.has_issued(mark):
                        return each
        return at_host[-1]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __hash__(self) -> int:
        return id(self)


router = BankRouter
"""A bank that is played for httpx; see `BankRouter`."""
