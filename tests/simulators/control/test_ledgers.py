"""One movement is added, changed, removed or made part of a sum; nothing else moves, and it outlives the process."""

import re
from datetime import datetime, timedelta

import httpx
import pytest

import contracts
from simulators.clock import BRASILIA, FrozenClock
from simulators.serving.server import application
from simulators.worlds.registry import Worlds

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
PERIOD = {"from": "2026-02-01", "to": "2026-03-15"}
OWN = [
    {"date": "2026-03-02", "amount": "10.00", "type": "PIX", "description": "um"},
    {"date": "2026-03-02", "amount": "20.00", "type": "PIX", "description": "dois"},
    {"booked_at": "2026-03-03T09:00:00-03:00", "amount": "-5.50", "type": "BOLETO", "description": "três"},
]


def worlds(days=0, seed=1, **more):
    return Worlds(seed, clock=lambda: FrozenClock(NOW + timedelta(days=days)), **more)


def client_of(of):
    return httpx.AsyncClient(transport=httpx.ASGITransport(application(of)), base_url="http://127.0.0.1/_sim")


async def opened(client, bank="itau", **more):
    answer = await client.post("/accounts", json={"bank": bank, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()["account"]["number"]


async def truth(client, number, bank="itau"):
    return (await client.get(f"/truth/{bank}/{number}", params=PERIOD)).json()


@pytest.mark.anyio
@pytest.mark.parametrize("own", [True, False])
async def test_changes_move_no_other_movement(own, tmp_path):
    """Ids, days and amounts of the rest stay; balances follow; another process has the same."""
    here = worlds(state=tmp_path)
    async with client_of(here) as client:
        number = await opened(client, **({"entries": OWN, "opening_balance": "7.00"} if own else {}))
        before = await truth(client, number)
        path = f"/accounts/itau/{number}/entries"
        first, second, third = before["entries"][:3]

        added = (await client.post(path, json={**OWN[2], "date": None, "description": "nova"})).json()["entries"][0]
        changed = await client.patch(f"{path}/{first['id']}", json={"amount": "11.25", "counterparty": None})
        assert changed.json()["entries"][0]["id"] == first["id"]
        removed = await client.delete(f"{path}/{third['id']}")
        assert removed.json()["removed"] == [third["id"]]
        after = await truth(client, number)

        def bare(entries):
            return [{name: value for name, value in entry.items() if name != "balance"} for entry in entries]

        rest = [entry for entry in after["entries"] if entry["id"] not in {first["id"], added["id"]}]
        touched = {first["id"], third["id"]}
        assert bare(rest) == bare(entry for entry in before["entries"] if entry["id"] not in touched)
        assert added["id"] not in {entry["id"] for entry in before["entries"]}
        sums = [round(100 * sum(float(each["amount"]) for each in found["entries"])) for found in (before, after)]
        closings = [round(100 * float(found["closing_balance"])) for found in (before, after)]
        assert closings[1] - closings[0] == sums[1] - sums[0]
        balances = {entry["id"]: entry["balance"] for entry in after["entries"]}
        assert balances[second["id"]] != second["balance"]
        again = (await client.post(path, json={**OWN[0], "date": third["date"]})).json()["entries"][0]
        assert again["id"] not in {entry["id"] for entry in (*before["entries"], *after["entries"])}
        after = await truth(client, number)

    async with client_of(worlds(days=30, state=tmp_path)) as client:
        assert await truth(client, number) == after


@pytest.mark.anyio
async def test_several_become_one_sum():
    """The sum stands in their place with an id of its own; of two days or directions there is none."""
    async with client_of(worlds()) as client:
        number = await opened(client, entries=OWN)
        path = f"/accounts/itau/{number}/entries/regroup"
        ids = [entry["id"] for entry in (await truth(client, number))["entries"]]

        assert (await client.post(path, json={"ids": [ids[0], ids[2]]})).status_code == 422
        assert (await client.post(path, json={"ids": [ids[0], ids[0]]})).status_code == 422
        assert (await client.post(path, json={"ids": [ids[0], 1]})).status_code == 404
        sums = (await client.post(path, json={"ids": ids[:2]})).json()["entries"]

        after = (await truth(client, number))["entries"]
        assert [(each["amount"], each["description"]) for each in after] == [("30.00", "TOTAL PIX"), ("-5.50", "três")]
        assert after[0]["id"] == sums[0]["id"] not in ids


@pytest.mark.anyio
async def test_all_that_is_wrong_is_told_at_once():
    """Each problem with its entry or line and its field, the first fifty of them; nothing is changed."""
    async with client_of(worlds()) as client:
        number = await opened(client, entries=OWN)
        before = await truth(client, number)
        bad = [{"amount": "1,5", "date": "2026-02-30"}, {**OWN[0], "type": "PIXX"}, {**OWN[0], "x": 1}] + [{}] * 60
        path = f"/accounts/itau/{number}/ledger"
        answer = await client.put(path, json={"entries": bad})
        assert answer.status_code == 422
        found = [(each["entry"], each["field"]) for each in answer.json()["errors"]]
        assert found[:4] == [(1, "date"), (2, "type"), (3, "x"), (4, "amount")]
        assert len(found) == 50
        for content, kind, line, field in (
            ("date;amount\n2026-03-01;1,00\n2026-03-01;x\n", "text/csv", 3, "amount"),
            ("date,cost\n", "text/csv", 1, "cost"),
            ("<OFX><STMTTRN>\n<DTPOSTED>2026\n<TRNAMT>1.00\n</STMTTRN>", "application/x-ofx", 1, "DTPOSTED"),
        ):
            answer = await client.put(path, content=content, headers={"content-type": kind})
            assert (line, field) in [(each.get("line"), each["field"]) for each in answer.json()["errors"]], answer.text
        assert (await client.put(path, content=b"x", headers={"content-type": "text/plain"})).status_code == 415
        large = b" " * 10_000_001
        assert (await client.put(path, content=large, headers={"content-type": "text/csv"})).status_code == 413
        early = {**OWN[0], "date": "2001-01-01"}
        assert (await client.post(f"/accounts/itau/{number}/entries", json=early)).status_code == 422
        assert await truth(client, number) == before


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("more", "words"),
    [
        (
            {"parameters": {"entries_per_day": 2}},
            "entries_per_day: stands where movements are made up, not",
        ),
        ({"parameters": {"busy_day_entries": 0}}, "busy_day_entries: stands where movements are made up"),
        ({"parameters": {"ledger": "same"}}, "ledger: stands where movements are made up"),
        ({"scenario": "empty"}, "entries: scenario empty has none"),
    ],
)
async def test_nothing_that_is_said_of_movements_is_passed_over(more, words):
    """Movements that are given and words about movements that are made up contradict each other."""
    async with client_of(worlds()) as client:
        answer = await client.post("/accounts", json={"bank": "itau", "entries": OWN, **more})
        assert answer.status_code == 422
        assert answer.json()["detail"].startswith(words)


@pytest.mark.anyio
async def test_an_account_with_its_own_movements_is_as_old_as_is_said():
    """Days since the opening say the first day, as the day itself does."""
    async with client_of(worlds()) as client:
        young = {"bank": "itau", "entries": OWN, "parameters": {"opened_days_ago": 3}}
        refused = await client.post("/accounts", json=young)
        assert refused.status_code == 422
        assert "lies before the first day, 2026-03-15" in refused.json()["detail"]
        old = {"bank": "itau", "entries": OWN, "parameters": {"opened_days_ago": 100}}
        opened = (await client.post("/accounts", json=old)).json()
        assert opened["opened_on"] == "2025-12-08"


@pytest.mark.anyio
async def test_types_that_a_bank_does_not_express():
    """Carried as OUTROS and said so; refused with the nearest ones where OUTROS is a movement of a certain kind."""
    entry = {"date": "2026-03-02", "amount": "-1.00", "type": "DOC"}
    async with client_of(worlds()) as client:
        number = await opened(client, "banco_do_brasil")
        answer = await client.post(f"/accounts/banco_do_brasil/{number}/entries", json=entry)
        assert answer.json()["entries"][0]["type"] == "OUTROS"
        assert "type" in {each["field"] for each in answer.json()["not_carried"]}
        number = await opened(client, "cora")
        answer = await client.post(f"/accounts/cora/{number}/entries", json=entry)
        assert answer.status_code == 422
        assert "nearest: PIX, TED" in answer.json()["detail"]


@pytest.mark.anyio
@pytest.mark.parametrize("slug", contracts.banks())
async def test_a_movement_without_a_type_is_none_of_a_certain_kind(slug):
    """Where OUTROS is money that is blocked, it would stay provisional for ever."""
    entries = [{"date": "2026-03-02", "amount": amount, "description": "Ajuste"} for amount in ("50.00", "-1.00")]
    of = worlds()
    async with client_of(of) as client:
        number = await opened(client, slug, entries=entries)
        types = {each["type"] for each in (await truth(client, number, slug))["entries"]}
        assert "OUTROS" not in types or of.shared.banks[slug].takes_others


@pytest.mark.anyio
async def test_a_snapshot_is_the_world(tmp_path):
    """Restored in another process on another day, the world has the same snapshot, credentials, ids and truth."""
    async with client_of(worlds()) as client:
        number = await opened(client, entries=OWN, opening_balance="7.00", name="own")
        made_up = await opened(client, "inter", parameters={"opened_days_ago": 60})
        ready = (await client.get("/accounts", params={"bank": "inter", "scenario": "ok"})).json()[0]
        holder = ready["account"]["number"]
        movement = (await client.get(f"/truth/inter/{holder}", params=PERIOD)).json()["entries"][0]
        await client.delete(f"/accounts/inter/{holder}/entries/{movement['id']}")
        await client.post(f"/accounts/inter/{made_up}/credentials")
        await client.post("/faults", json={"bank": "inter", "fault": "dribble", "number": made_up})
        await client.put("/clock", json={"now": "2026-03-16T08:00:00-03:00"})
        snapshot = (await client.get("/snapshot")).content
        listed = (await client.get("/accounts")).json()
        books = [
            await truth(client, number),
            await truth(client, made_up, "inter"),
            await truth(client, holder, "inter"),
        ]
    file = tmp_path / "world.json"
    file.write_bytes(snapshot)

    later = worlds(days=300)
    later.load(file)
    kept = worlds(days=500, state=tmp_path / "state")
    async with client_of(kept) as client:
        assert (await client.put("/snapshot", content=snapshot)).status_code == 422
        answer = await client.put("/snapshot?all=true", content=snapshot)
        assert answer.status_code == 200, answer.text
    for there in (later, kept):
        async with client_of(there) as client:
            assert (await client.get("/snapshot")).content == snapshot
            assert (await client.get("/accounts")).json() == listed
            again = [await truth(client, *each) for each in ((number,), (made_up, "inter"), (holder, "inter"))]
            assert again == books
    async with client_of(worlds(days=500, state=tmp_path / "state")) as client:
        await client.put("/clock", json={"now": "2026-03-16T08:00:00-03:00"})
        assert [await truth(client, number), await truth(client, made_up, "inter")] == books[:2]


@pytest.mark.anyio
async def test_snapshots_of_something_else_are_refused():
    """Another seed, version, world, or what there is not: a sentence, and the world stays."""
    async with client_of(worlds(seed=2)) as client:
        other = (await client.get("/snapshot")).content
    async with client_of(worlds()) as client:
        number = await opened(client, entries=OWN)
        await client.post("/faults", json={"bank": "itau", "fault": "noop"})
        before = (await client.get("/snapshot")).content
        for content, word in (
            (other, "seed"),
            (before.replace(b'"version": 1', b'"version": 9'), "version"),
            (before.replace(b'"seed": 1', b'"seed": 1, "world": "x"'), "world"),
            (before.replace(b'"scenario": "ok"', b'"scenario": "none"'), "accounts"),
            (before.replace(b'"itau"', b'"ita"'), "bank"),
            (b"[]", "snapshot"),
            (b'{"version": 1, "seed": "\xff"}', "UTF-8"),
            (b"[" * 100_000, "snapshot"),
            (re.sub(rb'"now": "[^"]*"', b'"now": "9999-01-01T00:00:00Z"', before), "clock: "),
            (re.sub(rb'"issued_on": "[^"]*"', b'"issued_on": "0001-01-01"', before), "issued_on"),
            (re.sub(rb'"since": "[^"]*"', b'"since": "0001-01-01T00:00:00Z"', before), "since"),
            (before.replace(number.encode(), "ção".encode()), "number"),
        ):
            answer = await client.put("/snapshot?all=true", content=content)
            assert answer.status_code == 422
            assert word in answer.json()["detail"]
        assert (await client.get("/snapshot")).content == before
