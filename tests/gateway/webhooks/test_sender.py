"""Deliveries arrive signed, under one id, whatever the receiver does; and go nowhere that is not allowed."""

import asyncio
import json
import socket
import sqlite3
import ssl
from datetime import datetime, timedelta
from ipaddress import ip_network

import httpx
import pytest
from sqlalchemy.exc import OperationalError
from standardwebhooks.webhooks import Webhook as Verifier

from gateway.concurrency.shares import TENANT
from gateway.errors import CallerError
from gateway.events import Event, EventType
from gateway.limits import (
    DELIVERIES_AT_ONCE,
    DELIVERIES_KEPT,
    DELIVERIES_OF_TENANT,
    DELIVERY_LEASE,
    WEBHOOK_GIVEN_UP_AFTER,
    WEBHOOK_RETRIES,
    WEBHOOK_SECRET_OVERLAP,
)
from gateway.model import BRASILIA, Credentials
from gateway.storage.accounts.records import Integration, State
from gateway.storage.accounts.registry import Accounts
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.storage.webhooks import outbox
from gateway.storage.webhooks.deliveries import Deliveries
from gateway.storage.webhooks.outbox import Outbox
from gateway.storage.webhooks.registry import Webhooks
from gateway.webhooks.announcements import announce_expiries
from gateway.webhooks.registry import Registry
from gateway.webhooks.sender import Sender, seconds_to_retry
from tests.gateway.audited import records
from tests.gateway.databases import database_url
from tests.gateway.storage.support import account_of, tenant_added
from tests.gateway.support import VAULT_KEY
from tests.gateway.webhooks.receiver import NAME, listening, taken

__all__ = ["database_url"]

pytestmark = pytest.mark.anyio

LOOPBACK = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def anyio_backend():
    return "asyncio"


class Wall:
    """The machine's time, moved by hand from the present instant on, by which receivers check signatures."""

    def __init__(self):
        self.moment = datetime.now(BRASILIA)

    def now(self):
        return self.moment


class House:
    """A gateway's webhooks, as one process has them."""

    def __init__(self, database, receiver, *, allowed=LOOPBACK, addresses=("127.0.0.1",), seconds=5.0):
        vault = Vault([VAULT_KEY])
        self.wall, self.receiver, self.addresses = Wall(), receiver, list(addresses)
        self.asked, self.asked_for = [], []
        self.on_the_way = lambda: None
        self.deliveries = Deliveries(database)
        self.outbox = Outbox(database, vault)
        self.registry = Registry(Webhooks(database, vault), self.deliveries, self.wall, allowed)
        self.sender = Sender(
            self.outbox, self.wall, lambda: receiver.context, lambda: 0.5, allowed, self.resolve, seconds
        )

    async def resolve(self, host, port):
        """What the receiver's name stands for."""
        self.asked.append(host)
        self.asked_for.append(TENANT.get())
        self.on_the_way()
        self.on_the_way = lambda: None
        return self.addresses

    async def note(self, tenant, kind=EventType.STATEMENT_CHANGED, **detail):
        """Something happens to an account of the tenant."""
        event = Event(type=kind, tenant_id=tenant, account_id="an-account", at=self.wall.now(), detail=detail)
        await self.outbox.note(event, self.wall.now())

    async def send(self):
        """Send all that is due now."""
        while await self.sender.begin():
            await self.sender.settled()

    async def listed(self, webhook):
        """The deliveries of a webhook."""
        return (await self.registry.deliveries(webhook.tenant_id, webhook.id, None, None))[0]


@pytest.fixture
async def database(database_url):
    opened = Database(database_url)
    yield opened
    await opened.aclose()


@pytest.fixture
async def receiver(tmp_path):
    async with listening(tmp_path) as found:
        yield found


@pytest.fixture
async def tenant(database):
    return await tenant_added(database, "first")


def secret_of(webhook):
    return webhook.target.secrets[0].value


async def test_a_delivery_is_signed_and_has_no_data_of_a_bank(database, receiver, tenant):
    """The library of the standard verifies it; the name goes into certificate check and header."""
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant, through="2026-03-13")
    await house.send()

    assert house.asked_for == [tenant]
    ((line, headers, body),) = receiver.requests
    assert line == "POST /hook?token=CANARY HTTP/1.1"
    assert headers["host"] == f"{NAME}:{receiver.port}"
    told = Verifier(secret_of(webhook)).verify(body, headers)
    assert told["type"] == "statement.changed"
    assert told["data"] == {
        "account_id": "an-account",
        "through": "2026-03-13",
        "links": {"account": "/v1/accounts/an-account"},
    }
    (delivery,) = await house.listed(webhook)
    assert (delivery.state, delivery.attempts, delivery.last_outcome) == ("delivered", 1, "status 204")
    assert delivery.id == headers["webhook-id"]
    await house.send()
    assert len(receiver.requests) == 1


