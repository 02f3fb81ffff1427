"""The control API, asked as QA asks it."""

from datetime import datetime

import httpx
import pytest

import contracts
from simulators import faults
from simulators.accounts.numbers import chosen_branch, chosen_number
from simulators.clock import BRASILIA, FrozenClock
from simulators.console.sentences import in_portuguese
from simulators.serving.server import application
from simulators.worlds.registry import Worlds

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def worlds():
    return Worlds(clock=lambda: FrozenClock(datetime(2026, 3, 18, 10, tzinfo=BRASILIA)))


@pytest.fixture
def simulation(worlds):
    return worlds.shared


@pytest.fixture(scope="module")
def app(worlds):
    """Made once: it keeps nothing but the worlds."""
    return application(worlds)


@pytest.fixture
async def client(worlds, app):
    worlds.shared.reset()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


async def test_accounts_of_every_bank(client):
    """Each bank has an ordinary account and one for each scenario that can happen there."""
    listed = (await client.get("/_sim/accounts")).json()

    assert {each["bank"] for each in listed if each["scenario"] == "ok"} == set(contracts.banks())
    assert len({(each["bank"], each["account"]["number"]) for each in listed}) == len(listed)
    only = (await client.get("/_sim/accounts", params={"bank": "inter", "scenario": "rate_limited"})).json()
    assert [each["expected"] for each in only] == ["rate_limited"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *(("POST", path) for path in ("accounts", "clock/advance", "faults", "verify", "worlds")),
        *(("POST", "accounts/inter/1/entries"), ("PUT", "accounts/inter/1/scenario"), ("PUT", "clock")),
    ],
)
async def test_a_request_without_a_body_is_told_so(client, method, path):
    """As curl sends one whose `-d` was forgotten."""
    answer = await client.request(method, f"/_sim/{path}")
    assert answer.status_code == 422
    assert answer.json() == {"status": 422, "detail": "the request has no body: JSON is wanted"}


async def test_accounts_are_the_same_for_the_same_seed(client, simulation):
    """A reset gives the same account numbers again."""
    before = (await client.get("/_sim/accounts")).json()
    assert (await client.post("/_sim/reset?all=true")).status_code == 204
    after = (await client.get("/_sim/accounts")).json()

    assert [each["account"] for each in before] == [each["account"] for each in after]


async def test_a_new_isolated_account(client):
    """A new account lives by its own parameters."""
    answer = await client.post(
        "/_sim/accounts", json={"bank": "inter", "parameters": {"entries_per_day": 0, "busy_day_entries": 0}}
    )
    number = answer.json()["account"]["number"]
    truth = (await client.get(f"/_sim/truth/inter/{number}", params={"from": "2026-03-01", "to": "2026-03-10"})).json()

    assert answer.status_code == 201
    assert len(truth["entries"]) <= 10
    assert truth["opening_balance"] >= "0"


@pytest.mark.parametrize(
    ("slug", "typed", "branch", "number"),
    [
        ("itau", "12345-6", "1500", "123456"),
        ("itau", "00123457", "1500", "123457"),
        ("bradesco", "1234578-P", "3750", "1234578P"),
        ("banco_do_brasil", "1348x", "551", "1348X"),
        ("santander", "000130045678", "4177", "130045678"),
        ("pagseguro", "42", "", "42"),
    ],
)
async def test_a_new_account_has_the_number_that_was_chosen(client, slug, typed, branch, number):
    """In the bank's spelling, once, and found in another spelling too."""
    body = {"bank": slug, "number": typed, "branch": branch}

    made = await client.post("/_sim/accounts", json=body)
    again = await client.post("/_sim/accounts", json=body)
    truth = await client.get(f"/_sim/truth/{slug}/00{number}", params={"from": "2026-03-01", "to": "2026-03-10"})

    assert made.status_code == 201, made.text
    assert made.json()["account"]["number"] == number
    assert made.json()["account"]["branch"] == (branch.zfill(4) if branch else "0001")
    assert (again.status_code, truth.status_code) == (409, 200)


async def test_every_listed_account_is_numbered_as_its_bank_numbers(client, simulation):
    """The check digit follows the rule, also where the rule is only assumed; branch and number have their width."""
    listed = (await client.get("/_sim/accounts")).json()
    letters = set()
    for account in (each["account"] for each in listed):
        contract = contracts.load(account["bank"])
        rule = contract.enrolment.numbering.check_digit
        assert chosen_branch(contract, account["branch"]) == account["branch"]
        assert chosen_number(contract, account["branch"], account["number"]) == account["number"]
        if rule is not None:
            assert rule.of(account["branch"], account["number"][:-1]) == account["number"][-1]
            letters.update(set(account["number"]) & {"P", "X"})
    assert letters == {"P", "X"}
    assert {len(each["account"]["number"]) for each in listed if each["bank"] == "itau"} == {6}


