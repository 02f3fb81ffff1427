"""Refuses calls to a bank that is down for all, instead of sending them.

A circuit for each tenant at each host of a bank counts the attempts of that tenant that failed in a row. It opens only
when `BREAKER_FAILURES` attempts of `BREAKER_ACCOUNTS` different accounts have failed without an answer between them, so
that failures of a single account never affect the others. While it is open every call gets at once the failure that
opened it. When its time is over one call is sent as a probe, and the others are still refused; another failure opens
the circuit for twice as long, and an answer to any call closes the circuits of all tenants.

Failures of a single tenant do not affect the others either, because its accounts may have a common cause of their own.
The circuits of all tenants open when as many failures were seen by all together, of which one tenant's count up to
half. Each tenant has probes of its own, so that failing probes of one do not keep the circuits of others open.

Outcomes that are no evidence about the bank change nothing: a refused client certificate, a wait for one of our own
connections, a call that was cancelled or held back further in, a failed call without whose answer its sender goes on.
If that was the probe, the next call is the probe.

The breaker is our own because the libraries do not fit: `pybreaker` wants Tornado for coroutines, `aiobreaker` and
`purgatory` read the machine's clock themselves, and none of them counts accounts or tells a probe that was cancelled
from one that failed.
"""

from collections import Counter, defaultdict

import httpx
import structlog
from msgspec import Struct
from prometheus_client import Gauge

from gateway.judgement import Judgement, judgement_of
from gateway.limits import (
    BREAKER_ACCOUNTS,
    BREAKER_FAILURES,
    BREAKER_FAILURES_OF_ONE_TENANT,
    BREAKER_FIRST_OPEN_SECONDS,
    BREAKER_JITTER_PART,
    BREAKER_LONGEST_OPEN_SECONDS,
)
from gateway.line.call import Call, call_of, mark_probe, refused
from gateway.line.timing import Chance, Monotonic
from gateway.metrics import REGISTRY

__all__ = ["Breaker", "Circuit", "Entry", "Evidence", "Host", "Trouble"]


OPEN = Gauge(
    "gateway_bank_circuits_open",
    "Hosts of a bank that are not called because they are down",
    ("bank",),
    registry=REGISTRY,
    multiprocess_mode="livemax",
)

log = structlog.get_logger("gateway.line")


class Entry:
    """A call that a circuit let through."""


class Trouble(Struct, frozen=True):
    """The failure that opened a circuit, without the traceback of a raised error."""

    code: str
    detail: str
    timed_out: bool = False


class Evidence:
    """The failures at one host since its last answer.

    Args:
        of_one_tenant: most failures of one tenant that count.
    """

    def __init__(self, of_one_tenant: int = BREAKER_FAILURES) -> None:
        self._of_one_tenant = of_one_tenant
        self._failures: Counter[str] = Counter()
        self._accounts: set[tuple[str, str]] = set()

    def add(self, tenant: str, account: str) -> None:
        """Count a failure of an account."""
        if self._failures[tenant] < self._of_one_tenant:
            self._failures[tenant] += 1
        if sum(of == tenant for of, _ in self._accounts) < BREAKER_ACCOUNTS:
            self._accounts.add((tenant, account))

    def clear(self) -> None:
        """Drop the failures, because the host has answered."""
        self._failures.clear()
        self._accounts.clear()

    def enough(self) -> bool:
        """Whether the failures suffice to take the host for down."""
        return self._failures.total() >= BREAKER_FAILURES and len(self._accounts) >= BREAKER_ACCOUNTS


class Circuit:
    """The state of one host for one tenant. Instants are seconds on one monotonic clock.

    Args:
        random: draws numbers from 0 to 1.
    """

    def __init__(self, random: Chance) -> None:
        self._random = random
        self._evidence = Evidence()
        self._times_opened = 0
        self._probe: Entry | None = None
        self.trouble: Trouble | None = None
        """The failure that opened the circuit; None while it is closed."""
        self.opens_until = 0.0
        """The instant of the next probe, while the circuit is open."""

    def closed_for(self, now: float) -> float | None:
        """Seconds for which no call may pass, or None when one may pass now."""
        if self.trouble is None:
            return None
        if now < self.opens_until:
            return self.opens_until - now
        return BREAKER_FIRST_OPEN_SECONDS if self._probe is not None else None

    def enter(self) -> Entry:
        """Admit a call, where `closed_for` allows one; it is the probe if the circuit is open."""
        entry = Entry()
        if self.trouble is not None:
            self._probe = entry
        return entry

    def is_probe(self, entry: Entry) -> bool:
        """Whether this call is the probe, during which all others are refused."""
        return entry is self._probe

    def failed(self, entry: Entry, account: str, trouble: Trouble, now: float) -> None:
        """Count a failed call of an account; open the circuit when the failures suffice."""
        if self.trouble is not None:
            if self.is_probe(entry):
                self.open(trouble, now)
            return
        self._evidence.add("", account)
        if self._evidence.enough():
            self.open(trouble, now)

    def gave_up(self, entry: Entry) -> None:
        """Note that a call has ended without evidence about the host."""
        if self.is_probe(entry):
            self._probe = None

    def open(self, trouble: Trouble, now: float) -> None:
        """Open the circuit: refuse all calls for a while."""
        seconds = min(BREAKER_LONGEST_OPEN_SECONDS, BREAKER_FIRST_OPEN_SECONDS * 2.0**self._times_opened)
        self.trouble = trouble
        self.opens_until = now + seconds * (1 - BREAKER_JITTER_PART * self._random())
        self._probe = None
        # Counted only up to the longest time: an unlimited power of two would overflow one day.
        self._times_opened += seconds < BREAKER_LONGEST_OPEN_SECONDS


