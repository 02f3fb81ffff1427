"""The account pages over HTTP: they show what the API gives to the same key, and to nobody else."""

import html
import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, timedelta
from typing import Any

import httpx
import msgspec
import pytest
from litestar import Litestar
from litestar._parsers import parse_cookie_string, parse_url_encoded_form_data
from msgspec.structs import replace

import contracts
from gateway.errors import BankError, BankFailure
from gateway.importing.days import hour_of
from gateway.limits import FORM_FIELDS, PANEL_ACCOUNTS, PANEL_IDLE, PANEL_LONGEST
from gateway.pages.accounts.sessions import PanelSessions
from gateway.pages.sent import FORM
from gateway.parts import Parts
from gateway.settings import Settings
from gateway.storage.management.api_keys import Scope
from tests.clocks import FixedClock
from tests.gateway.support import NOW, FakeInter, credentials, enabled, registration

pytestmark = pytest.mark.anyio

Client = httpx.AsyncClient
BEGUN = hour_of(date(2026, 3, 16), contracts.load("inter").period) + timedelta(minutes=5)
NEXT = re.compile(r'href="([^"]+)" rel="next"')
SEES_ALL = frozenset({Scope.OPERATE, Scope.READ})


@pytest.fixture
def panel_clock(app: Litestar) -> FixedClock:
    """The clock of sessions, which is the machine's and not the simulators'."""
    return FixedClock(NOW)


@pytest.fixture
async def client(client: Client, app: Litestar, clock: FixedClock, panel_clock: FixedClock) -> Client:
    """A program of the tenant, after the bank's hour on a business day."""
    clock.moment = BEGUN
    parts: Parts = app.state["parts"]
    app.state["parts"] = replace(parts, panel_sessions=PanelSessions(parts.vault, panel_clock))
    return client


