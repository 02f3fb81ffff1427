"""The console of the simulators in the browser: a person plays the official failures, and finds every page in order."""

import json

import httpx
import pytest

import contracts
from tests.browser.looking import NARROWEST, Guard, assert_accessible, assert_fits, visiting
from tests.served.processes import PLAIN

OFFICIAL = {code: each for code, each in contracts.failures().failures.items() if each.official}
BACK = "http://127.0.0.1:3999/volta"


@pytest.fixture
def console_guard(banks):
    """Notes what the pages do that they must not."""
    return Guard(banks.http)


@pytest.fixture
async def console(browser, banks, console_guard):
    """A page of a new visitor of the console."""
    async with visiting(browser, banks.http, console_guard) as opened:
        yield opened


@pytest.fixture(scope="module")
def seen(banks):
    """A world in which every page has something to show: the addresses of these pages by name."""
    made = banks.ask("POST", "/worlds", json={"name": "telas", "ready_accounts": False})
    assert made.status_code == 201, made.text
    at = "/worlds/telas"
    now = banks.ask("GET", "/clock").json()["now"]
    banks.ask("PUT", f"{at}/clock", json={"now": now}).raise_for_status()
    opened = {
        slug: banks.ask("POST", f"{at}/accounts", json={"bank": slug, **more}).json()["account"]["number"]
        for slug, more in {
            "inter": {},
            "btg_pactual": {},
            "stone": {"scenario": "two_days_later", "parameters": {"entries_per_day": 12, "busy_day_entries": 0}},
            "cora": {"scenario": "bank_server_error"},
        }.items()
    }
    for aim in (
        {"fault": "latency", "parameters": {"milliseconds": 50}, "operation": "statement", "every": 2, "times": 5},
        {"fault": "status", "number": opened["inter"], "parameters": {"status": 503, "body": "x" * 200}},
    ):
        banks.ask("POST", f"{at}/faults", json={"bank": "inter", **aim}).raise_for_status()
    base = "/console/worlds/telas"
    account = f"{base}/contas/inter/{opened['inter']}"
    return {
        "inicio": base,
        "contas": f"{base}/contas",
        "nova-conta": f"{base}/nova-conta?banco=banco_do_brasil",
        "conta": account,
        "conta-consentimento": f"{base}/contas/btg_pactual/{opened['btg_pactual']}",
        "livro": f"{base}/contas/stone/{opened['stone']}/livro",
        "falhas": f"{base}/falhas",
        "falha": f"{base}/falhas/status?banco=inter&conta={opened['inter']}",
        "relogio": f"{base}/relogio",
        "api": f"{base}/api",
        "api-banco": f"{base}/api/btg_pactual",
        "mundos": "/console/worlds",
    }


PAGES = (
    "inicio",
    "contas",
    "nova-conta",
    "conta",
    "conta-consentimento",
    "livro",
    "falhas",
    "falha",
    "relogio",
    "api",
    "api-banco",
    "mundos",
)


@pytest.mark.parametrize("name", PAGES)
async def test_each_page(console, screenshots, seen, name):
    """Accessible, light and dark; it fits from the narrowest screen on, and asks nobody else for anything."""
    await console.goto(seen[name])
    assert await console.get_by_role("main").count() == 1
    for hidden in await console.locator("details").all():
        await hidden.evaluate("each => { each.open = true }")
    await assert_accessible(console)
    await console.set_viewport_size({"width": NARROWEST, "height": 800})
    await assert_fits(console)
    await screenshots(console, f"console-{name}")


