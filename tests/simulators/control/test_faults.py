"""Faults over the control API: injected, listed, stopped."""

import contextlib

import httpx
import pytest

from simulators import faults
from simulators.certify.cases import NOW
from simulators.clock import FrozenClock
from simulators.console.sentences import in_portuguese
from simulators.serving.server import application
from simulators.worlds.registry import Worlds

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def worlds():
    return Worlds(clock=lambda: FrozenClock(NOW))


@pytest.fixture
def simulation(worlds):
    return worlds.shared


@pytest.fixture(scope="module")
def app(worlds):
    """Made once: it keeps nothing but the worlds."""
    return application(worlds)


@pytest.fixture
async def client(worlds, app):
    worlds.shared.world.faults.clear()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1") as client:
        yield client


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"fault": "noop"}, "bank"),
        ({"bank": "nubank", "fault": "noop"}, "bank"),
        ({"bank": "inter", "fault": "nope"}, "fault"),
        ({"bank": "inter", "fault": "noop", "number": "1"}, "number"),
        ({"bank": "inter", "fault": "noop", "operation": "pix"}, "operation"),
        ({"bank": "inter", "fault": "truncate", "operation": "tls"}, "operation"),
        ({"bank": "inter", "fault": "noop", "times": -1}, "times"),
        ({"bank": "inter", "fault": "noop", "after": "x"}, "after"),
        ({"bank": "inter", "fault": "noop", "every": 0}, "every"),
        ({"bank": "inter", "fault": "noop", "probability": 1.5}, "probability"),
        ({"bank": "inter", "fault": "noop", "seconds": -1}, "seconds"),
        ({"bank": "inter", "fault": "noop", "parameters": {"pagge": 1}}, "parameters"),
        ({"bank": "inter", "fault": "noop", "often": 1}, "often"),
    ],
)
async def test_what_is_wrong_is_told_by_its_field(client, simulation, body, field):
    """A fault that makes no sense is refused with the field's name, and nothing is injected."""
    answer = await client.post("/_sim/faults", json=body)

    assert answer.status_code == 422
    assert field in answer.json()["detail"]
    assert not simulation.world.faults


@pytest.mark.parametrize(
    ("method", "path", "body", "known"),
    [
        ("POST", "faults", {"bank": "intr", "fault": "noop"}, "inter"),
        ("POST", "faults", {"bank": "inter", "fault": "nop"}, "noop"),
        ("POST", "faults", {"bank": "inter", "fault": "status", "parameters": {"code": 503}}, "retry_after"),
        ("DELETE", "faults?bank=intr", None, "inter"),
        ("GET", "accounts?bank=intr", None, "inter"),
        ("GET", "accounts?scenario=expired", None, "password_expired"),
        ("POST", "accounts", {"bank": "intr"}, "inter"),
        ("POST", "accounts", {"bank": "inter", "scenario": "password_expired"}, "certificate_expired"),
        ("PUT", "accounts/inter/{number}/scenario", {"scenario": "password_expired"}, "certificate_expired"),
        ("GET", "requests?bank=intr", None, "inter"),
        ("POST", "verify", {"bank": "intr", "calls": [{"operation": "token"}]}, "inter"),
        ("GET", "banks/intr/openapi.json", None, "inter"),
    ],
)
async def test_a_name_that_is_unknown_comes_with_the_known_ones(client, simulation, method, path, body, known):
    """So that nobody has to look elsewhere for what was meant; the console says it in Portuguese."""
    number = next(account.number for account in simulation.world.accounts.values() if account.bank == "inter")
    sent = {} if body is None else {"json": body}
    answer = await client.request(method, f"/_sim/{path.format(number=number)}", **sent)

    assert answer.status_code in {404, 422}
    detail = answer.json()["detail"]
    assert known in detail.partition(" only ")[2].split(", ")
    assert in_portuguese(detail).endswith(detail.partition(" only ")[2])


