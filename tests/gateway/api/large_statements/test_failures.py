"""Large statements whose bank, room or disk fails: a named failure, or an answer that is cut off."""

import gc
import json

import anyio
import httpx
import pytest
from litestar import Litestar

from gateway.errors import BankFailure, GatewayError
from gateway.render import to_cnab240
from gateway.statement import spool
from gateway.statement.spool import Part, Room, Spool
from tests.gateway.api.large_statements.busy import BusyInter, Caller, Client, ask

pytestmark = pytest.mark.anyio


async def test_a_bank_that_fails_late_leaves_nothing(client: Client, account: str, bank: BusyInter, room: Room) -> None:
    """The failure is reported as always, and no file is left."""
    taken = []

    def failing(request: httpx.Request) -> httpx.Response | None:
        if request.url.params.get("pagina") == "8":
            taken.append(room.taken)
            raise BankFailure("bank_server_error", bank="inter", at="statement", detail="no")
        return bank._answer(request)

    bank.answer = failing

    answer = await ask(client, account)

    assert (answer.status_code, answer.json()["code"]) == (502, "bank_server_error")
    assert taken[0] > 0
    assert room.taken == 0


async def test_a_disproved_statement_is_read_again_with_one_file_at_a_time(
    client: Client, account: str, bank: BusyInter, room: Room
) -> None:
    """The first file is gone before the second is written. Of what is given nothing is final."""
    taken = []

    def wrong(request: httpx.Request) -> httpx.Response | None:
        if request.url.params.get("pagina") == "9":
            taken.append(room.taken)
        if request.url.params.get("dataSaldo") == "2026-03-13":
            return httpx.Response(200, json={"disponivel": 1, "dataReferencia": "13/03/2026"})
        return bank._answer(request)

    bank.answer = wrong

    answer = await ask(client, account)

    assert answer.json()["proof"]["verdict"] == "disproved"
    assert {entry["stability"] for entry in answer.json()["entries"]} == {"provisional"}
    assert len(taken) == 2
    assert taken[0] == taken[1] > 0
    assert room.taken == 0


@pytest.mark.parametrize("limit", [1, 1 << 30])
async def test_a_format_that_does_not_hold_it_leaves_nothing(
    client: Client, account: str, monkeypatch: pytest.MonkeyPatch, room: Room, limit: int
) -> None:
    """The room is given back at once, as after an answer: the garbage is collected only where nothing large goes on."""
    monkeypatch.setattr(to_cnab240, "CNAB_ENTRIES", limit)
    gc.collect()
    gc.disable()
    try:
        answer = await ask(client, account, format="cnab240")
        # The event loop holds what has woken this very step, and the thread its work until it waits for more.
        for _ in range(500):
            if room.taken == 0:
                break
            await anyio.sleep(0.01)

        assert answer.status_code == (422 if limit == 1 else 200)
        assert room.taken == 0
    finally:
        gc.enable()


@pytest.mark.parametrize(("limit", "code"), [("ROOM", "gateway_busy"), ("SPOOL_FREE_BYTES", "storage_unavailable")])
async def test_without_room_it_is_a_named_failure(
    client: Client, account: str, monkeypatch: pytest.MonkeyPatch, limit: str, code: str
) -> None:
    """Few entries need no room."""
    monkeypatch.setattr(spool, limit, {"ROOM": Room(0), "SPOOL_FREE_BYTES": 1 << 70}[limit])

    answer = await ask(client, account)
    few = await ask(client, account, **{"from": "2026-03-10"}, to="2026-03-10")

    assert (answer.status_code, answer.json()["code"]) == (503, code)
    assert answer.headers["retry-after"]
    assert few.status_code == 200


async def test_a_statement_too_large_for_a_file_is_a_matter_of_its_period(
    client: Client, account: str, monkeypatch: pytest.MonkeyPatch, room: Room
) -> None:
    """No retry would bring it, but a shorter period does."""
    monkeypatch.setattr(spool, "SPOOL_BYTES", 1 << 20)
    monkeypatch.setattr(spool, "SPOOL_STEP_BYTES", 1 << 18)

    answer = await ask(client, account)
    few = await ask(client, account, **{"from": "2026-03-10"}, to="2026-03-10")

    assert (answer.status_code, answer.json()["code"]) == (422, "period_out_of_range")
    assert (answer.json()["retryable"], answer.json()["errors"][0]["field"]) == (False, "from")
    assert room.taken == 0
    assert few.status_code == 200


async def test_a_disk_that_fails_while_it_is_sent_cuts_the_answer_off(
    app: Litestar, client: Client, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The status has been sent; an answer without its end shows that it is not whole."""
    caller = Caller(app, client)
    read = Spool.read

    def failing(self: Spool, part: Part) -> bytes:
        if sum(len(message.get("body", b"")) for message in caller.messages) > 100_000:
            raise GatewayError("storage_unavailable", "no")
        return read(self, part)

    monkeypatch.setattr(Spool, "read", failing)

    await caller.ask(account, lambda message: None)

    assert (caller.status, caller.is_complete) == (200, False)
    with pytest.raises(json.JSONDecodeError):
        json.loads(caller.body)


async def test_a_disk_that_fails_before_is_a_named_failure(
    client: Client, account: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of the file is read once before the status is sent."""
    reads = []

    def failing(self: Spool, part: Part) -> bytes:
        reads.append(part)
        raise GatewayError("storage_unavailable", "no")

    monkeypatch.setattr(Spool, "read", failing)

    answer = await ask(client, account)

    assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
    assert len(reads) == 1


async def test_the_reading_is_checked_before_the_status(client: Client, account: str, bank: BusyInter) -> None:
    """What is wrong on the last page of a large statement is a failure and no answer that begins well."""

    def twice(request: httpx.Request) -> httpx.Response | None:
        answer = bank._answer(request)
        if answer is not None and request.url.params.get("pagina") == "9":
            page = answer.json()
            page["transacoes"][-1]["idTransacao"] = "tx-2026-03-13-7"
            return httpx.Response(200, json=page)
        return answer

    bank.answer = twice

    answer = await ask(client, account)

    assert (answer.status_code, answer.json()["code"]) == (502, "unexpected_bank_response")
