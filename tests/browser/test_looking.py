"""What looks at pages finds what is wrong with them."""

import os

import pytest

from tests.browser import chromium
from tests.browser.looking import NARROW, Guard, assert_accessible, assert_fits, visiting

FOREIGN = "http://stranger.example/"


async def seen(browser, gateway, script, event, **more):
    """What the guard sees when a script runs on a page, until the browser tells of an event."""
    guard = Guard(gateway.url)
    with pytest.raises(AssertionError) as found:
        await _run(browser, gateway.url, guard, script, event, more)
    assert guard.faults
    return str(found.value)


async def _run(browser, url, guard, script, event, more):
    async with visiting(browser, url, guard, **more) as page:
        await page.goto("/help/")
        async with page.context.expect_event(event):
            await page.evaluate(script)


async def test_foreign_addresses_are_neither_asked_nor_overlooked(browser, gateway):
    """Whatever asks them."""
    script = f"() => {{ new Image().src = '{FOREIGN}' }}"
    assert FOREIGN in await seen(browser, gateway, script, "requestfailed", bypass_csp=True)


async def test_what_a_policy_refuses_is_a_fault(browser, gateway):
    """And an error of a script as well."""
    script = "() => { document.body.setAttribute('style', 'color: red') }"
    assert "Content Security Policy" in await seen(browser, gateway, script, "console")
    script = "() => { setTimeout(() => { throw new Error('BROKEN') }) }"
    assert "BROKEN" in await seen(browser, gateway, script, "weberror")


async def test_findings_name_rule_element_and_help(page):
    """Of an image without a text, and of letters that are too dark in the dark alone."""
    await page.goto("/help/")
    await page.evaluate("document.querySelector('main').append(new Image())")
    with pytest.raises(AssertionError, match=r"image-alt \(critical\)[\s\S]*https?://[\s\S]*<img>"):
        await assert_accessible(page)
    await page.evaluate("document.querySelector('main').innerHTML = '<h1>Pale</h1>'")
    await page.evaluate("document.querySelector('h1').style.color = '#222'")
    with pytest.raises(AssertionError, match=r"dark: color-contrast \(serious\)[\s\S]*<h1") as found:
        await assert_accessible(page)
    assert "\ncolor-contrast" not in str(found.value)


async def test_colours_are_looked_at_once_for_each_kind_of_element(page):
    """Pale letters among others of their kind, which have other colours; not where that kind was seen before."""
    seen = set()
    await page.goto("/help/")
    await assert_accessible(page, seen)
    number = await page.locator("main *:visible").count()
    await page.evaluate("document.querySelector('.list a').style.color = '#aaa'")
    await assert_accessible(page, seen)
    await page.evaluate("document.querySelectorAll('.list')[2].className = 'list new'")
    await page.evaluate("document.querySelector('.new a').style.color = '#aaa'")
    with pytest.raises(AssertionError, match=r"light: color-contrast[\s\S]*<a href"):
        await assert_accessible(page, seen)
    assert await page.locator("main *:visible").count() == number


async def test_what_is_too_wide_is_found(page):
    """By a word that cannot be broken."""
    await page.goto("/help/")
    await page.set_viewport_size({"width": NARROW, "height": 640})
    await assert_fits(page)
    await page.evaluate("document.querySelector('main').style.minWidth = '400px'")
    with pytest.raises(AssertionError, match="is 400 pixels wide"):
        await assert_fits(page)


async def test_a_sentence_that_a_grid_tears_apart_is_found(page):
    """Its words and its link would stand in cells of their own."""
    await page.goto("/help/")
    await page.evaluate("document.querySelector('main').innerHTML = '<p>Veja a <a href=/help/>ajuda</a>.</p>'")
    await assert_fits(page)
    await page.evaluate("document.querySelector('main p').style.display = 'grid'")
    with pytest.raises(AssertionError, match=r"parts of one text are cells of a grid: \['Veja a ajuda\.'\]"):
        await assert_fits(page)


def test_without_a_browser_one_line_says_what_to_install(monkeypatch, tmp_path):
    """Also where the environment names one that is not there; nothing is installed for those who are not root."""
    monkeypatch.delenv("TEST_BROWSER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    for look in (chromium.found, chromium.install):
        with pytest.raises(chromium.NoBrowser, match="install Debian's package `chromium`"):
            look()
    monkeypatch.setenv("TEST_BROWSER", "/nowhere/chrome")
    with pytest.raises(chromium.NoBrowser, match="TEST_BROWSER names /nowhere/chrome, which is no program"):
        chromium.install()


def test_root_installs_the_package_of_debian(monkeypatch, tmp_path):
    """And the browser is found afterwards."""
    monkeypatch.delenv("TEST_BROWSER", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    program = tmp_path / "apt-get"
    program.write_text(
        "#!/bin/sh\n"
        f'echo "$DEBIAN_FRONTEND $*" >> {tmp_path}/asked\n'
        f'[ "$1" = install ] || exit 0\nprintf "" > {tmp_path}/chromium\n/bin/chmod +x {tmp_path}/chromium\n'
    )
    program.chmod(0o755)

    assert chromium.install() == str(tmp_path / "chromium")
    assert (tmp_path / "asked").read_text().splitlines() == [
        "noninteractive update -q",
        "noninteractive install -q -y --no-install-recommends chromium",
    ]
    assert chromium.install() == str(tmp_path / "chromium")
    assert len((tmp_path / "asked").read_text().splitlines()) == 2
