"""Help pages in the browser."""

import pytest

import contracts
from gateway.help import pages
from tests.browser.looking import NARROWEST, assert_accessible, assert_fits
from tests.gateway.help.markup import read

CODES = [*contracts.failures().failures, *contracts.failures().warnings]
LOOKED_AT = ("invalid_credentials", "empty_statement")


async def test_the_list(page, screenshots):
    """Accessible, and nothing is cut off."""
    await page.goto("/help/")
    await assert_accessible(page)
    await screenshots(page, "help")


@pytest.mark.parametrize("code", LOOKED_AT)
async def test_pages_that_are_looked_at_closely(page, screenshots, code):
    """Their colours, light and dark."""
    await page.goto(f"/help/{code}")
    await assert_accessible(page)
    await screenshots(page, f"help-{code}")


def test_no_other_page_has_other_colours():
    """One style is that of all pages, and each kind of element is on the pages that are looked at closely."""
    close = {kind for code in LOOKED_AT for kind in kinds_on(code)}

    assert {kind for code in CODES for kind in kinds_on(code)} <= close


@pytest.mark.parametrize("part", range(4))
async def test_each_page(page, part):
    """Accessible, and nothing is cut off on the narrowest screen."""
    await page.set_viewport_size({"width": NARROWEST, "height": 640})
    for code in CODES[part::4]:
        await page.goto(f"/help/{code}")
        await assert_fits(page)
        await assert_accessible(page, colours=False)


async def test_a_page_that_does_not_exist(page, guard):
    """The browser notes that answer, and nothing else."""
    guard.expect(r"status of 404")
    answer = await page.goto("/help/invalid_credential")
    assert answer.status == 404
    await assert_accessible(page)


async def test_by_keyboard(page):
    """The first stop is the link that leads past the head of the page; the address follows a link."""
    await page.goto("/help/")
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Ir para o conteúdo"
    await page.locator("a[href=rate_limited]").focus()
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/help/rate_limited")
    assert await page.locator("h1").count() == 1


def kinds_on(code):
    """The kinds of elements on a page: their names and classes."""
    return {(name, given.get("class")) for name, given in read(pages.page_of(code).body).elements}
