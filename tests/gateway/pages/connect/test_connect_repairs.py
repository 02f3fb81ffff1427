"""Repairs and consent flows on the connect page."""

import asyncio
import contextlib
import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest
from litestar import Litestar

from gateway.accounts.connect.enabling import Enabling
from gateway.accounts.enrolment.replacement import Replacement
from gateway.clock import SystemClock
from gateway.limits import CONNECT_STALE
from gateway.storage.accounts.pauses import Mode, Pause, Pauses
from gateway.storage.connect.sessions import Stage
from simulators.world import SimulatedAccount
from tests.clocks import FixedClock
from tests.gateway.api.simulated import SimulatedBanks, body_of
from tests.gateway.audited import records
from tests.gateway.pages.connect.person import Person
from tests.gateway.pages.connect.test_connect import described
from tests.gateway.support import NOW

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[dict[str, Any]]]
DAYS = {"from": "2026-03-09", "to": "2026-03-13"}


async def enabled(client: httpx.AsyncClient, simulated: SimulatedAccount) -> str:
    """Register and enable an account; give its id."""
    answer = await client.post("/v1/accounts", json=body_of(simulated))
    assert answer.status_code == 201, answer.text
    account: str = answer.json()["id"]
    return account


async def read(client: httpx.AsyncClient, account: str) -> str:
    """The code of the failure of a statement that the bank is asked for; empty where it gives one."""
    answer = await client.get(f"/v1/accounts/{account}/statement", params=DAYS, headers={"Cache-Control": "no-cache"})
    return "" if answer.status_code == 200 else str(answer.json()["code"])


async def state(client: httpx.AsyncClient, account: str) -> str:
    """The state of its integration."""
    return str((await client.get(f"/v1/accounts/{account}/integration")).json()["state"])


async def test_an_expired_password_is_mended_by_typing_it_alone(
    client: httpx.AsyncClient, person: Person, session: Make, line: SimulatedBanks
) -> None:
    """The failure has its official title; what is stored stays, and is not shown."""
    simulated = line.account("itau")
    account = await enabled(client, simulated)
    line.bank("itau").enter(simulated, "password_expired")
    assert await read(client, account) == "password_expired"
    assert await state(client, account) == "needs_action"
    made = await session(purpose="repair", account_id=account)
    markup = await person.open(made["url"])
    assert "Senha expirada no Itaú" in person.words
    assert "Entre no site do Itaú Empresas" in person.words
    assert "Quem usa a conta" in person.words
    assert 'href="/help/password_expired"' in person.answer.text
    shown = person.answer.text.partition("<details")[0] + person.answer.text.partition("</details>")[2]
    assert re.findall(r'name="c\.(\w+)"', shown)[:1] == ["client_secret"]
    assert "files" not in markup.all("input", "name")
    for value in simulated.form.values():
        assert value not in person.answer.text
    # At the bank nothing is mended yet.
    await person.waited(await person.press("enable"))
    assert "Senha expirada no Itaú" in person.words
    line.bank("itau").enter(simulated, "ok")
    await person.waited(await person.press("enable", c__client_secret=simulated.form["client_secret"]))
    assert "Integração consertada" in person.heading, person.words
    assert await read(client, account) == ""


async def test_a_swapped_certificate_is_mended_by_both_files(
    client: httpx.AsyncClient, person: Person, session: Make, line: SimulatedBanks, clock: FixedClock
) -> None:
    """One of the two alone does not fit the stored other; both together do, and the secret stays as it is stored."""
    simulated = line.account("inter")
    account = await enabled(client, simulated)
    files = {name: simulated.form[name].encode() for name in ("certificate", "private_key")}
    strange = line.bank("inter").open_account("87654321").form
    made = await session(purpose="repair", account_id=account)
    await person.open(made["url"])
    await person.press("enable", {"certificate": strange["certificate"].encode()})
    assert person.errors() == {"private_key": "Preencha: Arquivo da chave (.key)."}
    await person.press("enable", {"certificate": strange["certificate"].encode(), "private_key": files["private_key"]})
    assert person.errors() == {"private_key": "A chave não é a do certificado."}
    await person.waited(await person.press("enable", {name: strange[name].encode() for name in files}))
    assert "Alguma das credenciais informadas é inválida" in person.words
    # What worked goes on.
    assert await state(client, account) == "active"
    await person.waited(await person.press("enable", files))
    assert "Integração consertada" in person.heading
    assert await read(client, account) == ""


