"""A simulated bank: a function from request to response over ledgers and a clock.

`answer` is the whole bank. It takes a request through these steps:

1. The journal gets a record, whatever becomes of the request.
2. A connection fault or the handshake may end it before the bank knows the caller.
3. Method, host and path name the operation. A write is answered and recorded; an unknown address is not found.
4. The bank's handler reads the call and says who is calling (`bearer`, `direct_caller`, `identify`). From then on the
   quota, the faults and the scenario of the account may settle the answer: they raise `Answered`.
5. Faults alter the answer, and it is delivered.

Token life, scopes, certificates and page sizes of the contract are enforced here; a bank's own file has its routes, its
wire format and its words of refusal. No module here imports the gateway: both sides share the contract alone.

Long because the steps of a call are to be read in one place.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import ClassVar

import httpx
import msgspec

from contracts.schema import Contract, Operation, OperationKind, path_pattern
from simulators.call import (
    Answered,
    Call,
    Refusal,
    Write,
    authorization,
    authorization_wrong,
    form_of,
    json_answer,
    pairs,
)
from simulators.faults import TLS
from simulators.faults.delivery import ON_END, Delivery, delivered, delivery_of, end, unanswered
from simulators.handshake import HandshakeRefused, check_handshake
from simulators.journal.records import Record
from simulators.ledger import Ledger, LedgerEntry
from simulators.parameters import ParameterReader
from simulators.pki import key_fingerprint
from simulators.reasons import because, scope_missing
from simulators.refusals.cause import broken_by, fault_reason, reason_of, tell_faults
from simulators.refusals.nearest import Nearest
from simulators.refusals.quotas import EnforcedQuotas
from simulators.scenarios import scenario
from simulators.tokens import AccessToken, TokenState, TokenStore
from simulators.world import SimulatedAccount, World

__all__ = ["Answered", "Bank", "Call", "HandshakeRefused", "Refusal", "Write", "json_answer"]

NOT_IN_TOKENS = frozenset(' ",')
"""Characters of a header that stands twice, or whose token was not put together well."""


class Bank(ParameterReader, ABC):
    """One simulated bank.

    Args:
        contract: what the bank promises.
        world: the state of the simulation.
    """

    other_reads: ClassVar[Mapping[str, Operation]] = {}
    """Reads of the real bank that the gateway does not make, by the names of their handlers in `routes`. The journal
    records them as calls that no contract lists."""
    writes: ClassVar[Sequence[Write]] = ()

    def __init__(self, contract: Contract, world: World) -> None:
        super().__init__(contract, world)
        self.played = msgspec.structs.replace(contract, operations={**contract.operations, **self.reads_besides()})
        self.tokens = TokenStore(contract.slug, world)
        self._quotas = EnforcedQuotas(self.played)
        self._nearest = Nearest(contract)

    # --- what a bank's own file says

    @abstractmethod
    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """The handler of each operation of the contract, and of each of the other reads."""

    @abstractmethod
    def token_refused(self, state: TokenState) -> httpx.Response:
        """The answer to an access token that is missing, unknown, expired or replaced."""

    def reads_besides(self) -> Mapping[str, Operation]:
        """The reads of the real bank that the contract's operations do not list."""
        return self.other_reads

    def not_found(self, path: str) -> httpx.Response:
        """The answer to a path the bank does not have."""
        return json_answer({"message": "Not Found"}, 404)

    def names_party(self, entry: LedgerEntry) -> bool:
        """Whether the wire names the other party of this movement."""
        return self.contract.capabilities.counterparty and entry.counterparty is not None

    def describes(self, entry: LedgerEntry) -> str:
        """The description that a statement must give this movement."""
        return entry.description

    def available(self, ledger: Ledger, now: datetime) -> Decimal:
        """What an account of this ledger can spend at an instant, as the bank counts it in its present balance."""
        return ledger.balance_at(now)

    def tells_of_party(self, entry: LedgerEntry) -> frozenset[str]:
        """What the wire tells unchanged of the other party of this movement: fields of the public counterparty."""
        return frozenset({"name"}) if self.names_party(entry) else frozenset()

    # --- the function

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The bank's answer, as the caller gets it in the end.

        The request's extensions say what HTTP does not: `client_certificate` is the certificate that was shown, as PEM;
        `plain` marks the port without TLS; with `connected`, connection faults have been applied (see `on_connect`);
        with `undelivered`, the caller performs the delivery itself and ends it (`delivery.end`).

        Raises:
            HandshakeRefused: the bank wants a client certificate and was shown none.
            httpx.TransportError: a fault keeps the answer from coming, or from coming whole.
        """
        method, host, path = request.method, request.url.host, request.url.path
        name = self.played.operation_for(method, host, path)
        listed = name if name in self.contract.operations else None
        record = self.world.journal.begin(request, self.world.now(), self.contract.slug, listed)
        broken = None if request.extensions.get("connected") else self.on_connect(record)
        try:
            if broken is not None:
                response = unanswered(broken)
            else:
                check_handshake(request, self.contract, self.world)
                response = self._write(request, record) if name is None else self._handle(request, name, record)
        except HandshakeRefused as refused:
            self.world.journal.refuse_handshake(record, str(refused), self.world.now())
            raise
        self._date(response)
        record.status = response.status_code if delivery_of(response).answers else None
        record.why = record.why or reason_of(response, record, self.refusals, request)
        self.world.journal.answered(record, response)
        response.request = request
        response.extensions[ON_END] = lambda: self.world.journal.end(record, self.world.now())
        if request.extensions.get("undelivered"):
            return response
        try:
            return delivered(response, request)
        finally:
            end(response)

    def on_connect(self, record: Record) -> Delivery | None:
        """The connection fault to apply before the caller is identified, or None; the record tells it."""
        return broken_by(self.world.faults_for(self.contract.slug, None, TLS, TLS), record)

    def connect(self, host: str) -> Delivery | None:
        """The connection fault that ends a handshake before any request is read, or None; the journal tells it."""
        now = self.world.now()
        record = Record(at=now, ended_at=now, bank=self.contract.slug, host=host, handshake_refused=True)
        if (broken := self.on_connect(record)) is not None:
            self.world.journal.records.append(record)
        return broken

    def _handle(self, request: httpx.Request, name: str, record: Record) -> httpx.Response:
        operation = self.played.operations[name]
        found = path_pattern(operation.path, named=True).fullmatch(request.url.path)
        call = Call(
            request=request,
            operation=name,
            kind=operation.kind,
            environment=self._environment(request.url.host),
            segments=found.groupdict() if found else {},
            record=record,
            query=pairs(request.url.query.decode()),
            form=form_of(request),
        )
        try:
            response = self.handle(self._handler(name), call)
        except Answered as answered:
            response = answered.response
        self._date(response)
        for active in call.faults:
            before = response.status_code
            response = active.alter(response)
            if response.status_code != before:
                because(response, fault_reason(active))
        tell_faults(call.faults, record)
        return response

    def handle(self, handler: Callable[[Call], httpx.Response], call: Call) -> httpx.Response:
        """The answer of a call's handler; overridden by a bank that does something around all of them."""
        return handler(call)

    def _handler(self, name: str) -> Callable[[Call], httpx.Response]:
        handler = self.routes().get(name)
        if handler is None:
            raise LookupError(f"`routes` of the simulated bank has no handler for {name!r}")
        return handler

    def _date(self, response: httpx.Response) -> None:
        if "date" not in response.headers:
            response.headers["date"] = format_datetime(self.world.now().astimezone(UTC), usegmt=True)

    def _write(self, request: httpx.Request, record: Record) -> httpx.Response:
        method, path = request.method, request.url.path
        for write in self.writes:
            if write.method == method and path_pattern(write.path).fullmatch(path):
                record.write = True
                why = "a write operation of the bank, which no client of read scopes may call"
                return because(json_answer(write.body, write.status), why if write.status >= 400 else "")
        record.nearest, why = self._nearest.to(method, request.url.host, path)
        return because(self.not_found(path), why)

    @property
    def hosts(self) -> frozenset[str]:
        """Every host name of the bank, in all environments."""
        return frozenset(host for each in self.contract.environments.values() for host in each.hosts.values())

    @property
    def fault_targets(self) -> frozenset[str]:
        """What a fault can be aimed at: the connection, and operations by their names or kinds."""
        operations = self.played.operations
        return frozenset({TLS, *operations, *(each.kind.value for each in operations.values())})

    def enter(self, account: SimulatedAccount, scenario_name: str) -> None:
        """Move an account into another scenario; a right to log in that is taken away ends its tokens too.

        Raises:
            ValueError: the scenario does not happen here, or consists in how the account was opened.
        """
        super().enter(account, scenario_name)
        refusal = self.refusals.get(scenario(scenario_name).refusal)
        if refusal is not None and refusal.at == OperationKind.TOKEN:
            self.tokens.replace_all(account)

    # --- what handlers use

    def identify(self, call: Call, account: SimulatedAccount) -> None:
        """Record who is calling; from here on quota, faults and scenario of the account may settle the answer.

        Raises:
            Answered: the scenario or a fault settles the answer.
        """
        call.account = account
        call.record.account = account.number
        if (account.parameters.quotas or self.world.quotas) and not self._quotas.allow(call, account):
            raise self.refused("rate_limited", f"documented limit of {call.operation} calls used up")
        call.faults = self.world.faults_for(self.contract.slug, account.number, call.operation, call.kind)
        for active in call.faults:
            if call.kind is not OperationKind.TOKEN and (state := active.refuses_token()) is not None:
                raise Answered(self.token_refused(state), f"token {state} by {fault_reason(active)}")
            if (broken := active.breaks()) is not None:
                raise Answered(unanswered(broken), fault_reason(active))
            if (response := active.instead(call.request)) is not None:
                raise Answered(response, fault_reason(active))
        refusal = self.refusals.get(scenario(account.scenario).refusal)
        if refusal is not None and refusal.at == call.kind:
            raise Answered(refusal.response(f"scenario {account.scenario} refuses {call.kind} calls"))

    def bearer(self, call: Call) -> SimulatedAccount:
        """The account whose access token the request carries.

        Raises:
            Answered: the token is refused, lacks the scope, or scenario or fault settle the answer.
        """
        scheme, value = authorization(call.request)
        state, token = self.tokens.use(value if scheme == "bearer" else "", call.environment)
        call.record.token = value[-4:] or None
        if token is None:
            readable = state is not TokenState.MISSING and not set(value) & NOT_IN_TOKENS
            why = self.tokens.why(value, state, call.environment) if readable else authorization_wrong(call.request)
            raise Answered(self.token_refused(state), why)
        if (scope := self.played.operations[call.operation].scope) and scope not in token.scopes:
            self.identify(call, token.account)
            raise Answered(self.scope_refused(), scope_missing(scope, token.scopes))
        self.check_certificate(call, token.account)
        self.identify(call, token.account)
        return token.account

    def scope_refused(self) -> httpx.Response:
        """The answer to a token without the scope of the operation."""
        return self.refusals["statement_access_denied"].response()

    def issue(self, call: Call, account: SimulatedAccount, scopes: Sequence[str], value: str = "") -> AccessToken:
        """Issue an access token of the contract's life, or of the account's own, for the environment of the call."""
        life, uses = self.token_life(account, call.environment), account.parameters.token_uses
        token = self.tokens.issue(call.environment, account, tuple(scopes), life, uses, value)
        call.record.token = token.value[-4:]
        return token

    def token_life(self, account: SimulatedAccount, environment: str = "production") -> timedelta:
        """How long an access token of this account is good, in an environment."""
        return timedelta(seconds=account.parameters.token_seconds or self.contract.authentication.token_seconds)

    def reading(self, account: SimulatedAccount, name: str) -> str:
        """Which reading of a conflicting point this account plays."""
        return account.parameters.readings.get(name, self.contract.readings[name].chosen)

    def direct_caller(self, call: Call, **credentials: str) -> SimulatedAccount:
        """The account whose credentials the call carries itself, at a bank without tokens: a Basic header, an API key.

        Raises:
            Answered: the credentials are unknown, or scenario or fault settle the answer.
        """
        account = self.by_credential(**credentials)
        if account is None:
            raise self.refused("invalid_credentials", self.unknown_caller(credentials))
        self.identify(call, account)
        # Without a step before it, each call is where a refusal of any kind shows.
        if (name := scenario(account.scenario).refusal) in self.refusals:
            raise self.refused(name, f"scenario {account.scenario} refuses all calls")
        return account

    def refused(self, name: str, why: str = "") -> Answered:
        """The refusal of that name, to be raised; `why` says which rule refused.

        Raises:
            LookupError: `refusals` has none of that name.
        """
        if name not in self.refusals:
            raise LookupError(f"`refusals` of the simulated bank has no {name!r}, by which it refuses here: {why}")
        return Answered(self.refusals[name].response(why))

    @property
    def binds_certificates(self) -> bool:
        """Whether a token is good only with the certificate of its application."""
        return type(self).certificate_refused is not Bank.certificate_refused

    def certificate_refused(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """The answer to the certificate of another application; overriding it binds calls to certificates."""
        raise TypeError(f"{self.contract.slug} binds no calls to certificates")

    def check_certificate(self, call: Call, account: SimulatedAccount) -> None:
        """Let only the account's own certificate pass, at banks that bind calls to it.

        Raises:
            Answered: another client's certificate was shown.
        """
        shown = call.request.extensions.get("client_certificate")
        if not self.binds_certificates or not shown:
            return
        if key_fingerprint(shown) != key_fingerprint(account.credentials["certificate"]):
            why = f"certificate of another application: it does not belong to account {account.number}"
            raise Answered(self.certificate_refused(call, account), why)

    # --- below the handlers

    def _environment(self, host: str) -> str:
        return next(name for name, each in self.contract.environments.items() if host in each.hosts.values())
