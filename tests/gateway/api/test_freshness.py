"""Conditional requests and ages, by RFC 9110 and RFC 9111."""

import io
from datetime import timedelta

import httpx
import pytest
from litestar import Litestar
from msgspec.structs import replace
from sqlalchemy import text

from gateway.api.freshness import entity_tag
from gateway.errors import BankFailure
from gateway.model import Period
from gateway.render.formats import FORMATS
from tests.clocks import FixedClock
from tests.gateway.api.test_restated import Restating
from tests.gateway.render.cases import statement
from tests.gateway.support import NOW, FakeInter, certificate, credentials, enabled

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
SECOND = timedelta(seconds=1)
DAYS = "from=2026-03-09&to=2026-03-13"
FETCHED = "Mon, 16 Mar 2026 13:00:00 GMT"
"""`NOW`, as HTTP writes it."""


async def ask(client: Client, account: str, days: str = DAYS, **headers: str) -> httpx.Response:
    """The answer about a period, with headers of these names."""
    named = {name.replace("_", "-").encode(): value.encode("latin-1") for name, value in headers.items()}
    return await client.get(f"/v1/accounts/{account}/statement?{days}", headers=named)


def asked(bank: FakeInter) -> int:
    """How many times the bank was asked since the last look."""
    count = bank.requests.count("statement")
    bank.requests.clear()
    return count


@pytest.fixture
async def account(client: Client, bank: FakeInter) -> str:
    """An account whose bank has not been asked yet."""
    found = await enabled(client)
    bank.requests.clear()
    return found


async def test_a_fresh_answer_says_when_it_was_fetched(client: Client, account: str, bank: FakeInter) -> None:
    """It has no age: that is what answers from the store have."""
    answer = await ask(client, account)

    assert answer.headers["last-modified"] == FETCHED
    assert answer.headers["cache-control"] == "private, no-cache"
    assert answer.headers["etag"].startswith('W/"')
    assert answer.headers["vary"] == "Accept, Accept-Encoding"
    assert "age" not in answer.headers
    assert asked(bank) == 1


async def test_without_an_age_the_bank_is_asked_each_time(client: Client, account: str, bank: FakeInter) -> None:
    """As long as the daily import has not read it."""
    await ask(client, account)
    await ask(client, account)
    assert asked(bank) == 2


@pytest.mark.parametrize(
    ("control", "calls"),
    [
        ("max-age=60", 0),
        ("MAX-AGE=60", 0),
        ('max-age="60"', 0),
        ("max-age=99999999999999999999", 0),
        ("private, max-age=60 , max-stale", 0),
        ("only-if-cached, max-age=60", 0),
        ("max-age=59", 1),
        ("max-age=60, max-age=59", 1),
        ("max-age=0", 1),
        ("max-age", 1),
        ("max-age=", 1),
        ("max-age=-1", 1),
        ("max-age=60s", 1),
        ("max-age=999999999999999999999", 1),
        ("no-cache", 1),
        ("no-cache, max-age=60", 1),
        ("max-age=60, no-store", 1),
        ("", 1),
        ('é=,;"', 1),
    ],
)
async def test_an_age_that_the_caller_accepts(
    client: Client, account: str, bank: FakeInter, clock: FixedClock, control: str, calls: int
) -> None:
    """The greatest one, in seconds; what cannot be read asks the bank."""
    first = await ask(client, account)
    asked(bank)
    clock.moment = NOW + 60 * SECOND

    answer = await ask(client, account, Cache_Control=control)

    assert answer.status_code == 200, answer.text
    assert asked(bank) == calls
    assert answer.headers.get("age") == (None if calls else "60")
    assert answer.json()["entries"] == first.json()["entries"]
    assert answer.json()["fetched_at"] == ("2026-03-16T10:01:00-03:00" if calls else "2026-03-16T10:00:00-03:00")
    assert answer.headers["etag"] == first.headers["etag"]


