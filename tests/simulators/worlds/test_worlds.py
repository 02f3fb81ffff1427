"""What is issued follows from seed, world, bank, number and generation, and from nothing else."""

from datetime import datetime, timedelta

import httpx
import msgspec
import pytest

from simulators.clock import BRASILIA, FrozenClock
from simulators.serving.server import application
from simulators.worlds.recognition import marks
from simulators.worlds.registry import MOST_WORLDS, WorldError, Worlds

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
PERIOD = {"from": "2026-01-02", "to": "2026-02-10"}


def worlds(days=0, seed=1, **more):
    return Worlds(seed, clock=lambda: FrozenClock(NOW + timedelta(days=days)), **more)


def listed(simulation):
    return [simulation.listing(account) for account in simulation.world.accounts.values()]


def test_the_day_of_the_start_changes_nothing():
    """Accounts, credentials and movements are the same in a process that begins on another day."""
    early, late = worlds().shared, worlds(days=400).shared

    assert listed(early) == listed(late)
    assert early.authority.certificate == late.authority.certificate
    for account in early.world.accounts.values():
        if account.scenario != "ok":
            continue
        again = late.world.account(account.bank, account.number)
        days = datetime(2026, 1, 2, tzinfo=BRASILIA), datetime(2026, 2, 10, tzinfo=BRASILIA)
        assert account.ledger.between(*days, NOW) == again.ledger.between(*days, NOW)


def test_seed_and_world_tell_everything_apart():
    """No credential of one world is one of another, or of another seed."""
    here = worlds()
    here.enter(here.made("other", quotas=False, ready=True))
    secrets = [
        {value for each in listed(simulation) for value in each["credentials"].values() if len(value) > 20}
        for simulation in (here.shared, here["other"], worlds(seed=2).shared)
    ]
    common = secrets[0] & secrets[1], secrets[0] & secrets[2], secrets[1] & secrets[2]

    # the application of Stone and the scopes of BS2 are the same everywhere
    assert {min(value[:10] for value in each) for each in common if each} <= {"-----BEGIN", "saldo extr"}


def test_new_credentials_follow_from_their_number():
    """The second ones of an account are the same in each process, and unlike the first."""
    found = []
    for _ in range(2):
        simulation = worlds().shared
        account = next(each for each in simulation.world.accounts_of("inter") if each.scenario == "ok")
        first = dict(account.credentials)
        simulation.banks["inter"].renew_credentials(account)
        found.append((first, dict(account.credentials)))

    assert found[0] == found[1]
    assert not set(found[0][0].values()) & set(found[0][1].values())


@pytest.mark.anyio
async def test_opened_accounts_outlive_the_process(tmp_path):
    """What was opened, moved into a scenario and given new credentials is there again, until a reset."""
    here = worlds(state=tmp_path)
    async with _client(here) as client:
        made = await client.post("/_sim/accounts", json={"bank": "cora", "parameters": {"opened_days_ago": 40}})
        number = made.json()["account"]["number"]
        await client.put(f"/_sim/accounts/cora/{number}/scenario", json={"scenario": "bank_unavailable"})
        changed = (await client.post(f"/_sim/accounts/cora/{number}/credentials")).json()
        ready = (await client.get("/_sim/accounts", params={"bank": "itau", "scenario": "ok"})).json()[0]
        other = (await client.post(f"/_sim/accounts/itau/{ready['account']['number']}/credentials")).json()
        truth = (await client.get(f"/_sim/truth/cora/{number}", params=PERIOD)).json()
        await client.post("/_sim/worlds", json={"name": "mine"})
        mine = (await client.post("/_sim/worlds/mine/accounts", json={"bank": "stone", "name": "a"})).json()
    assert changed["scenario"] == "bank_unavailable"
    assert changed["credentials"] != made.json()["credentials"]

    async with _client(worlds(days=3, state=tmp_path)) as client:
        assert changed in (await client.get("/_sim/accounts")).json()
        assert other in (await client.get("/_sim/accounts")).json()
        assert (await client.get(f"/_sim/truth/cora/{number}", params=PERIOD)).json() == truth
        assert mine in (await client.get("/_sim/worlds/mine/accounts")).json()
        await client.post("/_sim/reset?all=true")

    async with _client(worlds(state=tmp_path)) as client:
        assert changed not in (await client.get("/_sim/accounts")).json()
        assert ready in (await client.get("/_sim/accounts")).json()
        assert mine in (await client.get("/_sim/worlds/mine/accounts")).json()


@pytest.mark.anyio
async def test_a_line_that_was_cut_off_is_lost_alone(tmp_path):
    """A process may be killed while it writes an account down."""
    async with _client(worlds(state=tmp_path)) as client:
        first, second = [
            (await client.post("/_sim/accounts", json={"bank": "inter", "name": name})).json() for name in "ab"
        ]
    file = tmp_path / "seed-1" / "accounts.jsonl"
    file.write_bytes(file.read_bytes()[:-9])

    async with _client(worlds(state=tmp_path)) as client:
        there = (await client.get("/_sim/accounts", params={"bank": "inter"})).json()
        assert (first in there, second in there) == (True, False)
        third = (await client.post("/_sim/accounts", json={"bank": "inter", "name": "b"})).json()
    assert third == second
    async with _client(worlds(state=tmp_path)) as client:
        assert second in (await client.get("/_sim/accounts", params={"bank": "inter"})).json()


