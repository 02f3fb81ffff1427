"""Routers play every bank for httpx as a bank on the wire would be seen."""

import sys
from datetime import date, timedelta
from decimal import Decimal

import httpx
import pytest
import respx

import contracts
from extrato_testing import NOW, Entry, places, router
from simulators import faults
from tests.testing.inter import FORM, TOKEN, statement, token

WRONG = [
    ("stalled", httpx.ReadTimeout),
    ("connection_reset", httpx.ReadError),
    ("connection_refused", httpx.ConnectError),
    ("cut_connection", httpx.RemoteProtocolError),
    ("reset_in_body", httpx.ReadError),
    ("compressed_garbage", httpx.DecodingError),
]
DAYS = [Entry("2026-03-02", "100.00"), Entry("2026-03-03", "-12.34")]


@pytest.mark.parametrize("slug", contracts.banks())
def test_every_bank_can_be_played(slug):
    """Each host is answered in the process, and the bank's books hold exactly the entries."""
    kind = Entry("2026-03-02", "7.00", type="PIX")
    with router(slug, now=NOW, entries=[kind]) as bank:
        for host in bank.hosts:
            assert httpx.get(f"https://{host}/no/such/path").status_code >= 400
        assert [entry.reais for entry in bank.truth(date(2026, 3, 1), NOW.date()).entries] == [Decimal("7.00")]
        assert len(bank.requests) == len(bank.hosts)
        with pytest.raises(AssertionError, match=f"{len(bank.hosts)} calls of paths that the bank does not have"):
            bank.assert_polite()


def test_two_at_once_are_apart():
    """Each has its account, clock, faults and journal; a caller without credentials meets the innermost."""
    with router("inter", now=NOW, entries=DAYS) as outer, router("inter", now=NOW, entries=[]) as inner:
        assert outer.account.number != inner.account.number
        inner.inject("status", "statement", status=503)
        inner.clock.advance(timedelta(days=3))
        assert len(statement(outer).json()["transacoes"]) == 2
        assert statement(inner).status_code == 503
        assert (len(outer.requests), len(inner.requests)) == (2, 2)
        assert outer.clock.now() == NOW
        httpx.post(TOKEN, data={**FORM, "client_id": "nobody", "client_secret": "wrong"})
        assert (len(outer.requests), len(inner.requests)) == (2, 3)


def test_two_banks_at_once():
    """Each answers its own hosts, and no other host is reached."""
    with router("inter", now=NOW) as inter, router("cora", now=NOW) as cora:
        assert token(inter)
        for host in cora.hosts:
            httpx.get(f"https://{host}/")
        assert (len(inter.requests), len(cora.requests)) == (1, len(cora.hosts))
        with pytest.raises(respx.models.AllMockedAssertionError):
            httpx.get("https://example.test/")


def test_each_block_begins_afresh():
    """The same credentials again, and nothing that was seen or done before; afterwards the last block can be read."""
    bank = router("inter", now=NOW, entries=DAYS)
    seen = []
    for _ in range(2):
        with bank:
            bank.inject("status", "statement", status=500)
            assert statement(bank).status_code == 500
        seen.append((bank.account.credentials, len(bank.requests)))
    assert seen[0] == seen[1]
    assert seen[0][1] == 2


def test_a_failed_beginning_leaves_nothing_behind():
    """A bank that cannot be made does not stay among those that answer."""
    with pytest.raises(ValueError, match="no bank 'nubank'"), router("nubank"):
        pass
    with router("inter", now=NOW) as bank:
        assert token(bank)


@pytest.mark.parametrize(("fault", "error"), WRONG)
def test_what_goes_wrong_is_raised_as_httpx_raises_it(fault, error):
    """Whole or as a stream, with the request in the error."""
    with router("inter", now=NOW, entries=DAYS) as bank:
        bank.inject(fault, "token")
        with pytest.raises(error) as caught:
            token(bank)
        assert caught.value.request.url == TOKEN
        own = {name: bank.account.credentials[name] for name in ("client_id", "client_secret")}
        with pytest.raises(error), httpx.stream("POST", TOKEN, data={**FORM, **own}) as response:
            response.read()