@pytest.fixture
async def person(client: Client, app: Litestar) -> AsyncIterator[Client]:
    """A browser in which nobody has signed in."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test") as browser:
        yield browser


@pytest.fixture
def keys(app: Litestar) -> Callable[..., Awaitable[str]]:
    """Makes keys of a tenant."""

    async def make(scopes: frozenset[Scope] = SEES_ALL, tenant: str = "tenant-a", **more: Any) -> str:
        key: str = await app.state["parts"].keys.create(tenant, BEGUN, scopes=scopes, **more)
        return key

    return make


async def sign_in(person: Client, key: str, **headers: str) -> httpx.Response:
    """Type a key."""
    return await person.post("/painel/entrar", data={"chave": key}, headers=headers)


def text_of(answer: httpx.Response) -> str:
    """What a page says."""
    body = re.sub(r"(?s)<style>.*?</style>", "", answer.text)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", body))).replace("\u00a0", " ")


async def test_a_person_signs_in_and_out(person: Client, keys: Callable[..., Awaitable[str]]) -> None:
    """The cookie goes to these pages alone; without one, all of them lead to the form."""
    for path in ("/painel", "/painel/contas/x", "/painel/contas/x/extrato"):
        sent = await person.get(path)
        assert (sent.status_code, sent.headers["Location"]) == (303, "/painel/entrar")
    assert "Chave de API" in (await person.get("/painel/entrar")).text

    begun = await sign_in(person, await keys())

    assert (begun.status_code, begun.headers["Location"]) == (303, "/painel")
    given = {part.strip().lower() for part in begun.headers["Set-Cookie"].split(";")[1:]}
    assert given == {"path=/painel", "httponly", "samesite=strict"}
    page = await person.get("/painel")
    assert (page.status_code, page.headers["Cache-Control"]) == (200, "no-store")
    (token,) = re.findall(r'name="token" value="([^"]+)"', page.text)
    ended = await person.post("/painel/sair", data={"token": token})
    assert (ended.status_code, ended.headers["Location"]) == (303, "/painel/entrar")
    assert (await person.get("/painel")).status_code == 303


async def test_pages_may_do_nothing_but_send_forms(person: Client, keys: Callable[..., Awaitable[str]]) -> None:
    """No script, no frame, no foreign address; no browser keeps them. Problems too."""
    await sign_in(person, await keys())
    for path in ("/painel", "/painel/entrar", "/painel/contas/x", "/painel?estado=x"):
        answer = await person.get(path)
        policy = answer.headers["Content-Security-Policy"].split("; ")
        assert {"default-src 'none'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'"} <= {*policy}
        assert len(policy) == 5
        assert answer.headers["X-Frame-Options"] == "DENY"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert not re.search(r"<script|style=|https?://|\son\w+=", answer.text)


async def test_the_cookie_needs_tls_where_browsers_use_it(
    person: Client, app: Litestar, keys: Callable[..., Awaitable[str]]
) -> None:
    """And it goes to where a proxy has put the pages."""
    app.state["public_url"] = "https://erp.example/extrato"
    try:
        begun = await sign_in(person, await keys())
        form = (await person.get("/painel/entrar")).text
    finally:
        app.state["public_url"] = ""
    given = {part.strip().lower() for part in begun.headers["Set-Cookie"].split(";")[1:]}
    assert given == {"path=/extrato/painel", "httponly", "samesite=strict", "secure"}
    assert begun.headers["Location"] == "/extrato/painel"
    assert 'action="/extrato/painel/entrar"' in form


@pytest.mark.parametrize("typed", ["", "x", "ext_0123456789ab_" + "x" * 43, "é" * 50, "\ud800", "a" * 3000])
async def test_what_is_no_key_opens_nothing(person: Client, typed: str, logged: io.StringIO) -> None:
    """And is not repeated."""
    body = ("chave=" + "".join(f"%{byte:02X}" for byte in typed.encode("utf-8", "surrogatepass"))).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}

    answer = await person.post("/painel/entrar", content=body, headers=headers)

    assert answer.status_code in ({413} if len(body) > 4096 else {401})
    assert "set-cookie" not in answer.headers
    assert len(typed) < 2 or typed not in answer.text


async def test_a_key_needs_the_scopes_of_the_api(
    client: Client, person: Client, keys: Callable[..., Awaitable[str]]
) -> None:
    """`operate` for all pages, and `read` as well for statements."""
    account = await enabled(client)
    for scopes in ({Scope.READ}, {Scope.MANAGE}, {Scope.READ, Scope.MANAGE}):
        refused = await sign_in(person, await keys(frozenset(scopes)))
        assert (refused.status_code, "set-cookie" in refused.headers) == (403, False)
        assert "escopo operate" in text_of(refused)
    operates = await keys(frozenset({Scope.OPERATE}))
    assert (await sign_in(person, operates)).status_code == 303

    page = await person.get(f"/painel/contas/{account}")
    statement = await person.get(f"/painel/contas/{account}/extrato?de=2026-03-09&ate=2026-03-13")

    assert page.status_code == 200
    assert "extrato?" not in page.text
    assert "Esta chave não lê extratos" in text_of(page)
    assert statement.status_code == 403
    assert contracts.failures().failures["scope_missing"].title in text_of(statement)
    assert "Saldo" not in text_of(statement)
    asked = {"params": {"from": "2026-03-09", "to": "2026-03-13"}, "headers": {"Authorization": f"Bearer {operates}"}}
    api = await client.get(f"/v1/accounts/{account}/statement", **asked)
    assert (api.status_code, api.json()["code"]) == (403, "scope_missing")


async def test_a_key_that_ends_ends_its_sessions(
    person: Client, app: Litestar, clock: FixedClock, keys: Callable[..., Awaitable[str]]
) -> None:
    """At once when it is revoked, and at its expiry; the browser forgets the cookie."""
    key = await keys()
    await sign_in(person, key)
    assert (await person.get("/painel")).status_code == 200
    await app.state["parts"].keys.revoke(key.split("_")[1], BEGUN)
    answer = await person.get("/painel")
    assert (answer.status_code, "Max-Age=0" in answer.headers["Set-Cookie"]) == (401, True)
    assert "A sessão terminou" in text_of(answer)

    await sign_in(person, await keys(expires_at=BEGUN + timedelta(minutes=1)))
    assert (await person.get("/painel")).status_code == 200
    clock.moment += timedelta(minutes=1)
    assert (await person.get("/painel")).status_code == 401


async def test_a_session_ends_by_itself(
    person: Client, panel_clock: FixedClock, keys: Callable[..., Awaitable[str]]
) -> None:
    """When it is not used, and after a working day in any case."""
    await sign_in(person, await keys())
    first = person.cookies["painel"]
    panel_clock.moment += PANEL_IDLE - timedelta(seconds=1)
    assert (await person.get("/painel")).status_code == 200
    assert person.cookies["painel"] != first
    panel_clock.moment += timedelta(seconds=2)
    assert (await person.get("/painel")).status_code == 200
    person.cookies.clear()
    person.cookies.set("painel", first, domain="gateway.test", path="/painel")
    assert (await person.get("/painel")).status_code == 401

    await sign_in(person, await keys())
    for _ in range(int(PANEL_LONGEST / timedelta(minutes=20))):
        assert (await person.get("/painel")).status_code == 200
        panel_clock.moment += timedelta(minutes=20)
    assert (await person.get("/painel")).status_code == 401


async def test_only_our_cookies_are_sessions(
    person: Client, app: Litestar, keys: Callable[..., Awaitable[str]]
) -> None:
    """Not those that the vault has sealed for something else, nor those that were changed."""
    await sign_in(person, await keys())
    ours = person.cookies["painel"]
    session = app.state["parts"].panel_sessions.read(ours)
    other = app.state["parts"].vault.encrypt("account", "credentials", msgspec.to_builtins(session))
    shorter = app.state["parts"].vault.encrypt("panel-session", "panel-session", {"prefix": session.prefix})
    for cookie in (other, shorter, ours[:-8] + "AAAAAAA=", "x", "x" * 5000):
        person.cookies.clear()
        person.cookies.set("painel", cookie, domain="gateway.test", path="/painel")
        assert (await person.get("/painel")).status_code == 401


async def test_no_other_page_signs_anyone_in_or_out(person: Client, keys: Callable[..., Awaitable[str]]) -> None:
    """By what the browser says of where the form comes from, and by the session's own token."""
    key = await keys()
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://["},
        {"Origin": "http://gateway.test:x]["},
        {"Origin": "ftp://gateway.test"},
    ):
        refused = await sign_in(person, key, **headers)
        assert (refused.status_code, "set-cookie" in refused.headers) == (422, False), headers
    assert (await person.post("/painel/entrar", json={"chave": key})).status_code == 415
    crowded = {"chave": key} | {str(number): "" for number in range(FORM_FIELDS)}
    assert (await person.post("/painel/entrar", data=crowded)).status_code == 400
    stray = await person.post("/painel/entrar", content=b"chave=100%", headers={"Content-Type": FORM})
    assert stray.status_code == 400
    assert (await sign_in(person, key, Origin="http://gateway.test")).status_code == 303
    for data in ({"token": ""}, {"token": "x"}, {"token": "é"}):
        assert (await person.post("/painel/sair", data=data)).status_code == 422
    assert (await person.get("/painel")).status_code == 200


