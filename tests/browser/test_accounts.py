"""The account pages in the browser: a person signs in, finds accounts, and looks at a statement."""

from datetime import date, timedelta

import pytest

from gateway.storage.management.api_keys import Scope
from tests.browser.looking import NARROWEST, assert_accessible, assert_fits, visiting
from tests.served import processes

SEES_ALL = frozenset({Scope.OPERATE, Scope.READ})


@pytest.fixture(scope="module")
def tenant(gateway, banks, state):
    """A tenant of its own with accounts in several states: its key of the API, and the ids by scenario."""
    manages = processes.new_key(state, banks, "painel")
    mine = processes.Gateway(gateway.url, manages, gateway.process)
    ids = {}
    for bank in ("inter", "sicoob", "bradesco"):
        answer = mine.enrol(banks.new_account(bank))
        assert answer.status_code == 201, answer.text
        ids[bank] = answer.json()["id"]
    failing = banks.new_account("cora")
    ids["cora"] = mine.enrol(failing).json()["id"]
    fault = {"bank": "cora", "number": failing["account"]["number"], "fault": "html_page", "times": 100}
    banks.ask("POST", "/faults", json=fault).raise_for_status()
    unused = {**banks.new_account("itau")["account"], "description": "Conta <nova> " + "muito " * 20 + "x" * 60}
    ids["itau"] = mine.ask("POST", "/v1/accounts", json=unused).json()["id"]
    return mine, ids


@pytest.fixture(scope="module")
def key(tenant, state, banks):
    """A key for the pages of that tenant."""
    return processes.new_key(state, banks, "painel", scopes=SEES_ALL)


async def sign_in(page, key):
    """Type the key, by keyboard alone."""
    await page.goto("/painel")
    await page.wait_for_url("**/painel/entrar")
    await page.get_by_label("Chave de API").focus()
    await page.keyboard.type(key)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/painel")


async def test_signing_in(page, screenshots, guard, key):
    """A wrong key is said at the field; the right one is nowhere afterwards."""
    guard.expect("status of 401")
    await page.goto("/painel/entrar")
    await assert_accessible(page)
    await page.get_by_label("Chave de API").fill("ext_0123456789ab_" + "x" * 43)
    await page.get_by_role("button", name="Entrar").click()
    assert "não é válida" in await page.get_by_role("alert").inner_text()
    await assert_accessible(page)
    await screenshots(page, "painel-entrar")
    await sign_in(page, key)
    (cookie,) = await page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/painel")
    assert key not in str(cookie) + page.url + await page.content()
    assert await page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    await page.get_by_role("button", name="Sair").click()
    await page.wait_for_url("**/painel/entrar")
    assert await page.context.cookies() == []
    await page.go_back()
    assert await page.get_by_label("Chave de API").count() == 1


async def test_the_list_and_an_account(page, screenshots, key, tenant):
    """From the list to the account that was looked for."""
    mine, ids = tenant
    assert mine.statement(ids["cora"], "2026-01-05", "2026-01-06").status_code >= 500
    await sign_in(page, key)
    assert await page.locator(".accounts > li").count() == len(ids)
    await assert_accessible(page)
    await screenshots(page, "painel-contas")
    await page.set_viewport_size({"width": NARROWEST, "height": 640})
    await assert_fits(page)

    await page.get_by_label("Banco").select_option("itau")
    await page.get_by_role("button", name="Mostrar").click()
    await page.wait_for_url("**banco=itau**")
    await page.locator(".accounts a").first.click()
    await page.wait_for_url(f"**/contas/{ids['itau']}")
    await assert_fits(page)
    await assert_accessible(page)
    await page.goto(f"/painel/contas/{ids['cora']}")
    assert "Quem precisa agir" in await page.locator(".problem").inner_text()
    await assert_accessible(page)
    await screenshots(page, "painel-conta")


async def test_a_statement(page, screenshots, key, tenant):
    """With all entries of the API, a chart that is told in words, and a proof."""
    mine, ids = tenant
    last = mine.ask("GET", f"/v1/accounts/{ids['inter']}").json()["integration"]["first_import"]["to"]
    first = (date.fromisoformat(last) - timedelta(days=2)).isoformat()
    await sign_in(page, key)
    await page.goto(f"/painel/contas/{ids['inter']}/extrato")
    await assert_accessible(page)
    await page.get_by_label("Do dia").fill(first)
    await page.get_by_label("Até o dia").fill(last)
    await page.get_by_role("button", name="Mostrar").click()
    await page.wait_for_url(f"**de={first}&ate={last}")

    statement = mine.statement(ids["inter"], first, last).json()
    shown = await page.locator("tbody tr").count()
    assert shown == min(len(statement["entries"]), 200) > 3
    assert "Confere" in await page.locator("main").inner_text()
    assert (await page.get_by_role("img").get_attribute("aria-labelledby")) == "saldos"
    assert "Saldo no fim de cada dia" in await page.locator("#saldos").text_content()
    await assert_accessible(page)
    await screenshots(page, "painel-extrato")
    await page.set_viewport_size({"width": NARROWEST, "height": 640})
    await assert_fits(page)


async def test_without_scripts(browser, gateway, key, tenant):
    """All of it works in a browser that runs none."""
    _, ids = tenant
    async with visiting(browser, gateway.url, java_script_enabled=False) as page:
        await sign_in(page, key)
        await page.get_by_label("Banco").select_option("sicoob")
        await page.get_by_role("button", name="Mostrar").click()
        await page.wait_for_url("**banco=sicoob**")
        await page.locator(".accounts a").first.click()
        await page.wait_for_url(f"**/contas/{ids['sicoob']}")
        await page.get_by_role("link", name="Ver o extrato").click()
        await page.wait_for_url("**/extrato")
        await page.get_by_role("button", name="Sair").click()
        await page.wait_for_url("**/painel/entrar")