async def test_both_secrets_sign_during_a_day(database, receiver, tenant):
    """Afterwards the former one does not."""
    house = House(database, receiver)
    former = await house.registry.add(tenant, receiver.url, [], "")
    newer = await house.registry.renew_secret(tenant, former.id)
    for after, signing in ((timedelta(0), (former, newer)), (WEBHOOK_SECRET_OVERLAP, (newer,))):
        house.wall.moment += after
        await house.note(tenant)
        await house.send()
        _, headers, _ = receiver.requests[-1]
        assert len(headers["webhook-signature"].split()) == len(signing)
    assert Verifier(secret_of(former)).verify(receiver.requests[0][2], receiver.requests[0][1])
    assert Verifier(secret_of(newer)).verify(receiver.requests[0][2], receiver.requests[0][1])


async def redirected(writer):
    writer.write(b"HTTP/1.1 307 Temporary Redirect\r\nLocation: https://elsewhere.test/\r\nContent-Length: 0\r\n\r\n")


async def refused(writer):
    writer.write(b"HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")


async def gone_receiver(writer):
    writer.write(b"HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n")


async def reset(writer):
    writer.transport.abort()


async def nonsense(writer):
    writer.write(b"\x00\xff not HTTP\r\n\r\n")


async def slow(writer):
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.01)


BAD = {"redirect": redirected, "500": refused, "reset": reset, "no HTTP": nonsense, "slow": slow}


@pytest.mark.parametrize("way", BAD)
async def test_whatever_fails_is_sent_again_under_the_same_id(database, receiver, tenant, way):
    """Until it is taken. Nothing of the receiver's answer is kept, and no redirect is followed."""
    house = House(database, receiver, seconds=0.5 if way == "slow" else 5.0)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    good, receiver.answer = receiver.answer, BAD[way]
    await house.note(tenant)
    await house.send()
    (delivery,) = await house.listed(webhook)
    assert (delivery.state, delivery.attempts) == ("pending", 1)
    assert delivery.last_outcome.startswith(("status ", "no answer"))
    await house.send()
    assert len(receiver.requests) == 1, "not before its time"

    receiver.answer = good
    house.wall.moment += timedelta(seconds=WEBHOOK_RETRIES[0] * 1.1)
    await house.send()
    (delivery,) = await house.listed(webhook)
    assert (delivery.state, delivery.attempts) == ("delivered", 2)
    assert len({headers["webhook-id"] for _, headers, _ in receiver.requests}) == 1
    assert set(house.asked) == {NAME}


async def test_a_large_answer_is_not_read_to_its_end(database, receiver, tenant):
    """Its status counts."""
    written = 0

    async def large(writer):
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        while written < 100_000_000:
            writer.write(b"x" * 65536)
            written += 65536
            await writer.drain()

    receiver.answer = large
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    await house.send()
    assert (await house.listed(webhook))[0].state == "delivered"
    assert written < 100_000_000


async def test_an_answer_in_crumbs_is_not_read_to_its_end(database, receiver, tenant, monkeypatch):
    """Each part costs processor time, however few bytes it has."""
    monkeypatch.setattr("gateway.webhooks.sender.WEBHOOK_ANSWER_BYTES", 10_000_000)
    monkeypatch.setattr("gateway.webhooks.sender.WEBHOOK_ANSWER_SECONDS", 600)
    monkeypatch.setattr("gateway.webhooks.sender.WEBHOOK_SECONDS", 600)
    written = 0

    async def crumbs(writer):
        nonlocal written
        writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
        while written < 5_000_000:
            writer.write(b"1\r\nx\r\n" * 5000)
            written += 30_000
            await writer.drain()

    receiver.answer = crumbs
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    await house.send()
    assert (await house.listed(webhook))[0].state == "delivered"
    assert written < 5_000_000