async def test_the_key_is_nowhere_but_in_the_form(
    client: Client, person: Client, logged: io.StringIO, keys: Callable[..., Awaitable[str]]
) -> None:
    """Neither in pages, addresses, headers, the cookie, nor in the log; nor are credentials."""
    account = await enabled(client)
    key = await keys()
    answers = [
        await sign_in(person, key),
        await person.get("/painel"),
        await person.get(f"/painel/contas/{account}"),
        await person.get(f"/painel/contas/{account}/extrato?de=2026-03-09&ate=2026-03-13"),
        await person.get(f"/painel/entrar?chave={key}"),
        await person.get(f"/painel?chave={key}"),
        await person.get(f"/painel/contas/{key}"),
    ]
    secrets = [key, key.split("_", 2)[2], *credentials().values()]
    for answer in answers:
        said = answer.text + str(answer.headers) + str(person.cookies)
        for secret in secrets:
            assert secret not in said, answer.url.path
    assert key not in logged.getvalue()
    assert "/painel/contas/{account_id}" in logged.getvalue()


async def test_nothing_of_a_browser_is_kept(person: Client, keys: Callable[..., Awaitable[str]]) -> None:
    """The framework keeps the cookies and forms that it has read for as long as the process lives, a thousand of each:
    strangers would fill the memory with theirs, and keys would stay in it.
    """
    kept = parse_cookie_string, parse_url_encoded_form_data
    for each in kept:
        each.cache_clear()
    await sign_in(person, await keys())
    assert (await person.get("/painel")).status_code == 200
    assert (await person.post("/painel/sair", data={"token": "x"})).status_code == 422
    assert [each.cache_info().currsize for each in kept] == [0, 0]