@pytest.mark.parametrize("operation", [None, "token", "statement", "balance", "basic_statement"])
async def test_operations_by_name_and_kind(client, operation):
    """An operation may be named, or its kind."""
    body = {"bank": "inter", "fault": "noop", "operation": operation}

    assert (await client.post("/_sim/faults", json=body)).status_code == 201


async def test_what_there_is(client):
    """Each fault is described with title, parameters and possible failures."""
    listing = (await client.get("/_sim/faults")).json()
    described = {each["name"]: each for each in listing["catalogue"]}

    assert listing["known"] == list(described) == list(faults.names())
    assert described["stalled"]["failures"] == ["bank_unavailable", "deadline_exceeded"]
    assert described["extra_fields"]["harmless"] is True
    assert described["truncate"]["parameters"] == [
        {"name": "keep", "type": "integer", "minimum": 0, "maximum": 99, "default": 50}
    ]


async def test_calls_are_counted(client, simulation):
    """An active fault has the number of calls it means, and of those it was applied to."""
    account = simulation.banks["inter"].open_account("87654321")
    aim = {"number": account.number, "operation": "token", "after": 1, "every": 2}
    await client.post("/_sim/faults", json={"bank": "inter", "fault": "status", **aim})
    form = {name: account.credentials[name] for name in ("client_id", "client_secret")}
    form |= {"grant_type": "client_credentials", "scope": "extrato.read"}

    statuses = [(await client.post("/inter/oauth/v2/token", data=form)).status_code for _ in range(5)]
    (active,) = (await client.get("/_sim/faults")).json()["active"]

    assert statuses == [200, 200, 500, 200, 500]
    assert {name: active[name] for name in aim} == aim
    assert (active["fault"], active["calls"], active["struck"]) == ("status", 5, 2)


async def test_what_a_client_without_a_connection_sees(client):
    """Where there is no connection to break, the client of the application has the error itself."""
    await client.post("/_sim/faults", json={"bank": "inter", "fault": "connection_reset", "operation": "tls"})

    with pytest.raises(httpx.ConnectError):
        await client.post("/inter/oauth/v2/token")


async def test_one_is_stopped_by_its_id(client):
    """The others go on."""
    ids = [(await client.post("/_sim/faults", json={"bank": "inter", "fault": "noop"})).json()["id"] for _ in range(3)]

    await client.delete("/_sim/faults", params={"id": ids[1]})

    left = [each["id"] for each in (await client.get("/_sim/faults")).json()["active"]]
    assert left == [ids[0], ids[2]]


@pytest.mark.parametrize(
    ("choice", "status"),
    [({"id": "nope"}, 404), ({"bank": "nubank"}, 422), ({"operation": "token"}, 422), ({"ids": "1"}, 422)],
)
async def test_a_mistyped_choice_stops_nothing(client, simulation, choice, status):
    """A choice that is not understood is refused: taken for none, it would stop every fault."""
    await client.post("/_sim/faults", json={"bank": "inter", "fault": "noop"})

    answer = await client.delete("/_sim/faults", params=choice)

    assert answer.status_code == status
    assert [active.fault for active in simulation.world.faults] == ["noop"]


async def test_the_fault_of_a_scenario_stays(client, simulation):
    """Who clears the faults does not heal the accounts whose scenario is one; moving such an account does."""
    account = simulation.banks["inter"].open_account("76543210", "bank_unavailable")
    await client.post("/_sim/faults", json={"bank": "inter", "fault": "noop"})

    cleared = await client.delete("/_sim/faults", params={"all": "true"})
    by_id = await client.delete("/_sim/faults", params={"id": account.scenario_faults[0]})

    assert (cleared.status_code, by_id.status_code) == (204, 404)
    assert {fault.id for fault in simulation.world.faults} == {*account.scenario_faults}
    await client.put(f"/_sim/accounts/inter/{account.number}/scenario", json={"scenario": "ok"})
    assert not simulation.world.faults


