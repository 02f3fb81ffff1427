"""A person who knows only the browser connects accounts at all simulated banks, and repairs what has failed."""

import contextlib
import re
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

import contracts
from gateway.state_folder import DATABASE_FILE
from tests.browser.looking import NARROWEST, assert_accessible, assert_fits, visiting
from tests.served.processes import PLAIN

ERP = "http://localhost:3999"
BACK = f"{ERP}/volta"
BANK_PAGE = re.compile(r"https://id\.btgpactual\.com/")
FILES = {"certificate": "certificado.crt", "private_key": "chave.key"}
RETURNED = "<!DOCTYPE html><html lang='pt-BR'><title>ERP</title><h1>De volta</h1></html>"
FRAME = """<!DOCTYPE html><html lang="pt-BR"><title>ERP</title><main><h1>ERP</h1><output id="said"></output>
<iframe title="Conectar" src="{url}" width="900" height="1400"></iframe></main>
<script>addEventListener("message", (event) => {{ said.textContent = event.origin + " " + JSON.stringify(event.data) }})
</script></html>"""


@pytest.fixture(scope="module", autouse=True)
def erp(gateway):
    """The tenant's system, whose addresses are allowed."""
    lists = {"return_addresses": [BACK], "frame_ancestors": []}
    assert gateway.ask("PUT", "/v1/connect-settings", json=lists).status_code == 200


@pytest.fixture
def session(gateway):
    """Makes sessions."""

    def make(**body):
        answer = gateway.ask("POST", "/v1/connect-sessions", json={"return_to": BACK, **body})
        assert answer.status_code == 201, answer.text
        return answer.json()

    return make


@pytest.fixture
async def at_erp(page, guard):
    """The ERP answers, and the bank's page too, which the browser cannot reach at its real name."""
    guard.allow(ERP)
    await page.context.route(f"{ERP}/**", lambda route: route.fulfill(body=RETURNED, content_type="text/html"))
    return page


async def bank_page_of(page, banks):
    """Let the browser reach the page on which the holder authorises."""

    async def answer(route):
        asked = route.request
        address = BANK_PAGE.sub(f"{banks.http}/btg_pactual/", asked.url)
        async with httpx.AsyncClient(verify=PLAIN) as client:
            sent = await client.request(
                asked.method,
                address,
                content=asked.post_data_buffer,
                headers={"content-type": asked.headers.get("content-type", "")},
            )
        headers = {name: sent.headers[name] for name in ("content-type", "location") if name in sent.headers}
        await route.fulfill(status=sent.status_code, headers=headers, body=sent.content)

    await page.context.route(BANK_PAGE, answer)


def chosen(name, text):
    """A file as it lies on a disk."""
    return {"name": FILES[name], "mimeType": "text/plain", "buffer": text.encode()}


async def fill_in(page, form):
    """Type texts and choose files."""
    for name, value in form.items():
        if name in FILES:
            await page.set_input_files(f"#c-{name}", chosen(name, value))
        else:
            await page.fill(f"#c-{name}", value)


async def describe(page, account):
    """Say which account it is."""
    await page.check(f"input[name=kind][value={account['kind']}]")
    await page.fill("#branch", account["branch"])
    await page.fill("#number", account["number"])
    await page.fill("#holder_tax_id", account["holder_tax_id"])
    await page.fill("#description", "Conta principal")
    await press(page, "Continuar")


async def press(page, name):
    """Press a button, and see the next page."""
    async with page.expect_navigation():
        await page.get_by_role("button", name=name).click()


async def outcome(page):
    """Wait until a page has no progress any more."""
    await page.wait_for_selector("#fim, #falha, #resumo", timeout=120_000)
    return await page.locator("h1").inner_text()


