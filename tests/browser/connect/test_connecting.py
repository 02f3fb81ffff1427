"""A person who knows only the browser connects accounts at all simulated banks."""

import re

import pytest

import contracts
from tests.browser.connect.steps import BACK, FILES, fill_in, outcome, press
from tests.browser.looking import NARROWEST, assert_accessible, assert_fits


async def describe(page, account):
    """Say which account it is."""
    await page.check(f"input[name=kind][value={account['kind']}]")
    await page.fill("#branch", account["branch"])
    await page.fill("#number", account["number"])
    await page.fill("#holder_tax_id", account["holder_tax_id"])
    await page.fill("#description", "Conta principal")
    await press(page, "Continuar")


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