@pytest.mark.anyio
async def test_an_account_that_cannot_be_opened_again_stops_no_other(tmp_path, caplog):
    """A file may come from another version: of its accounts, those that are known are opened."""
    async with _client(worlds(state=tmp_path)) as client:
        made = (await client.post("/_sim/accounts", json={"bank": "inter", "name": "a"})).json()
    file = tmp_path / "seed-1" / "accounts.jsonl"
    strange = {"bank": "cora", "branch": "1", "issued_on": "2026-03-18", "scenario": "ok"}
    for number, more in (("1", {"opened_in": "unheard_of"}), ("2", {"parameters": {"page_size": -1}})):
        with file.open("ab") as lines:
            lines.write(b"\n" + msgspec.json.encode({**strange, "number": number, **more}))

    async with _client(worlds(state=tmp_path)) as client:
        assert made in (await client.get("/_sim/accounts", params={"bank": "inter"})).json()
    assert [record.getMessage()[:6] for record in caplog.records] == ["cora 1", "cora 2"]


@pytest.mark.anyio
@pytest.mark.parametrize("line", [b"[]", b"\xff\xfe", b'{"bank": "in\xe7"}', b'{"bank": "inter"', b"[" * 100_000])
async def test_a_line_that_cannot_be_read_is_told(tmp_path, caplog, line):
    """Whatever a hand or another program has made of it: its account is not there, and a log says why."""
    async with _client(worlds(state=tmp_path)) as client:
        made = (await client.post("/_sim/accounts", json={"bank": "inter", "name": "a"})).json()
    file = tmp_path / "seed-1" / "accounts.jsonl"
    with file.open("ab") as lines:
        lines.write(b"\n" + line)

    async with _client(worlds(state=tmp_path)) as client:
        assert made in (await client.get("/_sim/accounts", params={"bank": "inter"})).json()
    (told,) = [record.getMessage() for record in caplog.records]
    assert told == f"{file}: line 3 cannot be read and is left out"


@pytest.mark.anyio
async def test_what_cannot_be_kept_is_told(tmp_path):
    """A state folder that is full, or was taken away, is named as the reason."""
    async with _client(worlds(state=tmp_path)) as client:
        (tmp_path / "seed-1").write_text("no folder any more")
        answer = await client.post("/_sim/accounts", json={"bank": "inter", "name": "a"})
    assert answer.status_code == 507
    assert answer.json()["detail"].startswith("the state folder cannot be written: ")


@pytest.mark.anyio
async def test_accounts_of_another_seed_are_not_there(tmp_path):
    """Their credentials would be refused; with their own seed they are there again."""
    async with _client(worlds(state=tmp_path)) as client:
        made = (await client.post("/_sim/accounts", json={"bank": "inter", "name": "a"})).json()
    number = made["account"]["number"]
    for seed, there in ((2, False), (1, True)):
        async with _client(worlds(seed=seed, state=tmp_path)) as client:
            listed = (await client.get("/_sim/accounts", params={"bank": "inter"})).json()
        assert (number in {each["account"]["number"] for each in listed}) == there


@pytest.mark.anyio
async def test_accounts_by_name_do_not_depend_on_the_order(tmp_path):
    """The same names in another order are the same accounts; a name is given once."""
    found = []
    for names in ("xyz", "zyx"):
        async with _client(worlds()) as client:
            asked = {name: await client.post("/_sim/accounts", json={"bank": "sicoob", "name": name}) for name in names}
            twice = await client.post("/_sim/accounts", json={"bank": "sicoob", "name": "x"})
        found.append({name: answer.json() for name, answer in asked.items()})
        assert twice.status_code == 409
    assert found[0] == found[1]


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/_sim/worlds", {"name": "../x"}, 422),
        ("POST", "/_sim/worlds", {"name": ""}, 422),
        ("POST", "/_sim/worlds", {"name": "there"}, 409),
        ("POST", "/_sim/worlds", {}, 422),
        ("GET", "/_sim/worlds/none/clock", None, 404),
        ("DELETE", "/_sim/worlds/none", None, 404),
        ("POST", "/_sim/reset", None, 422),
        ("POST", "/_sim/worlds/there/reset", None, 204),
        ("DELETE", "/_sim/faults", None, 422),
        ("DELETE", "/_sim/worlds/there/faults", None, 204),
        ("DELETE", "/_sim/faults?all=true", None, 204),
    ],
)
async def test_calls_about_worlds(method, path, body, status):
    """What is wrong gets its status and a text; what meets everybody must be meant so."""
    async with _client(worlds()) as client:
        await client.post("/_sim/worlds", json={"name": "there", "ready_accounts": False})
        answer = await client.request(method, path, json=body)
        assert answer.status_code == status, answer.text
        assert status == 204 or answer.json()["detail"]


@pytest.mark.anyio
async def test_a_header_names_the_world_too():
    """Clocks are apart, by path and by header."""
    async with _client(worlds()) as client:
        await client.post("/_sim/worlds", json={"name": "w", "ready_accounts": False})
        await client.post("/_sim/clock/advance", json={"days": 5}, headers={"x-world": "w"})
        shown = [(await client.get(f"/_sim{path}/clock")).json()["now"] for path in ("", "/worlds/w")]
    assert [datetime.fromisoformat(each) for each in shown] == [NOW, NOW + timedelta(days=5)]


def test_worlds_are_bounded():
    """One more than there may be is refused."""
    here = worlds()
    for number in range(MOST_WORLDS):
        here.enter(here.made(f"w{number}", quotas=False, ready=False))
    with pytest.raises(WorldError, match="no more"):
        here.check_new("one-more")


def test_looking_for_marks_is_bounded():
    """A request that is full of values costs no more than one of ordinary size."""
    request = httpx.Request("POST", "https://bank", content=b"a1b2c3d4e5f6.x=" * 200_000)
    assert len(list(marks(request))) <= 513


def _client(of):
    return httpx.AsyncClient(transport=httpx.ASGITransport(_app(of)), base_url="http://127.0.0.1")


def _app(of):
    return application(of)