async def test_the_cookie_is_found_among_others(person: Client, keys: Callable[..., Awaitable[str]]) -> None:
    """Of other programs at the same host, which may have any form."""
    signed_in = await sign_in(person, await keys())
    cookie = signed_in.headers["set-cookie"].partition(";")[0]
    person.cookies.clear()
    for sent in (cookie, f'a="\\"; {cookie}', f"{cookie}; b", f"xpainel=1; =; {cookie};"):
        assert (await person.get("/painel", headers={"Cookie": sent})).status_code == 200, sent
    for sent in ("", "painel", "painel=", f"x{cookie}"):
        assert (await person.get("/painel", headers={"Cookie": sent})).status_code == 303, sent


async def test_a_key_sees_the_accounts_of_its_tenant(
    client: Client, person: Client, app: Litestar, keys: Callable[..., Awaitable[str]]
) -> None:
    """Another tenant's are unknown, as for the API."""
    account = await enabled(client, description="Conta da matriz")
    await sign_in(person, await keys(tenant="tenant-b"))

    listed = await person.get("/painel")
    unknown = [
        await person.get(f"/painel/contas/{account}{rest}") for rest in ("", "/extrato?de=2026-03-09&ate=2026-03-13")
    ]

    assert "0 contas" in text_of(listed)
    assert "matriz" not in listed.text
    for answer in unknown:
        assert answer.status_code == 404
        assert contracts.failures().failures["unknown_account"].title in text_of(answer)
        assert "matriz" not in answer.text


async def test_the_list_says_how_accounts_stand(
    client: Client, person: Client, app: Litestar, bank: FakeInter, keys: Callable[..., Awaitable[str]]
) -> None:
    """State, last import, next one, and a failure with its title, its remedy, who must act and its help page."""
    first = await enabled(client, description="Conta da <matriz>", external_id="erp-1")
    (await client.post("/v1/accounts", json=registration(number="1111111-1"))).raise_for_status()
    await sign_in(person, await keys())
    before = text_of(await person.get("/painel"))
    assert "2 contas" in before
    assert "Conta da <matriz>" in before
    assert "Última importação Nenhuma ainda" in before
    assert "Próxima Agora" in before
    assert "Desabilitada" in before

    tenant = (await app.state["parts"].keys.all())[0].tenant_id
    await app.state["parts"].imports.accounts.import_now(tenant, first)
    done = text_of(await person.get("/painel"))
    assert "Última importação Em 16/03/2026, até o dia 15/03/2026" in done
    available = contracts.load("inter").period.available_by
    assert f"Próxima No próximo dia útil, depois das {available} de Brasília" in done

    bank.failure = BankFailure("invalid_credentials", bank="inter", at="token", detail="refused")
    await client.get(
        f"/v1/accounts/{first}/statement?from=2026-03-09&to=2026-03-16", headers={"Cache-Control": "no-cache"}
    )
    body = (await client.get(f"/v1/accounts/{first}")).json()["integration"]
    entry = contracts.failures().failures["invalid_credentials"]
    for path in ("/painel", f"/painel/contas/{first}"):
        page = await person.get(path)
        said = text_of(page)
        assert body["last_failure"]["title"] == entry.title
        assert entry.title in said
        assert entry.remedy in said
        assert "Quem precisa agir: Quem usa a conta" in said
        assert 'href="/help/invalid_credentials"' in page.text
    chosen = text_of(await person.get(f"/painel?estado={body['state']}"))
    assert "1 conta," in chosen