async def test_what_a_person_mends_at_the_bank_is_tested_again(
    client: httpx.AsyncClient, person: Person, session: Make, line: SimulatedBanks
) -> None:
    """Nothing has to be typed; all fields may be."""
    simulated = line.account("bradesco")
    account = await enabled(client, simulated)
    line.bank("bradesco").enter(simulated, "statement_access_denied")
    assert await read(client, account) == "statement_access_denied"
    made = await session(purpose="repair", account_id=account)
    await person.open(made["url"])
    assert "Usuário não tem acesso ao extrato" in person.words
    assert "Nada precisa ser informado de novo" in person.words
    line.bank("bradesco").enter(simulated, "ok")
    await person.press("whole")
    assert "Nada precisa" not in person.words
    await person.fill_in(simulated.form)
    assert "Integração consertada" in person.heading
    assert await read(client, account) == ""


async def test_credentials_that_are_gone_are_asked_for_whole(
    client: httpx.AsyncClient, person: Person, session: Make, line: SimulatedBanks
) -> None:
    """Nothing is left of a disabled integration that could be kept."""
    simulated = line.account("inter")
    account = await enabled(client, simulated)
    await client.delete(f"/v1/accounts/{account}/integration")
    made = await session(purpose="repair", account_id=account)
    await person.open(made["url"])
    assert "Credenciais" in person.heading
    await person.press("enable")
    assert set(person.errors()) == {"client_id", "client_secret", "certificate", "private_key"}
    await person.fill_in(simulated.form)
    assert "Integração consertada" in person.heading


def decided(line: SimulatedBanks, person: Person, decision: str) -> str:
    """Go to the bank's page and press a button there; give the address that it leads back to."""
    found = re.search(r'href="(https://id\.btgpactual\.com/[^"]+)" target="_blank"', person.answer.text)
    assert found is not None
    page = found[1].replace("&amp;", "&")
    with httpx.Client(transport=httpx.MockTransport(line.bank("btg_pactual").answer)) as browser:
        company = re.findall(r'name="company" value="([^"]+)"', browser.get(page).text)[0]
        answer = browser.post(page, data={"company": company, "decision": decision})
    return httpx.URL(answer.headers["location"]).raw_path.decode()


async def begun(person: Person, session: Make, line: SimulatedBanks) -> tuple[SimulatedAccount, dict[str, Any]]:
    """Go as far as the way to the bank's page, as a person without a refresh token."""
    simulated = line.account("btg_pactual")
    made = await session()
    await person.open(made["url"])
    await person.press("choose", bank="btg_pactual")
    await person.describe(described(simulated))
    assert "/v1/authorizations/callback" in person.words
    await person.press("form")
    await person.fill_in(given(simulated))
    assert "Autorize no banco" in person.heading, person.words
    return simulated, made


def given(simulated: SimulatedAccount) -> dict[str, str]:
    return {name: simulated.form[name] for name in ("client_id", "client_secret")}


