"""What a person does on the connect page."""

ERP = "http://localhost:3999"
BACK = f"{ERP}/volta"
FILES = {"certificate": "certificado.crt", "private_key": "chave.key"}
RETURNED = "<!DOCTYPE html><html lang='pt-BR'><title>ERP</title><h1>De volta</h1></html>"


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


async def press(page, name):
    """Press a button, and see the next page."""
    async with page.expect_navigation():
        await page.get_by_role("button", name=name).click()


async def outcome(page):
    """Wait until a page has no progress any more."""
    await page.wait_for_selector("#fim, #falha, #resumo", timeout=120_000)
    return await page.locator("h1").inner_text()