async def test_accounts_are_chosen_as_in_the_api(
    client: Client, person: Client, keys: Callable[..., Awaitable[str]]
) -> None:
    """By bank, state, holder and the id of the caller's system; what cannot be asked is said in words."""
    await enabled(client, external_id="erp-1", description="Primeira")
    (await client.post("/v1/accounts", json=registration(number="1111111-1", description="Segunda"))).raise_for_status()
    await sign_in(person, await keys())
    holder = registration()["holder_tax_id"]
    for query, both, first in (
        ("banco=inter", 1, 1),
        ("banco=cora", 0, 0),
        ("estado=disabled", 1, 0),
        ("codigo=erp-1", 0, 1),
        ("codigo=erp-2", 0, 0),
        (f"titular={holder}", 1, 1),
        ("banco=&estado=&titular=&codigo=", 1, 1),
    ):
        said = (await person.get(f"/painel?{query}")).text
        assert ("Segunda" in said, "Primeira" in said) == (bool(both), bool(first)), query
    for query in (
        "estado=x",
        "titular=1",
        "cursor=x",
        "pagina=1",
        "banco=a&banco=b",
        f"codigo={'x' * 300}",
        "banco=%00",
    ):
        answer = await person.get(f"/painel?{query}")
        assert answer.status_code == 422, query
        assert contracts.failures().failures["invalid_request"].title in text_of(answer)


async def test_the_list_goes_on(
    client: Client, person: Client, app: Litestar, keys: Callable[..., Awaitable[str]]
) -> None:
    """By the cursor of the API, with what was chosen."""
    for number in range(PANEL_ACCOUNTS + 2):
        body = registration(number=f"{number + 1000000}-1", description=f"Conta {number:03}")
        (await client.post("/v1/accounts", json=body)).raise_for_status()
    await sign_in(person, await keys())
    first = await person.get("/painel?banco=inter")
    (following,) = NEXT.findall(first.text)
    assert "banco=inter" in following
    last = await person.get(html.unescape(following))

    seen = re.findall(r"Conta \d{3}", first.text) + re.findall(r"Conta \d{3}", last.text)
    assert sorted(seen) == [f"Conta {number:03}" for number in range(PANEL_ACCOUNTS + 2)]
    assert not NEXT.findall(last.text)
    assert f"{PANEL_ACCOUNTS + 2} contas" in text_of(last)


async def test_a_statement_is_that_of_the_api(
    client: Client, person: Client, bank: FakeInter, keys: Callable[..., Awaitable[str]]
) -> None:
    """Each entry, the balances, the proof and a chart; nothing is asked of the bank before a period is chosen."""
    account = await enabled(client)
    await sign_in(person, await keys())
    asked = len(bank.requests)
    unread = await person.get(f"/painel/contas/{account}/extrato")
    assert unread.status_code == 200
    assert "não está guardado" in text_of(unread)
    assert len(bank.requests) == asked

    page = await person.get(f"/painel/contas/{account}/extrato?de=2026-03-09&ate=2026-03-13")
    statement = (await client.get(f"/v1/accounts/{account}/statement?from=2026-03-09&to=2026-03-13")).json()

    said = text_of(page)
    assert statement["entries"]
    assert page.text.count("<tr>") == len(statement["entries"]) + 1
    for entry in statement["entries"]:
        assert entry["description"] in said
        assert in_reais(entry["amount"]) in said
    for balance in ("opening_balance", "closing_balance"):
        assert in_reais(statement[balance]) in said
    assert statement["proof"]["verdict"] == "proved"
    assert "Confere: saldo inicial mais lançamentos é igual ao saldo final." in said
    assert f"e termina em {in_reais(statement['closing_balance'])}." in said
    assert page.text.count("<polyline") == 1