@pytest.mark.parametrize(
    ("path", "body", "word"),
    [
        ("/accounts", {"bank": "nubank"}, "nubank"),
        ("/accounts", {"bank": "inter", "scenario": "nope"}, "nope"),
        ("/accounts", {"bank": "inter", "parameters": {"pages": 1}}, "pages"),
        ("/accounts", {"bank": "inter", "parameters": {"entries_per_day": -1}}, "entries_per_day"),
        ("/accounts", {"bank": "inter", "parameters": {"entries_per_day": 10**8}}, "entries_per_day"),
        ("/accounts", {"bank": "inter", "parameters": {"opened_days_ago": 10**8}}, "opened_days_ago"),
        ("/accounts", {"bank": "inter", "parameters": {"certificate_days": 10**8}}, "certificate_days"),
        ("/accounts", {"bank": "inter", "parameters": {"token_seconds": -1}}, "token_seconds"),
        ("/accounts", {"bank": "inter", "parameters": {"page_size": -1}}, "page_size"),
        ("/accounts", {"bank": "inter", "parameters": {"readings": {"moon": "full"}}}, "moon"),
        ("/accounts", {"bank": "itau", "number": "123456789"}, "number"),
        ("/accounts", {"bank": "itau", "number": "x"}, "number"),
        ("/accounts", {"bank": "bradesco", "number": "755570"}, "number"),
        ("/accounts", {"bank": "bradesco", "number": "755575", "branch": "x"}, "branch"),
        ("/clock/advance", {"days": 1e12}, "days"),
        ("/clock/advance", {"days": -400_000}, "now"),
        ("/faults", {"bank": "nubank", "fault": "noop"}, "nubank"),
        ("/faults", {"bank": "inter", "fault": "nope"}, "nope"),
        ("/faults", {"bank": "inter", "fault": "lose_page", "parameters": {"pagge": 1}}, "pagge"),
    ],
)
async def test_wrong_input_is_named(client, path, body, word):
    """What is wrong is named."""
    answer = await client.post(f"/_sim{path}", json=body)

    assert answer.status_code in {400, 422}
    assert word in answer.text


@pytest.mark.parametrize(
    ("path", "named", "word"),
    [
        ("/accounts", {"bank": "nubank"}, "bank"),
        ("/accounts", {"scenario": "nope"}, "scenario"),
        ("/requests", {"bank": "nubank"}, "bank"),
    ],
)
async def test_a_mistyped_filter_is_named(client, path, named, word):
    """A list of what does not exist is refused; an empty one would look like an answer."""
    answer = await client.get(f"/_sim{path}", params=named)

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(word)


async def test_a_scenario_stands_before_the_parameters(client):
    """A new account is what its scenario says, whatever else is asked of it, and has the other parameters too."""
    body = {"bank": "inter", "scenario": "empty", "parameters": {"quotas": True, "opened_days_ago": 20}}
    number = (await client.post("/_sim/accounts", json=body)).json()["account"]["number"]
    before = (await client.get(f"/_sim/truth/inter/{number}", params={"from": "2026-01-01", "to": "2026-02-20"})).json()
    since = (await client.get(f"/_sim/truth/inter/{number}", params={"from": "2026-03-01", "to": "2026-03-17"})).json()

    assert before["closing_balance"] == "0.00"
    assert since["entries"] == []
    assert since["closing_balance"] != "0.00"


async def test_an_account_cannot_leave_what_it_was_opened_as(client):
    """What the opening of an account decides for good is not called otherwise later on."""
    for_good = (await client.get("/_sim/accounts", params={"bank": "inter", "scenario": "token_always_expired"})).json()
    passing = (await client.get("/_sim/accounts", params={"bank": "inter", "scenario": "restated"})).json()

    def path(listed):
        return f"/_sim/accounts/inter/{listed[0]['account']['number']}/scenario"

    refused = await client.put(path(for_good), json={"scenario": "ok"})
    away = await client.put(path(passing), json={"scenario": "bank_unavailable"})
    back = await client.put(path(passing), json={"scenario": "restated"})

    assert refused.status_code == 422
    assert "token_always_expired" in refused.json()["detail"]
    assert (away.json()["expected"], back.json()["expected"]) == ("bank_unavailable", "ok")


@pytest.mark.parametrize("now", ["0001-01-01T00:00:00Z", "1999-12-31T00:00:00Z", "9999-12-31T23:59:59Z"])
async def test_the_clock_stays_within_the_calendar(client, now):
    """An instant from which dates could not be reckoned is refused, and the clock goes on as before."""
    before = (await client.get("/_sim/clock")).json()

    assert (await client.put("/_sim/clock", json={"now": now})).status_code == 422
    assert (await client.get("/_sim/clock")).json() == before