async def test_interim_answers_are_not_read_without_an_end(database, receiver, tenant):
    """A receiver that never comes to its answer costs the attempt, and little else."""
    written = 0

    async def interim(writer):
        nonlocal written
        while written < 10_000_000:
            writer.write(b"HTTP/1.1 103 Early Hints\r\n\r\n" * 1000)
            written += 28_000
            await writer.drain()

    receiver.answer = interim
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    await house.send()
    (delivery,) = await house.listed(webhook)
    assert (delivery.state, delivery.last_outcome) == (
        "pending",
        "no answer: it ended the connection or answered otherwise than by HTTP",
    )
    assert written < 10_000_000


async def test_after_three_days_it_is_dead_and_can_be_replayed(database, receiver, tenant, logged):
    """The list of dead ones names it, and a replay has the same id."""
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    good, receiver.answer = receiver.answer, refused
    await house.note(tenant)
    began = house.wall.now()
    for _ in range(len(WEBHOOK_RETRIES) + 2):
        await house.send()
        (delivery,) = await house.listed(webhook)
        if delivery.next_at is not None:
            house.wall.moment = delivery.next_at
    assert delivery.state == "dead"
    # So that whoever is told of it finds whose it is.
    (told,) = (line for line in map(json.loads, logged.getvalue().splitlines()) if line["event"] == "webhook_given_up")
    assert (told["tenant"], told["webhook"], told["delivery"]) == (tenant, webhook.id, delivery.id)
    assert timedelta(days=2) < house.wall.now() - began <= WEBHOOK_GIVEN_UP_AFTER
    dead, _ = await house.registry.deliveries(tenant, webhook.id, "dead", None)
    assert [each.id for each in dead] == [delivery.id]

    house.wall.moment += WEBHOOK_GIVEN_UP_AFTER
    await house.registry.replay(tenant, webhook.id, delivery.id)
    await house.send()
    (again,) = await house.listed(webhook)
    # Three days begin anew: a receiver that fails once more is not given up at once.
    assert (again.state, again.attempts, again.ended_at) == ("pending", 1, None)

    receiver.answer = good
    house.wall.moment = again.next_at
    await house.send()
    assert (await house.listed(webhook))[0].state == "delivered"
    assert len({headers["webhook-id"] for _, headers, _ in receiver.requests}) == 1


async def test_a_receiver_that_is_gone_is_called_no_more(database, receiver, tenant):
    """What waits for it ends too, and new events do not come."""
    receiver.answer = gone_receiver
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    await house.note(tenant)
    await house.send()
    await house.note(tenant)
    await house.send()
    assert len(receiver.requests) == 1
    ended = await house.listed(webhook)
    assert {each.state for each in ended} == {"dead"}
    assert {each.last_outcome for each in ended} == {"status 410", "the receiver is gone"}
    assert {each.ended_at for each in ended} == {house.wall.now()}
    assert (await house.registry.one(tenant, webhook.id)).disabled_at is not None
    (disabled,) = [each for each in records(database) if each.action == "webhook.disabled"]
    assert (disabled.actor, disabled.about, disabled.tenant_id) == ("gateway", f"webhook:{webhook.id}", tenant)


async def test_a_receiver_that_is_gone_ends_no_delivery_of_another(database, receiver, tenant):
    """Nor one that was taken: others are called on, and nobody reads that they were not told."""
    house = House(database, receiver)
    mine = await house.registry.add(tenant, receiver.url, [], "")
    stranger = await tenant_added(database, "stranger")
    theirs = await house.registry.add(stranger, receiver.url, [], "")
    for whose in (tenant, stranger):
        await house.note(whose)
    await house.send()
    good, receiver.answer = receiver.answer, refused
    await house.note(stranger)
    await house.send()
    receiver.answer = gone_receiver
    await house.note(tenant)
    await house.send()
    assert sorted(each.state for each in await house.listed(mine)) == ["dead", "delivered"]
    assert sorted(each.state for each in await house.listed(theirs)) == ["delivered", "pending"]

    receiver.answer = good
    house.wall.moment += timedelta(hours=1)
    await house.send()
    assert {each.state for each in await house.listed(theirs)} == {"delivered"}


async def test_a_failure_counts_for_its_own_delivery(database, receiver, tenant, monkeypatch):
    """Not for one of the same look whose answer is still to come: it would be sent once more, or given up too soon."""
    house = House(database, receiver)
    webhooks = [await house.registry.add(tenant, receiver.url, [], "") for _ in range(2)]
    noted, note_failure = asyncio.Event(), house.outbox.failed
    good, calls = receiver.answer, []

    async def failed(*args, **named):
        await note_failure(*args, **named)
        noted.set()

    async def one_of_two(writer):
        calls.append(writer)
        if len(calls) == 1:
            await refused(writer)
        else:
            await noted.wait()
            await good(writer)

    monkeypatch.setattr(house.outbox, "failed", failed)
    receiver.answer = one_of_two
    await house.note(tenant)
    await house.sender.begin()
    await house.sender.settled()

    found = [each for webhook in webhooks for each in await house.listed(webhook)]
    assert sorted((each.state, each.attempts) for each in found) == [("delivered", 1), ("pending", 1)]