async def test_a_holder_authorises_and_comes_back_to_the_result(
    client: httpx.AsyncClient, person: Person, session: Make, line: SimulatedBanks, app: Litestar
) -> None:
    """In another window; the one that waits shows the result too. The state of the flow is good once."""
    _, made = await begun(person, session, line)
    back = decided(line, person, "approve")
    other = Person(person.client)

    await other.waited(await other.open(back))

    assert "Integração habilitada" in other.heading, other.words
    assert f"connect_session={made['id']}&amp;result=enabled" in other.answer.text
    assert "<form" not in other.answer.text
    await person.press("look")
    assert "Integração habilitada" in person.heading
    ended = (await client.get(f"/v1/connect-sessions/{made['id']}")).json()
    assert await read(client, ended["account_id"]) == ""
    again = await person.client.get(back, headers={"accept": "text/html"})
    assert again.status_code == 409
    finished = [each for each in records(app.state["parts"].database) if each.action.startswith("consent.")]
    assert {each.actor for each in finished} == {f"connect:{made['id']}"}
    assert [each.action for each in finished] == ["consent.begun", "consent.finished"]


@pytest.mark.parametrize("comes", ["at once", "while the bank is asked"])
async def test_an_answer_that_comes_twice_enables_once_and_says_so_in_both_windows(
    client: httpx.AsyncClient,
    person: Person,
    session: Make,
    line: SimulatedBanks,
    monkeypatch: pytest.MonkeyPatch,
    comes: str,
) -> None:
    """The address is loaded again while the bank is asked, or something looks at it before the person does."""
    _, made = await begun(person, session, line)
    back = decided(line, person, "approve")
    first, second = Person(person.client), Person(person.client)
    asked, redeem = asyncio.Event(), Replacement.consented

    async def slowly(*given: Any) -> Any:
        asked.set()
        # The other answer goes as far as it can meanwhile.
        await asyncio.sleep(0.5)
        return await redeem(*given)

    monkeypatch.setattr(Replacement, "consented", slowly)
    begins = asyncio.create_task(first.open(back))
    if comes == "while the bank is asked":
        await asyncio.wait_for(asked.wait(), 10)
    await second.waited(await second.open(back))
    await begins

    assert "Integração habilitada" in second.heading, second.words
    await person.waited(await person.press("look"))
    assert "Integração habilitada" in person.heading, person.words
    ended = (await client.get(f"/v1/connect-sessions/{made['id']}")).json()
    assert (ended["result"], ended["last_failure"]) == ("enabled", None)


async def test_a_refused_authorization_can_be_given_after_all(
    client: httpx.AsyncClient, person: Person, session: Make, line: SimulatedBanks
) -> None:
    """The page says so, keeps the text and asks for the secret again; the account is there already."""
    simulated, made = await begun(person, session, line)
    await person.open(decided(line, person, "deny"))
    assert "Autorização não concluída" in person.words
    assert f'value="{simulated.form["client_id"]}"' in person.answer.text
    assert (await client.get(f"/v1/connect-sessions/{made['id']}")).json()["last_failure"] == "authorization_incomplete"
    await person.fill_in(given(simulated))
    assert "Autorize no banco" in person.heading
    await person.waited(await person.open(decided(line, person, "approve")))
    assert "Integração habilitada" in person.heading


async def test_a_revoked_consent_is_given_anew_with_what_is_stored(
    client: httpx.AsyncClient, person: Person, session: Make, line: SimulatedBanks
) -> None:
    """Nothing is typed."""
    simulated, made = await begun(person, session, line)
    await person.waited(await person.open(decided(line, person, "approve")))
    account = (await client.get(f"/v1/connect-sessions/{made['id']}")).json()["account_id"]
    line.bank("btg_pactual").enter(simulated, "consent_revoked")
    assert await read(client, account) == "consent_revoked"
    made = await session(purpose="repair", account_id=account)
    await person.open(made["url"])
    assert "Autorização de compartilhamento encerrada" in person.words
    line.bank("btg_pactual").enter(simulated, "ok")
    await person.waited(await person.press("enable"))
    await person.waited(await person.open(decided(line, person, "approve")))
    assert "Integração consertada" in person.heading
    assert await read(client, account) == ""