async def test_truth_of_nobody(client):
    """An account that does not exist has no truth, and a date must be one."""
    assert (
        await client.get("/_sim/truth/inter/1", params={"from": "2026-03-01", "to": "2026-03-02"})
    ).status_code == 404
    assert (await client.get("/_sim/truth/inter/1", params={"from": "x", "to": "2026-03-02"})).status_code == 400


async def test_the_clock_is_moved(client):
    """The clock can be read, put and advanced."""
    await client.put("/_sim/clock", json={"now": "2026-05-01T00:00:00"})
    moved = (await client.post("/_sim/clock/advance", json={"days": 1, "seconds": 60})).json()

    assert moved == {"now": "2026-05-02T00:01:00-03:00"}
    assert (await client.get("/_sim/clock")).json() == moved
    await client.put("/_sim/clock", json={"now": "2026-03-18T13:00:00Z"})


async def test_faults_come_and_go(client):
    """A fault is listed while it is at work, and cleared by bank."""
    await client.post(
        "/_sim/faults",
        json={"bank": "inter", "fault": "status", "times": 1, "parameters": {"status": 503, "retry_after": 9}},
    )
    listed = (await client.get("/_sim/faults")).json()
    await client.delete("/_sim/faults", params={"bank": "stone"})
    kept = (await client.get("/_sim/faults")).json()["active"]
    await client.delete("/_sim/faults", params={"bank": "inter"})

    assert [each["fault"] for each in listed["active"] if not each["number"]] == ["status"]
    assert set(listed["known"]) == set(faults.names())
    left = (await client.get("/_sim/faults")).json()["active"]
    assert [each for each in kept if not each["number"]]
    assert not [each for each in left if not each["number"]]


async def test_scenarios_say_where_they_happen(client):
    """Each scenario is listed with what it does and its banks."""
    listed = {each["name"]: each for each in (await client.get("/_sim/scenarios")).json()}

    assert listed["ok"]["banks"] == list(contracts.banks())
    assert "inter" in listed["certificate_expired"]["banks"]
    assert "bs2" not in listed["certificate_expired"]["banks"]


async def test_plain_http_by_slug_and_the_journal(client):
    """The first segment chooses the bank; what it was asked is in the journal, writes are held against the caller."""
    account = (await client.get("/_sim/accounts", params={"bank": "inter", "scenario": "ok"})).json()[0]
    form = {k: account["credentials"][k] for k in ("client_id", "client_secret")}
    token = await client.post(
        "/inter/oauth/v2/token", data={**form, "grant_type": "client_credentials", "scope": "extrato.read"}
    )
    await client.post("/inter/banking/v2/pix", json={"valor": 1})
    await client.get("/inter/banking/v9/nowhere")
    journal = (await client.get("/_sim/requests", params={"bank": "inter"})).json()
    verdict = (await client.get("/_sim/politeness")).json()

    assert token.status_code == 200
    assert [(r["operation"], r["status"], r["write"]) for r in journal] == [
        ("token", 200, False),
        (None, 200, True),
        (None, 404, False),
    ]
    assert journal[0]["account"] == account["account"]["number"]
    assert form["client_secret"] not in str(journal)
    assert token.json()["access_token"] not in str(journal)
    assert (verdict["polite"], verdict["writes"], verdict["unlisted"]) == (False, 1, 1)


async def test_a_broken_limit_is_listed(client):
    """More calls in a minute than the bank allows are a broken limit."""
    account = (await client.get("/_sim/accounts", params={"bank": "inter", "scenario": "ok"})).json()[0]
    form = {k: account["credentials"][k] for k in ("client_id", "client_secret")}
    for _ in range(6):
        await client.post(
            "/inter/oauth/v2/token", data={**form, "grant_type": "client_credentials", "scope": "extrato.read"}
        )

    broken = (await client.get("/_sim/politeness")).json()["broken_limits"]
    assert [(each["operation"], each["most_per_minute"], each["limit_per_minute"]) for each in broken] == [
        ("token", 6, 5)
    ]