async def test_the_last_days_come_from_the_store(
    client: Client, person: Client, app: Litestar, bank: FakeInter, keys: Callable[..., Awaitable[str]]
) -> None:
    """Where the daily import has read them."""
    account = await enabled(client)
    tenant = (await app.state["parts"].keys.all())[0].tenant_id
    await app.state["parts"].imports.accounts.import_now(tenant, account)
    await sign_in(person, await keys())
    asked = len(bank.requests)

    said = text_of(await person.get(f"/painel/contas/{account}/extrato"))

    assert "Guardado; lido no banco em 16/03/2026" in said
    assert "Completo até 15/03/2026" in said
    assert len(bank.requests) == asked


async def test_a_statement_that_fails_says_so_in_words(
    client: Client, person: Client, bank: FakeInter, keys: Callable[..., Awaitable[str]]
) -> None:
    """With the status, the form to try again, and the help page."""
    account = await enabled(client)
    await sign_in(person, await keys())
    at = f"/painel/contas/{account}/extrato"
    said = BankError(503, "E-7", "Sistema em manutenção")
    bank.failure = BankFailure(
        "bank_unavailable", bank="inter", at="statement", detail="CANARY", bank_error=said, retry_after=290
    )
    failed = await person.get(f"{at}?de=2026-03-09&ate=2026-03-13")
    entry = contracts.failures().failures["bank_unavailable"]
    assert failed.status_code == entry.status
    assert entry.title in text_of(failed)
    assert entry.remedy in text_of(failed)
    assert "O banco respondeu: status 503, E-7, Sistema em manutenção" in text_of(failed)
    assert "Quando tentar de novo: Daqui a 5 minutos." in text_of(failed)
    assert 'value="2026-03-09"' in failed.text
    assert "CANARY" not in failed.text
    for query in ("de=2026-03-13&ate=2026-03-09", "de=2026-03-09", "de=x&ate=y", "parte=0", "parte=x", "parte=1e3"):
        refused = await person.get(f"{at}?{query}")
        assert refused.status_code == 422, query
        assert re.search("O início não pode|Este campo falta|Deve ser (uma data|o número)", text_of(refused)), query
    far = await person.get(f"{at}?de=2001-01-01&ate=2026-03-13")
    told = await client.get(f"/v1/accounts/{account}/statement?from=2001-01-01&to=2026-03-13")
    assert told.json()["code"] == "period_out_of_range"
    assert told.json()["errors"][0]["detail"] in text_of(far)


async def test_a_defect_is_a_page_too(
    person: Client, app: Litestar, keys: Callable[..., Awaitable[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the text of the error."""
    await sign_in(person, await keys())

    async def broken(*given: object, **named: object) -> None:
        raise RuntimeError("CANARY")

    monkeypatch.setattr(app.state["parts"].registered, "page", broken)
    answer = await person.get("/painel")
    assert answer.status_code == 500
    assert contracts.failures().failures["internal_error"].title in text_of(answer)
    assert "CANARY" not in answer.text


async def test_a_session_counts_in_the_share_of_its_key(
    person: Client, app: Litestar, settings: Settings, keys: Callable[..., Awaitable[str]]
) -> None:
    """As a request of the API does."""
    from gateway.api.rates import Rates  # noqa: PLC0415

    await sign_in(person, await keys())
    app.state["rates"] = Rates(2)
    try:
        statuses = [(await person.get("/painel")).status_code for _ in range(3)]
    finally:
        app.state["rates"] = None
    assert statuses == [200, 200, 429]


def in_reais(amount: str) -> str:
    """An amount of the API as the pages write it."""
    whole, cents = amount.lstrip("-").split(".")
    return f"{'-' if amount.startswith('-') else ''}R$ {int(whole):,}".replace(",", ".") + f",{cents}"