async def test_what_has_ended_is_deleted_after_a_while(database, receiver, tenant):
    """Taken or given up; what is yet to be told stays, however old."""
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    await house.send()
    receiver.answer = refused
    await house.note(tenant)
    await house.send()
    ended_at = house.wall.now()
    for before, states in ((ended_at, ["delivered", "pending"]), (ended_at + timedelta(days=365), ["pending"])):
        await house.outbox.purge(before)
        assert sorted(each.state for each in await house.listed(webhook)) == states
    receiver.answer = gone_receiver
    house.wall.moment += timedelta(days=1)
    await house.send()
    assert [each.state for each in await house.listed(webhook)] == ["dead"]
    await house.outbox.purge(house.wall.now() + timedelta(seconds=1))
    assert await house.listed(webhook) == []


async def test_what_has_ended_is_listed_for_as_long_as_it_is_kept(database, receiver, tenant):
    """The sender deletes it then; before, one that was given up can still be replayed."""
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    await house.send()
    ended_at = house.wall.now()
    for age, states in ((DELIVERIES_KEPT, ["delivered"]), (DELIVERIES_KEPT + timedelta(days=1), [])):
        house.wall.moment = ended_at + age
        await house.send()
        assert [each.state for each in await house.listed(webhook)] == states


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["8.8.8.8", "127.0.0.1"], ["::ffff:127.0.0.1"], []])
async def test_a_name_that_stands_for_an_inner_address_is_not_called(database, receiver, tenant, addresses):
    """Although it stood for a public one when the webhook was made."""
    house = House(database, receiver, allowed=(), addresses=addresses)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    await house.send()
    assert receiver.requests == []
    assert (await house.listed(webhook))[0].attempts == 1


async def test_of_several_addresses_the_one_that_answers_counts(database, receiver, tenant):
    """Nobody listens at the others; where nobody listens at all, that is one attempt."""
    house = House(database, receiver, addresses=["127.0.0.2", "127.0.0.3", "127.0.0.1"])
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    await house.send()
    assert [each.state for each in await house.listed(webhook)] == ["delivered"]
    house.addresses = ["127.0.0.2", "127.0.0.3"]
    await house.note(tenant)
    await house.send()
    outcomes = {(each.attempts, each.last_outcome) for each in await house.listed(webhook)}
    assert outcomes == {(1, "status 204"), (1, "no answer: it refused the connection")}
    assert len(receiver.requests) == 1


async def test_the_name_is_looked_up_at_each_attempt_and_once(database, receiver, tenant):
    """The connection goes to the address that was checked: a second answer of the resolver is never asked for."""
    house = House(database, receiver)
    await house.registry.add(tenant, receiver.url, [], "")
    for _ in range(2):
        await house.note(tenant)
        await house.send()
    assert house.asked == [NAME, NAME]
    assert len(receiver.requests) == 2


@pytest.mark.parametrize(
    ("names", "days", "trusted", "why"),
    [
        (("another.receiver.test",), (-1, 1), True, "its certificate is for another name"),
        ((NAME,), (-3, -1), True, "its certificate has expired"),
        ((NAME,), (1, 3), True, "its certificate is not valid yet"),
        ((NAME,), (-1, 1), False, "its certificate is of no trusted authority"),
    ],
)
async def test_a_wrong_certificate_is_refused_and_named(database, tmp_path, tenant, names, days, trusted, why):
    """The name of the address counts, not what it stands for."""
    async with listening(tmp_path, names, days) as other:
        if not trusted:
            other.context = ssl.create_default_context()
        house = House(database, other)
        webhook = await house.registry.add(tenant, other.url, [], "")
        await house.note(tenant)
        await house.send()
        assert other.requests == []
        assert (await house.listed(webhook))[0].last_outcome == f"no answer: {why}"