async def test_a_stored_answer_is_the_fresh_one_byte_for_byte(client: Client, account: str) -> None:
    """In each format; a part of the days too."""
    wide = "from=2026-03-02&to=2026-03-15"
    await ask(client, account, wide)
    for days in (wide, DAYS, "from=2026-03-15&to=2026-03-15"):
        for form in FORMATS:
            stored = await ask(client, account, f"{days}&format={form.name}", Cache_Control="max-age=9")
            fresh = await ask(client, account, f"{days}&format={form.name}", Cache_Control="no-cache")
            assert "age" in stored.headers
            assert "age" not in fresh.headers
            assert stored.content == fresh.content
            ignored = {"age", "x-request-id", "ratelimit", "ratelimit-policy"}
            assert {name: value for name, value in stored.headers.items() if name not in ignored} == {
                name: value for name, value in fresh.headers.items() if name not in ignored
            }


async def test_only_if_cached(client: Client, account: str, bank: FakeInter) -> None:
    """504 by a name of our own where nothing stored will do; the bank is not asked."""
    for control in ("only-if-cached", "only-if-cached, max-age=60", "only-if-cached, no-cache"):
        answer = await ask(client, account, Cache_Control=control)
        assert (answer.status_code, answer.json()["code"]) == (504, "not_stored"), control
        assert answer.json()["actor"] == "caller"
    assert asked(bank) == 0
    await ask(client, account)
    assert (await ask(client, account, Cache_Control="only-if-cached")).status_code == 504
    assert (await ask(client, account, Cache_Control="only-if-cached, no-cache")).status_code == 504
    assert (await ask(client, account, Cache_Control="only-if-cached, max-age=60")).status_code == 200
    assert asked(bank) == 1


async def test_what_the_daily_import_has_read_is_answered(
    app: Litestar, client: Client, account: str, bank: FakeInter, clock: FixedClock
) -> None:
    """Until the bank's next hour; a part of it too, and nothing beyond it."""
    tenant = (await client.get(f"/v1/accounts/{account}")).json()
    assert tenant["id"] == account
    owner = await app.state["parts"].all_tenants.owner_of(account)
    first, last = NOW.date() - timedelta(days=14), NOW.date() - timedelta(days=1)
    await app.state["parts"].readings.read(owner, account, Period(first, last), imported=True)
    asked(bank)

    for days in (f"from={first}&to={last}", DAYS):
        answer = await ask(client, account, days)
        assert (answer.status_code, answer.headers["age"]) == (200, "0")
    assert asked(bank) == 0
    assert "age" not in (await ask(client, account, f"from={first}&to={NOW.date()}")).headers
    assert asked(bank) == 1
    clock.moment = NOW + timedelta(hours=23)
    assert "age" not in (await ask(client, account)).headers


async def test_not_modified(client: Client, account: str, bank: FakeInter, clock: FixedClock) -> None:
    """Without a body, whether the bank was asked or not; a change of the entries ends it."""
    first = await ask(client, account)
    tag = first.headers["etag"]
    clock.moment = NOW + SECOND
    for control, calls in (("max-age=60", 0), ("no-cache", 1)):
        asked(bank)
        answer = await ask(client, account, If_None_Match=f'"other", {tag}', Cache_Control=control)
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
        assert answer.headers["cache-control"] == "private, no-cache"
        assert answer.headers["vary"] == "Accept, Accept-Encoding"
        assert "content-type" not in answer.headers
        assert asked(bank) == calls

    assert (await ask(client, account, If_None_Match="*")).status_code == 304
    assert (await ask(client, account, If_None_Match=tag.removeprefix("W/"))).status_code == 304
    assert (await ask(client, account, If_None_Match='"other"')).status_code == 200
    assert (await ask(client, account, If_None_Match="")).status_code == 200
    assert (await ask(client, account, f"{DAYS}&format=csv", If_None_Match=tag)).status_code == 200
    assert (await ask(client, account, "from=2026-03-09&to=2026-03-12", If_None_Match=tag)).status_code == 200
    bank.answer = Restating(bank, "2026-03-11")
    assert (await ask(client, account, If_None_Match=tag)).status_code == 200


