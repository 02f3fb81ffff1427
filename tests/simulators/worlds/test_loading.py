"""Files into running simulators; and a large ledger, which holds up no other bank."""

import asyncio
import json
import threading
from datetime import datetime, timedelta
from types import SimpleNamespace

import httpx
import pytest
from litestar.testing import TestClient

from simulators.clock import BRASILIA, FrozenClock
from simulators.control.app import control_app
from simulators.ledgers.entry_form import EntryProblems
from simulators.ledgers.files import read_ledger
from simulators.serving.turns import Turns
from simulators.worlds.loading import LoadError, load_file
from simulators.worlds.registry import Worlds
from simulators.worlds.snapshot import SnapshotError

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)


@pytest.fixture
def client():
    worlds = Worlds(clock=lambda: FrozenClock(NOW))
    worlds.enter(worlds.made("w", quotas=False, ready=False))
    with TestClient(control_app(worlds), base_url="http://127.0.0.1/_sim") as found:
        found.headers["x-world"] = "w"
        yield found


def test_a_ledger_goes_to_a_new_account_and_to_one_that_is_there(client, tmp_path):
    """The format follows from the name; the account is listed as it was opened."""
    file = tmp_path / "march.csv"
    file.write_text("data;valor;tipo;descricao\n02/03/2026;1.234,50;PIX;Venda\n03/03/2026;-1,00;PIX;Café\n")
    made = load_file(client, file, bank="inter")
    number = made["account"]["number"]
    assert (made["entries"], made["closing_balance"]) == (2, "1233.50")

    file = tmp_path / "march.json"
    file.write_text(json.dumps([{"date": "2026-03-02", "amount": "5.00", "type": "PIX"}]))
    assert load_file(client, file, bank="inter", number=number)["closing_balance"] == "5.00"


def test_a_snapshot_is_loaded_into_its_world(client, tmp_path):
    """What was opened since is gone."""
    number = client.post("/accounts", json={"bank": "inter"}).json()["account"]["number"]
    file = tmp_path / "world.json"
    file.write_bytes(client.get("/snapshot").content)
    client.post("/accounts", json={"bank": "stone"})

    assert load_file(client, file)["accounts"] == 1
    assert [each["account"]["number"] for each in client.get("/accounts").json()] == [number]
    with pytest.raises(LoadError, match="no single account"):
        load_file(client, file, bank="inter")


@pytest.mark.parametrize(
    ("name", "content", "more", "words"),
    [
        ("a.xls", "", {}, "must end in"),
        ("a.csv", "date,amount\n", {}, "name the bank"),
        ("a.csv", "date,amount\n1,2\n", {"bank": "inter"}, "line 2: date"),
        ("a.csv", "date,amount\n", {"bank": "none"}, "no bank"),
        ("a.json", "{", {"bank": "inter"}, "no JSON"),
    ],
)
def test_what_cannot_be_loaded_is_refused_with_a_sentence(client, tmp_path, name, content, more, words):
    """By the file's name, by what is in it, or by the simulators."""
    (tmp_path / name).write_text(content)
    with pytest.raises(LoadError, match=words):
        load_file(client, tmp_path / name, **more)


@pytest.mark.anyio
async def test_a_bank_with_a_large_ledger_holds_up_no_other():
    """While it works, another bank answers; its own next request waits for its turn."""
    begun, release, order = threading.Event(), threading.Event(), []

    def slow(request):
        begun.set()
        assert release.wait(30)
        order.append(request.url.path)
        return httpx.Response(200)

    def bank(slug, answer, *, large):
        return SimpleNamespace(contract=SimpleNamespace(slug=slug), answer=answer, has_large_ledger=lambda: large)

    turns = Turns()
    large = bank("large", slow, large=True)
    waiting = [asyncio.create_task(turns.answer(large, httpx.Request("GET", f"https://x/{n}"))) for n in (1, 2)]
    await asyncio.to_thread(begun.wait, 30)
    other = bank("other", lambda _: httpx.Response(204), large=False)
    answer = await turns.answer(other, httpx.Request("GET", "https://y/"))
    assert answer.status_code == 204
    assert order == []
    release.set()
    await asyncio.gather(*waiting)
    assert order == ["/1", "/2"]


def test_which_banks_have_large_ledgers(client):
    """An account of thousands of entries a day makes its bank one, and no other bank."""
    client.post("/accounts", json={"bank": "inter", "parameters": {"entries_per_day": 2000}})
    client.post("/accounts", json={"bank": "cora"})
    simulation = client.app.dependencies["worlds"].dependency()["w"]
    assert {slug for slug, bank in simulation.banks.items() if bank.has_large_ledger()} == {"inter"}
    assert timedelta(0) == simulation.world.now() - NOW


@pytest.mark.parametrize("content", [b"a;" * 400_000, b"amount;date;" + b"x;" * 400_000 + b"\n1;2"])
def test_a_header_of_many_columns_is_refused_at_once(content):
    """Its columns are counted before they are compared with each other."""
    with pytest.raises(EntryProblems, match="columns, at most 100"):
        read_ledger(content, "text/csv")


@pytest.mark.parametrize("content", ["data;valor\n02/03/2026;x\n", "%PDF-1.4\n"])
def test_a_file_that_cannot_be_read_opens_no_account(client, tmp_path, content):
    """Its account would stay."""
    file = tmp_path / "march.csv"
    file.write_text(content)
    with pytest.raises(LoadError, match=r"march\.csv"):
        load_file(client, file, bank="inter")
    assert client.get("/accounts").json() == []


def test_a_file_in_another_encoding_is_refused(client, tmp_path):
    """Whether it is a snapshot or a ledger cannot be seen."""
    file = tmp_path / "march.json"
    file.write_bytes('[{"date": "2026-03-02", "amount": "1.00", "description": "pão"}]'.encode("cp1252"))
    with pytest.raises(LoadError, match="UTF-8"):
        load_file(client, file, bank="inter")


def test_a_snapshot_that_an_editor_has_marked_is_loaded(client, tmp_path):
    """A mark of UTF-8 at the beginning tells nothing."""
    file = tmp_path / "world.json"
    file.write_bytes(b"\xef\xbb\xbf" + client.get("/snapshot").content)
    assert load_file(client, file) == {"accounts": 0, "ledgers": 0, "faults": 0}


def test_a_snapshot_with_an_account_twice_is_refused(client):
    """As by a hand that copied it: one of both would be lost without a word."""
    client.post("/accounts", json={"bank": "inter", "name": "a"})
    snapshot = client.get("/snapshot").json()
    number = snapshot["accounts"][0]["number"]
    snapshot["accounts"] *= 2
    answer = client.put("/snapshot", json=snapshot)
    assert (answer.status_code, answer.json()["detail"]) == (422, f"accounts: inter {number} stands there twice")


def test_a_file_without_an_end_is_refused(client, tmp_path, monkeypatch):
    """A device says no size beforehand; what is read of it is bounded."""
    file = tmp_path / "x.json"
    file.symlink_to("/dev/zero")
    monkeypatch.setattr("simulators.worlds.loading.LARGEST_SNAPSHOT_BYTES", 1_000)
    monkeypatch.setattr("simulators.worlds.registry.LARGEST_SNAPSHOT_BYTES", 1_000)
    with pytest.raises(LoadError, match="larger than 1,000 bytes"):
        load_file(client, file, bank="inter")
    with pytest.raises(SnapshotError, match="larger than 1,000 bytes"):
        Worlds().load(file)