async def test_nobody_lives_there(client):
    """An address that is no bank's is refused as misdirected, a huge body as too large."""
    assert (await client.get("/nubank/x")).status_code == 421
    assert (await client.get("/_simulated")).status_code == 421
    assert (await client.post("/inter/oauth/v2/token", content=b"x" * 1_100_000)).status_code == 413


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 200),
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": "http://127.0.0.1"}, 200),
        ({"origin": "https://elsewhere.example"}, 403),
        ({"origin": "null"}, 403),
    ],
)
async def test_a_page_of_another_site_changes_nothing(client, headers, status):
    """A tester's browser may have such a page open; programs and our own pages may call."""
    before = (await client.get("/_sim/clock", headers=headers)).json()["now"]
    answer = await client.post("/_sim/clock/advance", json={"days": 1}, headers=headers)

    assert answer.status_code == status
    assert ((await client.get("/_sim/clock")).json()["now"] == before) == (status == 403)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "simulators:9000"}, 200),
        ({"host": "rebinding.example:9000", "origin": "http://rebinding.example:9000"}, 403),
        ({"host": "127.0.0.1.rebinding.example", "sec-fetch-site": "same-origin"}, 403),
        ({"host": "localhost:9000", "origin": "http://localhost:9000"}, 200),
    ],
)
async def test_a_name_that_was_given_this_address_makes_no_page_ours(client, headers, status):
    """A browser takes the pages of that name for ours (DNS rebinding); a program may know this machine by any name."""
    before = (await client.get("/_sim/clock")).json()["now"]
    answer = await client.post("/_sim/clock/advance", json={"days": 1}, headers=headers)

    assert answer.status_code == status
    assert ((await client.get("/_sim/clock")).json()["now"] == before) == (status == 403)


@pytest.mark.parametrize("deep", [b"[" * 100_000, b'{"a":' * 100_000])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/worlds"),
        ("POST", "/accounts"),
        ("POST", "/verify"),
        ("POST", "/faults"),
        ("PUT", "/clock"),
        ("PUT", "/snapshot?all=true"),
        ("PUT", "/accounts/inter/{number}/ledger"),
        ("POST", "/accounts/inter/{number}/entries"),
    ],
)
async def test_a_body_nested_too_deeply_is_refused(client, method, path, deep):
    """It has a status and a text like every other wrong body."""
    number = (await client.get("/_sim/accounts?bank=inter&scenario=ok")).json()[0]["account"]["number"]
    headers = {"content-type": "application/json"}
    answer = await client.request(method, f"/_sim{path.format(number=number)}", content=deep, headers=headers)

    assert answer.status_code in {400, 422}
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "accounts"),
        ("PUT", "clock"),
        ("POST", "clock/advance"),
        ("POST", "faults"),
        ("POST", "verify"),
        ("POST", "worlds"),
        ("PUT", "snapshot?all=true"),
        ("PUT", "accounts/inter/{number}/ledger"),
        ("POST", "accounts/inter/{number}/entries"),
    ],
)
async def test_a_body_in_another_encoding_is_refused(client, method, path):
    """Bytes that are no UTF-8 are the caller's fault, and said to be that."""
    number = (await client.get("/_sim/accounts", params={"bank": "inter"})).json()[0]["account"]["number"]
    body, kind = '{"description": "pão"}'.encode("cp1252"), {"content-type": "application/json"}
    answer = await client.request(method, f"/_sim/{path}".format(number=number), content=body, headers=kind)
    assert answer.status_code in {400, 422}
    assert "UTF-8" in answer.json()["detail"]


async def test_a_period_that_ends_before_it_begins_has_no_truth(client):
    """An empty ledger would be taken for the truth."""
    number = (await client.get("/_sim/accounts", params={"bank": "inter"})).json()[0]["account"]["number"]
    answer = await client.get(f"/_sim/truth/inter/{number}", params={"from": "2026-03-02", "to": "2026-03-01"})
    assert (answer.status_code, answer.json()["detail"]) == (422, "from, to: the first day lies after the last")


@pytest.mark.parametrize("opened_on", ["0001-01-02", "1999-12-31", "2100-01-01", "9999-12-31"])
async def test_an_account_is_opened_within_the_calendar(client, opened_on):
    """Movements are made up from its first day on: those of two thousand years would never be ready."""
    answer = await client.post("/_sim/accounts", json={"bank": "inter", "parameters": {"opened_on": opened_on}})
    assert (answer.status_code, "opened_on" in answer.json()["detail"]) == (422, True)


async def test_a_world_holds_no_more_accounts_and_faults_than_a_snapshot(client, simulation, monkeypatch):
    """Each call of a bank looks at all faults, and a snapshot that is taken can be restored."""
    world = simulation.world
    monkeypatch.setattr("simulators.control.app.MOST_ACCOUNTS", len(world.accounts) + 1)
    monkeypatch.setattr("simulators.control.faults.MOST_FAULTS", len(world.faults) + 1)
    for path, body in (("accounts", {"bank": "inter"}), ("faults", {"bank": "inter", "fault": "noop"})):
        first, second = [await client.post(f"/_sim/{path}", json=body) for _ in range(2)]
        assert (first.status_code, second.status_code) == (201, 422), path
        assert "no more at a time" in second.json()["detail"]
        assert in_portuguese(second.json()["detail"])