async def test_each_format_has_a_tag_of_its_own(client: Client, account: str) -> None:
    """By which it is not sent again, whichever coding it came in; the tag of another format does not count."""
    tags = {}
    for form in FORMATS:
        days = f"{DAYS}&format={form.name}"
        tags[form.name] = (await ask(client, account, days)).headers["etag"]
        for coding in ("identity", "gzip"):
            again = await ask(client, account, days, If_None_Match=tags[form.name], Accept_Encoding=coding)
            assert (again.status_code, again.content) == (304, b"")
            assert again.headers["etag"] == tags[form.name]
            assert not again.headers.keys() & {"content-type", "content-disposition", "content-encoding"}
        for other in set(tags) - {form.name}:
            assert (await ask(client, account, days, If_None_Match=tags[other])).status_code == 200

    assert len(set(tags.values())) == len(FORMATS)


def test_the_tag_depends_on_the_available_balance_and_not_on_its_instant() -> None:
    """When the bank was asked makes no other statement; what can be spent then does."""
    given = statement("only_available")
    balance = given.available_balance
    assert balance is not None
    later = replace(given, available_balance=replace(balance, at=balance.at + SECOND), fetched_at=NOW)
    less = replace(given, available_balance=replace(balance, amount=balance.amount - 1))

    for form in FORMATS:
        tags = [entity_tag(form, each) for each in (given, later, less, replace(given, available_balance=None))]
        assert [tags.index(tag) for tag in tags] == [0, 0, 2, 3]


async def test_if_modified_since(client: Client, account: str, clock: FixedClock) -> None:
    """By when it was fetched; a tag counts before it."""
    await ask(client, account)
    clock.moment = NOW + 5 * SECOND
    stored = {"Cache_Control": "max-age=60"}
    assert (await ask(client, account, If_Modified_Since=FETCHED, **stored)).status_code == 304
    assert (await ask(client, account, If_Modified_Since=FETCHED, If_None_Match='"x"', **stored)).status_code == 200
    beyond = "9" * 20
    unreadable = ("yesterday", "", f"Mon, 16 Mar {beyond} 13:00:00 GMT", f"Mon, 16 Mar 2026 13:00:00 +{beyond}")
    for earlier in ("Mon, 16 Mar 2026 12:59:59 GMT", "Mon, 16 Mar 2026 13:00:00", *unreadable):
        assert (await ask(client, account, If_Modified_Since=earlier, **stored)).status_code == 200
    assert (await ask(client, account, If_Modified_Since=FETCHED)).status_code == 200


async def test_what_the_bank_has_changed_within_a_second_is_answered(
    client: Client, account: str, bank: FakeInter
) -> None:
    """The date of both answers is the same."""
    first = await ask(client, account)
    bank.answer = Restating(bank, "2026-03-11")
    second = await ask(client, account, If_Modified_Since=first.headers["last-modified"])
    assert second.status_code == 200
    assert second.headers["last-modified"] == first.headers["last-modified"]
    assert second.headers["etag"] != first.headers["etag"]


