"""How the connect page goes on and ends: while a bank is asked, loaded again, in a frame, without scripts."""

import contextlib
import sqlite3
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx

from gateway.state_folder import DATABASE_FILE
from tests.browser.connect.steps import BACK, RETURNED, fill_in, outcome, press
from tests.browser.looking import assert_accessible, visiting

FRAME = """<!DOCTYPE html><html lang="pt-BR"><title>ERP</title><main><h1>ERP</h1><output id="said"></output>
<iframe title="Conectar" src="{url}" width="900" height="1400"></iframe></main>
<script>addEventListener("message", (event) => {{ said.textContent = event.origin + " " + JSON.stringify(event.data) }})
</script></html>"""


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
    slow = {"fault": "latency", "parameters": {"milliseconds": 4000}, "times": 1}
    fault = {"bank": "pagseguro", "number": listed["account"]["number"], **slow}
    banks.ask("POST", "/faults", json=fault).raise_for_status()
    await page.goto(session(account=listed["account"])["url"])
    await press(page, "Continuar")
    await press(page, "Feito! Vamos integrar")
    await fill_in(page, listed["credentials"])
    # However soon the bank answers, the page stays as it is until it has been looked at.
    await page.route("**/connect/status", lambda route: route.fulfill(json={"stage": "checking"}))
    await press(page, "Habilitar integração")
    assert "Consultando o banco" in await page.inner_text("h1")
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
