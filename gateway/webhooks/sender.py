"""Sends what is due to webhooks, until it was taken or is given up.

Rules.
1. A delivery is signed after Standard Webhooks, under an id that is the same at every attempt; while a secret is being
   replaced, both sign.
2. A 2xx is taken; 410 disables the webhook; anything else is tried again for three days, at growing intervals.
3. One webhook is sent one delivery at a time, and those whose last attempt failed leave room for the others, so that
   neither a slow receiver nor many that never answer hold up anybody else.
4. An attempt takes ten seconds at most, goes to the address that was checked, follows no redirect, and reads little of
   the answer.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from typing import Any
from urllib.parse import SplitResult, urlsplit, urlunsplit

import httpx
import msgspec
import structlog
from prometheus_client import Counter
from standardwebhooks.webhooks import Webhook as Signer

from gateway import __version__
from gateway.causes import why_unreached
from gateway.claims import SENDING
from gateway.clock import Clock
from gateway.concurrency.shares import TENANT
from gateway.http.one_answer import OneAnswerTransport
from gateway.limits import (
    DELIVERIES_AT_ONCE,
    DELIVERIES_KEPT,
    DELIVERIES_OF_TENANT,
    DELIVERIES_PURGE_SECONDS,
    DELIVERY_LEASE,
    DELIVERY_LOOK_SECONDS,
    FAILING_AT_ONCE,
    FAILING_OF_TENANT,
    WEBHOOK_ANSWER_BYTES,
    WEBHOOK_ANSWER_PARTS,
    WEBHOOK_ANSWER_SECONDS,
    WEBHOOK_GIVEN_UP_AFTER,
    WEBHOOK_RETRIES,
    WEBHOOK_SECONDS,
)
from gateway.metrics import REGISTRY
from gateway.storage.webhooks.outbox import Due, Outbox
from gateway.webhooks.addresses import Networks, Resolver, resolved, system_resolver
from gateway.work.ending import ended, meanwhile
from gateway.work.outages import Outage

__all__ = ["Sender", "seconds_to_retry"]

SENT = Counter(
    "gateway_webhook_attempts_total",
    "Attempts to deliver an event to a webhook: `delivered`, `failed`, or `dead` for the last one",
    ("outcome",),
    registry=REGISTRY,
)

log = structlog.get_logger("gateway.webhooks")

ONE = httpx.Limits(max_connections=1, max_keepalive_connections=0)
"""An attempt has a connection of its own."""


class _LeftToOthers(Exception):
    """The process slept for longer than its lease, so that another one has the delivery."""


class Sender:
    """Sends deliveries.

    Args:
        outbox: what is to be sent.
        wall: the database's time.
        context: makes what checks receivers' certificates, when the first one is called.
        random: gives a number from 0 to 1, by which attempts are spread.
        allowed: networks that the operator allows although they are not public.
        resolver: looks names up.
        seconds: for one attempt.
    """

    def __init__(
        self,
        outbox: Outbox,
        wall: Clock,
        context: Callable[[], ssl.SSLContext],
        random: Callable[[], float],
        allowed: Networks = (),
        resolver: Resolver = system_resolver,
        seconds: float = WEBHOOK_SECONDS,
    ) -> None:
        self._outbox = outbox
        self._wall = wall
        self._context = cache(context)
        self._random = random
        self._allowed = allowed
        self._resolver = resolver
        self._seconds = seconds
        self._busy: dict[str, tuple[Due, asyncio.Task[None]]] = {}
        """What is under way, and its task, by webhook."""
        self._purged_at: datetime | None = None

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Send what is due while the context lasts; leaving it stops attempts, which are made again later."""
        try:
            async with meanwhile(self._run()):
                yield
        finally:
            await ended(*self._under_way)

    async def _run(self) -> None:
        outage = Outage("webhooks_not_looked_at")
        while True:
            begun = 0
            try:
                begun = await self.begin()
            except Exception as error:  # noqa: BLE001 -- it is told, and the next look comes
                outage.met(error)
            else:
                outage.over()
            if begun and self._busy:
                # There may be more: the next is begun as soon as one has ended.
                await asyncio.wait(self._under_way, timeout=DELIVERY_LOOK_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            else:
                await asyncio.sleep(DELIVERY_LOOK_SECONDS)

    async def begin(self) -> int:
        """Begin what is due, as far as there is room; give how many were begun.

        Raises:
            SQLAlchemyError: the database does not answer.
        """
        now = self._wall.now()
        if self._purged_at is None or (now - self._purged_at).total_seconds() > DELIVERIES_PURGE_SECONDS:
            await self._outbox.purge(now - DELIVERIES_KEPT)
            self._purged_at = now
        room = DELIVERIES_AT_ONCE - len(self._busy)
        if room <= 0 or not await self._outbox.is_any_due(now):
            return 0
        busy = {each.webhook_id: each.tenant_id for each, _ in self._busy.values()}
        failing = sum(each.failing for each, _ in self._busy.values())
        due = self._begun(await self._outbox.claim(now, DELIVERY_LEASE, room, busy, DELIVERIES_OF_TENANT))
        room = min(room - len(due), FAILING_AT_ONCE - failing)
        if room > 0:
            busy |= {each.webhook_id: each.tenant_id for each in due}
            claimed = await self._outbox.claim(now, DELIVERY_LEASE, room, busy, FAILING_OF_TENANT, failing=True)
            due += self._begun(claimed)
        return len(due)

    def _begun(self, due: list[Due]) -> list[Due]:
        """What was claimed, once it is under way."""
        for each in due:
            task = asyncio.create_task(self._deliver(each))
            self._busy[each.webhook_id] = each, task
            task.add_done_callback(partial(self._ended, each.webhook_id))
        return due

    def _ended(self, webhook_id: str, _: asyncio.Task[None]) -> None:
        self._busy.pop(webhook_id, None)

    async def settled(self) -> None:
        """Wait for the attempts under way."""
        while self._busy:
            await asyncio.wait(self._under_way)

    @property
    def _under_way(self) -> set[asyncio.Task[None]]:
        return {task for _, task in self._busy.values()}

    async def _deliver(self, due: Due) -> None:
        """Make one attempt, and note its outcome; none where this process slept and another has the delivery."""
        TENANT.set(due.tenant_id)
        try:
            status, outcome = await self._attempt(due)
            now = self._wall.now()
            if 200 <= status < 300:
                SENT.labels("delivered").inc()
                await self._outbox.delivered(due, now, outcome)
                return
            gone = status == httpx.codes.GONE
            next_at = None if gone else self._next_at(due, now)
            SENT.labels("failed" if next_at is not None else "dead").inc()
            whose = {"tenant": due.tenant_id, "webhook": due.webhook_id, "delivery": due.id}
            event = "webhook_not_delivered" if next_at is not None else "webhook_given_up"
            log.warning(event, **whose, outcome=outcome)
            await self._outbox.failed(due, now, outcome, next_at, gone=gone)
        except _LeftToOthers:
            log.warning("delivery_left_to_others", webhook=due.webhook_id, delivery=due.id)
        except Exception as error:
            # It is sent again when its lease has ended.
            log.exception("webhook_outcome_not_noted", webhook=due.webhook_id, delivery=due.id, exc_info=error)

    def _next_at(self, due: Due, now: datetime) -> datetime | None:
        seconds = seconds_to_retry(due.attempts, self._random())
        if seconds is None or now + timedelta(seconds=seconds) - due.created_at > WEBHOOK_GIVEN_UP_AFTER:
            return None
        return now + timedelta(seconds=seconds)

    async def _attempt(self, due: Due) -> tuple[int, str]:
        """The receiver's status, or 0, and a text about the attempt that contains nothing of its answer."""
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._send(due)
        except TimeoutError:
            return 0, f"no answer within {self._seconds:g} seconds"
        except _LeftToOthers:
            raise
        except PermissionError as error:
            return 0, str(error)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong, the attempt counts
            return 0, f"no answer: {why_unreached(error)}"
        return status, f"status {status}"

    async def _send(self, due: Due) -> int:
        """The receiver's status; of its addresses the first one counts that takes the connection."""
        parts = urlsplit(due.target.url)
        addresses = await resolved(parts, self._allowed, self._resolver)
        for address in addresses[:-1]:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):
                return await self._send_to(address, parts, due, connect_seconds=self._seconds / len(addresses))
        return await self._send_to(addresses[-1], parts, due, connect_seconds=self._seconds)

    async def _send_to(self, address: str, parts: SplitResult, due: Due, *, connect_seconds: float) -> int:
        host = f"[{address}]" if ":" in address else address
        where = f"{host}:{parts.port}" if parts.port else host
        pinned = urlunsplit((parts.scheme, where, parts.path or "/", parts.query, ""))
        body = msgspec.json.encode(due.body)
        request = httpx.Request(
            "POST",
            pinned,
            content=body,
            headers={"host": parts.netloc, "content-type": "application/json", **self._signed(due, body)},
            extensions={
                "sni_hostname": parts.hostname or "",
                "trace": partial(self._check, due),
                "timeout": httpx.Timeout(self._seconds, connect=connect_seconds).as_dict(),
            },
        )
        async with OneAnswerTransport(self._context(), ONE) as transport:
            response = await transport.handle_async_request(request)
            # The status decides. What follows is read a little, so that the receiver can end its answer.
            with suppress(httpx.HTTPError, TimeoutError):
                async with asyncio.timeout(WEBHOOK_ANSWER_SECONDS):
                    await _read(response)
            return response.status_code

    async def _check(self, due: Due, step: str, _: Mapping[str, Any]) -> None:
        """Raise before the first byte is sent where the lease has ended meanwhile."""
        if step in SENDING and self._wall.now() >= due.until:
            raise _LeftToOthers

    def _signed(self, due: Due, body: bytes) -> dict[str, str]:
        """The headers of Standard Webhooks, signed with each secret that has not ended."""
        now = self._wall.now()
        living = [each.value for each in due.target.secrets if each.until is None or each.until > now]
        # The library takes the hour that it is given for one of UTC, whatever its offset.
        signatures = [Signer(secret).sign(due.id, now.astimezone(UTC), body.decode()) for secret in living]
        return {
            "webhook-id": due.id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(signatures),
            "user-agent": f"extrato/{__version__}",
        }


async def _read(response: httpx.Response) -> None:
    """Read a part of an answer, and close it."""
    size = number = 0
    try:
        async for part in response.aiter_raw():
            size += len(part)
            number += 1
            if size > WEBHOOK_ANSWER_BYTES or number > WEBHOOK_ANSWER_PARTS:
                return
            # Thousands of parts may have been received at once.
            await asyncio.sleep(0)
    finally:
        await response.aclose()


def seconds_to_retry(attempts: int, chance: float) -> float | None:
    """Seconds until the next attempt after so many before the one that failed; None when there is none."""
    return WEBHOOK_RETRIES[attempts] * (1 + chance / 10) if attempts < len(WEBHOOK_RETRIES) else None