async def test_a_failure_is_never_answered_from_the_store_unasked(
    client: Client, account: str, bank: FakeInter, clock: FixedClock
) -> None:
    """An age that allows it answers while the bank fails; a known stop is answered as always."""
    await ask(client, account)
    clock.moment = NOW + 60 * SECOND
    bank.failure = BankFailure("bank_unavailable", bank="inter", at="statement", detail="no answer")
    assert (await ask(client, account)).status_code == 503
    assert (await ask(client, account, Cache_Control="max-age=30")).status_code == 503
    assert (await ask(client, account, Cache_Control="max-age=3600")).headers["age"] == "60"

    bank.failure = None
    bank.accepted_secrets.clear()
    bank.answer = lambda request: httpx.Response(401) if request.extensions["operation"] == "statement" else None
    stopped = await ask(client, account)
    assert stopped.status_code >= 400
    for _ in range(3):
        clock.moment += timedelta(hours=2)
        stopped = await ask(client, account)
    assert stopped.json()["actor"] == "user"
    again = await ask(client, account, Cache_Control="max-age=99999999")
    assert (again.status_code, again.json()["code"]) == (stopped.status_code, stopped.json()["code"])


async def test_a_restated_day_is_read_at_the_bank(client: Client, account: str, bank: FakeInter) -> None:
    """Whatever age is allowed: once another period showed it, and as long as statements name the day."""
    wide = "from=2026-03-02&to=2026-03-15"
    await ask(client, account, wide)
    bank.answer = Restating(bank, "2026-03-11")
    await ask(client, account, "from=2026-03-10&to=2026-03-12")
    asked(bank)

    for days in (wide, DAYS, "from=2026-03-11&to=2026-03-11"):
        answer = await ask(client, account, days, Cache_Control="max-age=3600")
        assert "age" not in answer.headers, days
        assert answer.json()["warnings"], days


async def test_warnings_about_the_account_are_those_of_now(
    app: Litestar, client: Client, bank: FakeInter, clock: FixedClock
) -> None:
    """As a reading would give them: they are no part of what is stored."""
    chain, key = certificate(31)
    answer = await client.post(
        "/v1/accounts",
        json={
            "bank": "inter",
            "kind": "PJ",
            "branch": "0001",
            "number": "12345678",
            "holder_tax_id": "11222333000181",
            "credentials": credentials(certificate=chain, private_key=key),
        },
    )
    assert answer.status_code == 201, answer.text
    account = answer.json()["id"]
    assert (await ask(client, account)).json()["warnings"] == []
    end = (await client.get(f"/v1/accounts/{account}/integration")).json()["certificate_expires_at"]
    clock.moment = clock.moment.fromisoformat(end) - timedelta(days=3)
    stored = await ask(client, account, Cache_Control="max-age=99999999")
    assert "age" in stored.headers
    assert [each["code"] for each in stored.json()["warnings"]] == ["certificate_expiring"]


async def test_a_store_that_cannot_be_read_costs_a_line_in_the_log(
    app: Litestar, client: Client, account: str, bank: FakeInter, logged: io.StringIO
) -> None:
    """The bank is asked; what is written again is whole."""
    await ask(client, account)
    with app.state["parts"].database.engine.begin() as connection:
        connection.execute(text("UPDATE stored_statements SET sealed = 'x'"))
    asked(bank)
    answer = await ask(client, account, Cache_Control="max-age=60")
    assert (answer.status_code, asked(bank)) == (200, 1)
    assert "stored_statement_not_read" in logged.getvalue()
    assert "age" in (await ask(client, account, Cache_Control="max-age=60")).headers


async def test_another_tenant_gets_nothing_of_it(app: Litestar, client: Client, account: str) -> None:
    """Its own account has its own statements."""
    await ask(client, account)
    key = await app.state["parts"].keys.create("tenant-b", NOW)
    other = await ask(client, account, Cache_Control="max-age=60", Authorization=f"Bearer {key}")
    assert (other.status_code, other.json()["code"]) == (404, "unknown_account")


def test_another_version_of_the_gateway_gives_another_tag(monkeypatch: pytest.MonkeyPatch) -> None:
    """It may write the same statement otherwise: who keeps a document that an importer refuses gets the mended one."""
    given = statement("plain")
    before = [entity_tag(form, given) for form in FORMATS]

    monkeypatch.setattr("gateway.api.freshness.__version__", "99.0.0")

    assert not set(before) & {entity_tag(form, given) for form in FORMATS}