async def test_a_fault_may_last_as_long_as_one_likes(client, simulation):
    """A duration beyond all calendars is simply never over."""
    await client.post("/_sim/faults", json={"bank": "inter", "fault": "noop", "seconds": 1e300})

    assert [active.fault for active in simulation.world.faults_for("inter", None, "token", "token")] == ["noop"]


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["status", "empty_body"], "status"),
        (["empty_body", "status"], "empty_body"),
        (["huge_body", "truncate"], "huge_body"),
        (["truncate", "malformed_json"], "malformed_json"),
        (["status", "latency"], "latency"),
        (["noop"], "noop"),
        (["extra_fields", "noop"], "extra_fields"),
    ],
)
async def test_the_journal_tells_the_fault_that_changed_the_answer(client, names, told):
    """Of several that apply, one that changed nothing is not taken for the cause."""
    account = (await client.post("/_sim/accounts", json={"bank": "inter"})).json()
    number, held = account["account"]["number"], account["credentials"]
    for name in names:
        more = {"parameters": {"milliseconds": 1}} if name == "latency" else {}
        made = await client.post("/_sim/faults", json={"bank": "inter", "number": number, "fault": name, **more})
        assert made.status_code == 201, made.text
    form = {"grant_type": "client_credentials", "scope": "extrato.read"}
    await client.post(
        "/inter/oauth/v2/token", data={**form, **{name: held[name] for name in ("client_id", "client_secret")}}
    )
    (seen,) = (await client.get("/_sim/requests", params={"number": number})).json()
    assert seen["fault"] == told
    struck = {each["fault"]: each["struck"] for each in (await client.get("/_sim/faults")).json()["active"]}
    assert struck[told] == (told != "noop")


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["latency", "status", "extra_fields"], [("latency", True), ("status", True), ("extra_fields", False)]),
        (["status", "empty_body"], [("status", True), ("empty_body", False)]),
        (["extra_fields", "wrong_content_type"], [("extra_fields", True), ("wrong_content_type", True)]),
        (["noop"], [("noop", False)]),
        (["cut_connection", "latency"], [("cut_connection", True), ("latency", True)]),
        ([], []),
    ],
)
async def test_the_journal_tells_every_fault_of_an_answer(client, names, told):
    """Each that met the call, in the order in which they acted, and whether it changed what the caller gets."""
    account = (await client.post("/_sim/accounts", json={"bank": "inter"})).json()
    number, held = account["account"]["number"], account["credentials"]
    made = []
    for name in names:
        more = {"parameters": {"milliseconds": 1}} if name == "latency" else {}
        answer = await client.post("/_sim/faults", json={"bank": "inter", "number": number, "fault": name, **more})
        made.append(answer.json()["id"])
    form = {"grant_type": "client_credentials", "scope": "extrato.read"}
    with contextlib.suppress(httpx.TransportError):
        await client.post(
            "/inter/oauth/v2/token", data={**form, **{name: held[name] for name in ("client_id", "client_secret")}}
        )
    (seen,) = (await client.get("/_sim/requests", params={"number": number})).json()
    (entry,) = (await client.get("/_sim/requests.har", params={"number": number})).json()["log"]["entries"]
    assert [(each["name"], each["changed"]) for each in seen["faults"]] == told
    assert [each["id"] for each in seen["faults"]] == made[: len(told)]
    assert entry["_faults"] == seen["faults"]


async def test_the_journal_tells_the_fault_of_a_connection(client, simulation):
    """By name, although the bank does not know yet who calls."""
    made = await client.post("/_sim/faults", json={"bank": "stone", "fault": "connection_reset", "operation": "tls"})
    with pytest.raises(httpx.ConnectError):
        simulation.banks["stone"].answer(httpx.Request("POST", "https://accounts.openbank.stone.com.br/", content=b""))
    record = simulation.world.journal.records[-1]
    assert [(each.name, each.changed) for each in record.faults] == [("connection_reset", True)]
    assert (record.fault, record.why) == ("connection_reset", f"fault connection_reset (id {made.json()['id']})")