@pytest.mark.parametrize("code", OFFICIAL)
async def test_an_official_failure(console, gateway, screenshots, code):
    """Chosen in the console, typed into the gateway, named by its official title, and its rule seen in the journal."""
    failure = OFFICIAL[code]
    await console.goto("/")
    await console.get_by_role("button", name=f"Abrir conta com {failure.title}", exact=True).click()
    await console.wait_for_url("**/console/contas/*/*")
    await console.get_by_text("Pela API: o corpo de POST /v1/accounts").click()
    body = json.loads(await console.locator("#corpo").inner_text())
    typed = "\n".join(await console.locator(".typed li").all_text_contents())
    assert all(value.strip() in typed for value in (body["number"], *body["credentials"].values()))

    await console.get_by_role("link", name="Pedidos desta conta").click()
    await console.get_by_text("Nenhum pedido.").wait_for()
    answer = gateway.ask("POST", "/v1/accounts", json=body)
    assert (answer.json()["code"], answer.json()["title"]) == (code, failure.title)

    # The list renews itself. What it shows first may be from the midst of the gateway's calls.
    refused = console.locator("tr.refused").first
    await refused.wait_for()
    await console.reload()
    rule = (await refused.locator("td[data-label=Regra]").inner_text()).strip()
    assert rule
    await assert_accessible(console)
    if code == "invalid_account":
        await screenshots(console, "console-pedidos")
    await refused.get_by_role("link").first.click()
    await console.get_by_role("heading", name="Um pedido a").wait_for()
    assert rule.split(" operação mais próxima")[0] in await console.locator(".problem").inner_text()
    if code == "invalid_account":
        await assert_accessible(console)
        await screenshots(console, "console-pedido")


async def test_the_consent_page_that_the_gateway_names(console, gateway, banks):
    """Its address leads to a host that no browser reaches; pasted into the console, it opens on the plain port."""
    listed = banks.new_account("btg_pactual")
    await console.goto(f"/console/contas/btg_pactual/{listed['account']['number']}")
    query = httpx.QueryParams(
        client_id=listed["credentials"]["client_id"],
        redirect_uri=BACK,
        response_type="code",
        scope="openid empresas.btgpactual.com/accounts.readonly",
        state="s",
    )
    await console.get_by_label("Endereço que o gateway devolveu").fill(
        f"https://id.btgpactual.com/oauth2/authorize?{query}"
    )
    await console.get_by_role("button", name="Abrir a página do banco").click()
    await console.wait_for_url("**/btg_pactual/oauth2/authorize?**")
    assert await console.get_by_role("button", name="Autorizar").count() == 1


async def test_a_fault_is_injected_and_stopped(console, banks):
    """By its form, with a parameter; a wrong one is said, and what was typed stays."""
    number = banks.new_account("sicredi")["account"]["number"]
    await console.goto(f"/console/falhas?banco=sicredi&conta={number}")
    await console.get_by_role("link", name="O banco demora a responder").click()
    assert await console.get_by_label("Conta").input_value() == number
    await console.get_by_label("Milissegundos").fill("250")
    await console.get_by_label("No máximo tantas vezes").fill("3")
    await console.get_by_role("button", name="Ligar").click()
    await console.wait_for_url("**/console/falhas")
    (running,) = [each for each in banks.ask("GET", "/faults").json()["active"] if each["number"] == number]
    assert (running["parameters"]["milliseconds"], running["times"]) == (250, 3)
    row = console.get_by_role("row").filter(has_text=number)
    await row.get_by_role("button", name="Parar").click()
    await row.wait_for(state="detached")
    assert not [each for each in banks.ask("GET", "/faults").json()["active"] if each["number"] == number]


async def test_a_wrong_field_is_named(console, console_guard, banks):
    """An account that the bank does not have: the form comes again with what was typed."""
    console_guard.expect("status of 422")
    await console.goto("/console/falhas/status?banco=inter")
    await console.get_by_label("Conta").fill("404")
    await console.get_by_label("Status HTTP").fill("503")
    await console.get_by_role("button", name="Ligar").click()
    assert "number" in await console.get_by_role("alert").inner_text()
    assert await console.get_by_label("Conta").input_value() == "404"
    assert await console.get_by_label("Status HTTP").input_value() == "503"
    await assert_accessible(console)


