"""Help pages in the browser."""

import pytest

import contracts
from tests.browser.looking import NARROWEST, assert_accessible, assert_fits

CODES = [*contracts.failures().failures, *contracts.failures().warnings]
PARTS = 3
"""Tests among which the pages are divided: one would take too long on a busy machine."""
LOOKED_AT = ("invalid_credentials", "empty_statement")


async def test_the_list(page, screenshots):
    """Accessible, and nothing is cut off."""
    await page.goto("/help/")
    await assert_accessible(page)
    await screenshots(page, "help")


@pytest.fixture(scope="module")
def seen():
    """The kinds of elements whose colours were looked at."""
    return set()


@pytest.mark.parametrize("part", range(PARTS))
async def test_each_page(page, screenshots, seen, part):
    """Accessible, light and dark, and nothing is cut off on the narrowest screen."""
    for code in CODES[part::PARTS]:
        await page.set_viewport_size({"width": NARROWEST, "height": 640})
        await page.goto(f"/help/{code}")
        await assert_fits(page)
        await assert_accessible(page, seen)
        if code in LOOKED_AT:
            await screenshots(page, f"help-{code}")


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