@pytest.mark.parametrize("slug", contracts.banks())
async def test_every_bank(at_erp, banks, gateway, session, screenshots, slug):
    """From the choice to the movements of the right account, and back to the system."""
    page, listed = at_erp, banks.new_account(slug, opened_days_ago=60, entries_per_day=2, busy_day_entries=0)
    look = slug in {"inter", "pagseguro"}
    made = session()
    await page.goto(made["url"])
    assert made["url"].rpartition("/")[2] not in page.url
    if look:
        await assert_accessible(page)
        await screenshots(page, f"connect-{slug}-1-bank")
    await page.get_by_label(contracts.load(slug).name).check()
    await press(page, "Continuar")
    if look:
        await assert_accessible(page)
        await screenshots(page, f"connect-{slug}-2-account")
    await describe(page, listed["account"])
    if look:
        await assert_accessible(page)
        await screenshots(page, f"connect-{slug}-3-steps")
    await press(page, "Feito! Vamos integrar")
    if look:
        await assert_accessible(page)
        await screenshots(page, f"connect-{slug}-4-form")
    await fill_in(page, listed["credentials"])
    await press(page, "Habilitar integração")
    assert "Integração habilitada" in await outcome(page)

    await assert_accessible(page)
    if look:
        await screenshots(page, f"connect-{slug}-5-result")
    account = gateway.ask("GET", f"/v1/connect-sessions/{made['id']}").json()["account_id"]
    first, last = re.search(r"novos de (\S+) a (\S+)\.", await page.locator("main").inner_text()).groups()
    period = {name: "-".join(reversed(day.split("/"))) for name, day in (("from", first), ("to", last))}
    true = banks.truth(listed, period["from"], period["to"])["entries"]
    shown = await page.locator(".movements tbody tr").count()
    assert shown == min(8, len(true))
    if shown:
        newest = float(true[-1]["amount"])
        written = f"{abs(newest):,.2f}".translate(str.maketrans(",.", ".,"))
        cell = await page.locator(".movements tbody tr").first.locator(".amount").inner_text()
        assert cell == f"{'-' if newest < 0 else ''}R$\u00a0{written}"
    assert gateway.ask("GET", f"/v1/accounts/{account}/integration").json()["state"] == "active"
    await page.get_by_role("link", name="Voltar ao meu sistema").click()
    await page.wait_for_url(f"{BACK}?connect_session={made['id']}&result=enabled")


async def test_what_is_wrong_is_said_at_its_field(at_erp, banks, session, screenshots):
    """When the field is left, and again when the form is sent, with the focus on what is wrong."""
    page, listed = at_erp, banks.new_account("bradesco")
    await page.set_viewport_size({"width": NARROWEST, "height": 640})
    await page.goto(session(account={"bank": "bradesco"})["url"])
    await page.fill("#holder_tax_id", "11.222.333/0001-82")
    await page.locator("#description").focus()
    await page.wait_for_selector("#holder_tax_id-erro:not([hidden])")
    assert await page.inner_text("#holder_tax_id-erro") == "Isto não é um CNPJ válido."
    assert await page.get_attribute("#holder_tax_id", "aria-invalid") == "true"
    await press(page, "Continuar")
    assert await page.evaluate("document.activeElement.id") == "resumo"
    await assert_fits(page)
    await assert_accessible(page)
    await screenshots(page, "connect-account-wrong")
    await describe(page, listed["account"])
    await press(page, "Feito! Vamos integrar")
    other = banks.new_account("bradesco")["credentials"]
    await fill_in(page, {**listed["credentials"], "private_key": other["private_key"]})
    await page.wait_for_selector("#private_key-erro:not([hidden])")
    assert await page.inner_text("#private_key-erro") == "A chave não é a do certificado."
    # Both files dropped at once go to their places.
    await page.evaluate(
        """(files) => {
          const dropped = new DataTransfer();
          for (const [name, text] of files) dropped.items.add(new File([text], name));
          document.querySelector("[data-drop]").dispatchEvent(
            new DragEvent("drop", { dataTransfer: dropped, bubbles: true, cancelable: true }));
        }""",
        [[FILES[name], listed["credentials"][name]] for name in reversed(FILES)],
    )
    await page.wait_for_selector("#private_key-erro", state="hidden")
    await page.fill("#c-client_secret", "errado")
    await press(page, "Habilitar integração")
    await outcome(page)
    assert await page.inner_text("#falha h2") == "Houve uma falha: Alguma das credenciais informadas é inválida"
    assert await page.evaluate("document.activeElement.id") == "falha"
    assert await page.input_value("#c-client_id") == listed["credentials"]["client_id"]
    assert await page.input_value("#c-client_secret") == ""
    await assert_accessible(page)
    await screenshots(page, "connect-refused")


async def test_an_expired_password(at_erp, banks, gateway, session, screenshots):
    """The official title, one field, and the statement comes again."""
    page, listed = at_erp, banks.new_account("itau")
    account, number = gateway.enrol(listed).json()["id"], listed["account"]["number"]
    banks.ask("PUT", f"/accounts/itau/{number}/scenario", json={"scenario": "password_expired"})
    assert read(gateway, account) == "password_expired"
    await page.goto(session(purpose="repair", account_id=account)["url"])
    assert await page.inner_text("#falha h2") == "Senha expirada no Itaú"
    await assert_accessible(page)
    await screenshots(page, "connect-repair-password")
    banks.ask("PUT", f"/accounts/itau/{number}/scenario", json={"scenario": "ok"})
    new = banks.ask("POST", f"/accounts/itau/{number}/credentials").json()["credentials"]
    await page.get_by_text("Outros dados").click()
    await fill_in(page, new)
    await press(page, "Testar e guardar")
    assert "Integração consertada" in await outcome(page)
    assert read(gateway, account) == ""