@pytest.mark.parametrize(("fault", "error"), WRONG)
@pytest.mark.anyio
async def test_what_goes_wrong_is_raised_in_event_loops(fault, error):
    """By the other client of httpx; a body that breaks off gives the bytes before."""
    with router("inter", now=NOW, entries=DAYS) as bank:
        own = {name: bank.account.credentials[name] for name in ("client_id", "client_secret")}
        bank.inject(fault, "token")
        async with httpx.AsyncClient() as client:
            with pytest.raises(error):
                await client.post(TOKEN, data={**FORM, **own})


@pytest.mark.anyio
async def test_bytes_arrive_before_a_body_breaks_off():
    """As a stream gives them."""
    with router("inter", now=NOW, entries=DAYS) as bank:
        own = {name: bank.account.credentials[name] for name in ("client_id", "client_secret")}
        bank.inject("reset_in_body", "token")
        came = b""
        async with httpx.AsyncClient() as client, client.stream("POST", TOKEN, data={**FORM, **own}) as response:
            with pytest.raises(httpx.ReadError):  # noqa: PT012 - it is the rest of the body that does not come
                async for part in response.aiter_raw():
                    came += part
        assert came


def test_a_connection_fault_comes_before_the_bank_knows_who_calls():
    """It is aimed at `tls`, and passes after so many connections."""
    with router("inter", now=NOW) as bank:
        bank.inject("connection_refused", "tls", times=1)
        with pytest.raises(httpx.ConnectError):
            token(bank)
        assert token(bank)


def test_the_certificate_is_the_account_s_unless_another_is_chosen():
    """A bank that wants one refuses the handshake of a client that shows none."""
    with router("inter", now=NOW) as bank:
        assert token(bank)
        bank.client_certificate = None
        with pytest.raises(httpx.ConnectError, match="certificate required"):
            token(bank)


def test_it_is_a_transport_too():
    """A client that is given its handler needs no block, and reaches no other host."""
    bank = router("inter", now=NOW, entries=DAYS)
    with httpx.Client(transport=httpx.MockTransport(bank.handler)) as client:
        assert client.get(TOKEN).status_code >= 400
        with pytest.raises(respx.models.AllMockedAssertionError):
            client.get("https://example.test/")
    assert len(bank.requests) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"scenario": "no_such"}, "scenario: 'no_such'"),
        ({"entries": [Entry("2026-03-02", "1.00", type="CHEQUE_AZUL")]}, "type: a credit of type 'CHEQUE_AZUL'"),
        ({"entries_per_day": -1}, "entries_per_day"),
        ({"entries": [Entry("2026-03-02", "1.00")], "entries_per_day": 3}, "entries_per_day: stands where"),
        ({"entries": [Entry("2026-03-02", "1.00")], "scenario": "empty"}, "entries: scenario empty has none"),
        ({"no_such": 1}, "no_such"),
    ],
)
def test_what_cannot_be_is_refused(arguments, words):
    """The message names the argument."""
    with pytest.raises(ValueError, match=words):
        _ = router("inter", **arguments).account


@pytest.mark.parametrize(
    ("fault", "operation", "more", "words"),
    [
        ("no_such", None, {}, "fault"),
        ("status", "no_such", {}, "operation"),
        ("status", "tls", {}, "operation: status cannot act"),
        ("status", None, {"status": 7}, "status"),
        ("status", None, {"times": -1}, "times"),
    ],
)
def test_a_fault_that_cannot_be_is_refused(fault, operation, more, words):
    """So is a place in which it can do nothing."""
    bank = router("inter", now=NOW)
    with pytest.raises(ValueError, match=words):
        bank.inject(fault, operation, **more)


def test_an_opening_balance_stands_before_the_entries():
    """The truth begins with it."""
    bank = router("inter", now=NOW, entries=DAYS, opening_balance="50.00")
    truth = bank.truth(date(2026, 3, 2), NOW.date())
    assert (truth.opening_balance, truth.closing_balance) == (Decimal("50.00"), Decimal("137.66"))
    assert len(truth.entries) == 2