class Host:
    """One host of a bank: a circuit for each tenant, and the failures of all together.

    Args:
        random: draws numbers from 0 to 1.
    """

    def __init__(self, random: Chance) -> None:
        self._random = random
        self._evidence = Evidence(BREAKER_FAILURES_OF_ONE_TENANT)
        self._down: tuple[Trouble, float] | None = None
        self._circuits: dict[str, Circuit] = {}

    def circuit(self, tenant: str) -> Circuit:
        """A tenant's circuit; where the host is down for all, a new one is open from the beginning."""
        if tenant not in self._circuits:
            circuit = self._circuits[tenant] = Circuit(self._random)
            if self._down is not None:
                circuit.open(*self._down)
        return self._circuits[tenant]

    def open(self) -> list[Circuit]:
        """The circuits that are open."""
        return [circuit for circuit in self._circuits.values() if circuit.trouble is not None]

    def succeeded(self) -> None:
        """Close all circuits, because the host has answered a call."""
        self._evidence.clear()
        self._down = None
        # Every circuit would be like a new one, however many tenants have called.
        self._circuits.clear()

    def failed(self, entry: Entry, tenant: str, account: str, trouble: Trouble, now: float) -> None:
        """Count a failed call of a tenant's account; open the circuits for which the failures suffice."""
        self.circuit(tenant).failed(entry, account, trouble, now)
        self._evidence.add(tenant, account)
        if self._down is None and self._evidence.enough():
            self._down = trouble, now
            for circuit in self._circuits.values():
                if circuit.trouble is None:
                    circuit.open(trouble, now)


class Breaker(httpx.AsyncBaseTransport):
    """Sends requests on to hosts that are not down.

    Args:
        inner: the next transport.
        monotonic: gives the present instant.
        random: draws numbers from 0 to 1.
    """

    def __init__(self, inner: httpx.AsyncBaseTransport, monotonic: Monotonic, random: Chance) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._hosts: defaultdict[tuple[str, str], Host] = defaultdict(lambda: Host(random))

    def troubled(self, bank: str) -> float | None:
        """Seconds until a bank that is down is tried again, 0 when that is due; None when it is not known to be down.

        Of several hosts that are down, the one with the latest probe counts; of several tenants at a host, the one with
        the earliest.
        """
        now = self._monotonic()
        hosts = [[circuit.opens_until for circuit in host.open()] for host in self._open(bank)]
        waits = [max(0.0, min(instants) - now) for instants in hosts]
        return max(waits, default=None)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request on unless its host is down.

        Raises:
            BankFailure: the host is down; with the code of the failure that opened the circuit.
            httpx.TransportError: there is no answer.
        """
        call = call_of(request)
        host = self._hosts[call.bank, request.url.host]
        circuit = host.circuit(call.tenant)
        wait = circuit.closed_for(self._monotonic())
        if circuit.trouble is not None and wait is not None:
            why = f"is down and is left alone: {circuit.trouble.detail}"
            timed_out = circuit.trouble.timed_out
            raise refused(call, circuit.trouble.code, by="breaker", why=why, seconds=wait, timed_out=timed_out)
        entry = circuit.enter()
        mark_probe(request, is_probe=circuit.is_probe(entry))
        try:
            response = await self._inner.handle_async_request(request)
        except httpx.TransportError as error:
            self._note(host, entry, request, judgement_of(error))
            raise
        else:
            self._note(host, entry, request, judgement_of(response))
            return response
        finally:
            circuit.gave_up(entry)

    def _note(self, host: Host, entry: Entry, request: httpx.Request, judgement: Judgement) -> None:
        """Note at the host's circuits what the outcome of a call says about it."""
        if judgement.is_ours:
            return
        before = [circuit.opens_until for circuit in host.open()]
        call = call_of(request)
        if judgement.is_passing and (failure := judgement.failure) is not None:
            if call.optional:
                # What can be done without may fail by itself for long, and must not keep callers from the rest.
                return
            trouble = Trouble(failure.code, failure.detail, failure.timed_out)
            host.failed(entry, call.tenant, call.account, trouble, self._monotonic())
        else:
            host.succeeded()
        after = host.open()
        if [circuit.opens_until for circuit in after] != before:
            self._report(call, request.url.host, after)

    def _report(self, call: Call, host: str, open_now: list[Circuit]) -> None:
        OPEN.labels(call.bank).set(len(self._open(call.bank)))
        where = {"bank": call.bank, "host": host}
        if not open_now:
            log.info("bank_circuit_closed", **where)
            return
        latest = max(open_now, key=lambda circuit: circuit.opens_until)
        code = latest.trouble.code if latest.trouble is not None else None
        seconds = round(latest.opens_until - self._monotonic(), 1)
        log.warning("bank_circuit_open", **where, code=code, seconds=seconds, tenants=len(open_now))

    def _open(self, bank: str) -> list[Host]:
        return [host for (slug, _), host in self._hosts.items() if slug == bank and host.open()]