async def test_types_tenants_and_occasions(database, receiver, tenant):
    """A webhook gets the types that it wants, of its tenant alone, and of one occasion one delivery."""
    house = House(database, receiver)
    await house.registry.add(tenant, receiver.url, [EventType.STATEMENT_READY], "")
    stranger = await tenant_added(database, "stranger")
    for whose, kind in ((tenant, EventType.INTEGRATION_ACTIVE), (stranger, EventType.STATEMENT_READY)):
        await house.note(whose, kind)
    for _ in range(3):
        await house.note(tenant, EventType.STATEMENT_READY, through="2026-03-13")
    await house.send()
    assert [body["type"] for body in receiver.bodies] == ["statement.ready"]


async def test_a_sender_that_dies_holds_a_delivery_no_longer_than_its_lease(database, receiver, tenant):
    """Then another one sends it; before, it does not."""
    house = House(database, receiver)
    await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    assert len(await house.outbox.claim(house.wall.now(), DELIVERY_LEASE, 5, {}, 5)) == 1
    other = House(database, receiver)
    other.wall.moment = house.wall.moment
    await other.send()
    assert receiver.requests == []
    other.wall.moment += DELIVERY_LEASE
    await other.send()
    assert len(receiver.requests) == 1


@pytest.mark.parametrize("slept", ["before it began", "on the way"])
async def test_a_sender_that_slept_past_its_lease_sends_nothing(database, receiver, tenant, slept, monkeypatch):
    """Another one has sent it meanwhile, or does so now."""
    house = House(database, receiver)
    await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    claim = house.outbox.claim

    def sleep():
        house.wall.moment += DELIVERY_LEASE

    async def claim_and_sleep(*arguments, **more):
        found = await claim(*arguments, **more)
        sleep()
        return found

    if slept == "on the way":
        house.on_the_way = sleep
    else:
        monkeypatch.setattr(house.outbox, "claim", claim_and_sleep)
    assert await house.sender.begin() == 1
    await house.sender.settled()
    monkeypatch.undo()
    assert receiver.requests == []
    await house.send()
    assert len(receiver.requests) == 1


async def test_an_answer_that_comes_after_the_lease_counts(database, receiver, tenant):
    """The receiver has taken it: it is not sent once more."""
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    good = receiver.answer

    async def late(writer):
        house.wall.moment += DELIVERY_LEASE
        await good(writer)

    receiver.answer = late
    await house.note(tenant)
    assert await house.sender.begin() == 1
    await house.sender.settled()
    assert [each.state for each in await house.listed(webhook)] == ["delivered"]
    assert await house.sender.begin() == 0


async def test_what_another_process_has_claimed_meanwhile_is_left_to_it(database, receiver, tenant, monkeypatch):
    """Both had found it due: it would else be sent twice."""
    house = House(database, receiver)
    await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    now = house.wall.now()
    (first,) = await house.outbox.claim(now, DELIVERY_LEASE, 5, {}, 5)

    monkeypatch.setattr(outbox, "_chosen", lambda *_, **__: [first.id])

    assert await house.outbox.claim(now, DELIVERY_LEASE, 5, {}, 5) == []


async def test_a_failure_that_comes_after_the_lease_leaves_the_delivery_to_the_other(database, receiver, tenant):
    """It would else be sent a third time while the other one sends it."""
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    (first,) = await house.outbox.claim(house.wall.now(), DELIVERY_LEASE, 5, {}, 5)
    house.wall.moment += DELIVERY_LEASE
    (second,) = await house.outbox.claim(house.wall.now(), DELIVERY_LEASE, 5, {}, 5)

    now = house.wall.now()
    await house.outbox.failed(first, now, "no answer", now, gone=False)
    assert not await house.outbox.is_any_due(now)
    await house.outbox.delivered(second, now, "status 200")
    await house.outbox.delivered(first, now + DELIVERY_LEASE, "status 201")
    (listed,) = await house.listed(webhook)
    assert (listed.state, listed.attempts, listed.last_outcome) == ("delivered", 1, "status 200")


async def test_a_locked_database_is_told_once_however_often_it_is_looked_at(receiver, logged, monkeypatch):
    """Each look would else write a whole trace."""
    monkeypatch.setattr("gateway.webhooks.sender.DELIVERY_LOOK_SECONDS", 0.001)
    looks, enough = 0, asyncio.Event()

    async def locked(*_):
        nonlocal looks
        looks += 1
        if looks == 5:
            enough.set()
        raise OperationalError("SELECT", {}, sqlite3.OperationalError("database is locked"))

    house = House(None, receiver)
    monkeypatch.setattr(house.outbox, "purge", locked)
    async with house.sender.running(), asyncio.timeout(30):
        await enough.wait()

    told = [line for line in logged.getvalue().splitlines() if "webhooks_not_looked_at" in line]
    assert [json.loads(line)["reason"] for line in told] == [
        "the database cannot be used: another process holds its lock"
    ]