def test_a_project_s_own_packages_are_not_taken_for_ours(monkeypatch):
    """A module of the same name from elsewhere is named with its place."""
    monkeypatch.setattr(places, "ROOT", places.ROOT / "elsewhere")
    with pytest.raises(places.ShadowedError, match=r"contracts.*bank_account"):
        places.require_own_packages()


def test_a_missing_library_is_named(monkeypatch):
    """With the extra that brings it along."""
    monkeypatch.setitem(sys.modules, "respx", None)
    monkeypatch.delitem(sys.modules, "extrato_testing.routing", raising=False)
    import extrato_testing  # noqa: PLC0415

    with pytest.raises(ImportError, match=r"respx; install extrato\[testing\]"):
        _ = extrato_testing.router


def test_every_fault_can_be_injected():
    """None needs more than its name."""
    bank = router("inter", now=NOW)
    assert len({bank.inject(name) for name in faults.names()}) == len(faults.names())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"entries": [{"date": "2026-03-02"}]}, "entries: "),
        ({"entries": "abc"}, "entries: 'a'"),
        ({"now": "2026-03-02"}, "now: "),
        ({"entries": [], "opening_balance": 1.5}, "opening_balance: 1.5"),
    ],
)
def test_an_argument_of_another_type_is_named(arguments, words):
    """Not by what failed inside."""
    with pytest.raises(TypeError, match=words):
        _ = router("inter", **arguments).account


@pytest.mark.parametrize("more", [{"opening_balance": "7.00"}, {"opening_balance": "x", "entries": []}])
def test_an_opening_balance_that_cannot_be_is_refused(more):
    """Movements that are made up have a balance of their own."""
    with pytest.raises(ValueError, match="opening_balance: "):
        _ = router("inter", **more).account


def test_a_period_that_ends_before_it_begins_has_no_truth():
    """An empty statement would be taken for it."""
    with router("inter", now=NOW, entries=DAYS) as bank, pytest.raises(ValueError, match="first: 2026-03-03"):
        bank.truth(date(2026, 3, 3), date(2026, 3, 2))


def test_an_entry_needs_a_day():
    with pytest.raises(TypeError, match="booked_at: None"):
        Entry(None, "1.00")


def test_a_fixture_that_yields_has_the_bank_until_it_ends():
    """A generator is played as long as it runs, not while it is made."""

    @router("inter", now=NOW)
    def played(bank):
        yield token(bank)
        yield len(bank.requests)

    found = played()
    assert next(found)
    assert next(found) == 1
    found.close()
    with pytest.raises(StopIteration):
        next(found)


@pytest.mark.anyio
async def test_an_asynchronous_fixture_has_the_bank_until_it_ends():
    """Whoever ends it early ends what it waits for, too."""
    ended = []

    @router("inter", now=NOW)
    async def played(bank):
        try:
            async with httpx.AsyncClient() as client:
                answer = await client.post(TOKEN, data={**FORM, **dict(bank.account.credentials)})
            yield answer.status_code
            yield 0
        finally:
            ended.append(len(bank.requests))

    found = played()
    assert await anext(found) == 200
    await found.aclose()
    assert ended == [1]


def test_a_class_is_not_decorated():
    """Its tests would be found by nobody."""
    with pytest.raises(TypeError, match=r"decorates a function; .*Tests"):

        @router("inter", now=NOW)
        class Tests:
            def test_nothing(self):
                """Does nothing."""


def test_types_of_fixtures_and_what_they_raise_have_a_public_place():
    """Whoever annotates a fixture or catches an error imports one package."""
    import extrato_testing  # noqa: PLC0415

    assert all(getattr(extrato_testing, name) is not None for name in extrato_testing.__all__)
    assert issubclass(extrato_testing.GatewayProblem, RuntimeError)
    with pytest.raises(AttributeError, match="no_such"):
        _ = extrato_testing.no_such
