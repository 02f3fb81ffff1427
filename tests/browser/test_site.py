"""The site of the guide in the browser, served from its files."""

from urllib.parse import unquote, urlsplit

import pytest

from tests.browser.looking import NARROW, Guard, assert_accessible, assert_fits, visiting
from tests.docs.building import built

ADDRESS = "http://guia.example"
SHOWN = ("index.html", "guia/contador.html", "guia/qa.html", "api/index.html")
"""Pages of which screenshots are taken."""
PARTS = 4
"""Tests among which the pages are divided: one would take too long on a busy machine."""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The folder of the site."""
    return built(tmp_path_factory)


@pytest.fixture
async def reader(browser, site):
    """A page of somebody who reads the site."""

    async def answer(route):
        file = site / unquote(urlsplit(route.request.url).path).lstrip("/")
        await (route.fulfill(path=file) if file.is_file() else route.fulfill(status=404))

    async with visiting(browser, ADDRESS, Guard(ADDRESS)) as page:
        await page.context.route(f"{ADDRESS}/**", answer)
        yield page


@pytest.fixture(scope="module")
def seen():
    """The kinds of elements whose colours were looked at."""
    return set()


@pytest.mark.parametrize("part", range(PARTS))
async def test_each_page(reader, site, screenshots, seen, part):
    """Accessible, light and dark, and nothing is cut off."""
    names = sorted(str(each.relative_to(site)) for each in site.rglob("*.html"))
    assert len(names) > 30
    await reader.set_viewport_size({"width": NARROW, "height": 640})
    for name in names[part::PARTS]:
        await reader.goto(f"/{name}")
        await assert_fits(reader)
        await assert_accessible(reader, seen)
        if name in SHOWN:
            await screenshots(reader, f"site-{name.removesuffix('.html').replace('/', '-')}")
            await reader.set_viewport_size({"width": NARROW, "height": 640})