async def test_a_swapped_certificate(at_erp, banks, gateway, session, screenshots):
    """That of another application is refused by the bank; the right one mends it, and the secret stays stored."""
    page, listed = at_erp, banks.new_account("cora")
    account = gateway.enrol(listed).json()["id"]
    strange = banks.new_account("cora", "certificate_swapped")["credentials"]
    await page.goto(session(purpose="repair", account_id=account)["url"])
    await fill_in(page, {name: strange[name] for name in FILES})
    await press(page, "Testar e guardar")
    await outcome(page)
    assert "credenciais" in await page.inner_text("#falha h2")
    await assert_accessible(page)
    await screenshots(page, "connect-repair-certificate")
    await fill_in(page, {name: listed["credentials"][name] for name in FILES})
    await press(page, "Testar e guardar")
    assert "Integração consertada" in await outcome(page)
    assert read(gateway, account) == ""


async def test_a_consent_is_given_refused_and_revoked(at_erp, banks, gateway, session, screenshots):
    """On the bank's page, in another window, which comes back; the window that waits shows the result too."""
    page, listed = at_erp, banks.new_account("btg_pactual")
    form = {name: listed["credentials"][name] for name in ("client_id", "client_secret")}
    await bank_page_of(page, banks)
    made = session(account={**listed["account"], "description": "BTG"})
    await page.goto(made["url"])
    await press(page, "Continuar")
    await press(page, "Feito! Vamos integrar")
    await fill_in(page, form)
    await press(page, "Habilitar integração")
    refused = await at_bank(page, "Recusar")
    assert await refused.inner_text("#falha h2") == "Autorização não concluída"
    await assert_accessible(refused)
    await refused.close()
    await page.wait_for_selector("#falha")
    await fill_in(page, form)
    await press(page, "Habilitar integração")
    await page.wait_for_selector("text=Já autorizei")
    await assert_accessible(page)
    await screenshots(page, "connect-consent")
    back = await at_bank(page, "Autorizar")
    assert "Integração habilitada" in await outcome(back)
    await page.wait_for_selector("#fim", timeout=60_000)
    await back.close()

    account = gateway.ask("GET", f"/v1/connect-sessions/{made['id']}").json()["account_id"]
    number = listed["account"]["number"]
    banks.ask("PUT", f"/accounts/btg_pactual/{number}/scenario", json={"scenario": "consent_revoked"})
    assert read(gateway, account) == "consent_revoked"
    await page.goto(session(purpose="repair", account_id=account)["url"])
    assert await page.inner_text("#falha h2") == "Autorização de compartilhamento encerrada"
    await screenshots(page, "connect-repair-consent")
    banks.ask("PUT", f"/accounts/btg_pactual/{number}/scenario", json={"scenario": "ok"})
    await press(page, "Autorizar de novo")
    back = await at_bank(page, "Autorizar")
    assert "Integração consertada" in await outcome(back)
    assert read(gateway, account) == ""


async def test_how_a_page_ends(at_erp, session, state, guard, screenshots):
    """Cancelled, expired, used, unknown, or as the bare address: each says what to do."""
    page, seen = at_erp, set()
    guard.expect("status of 4(04|09|10)")
    await page.goto(session(account={"bank": "inter"})["url"])
    await press(page, "Cancelar e voltar ao meu sistema")
    assert await page.inner_text("h1") == "Conexão cancelada"
    await assert_accessible(page, seen)
    await screenshots(page, "connect-cancelled")
    late, used = session(), session()
    database = state / DATABASE_FILE
    with contextlib.closing(sqlite3.connect(database, timeout=30)) as opened, opened:
        (one,) = opened.execute("SELECT created_at FROM connect_sessions WHERE id = ?", [late["id"]]).fetchone()
        opened.execute("UPDATE connect_sessions SET expires_at = ? WHERE id = ?", [one, late["id"]])
    async with httpx.AsyncClient() as client:
        await client.get(used["url"])
    beginning = used["url"].rpartition("/")[0]
    for name, address, said in (
        ("expired", late["url"], "O prazo terminou"),
        ("used", used["url"], "Endereço já usado"),
        ("unknown", f"{beginning}/nothing", "Página de conexão encerrada"),
        ("bare", beginning, "Página de conexão"),
        ("callback", "/v1/authorizations/callback?state=nothing", "Autorização não concluída"),
    ):
        await page.goto(address)
        assert await page.inner_text("h1") == said
        await assert_accessible(page, seen)
        await screenshots(page, f"connect-{name}")