async def test_a_pause_does_not_use_up_the_authorization(
    person: Person, session: Make, line: SimulatedBanks, app: Litestar
) -> None:
    """The same address works after it."""
    await begun(person, session, line)
    pauses = Pauses(app.state["parts"].database)
    await pauses.begin(Pause(bank="btg_pactual", account_id=None, mode=Mode.ALL, reason="", since=NOW, until=None))
    back = decided(line, person, "approve")
    await person.open(back)
    assert person.answer.status_code == 503
    await pauses.end(bank="btg_pactual", account_id=None, now=NOW + timedelta(seconds=1))
    await person.waited(await person.open(back))
    assert "Integração habilitada" in person.heading


async def test_a_consent_of_a_revoked_keys_session_enables_nothing(
    client: httpx.AsyncClient, person: Person, session: Make, line: SimulatedBanks
) -> None:
    """However often the holder comes back with it; both windows say that the connection is cancelled."""
    _, made = await begun(person, session, line)
    back = decided(line, person, "approve")
    old = client.headers["Authorization"].split("_")[1]
    other = (await client.post("/v1/keys", json={})).json()["key"]
    client.headers["Authorization"] = f"Bearer {other}"
    assert (await client.delete(f"/v1/keys/{old}")).status_code == 204

    for _ in range(2):
        window = Person(person.client)
        await window.open(back)
        assert window.heading == "Conexão cancelada"
    await person.press("look")
    assert person.heading == "Conexão cancelada"
    account = (await client.get(f"/v1/connect-sessions/{made['id']}")).json()["account_id"]
    assert await state(client, account) == "pending_authorization"


@pytest.mark.parametrize("died", ["before the reading", "within the reading"])
@pytest.mark.parametrize("looks", ["page", "script"])
async def test_a_page_that_waits_notices_what_a_process_that_died_has_enabled(
    client: httpx.AsyncClient,
    person: Person,
    session: Make,
    line: SimulatedBanks,
    app: Litestar,
    monkeypatch: pytest.MonkeyPatch,
    died: str,
    looks: str,
) -> None:
    """The consent is redeemed, and nothing is stored of it with the session; or the reading was never ended."""
    _, made = await begun(person, session, line)
    back, connect = decided(line, person, "approve"), app.state["parts"].connect_sessions

    class Died(BaseException):
        pass

    async def die(*given: Any) -> None:
        for each in given:
            if asyncio.iscoroutine(each):
                each.close()
        raise Died

    where = (Enabling, "show") if died == "before the reading" else (Enabling, "_begun")
    with monkeypatch.context() as patched:
        patched.setattr(*where, die)
        with contextlib.suppress(Died):
            await person.client.get(back)
    if died == "within the reading":
        await person.press("look")
        assert "Consultando o banco" in person.heading
        connect._wall = FixedClock(SystemClock().now() + CONNECT_STALE + timedelta(seconds=1))

    if looks == "script":
        stage = (await person.client.post("/connect/status", data={"session": person.secret})).json()["stage"]
        assert stage in {"reading", "done"}
    await person.waited(await person.press("look"))

    assert "Integração habilitada" in person.heading, person.words
    assert "Prova:" in person.words
    assert (await client.get(f"/v1/connect-sessions/{made['id']}")).json()["result"] == "enabled"


async def test_a_reading_that_was_never_ended_of_an_account_that_was_disabled_since(
    client: httpx.AsyncClient, person: Person, session: Make, line: SimulatedBanks, app: Litestar
) -> None:
    """The page says that it was interrupted, and asks for the credentials."""
    _, made = await begun(person, session, line)
    await person.waited(await person.open(decided(line, person, "approve")))
    account = (await client.get(f"/v1/connect-sessions/{made['id']}")).json()["account_id"]
    assert "Integração habilitada" in person.heading
    again = await session(purpose="repair", account_id=account)
    await person.open(again["url"])
    connect = app.state["parts"].connect_sessions
    opened = await connect.resumed(person.secret)
    await connect.move(opened.session, Stage.READING, opened.content)
    await client.delete(f"/v1/accounts/{account}/integration")
    connect._wall = FixedClock(SystemClock().now() + CONNECT_STALE + timedelta(seconds=1))

    await person.press("look")

    assert "Credenciais" in person.heading
