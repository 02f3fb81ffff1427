"""A person repairs a connection that has failed."""

import re

import httpx

from tests.browser.connect.steps import FILES, fill_in, outcome, press
from tests.browser.looking import assert_accessible
from tests.served.processes import PLAIN

BANK_PAGE = re.compile(r"https://id\.btgpactual\.com/")


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


async def test_a_consent_is_given_refused_and_revoked(at_erp, guard, banks, gateway, session, screenshots):
    """On the bank's page, in another window, which comes back; the window that waits shows the result too."""
    page, listed = at_erp, banks.new_account("btg_pactual")
    form = {name: listed["credentials"][name] for name in ("client_id", "client_secret")}
    guard.allow("https://id.btgpactual.com")
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