async def test_a_slow_receiver_holds_up_no_other(database, receiver, tenant, tmp_path):
    """Each webhook has one delivery under way."""
    hold = asyncio.Event()

    async def held(writer):
        await hold.wait()
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    (tmp_path / "other").mkdir()
    async with listening(tmp_path / "other") as slow_one:
        slow_one.answer = held
        house = House(database, receiver)
        house.sender._context = lambda: _trusting(receiver, slow_one, tmp_path)
        await house.registry.add(tenant, slow_one.url, [EventType.STATEMENT_CHANGED], "")
        quick = await house.registry.add(tenant, receiver.url, [EventType.INTEGRATION_ACTIVE], "")
        for _ in range(20):
            await house.note(tenant, EventType.STATEMENT_CHANGED)
        for _ in range(3):
            await house.note(tenant, EventType.INTEGRATION_ACTIVE)
        for _ in range(3):
            await house.sender.begin()
            await asyncio.wait({house.sender._busy[quick.id][1]})
        assert len(receiver.requests) == 3
        assert len(slow_one.requests) <= 1
        hold.set()
        await house.sender.settled()


def _trusting(one, other, tmp_path):
    context = one.context
    context.load_verify_locations(tmp_path / "other" / "receiver.pem")
    return context


async def test_slow_receivers_of_one_tenant_leave_room_for_another(database, receiver, tenant):
    """However many webhooks it has."""
    house = House(database, receiver)
    stranger = await tenant_added(database, "stranger")
    for _ in range(10):
        await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    await house.registry.add(stranger, receiver.url, [], "")
    await house.note(stranger)
    claimed = await house.outbox.claim(house.wall.now(), DELIVERY_LEASE, 8, {}, DELIVERIES_OF_TENANT)
    assert {due.tenant_id for due in claimed} == {tenant, stranger}
    assert sum(due.tenant_id == tenant for due in claimed) == DELIVERIES_OF_TENANT


@pytest.mark.parametrize("begun_anew", [False, True], ids=["the same process", "another process"])
@pytest.mark.parametrize("shared", [True, False], ids=["of one tenant", "of many"])
async def test_receivers_that_fail_leave_room_for_one_that_answers(database, receiver, tenant, shared, begun_anew):
    """However many fail, and however much is due to them; what they do not take is told to them once they do."""
    house, hold = House(database, receiver, seconds=30.0), asyncio.Event()
    failing = []
    for number in range(DELIVERIES_OF_TENANT if shared else DELIVERIES_AT_ONCE):
        whose = tenant if shared else await tenant_added(database, f"tenant {number}")
        failing.append(await house.registry.add(whose, receiver.url, [EventType.STATEMENT_CHANGED], ""))
    for whose in {each.tenant_id for each in failing}:
        await house.note(whose)
        await house.note(whose)
    receiver.answer = refused
    await house.send()
    if begun_anew:
        house = House(database, receiver, seconds=30.0)

    async def held(writer):
        if "/quick" not in receiver.requests[-1][0]:
            await hold.wait()
        await taken(writer)

    receiver.answer = held
    quick = receiver.url.replace("/hook?", "/quick?")
    quick_one = await house.registry.add(tenant, quick, [EventType.INTEGRATION_ACTIVE], "")
    house.wall.moment += timedelta(seconds=10)
    await house.note(tenant, EventType.INTEGRATION_ACTIVE)
    await house.sender.begin()
    begun = house.sender._busy.get(quick_one.id)
    try:
        assert begun is not None
        await begun[1]
        assert [each.state for each in await house.listed(quick_one)] == ["delivered"]
    finally:
        hold.set()
        await house.sender.settled()
    await house.send()
    for webhook in failing:
        assert [each.state for each in await house.listed(webhook)] == ["delivered"] * 2