async def test_without_script(browser, banks):
    """A person without scripts moves the clock of a world, opens an account and gets its key as a file."""
    banks.ask("POST", "/worlds", json={"name": "sem-script", "ready_accounts": False}).raise_for_status()
    async with visiting(browser, banks.http, java_script_enabled=False, accept_downloads=True) as page:
        await page.goto("/console")
        await page.get_by_label("Mundo").select_option("sem-script")
        await page.get_by_role("button", name="Ir", exact=True).click()
        await page.wait_for_url("**/console/worlds/sem-script")
        await page.get_by_role("link", name="Relógio").click()
        await page.get_by_label("Data e hora, em Brasília").fill("2026-04-21T10:00")
        await page.get_by_role("button", name="Pôr").click()
        assert "não é dia útil (Tiradentes)" in await page.locator(".lead").inner_text()
        await page.get_by_role("link", name="Contas").click()
        await page.get_by_role("link", name="Abrir uma conta nova").click()
        await page.get_by_label("Banco").select_option("inter")
        await page.get_by_role("button", name="Ver os cenários deste banco").click()
        await page.get_by_label("Nome").fill("minha")
        await page.get_by_role("button", name="Abrir a conta").click()
        await page.wait_for_url("**/console/worlds/sem-script/contas/inter/*")
        async with page.expect_download() as coming:
            await page.get_by_role("link", name="Baixar chave.key").click()
        (account,) = banks.ask("GET", "/worlds/sem-script/accounts").json()
        downloaded = await (await coming.value).path()
        assert downloaded.read_text() == account["credentials"]["private_key"]
        assert await page.get_by_role("button", name="Copiar").count() == 0
        await page.get_by_role("link", name="Pedidos", exact=True).click()
        await page.get_by_text("Nenhum pedido.").wait_for()
    assert banks.ask("GET", "/accounts", params={"bank": "inter"}).json()[-1]["account"] != account["account"]


async def test_a_value_is_copied(browser, banks):
    """With a button that only a script can have."""
    listed = banks.account("stone")
    async with visiting(browser, banks.http, permissions=["clipboard-read", "clipboard-write"]) as page:
        await page.goto(f"/console/contas/stone/{listed['account']['number']}")
        await page.get_by_role("button", name="Copiar Conta, com dígito").click()
        await page.get_by_text("Copiado.").wait_for()
        assert await page.evaluate("navigator.clipboard.readText()") == listed["account"]["number"]


async def test_a_page_of_another_site_cannot_send_a_form(console, console_guard, banks):
    """The browser says where the form comes from, and nothing is changed."""
    console_guard.allow("http://outro.example")
    console_guard.expect("status of 403")
    form = f'<form method="post" action="{banks.http}/console/nova-conta"><input name="banco" value="inter"></form>'
    before = len(banks.ask("GET", "/accounts").json())
    await console.route("http://outro.example/**", lambda route: route.fulfill(body=form, content_type="text/html"))
    await console.goto("http://outro.example/")
    async with console.expect_navigation(url="**/console/nova-conta") as sent:
        await console.evaluate("document.forms[0].submit()")
    assert (await sent.value).status == 403
    assert len(banks.ask("GET", "/accounts").json()) == before


def test_a_foreign_name_of_this_machine_is_refused(banks):
    """A name that was given a loopback address (DNS rebinding) is no name of the console; the banks do not mind."""
    for path, status in (("/console", 421), ("/console/falhas", 421), ("/inter/oauth/v2/token", 404)):
        answer = httpx.get(f"{banks.http}{path}", headers={"host": "rebinding.example"}, verify=PLAIN)
        assert answer.status_code == status, path


async def test_a_browser_plays_the_exported_archive(browser, gateway, banks, tmp_path):
    """What the bank answered to the gateway comes out of the archive, without the bank; secrets are in neither."""
    listed = banks.new_account("cora")
    account, held = listed["account"], listed["credentials"]
    enrolled = gateway.ask("POST", "/v1/accounts", json={**account, "credentials": held})
    assert enrolled.status_code == 201, enrolled.text
    exported = banks.ask("GET", "/requests.har", params={"bank": "cora", "number": account["number"]})
    (tmp_path / "pedidos.har").write_bytes(exported.content)
    told = exported.json()["log"]["entries"][-1]
    assert told["request"]["method"] == "GET"

    context = await browser.new_context(ignore_https_errors=True)
    try:
        await context.route_from_har(tmp_path / "pedidos.har", not_found="abort")
        page = await context.new_page()
        answer = await page.goto(told["request"]["url"])
        assert (answer.status, await answer.json()) == (200, json.loads(told["response"]["content"]["text"]))
    finally:
        await context.close()
    assert not [name for name, value in held.items() if value in exported.text or value in json.dumps(exported.json())]