async def test_while_a_bank_is_asked(at_erp, banks, session, screenshots):
    """What is under way, and what comes next."""
    page, listed = at_erp, banks.new_account("pagseguro")
    slow = {"fault": "latency", "parameters": {"milliseconds": 8000}, "times": 1}
    fault = {"bank": "pagseguro", "number": listed["account"]["number"], **slow}
    banks.ask("POST", "/faults", json=fault).raise_for_status()
    await page.goto(session(account=listed["account"])["url"])
    await press(page, "Continuar")
    await press(page, "Feito! Vamos integrar")
    await fill_in(page, listed["credentials"])
    await press(page, "Habilitar integração")
    assert "Consultando o banco" in await page.inner_text("h1")
    await page.route("**/connect/status", lambda route: route.fulfill(json={"stage": "checking"}))
    await assert_accessible(page)
    await screenshots(page, "connect-progress")
    await page.unroute("**/connect/status")
    assert "Integração habilitada" in await outcome(page)


async def test_a_page_that_is_loaded_again_leads_back(at_erp, session, guard):
    """Its address is used up, and the browser has kept nothing with which it could go on."""
    page, made = at_erp, session(account={"bank": "inter"})
    guard.expect("status of 4(04|10)")
    await page.goto(made["url"])
    assert "Descreva a conta" in await page.inner_text("h1")
    await page.fill("#description", "CANARY")
    kept = "[localStorage.length, sessionStorage.length, document.cookie]"
    assert await page.evaluate(kept) == [0, 0, ""]
    for address, said in ((made["url"].rpartition("/")[0], "Página de conexão"), (made["url"], "Endereço já usado")):
        await page.goto(address)
        assert await page.inner_text("h1") == said
    await assert_accessible(page)
    await page.get_by_role("link", name="Voltar ao meu sistema").click()
    await page.wait_for_url(BACK)


@contextlib.contextmanager
def framing(url):
    """A page of another server, which frames an address; gives its own address."""

    class Framing(BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write((FRAME.format(url=url[0]) if self.path == "/" else RETURNED).encode())

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Framing)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_in_a_frame(page, banks, gateway, session, guard):
    """Of the tenant's own page, which is told the end; of a stranger's page nothing is shown."""
    listed, address = banks.new_account("pagseguro"), [""]
    guard.expect(r"frame-ancestors|chrome-error|Blocked autofocusing|status of 410")
    with framing(address) as own, framing(address) as stranger:
        guard.allow(own)
        guard.allow(stranger)
        lists = {"return_addresses": [BACK, f"{own}/volta"], "frame_ancestors": [own]}
        assert gateway.ask("PUT", "/v1/connect-settings", json=lists).status_code == 200
        made = session(account={**listed["account"]}, return_to=f"{own}/volta")
        address[0] = made["url"]
        await page.goto(own)
        inner = page.frame_locator("iframe")
        await inner.get_by_role("button", name="Continuar").click()
        await inner.get_by_role("button", name="Feito! Vamos integrar").click()
        for name, value in listed["credentials"].items():
            await inner.locator(f"#c-{name}").fill(value)
        await inner.get_by_role("button", name="Habilitar integração").click()
        await inner.locator("#fim").wait_for(timeout=60_000)
        said = await page.locator("#said").inner_text()
        assert said.startswith(f'{gateway.url} {{"type":"extrato.connect","session":"{made["id"]}","result":"enabled"')
        await inner.get_by_role("link", name="Voltar ao meu sistema").click()
        await page.wait_for_url(f"{own}/volta?connect_session={made['id']}&result=enabled")

        address[0] = session(return_to=f"{own}/volta")["url"]
        await page.goto(stranger)
        await page.wait_for_timeout(500)
        assert "Escolha o banco" not in " ".join([await each.content() for each in page.frames])


async def test_without_scripts(browser, gateway, banks, session):
    """The same page, whose progress renews itself."""
    listed = banks.new_account("stone", opened_days_ago=60)
    async with visiting(browser, gateway.url, java_script_enabled=False) as page:
        await page.goto(session(account={**listed["account"]})["url"])
        await press(page, "Continuar")
        await press(page, "Feito! Vamos integrar")
        await fill_in(page, listed["credentials"])
        await press(page, "Habilitar integração")
        assert "Integração habilitada" in await outcome(page)
        assert await page.locator(".movements tbody tr").count() > 0


async def at_bank(page, button):
    """Go to the bank's page in another window, press a button there, and see where it leads back to."""
    async with page.expect_popup() as opening:
        await page.get_by_role("link", name="Autorizar na página do banco").click()
    window = await opening.value
    await window.get_by_role("button", name=button, exact=True).click()
    await window.wait_for_selector("#fim, #falha", timeout=60_000)
    return window


def read(gateway, account):
    """The code of the failure of yesterday's statement; empty where the bank gives one."""
    period = gateway.ask("GET", f"/v1/accounts/{account}/integration").json()["first_import"]["to"]
    answer = gateway.ask(
        "GET",
        f"/v1/accounts/{account}/statement",
        params={"from": period, "to": period},
        headers={"cache-control": "no-cache"},
    )
    return "" if answer.status_code == 200 else answer.json()["code"]