async def test_what_was_taken_is_sent_though_the_look_for_failing_receivers_fails(
    database, receiver, tenant, monkeypatch
):
    """Nobody else would send it before its lease has ended."""
    house = House(database, receiver)
    await house.registry.add(tenant, receiver.url, [EventType.STATEMENT_CHANGED], "")
    await house.note(tenant)
    receiver.answer = refused
    await house.send()
    receiver.answer = taken
    answering = await house.registry.add(tenant, receiver.url, [EventType.INTEGRATION_ACTIVE], "")
    await house.note(tenant, EventType.INTEGRATION_ACTIVE)
    claim = house.outbox.claim

    async def claim_once(*arguments, **more):
        monkeypatch.setattr(house.outbox, "claim", lost)
        return await claim(*arguments, **more)

    async def lost(*_, **__):
        raise OperationalError("", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(house.outbox, "claim", claim_once)
    with pytest.raises(OperationalError):
        await house.sender.begin()
    await house.sender.settled()

    assert [each.state for each in await house.listed(answering)] == ["delivered"]


async def claimed_by(house, busy):
    due = await house.outbox.claim(house.wall.now(), DELIVERY_LEASE, 8, busy, DELIVERIES_OF_TENANT)
    return {each.webhook_id: each.tenant_id for each in due}


async def test_thousands_that_are_due_leave_room_for_another(database, receiver, tenant, monkeypatch):
    """What is due first may all be one tenant's: of one webhook, or of more than are sent at a time."""
    monkeypatch.setattr("gateway.storage.webhooks.outbox.DELIVERIES_LOOKED_AT", 7)
    house = House(database, receiver)
    first = await house.registry.add(tenant, receiver.url, [], "")
    for _ in range(20):
        await house.registry.test(tenant, first.id)
    stranger = await tenant_added(database, "stranger")
    theirs = await house.registry.add(stranger, receiver.url, [], "")
    house.wall.moment += timedelta(seconds=1)
    await house.note(stranger)

    assert await claimed_by(house, {}) == {first.id: tenant, theirs.id: stranger}

    more = [await house.registry.add(tenant, receiver.url, [], "") for _ in range(DELIVERIES_OF_TENANT)]
    for webhook in more:
        for _ in range(20):
            await house.registry.test(tenant, webhook.id)
    house.wall.moment += timedelta(seconds=1)
    await house.note(stranger)

    assert await claimed_by(house, {each.id: tenant for each in more}) == {theirs.id: stranger}


async def test_the_status_decides(database, receiver, tenant):
    """What the answer says after it does not matter, nor whether it ends."""
    for status, state in (("200 OK", "delivered"), ("410 Gone", "dead")):

        async def cut(writer, status=status):
            writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 100\r\n\r\nx".encode())
            await writer.drain()
            writer.transport.abort()

        receiver.answer = cut
        house = House(database, receiver)
        webhook = await house.registry.add(tenant, receiver.url, [], "")
        await house.note(tenant)
        await house.send()
        assert (await house.listed(webhook))[0].state == state
        await house.registry.remove(tenant, webhook.id)


async def test_of_a_removed_account_only_what_is_yet_to_be_told_goes(database, receiver, tenant):
    """What waits of other accounts and of other tenants is told, and what was told stays in the list."""
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    stranger = await tenant_added(database, "stranger")
    await house.registry.add(stranger, receiver.url, [], "")
    record = account_of(tenant, created_at=house.wall.now())
    accounts = Accounts(database, Vault([VAULT_KEY]))
    credentials, now = Credentials({"client_id": "a"}), house.wall.now()
    await accounts.add(record, Integration(account_id=record.id, credentials=credentials, enabled_at=now))

    async def note(whose):
        kind = EventType.STATEMENT_CHANGED
        event = Event(type=kind, tenant_id=whose, account_id=record.id, at=house.wall.now())
        await house.outbox.note(event, house.wall.now())

    await note(tenant)
    await house.send()
    await note(tenant)
    await note(stranger)
    await house.note(tenant)
    await accounts.remove(tenant, record.id)

    assert sorted(each.state for each in await house.listed(webhook)) == ["delivered", "pending"]
    await house.send()
    told = [body["data"]["account_id"] for body in receiver.bodies]
    assert sorted(told) == sorted([record.id, record.id, "an-account"])


async def test_a_disabled_webhook_is_not_called(database, receiver, tenant):
    """Neither for a test nor for what is replayed."""
    receiver.answer = gone_receiver
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")
    await house.note(tenant)
    await house.send()
    dead, _ = await house.registry.deliveries(tenant, webhook.id, "dead", None)
    with pytest.raises(CallerError, match="unknown_webhook"):
        await house.registry.test(tenant, webhook.id)
    with pytest.raises(CallerError, match="not_found"):
        await house.registry.replay(tenant, webhook.id, dead[0].id)
    await house.send()
    assert len(receiver.requests) == 1


async def test_whatever_goes_wrong_counts_as_an_attempt(database, receiver, tenant):
    """Also what nobody has thought of."""
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")

    async def broken(due):
        raise ArithmeticError

    house.sender._send = broken
    await house.note(tenant)
    await house.send()
    (delivery,) = await house.listed(webhook)
    assert (delivery.attempts, delivery.last_outcome) == (1, "no answer: ArithmeticError")


async def test_events_of_an_occasion_are_told_once(database, receiver, tenant):
    """To each webhook, by however many processes; the next occasion again."""
    house = House(database, receiver)
    for _ in range(2):
        await house.registry.add(tenant, receiver.url, [], "")
    for through in ("2026-03-12", "2026-03-12", "2026-03-13"):
        await house.note(tenant, EventType.STATEMENT_READY, through=through)
    await house.send()
    assert sorted(body["data"]["through"] for body in receiver.bodies) == 2 * ["2026-03-12"] + 2 * ["2026-03-13"]


async def test_the_end_of_a_certificate_is_announced_three_times(database, receiver, tenant):
    """30, 7 and 1 days before, whenever and however often it is looked at."""
    house = House(database, receiver)
    await house.registry.add(tenant, receiver.url, [EventType.CERTIFICATE_EXPIRING], "")
    ends = house.wall.now() + timedelta(days=40)
    record = account_of(tenant, created_at=house.wall.now())
    integration = Integration(
        account_id=record.id,
        state=State.ACTIVE,
        credentials=Credentials({"client_id": "a"}),
        enabled_at=house.wall.now(),
        certificate_expires_at=ends,
    )
    await Accounts(database, Vault([VAULT_KEY])).add(record, integration)
    for days in (40, 30, 29, 8, 7, 6, 2, 1, 0.5, -1):
        for _ in range(2):
            await announce_expiries(house.outbox, ends - timedelta(days=days), house.wall.now())
    await house.send()
    assert sorted(body["data"]["days"] for body in receiver.bodies) == ["1", "30", "7"]


@pytest.mark.parametrize("kind", [httpx.ConnectError, ConnectionRefusedError])
async def test_causes_that_stand_in_a_circle_have_an_end(database, receiver, tenant, kind):
    """Each of two errors may be the cause of the other, as where one is raised anew from what it has led to."""
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")

    async def broken(due):
        one, other = httpx.ConnectError("one"), kind("other")
        one.__cause__, other.__cause__ = other, one
        raise one

    house.sender._send = broken
    await house.note(tenant)
    await house.send()
    (delivery,) = await house.listed(webhook)
    assert delivery.last_outcome.startswith("no answer: ")


def test_the_intervals_come_to_three_days():
    """With whatever chance; each is longer than the one before, or as long."""
    for chance in (0.0, 1.0):
        waits = [seconds_to_retry(number, chance) for number in range(len(WEBHOOK_RETRIES))]
        assert waits == sorted(waits)
        assert sum(waits) > WEBHOOK_GIVEN_UP_AFTER.total_seconds() * 0.9
    assert seconds_to_retry(len(WEBHOOK_RETRIES), 0.0) is None


@pytest.mark.parametrize(
    ("cause", "outcome"),
    [
        (ssl.SSLCertVerificationError("another"), "no answer: its certificate is not trusted"),
        (ssl.SSLError("alert"), "no answer: TLS was not agreed on"),
        (ConnectionRefusedError(), "no answer: it refused the connection"),
        (socket.gaierror("unknown"), "no answer: its name is not known"),
        (httpx.RemoteProtocolError("illegal"), "no answer: it ended the connection or answered otherwise than by HTTP"),
        (ConnectionResetError(), "no answer: it ended the connection"),
        (OSError("another"), "no answer: ConnectError"),
    ],
)
async def test_an_outcome_says_what_the_receiver_has_to_mend(database, receiver, tenant, cause, outcome):
    """The library says little more than that there was no connection; the cause lies below its error."""
    house = House(database, receiver)
    webhook = await house.registry.add(tenant, receiver.url, [], "")

    async def broken(due):
        try:
            raise OSError from cause
        except OSError as error:
            raise httpx.ConnectError("no connection") from error

    house.sender._send = broken
    await house.note(tenant)
    await house.send()
    (delivery,) = await house.listed(webhook)
    assert (delivery.attempts, delivery.last_outcome) == (1, outcome)
