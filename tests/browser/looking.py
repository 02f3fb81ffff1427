"""Looking at a page: whether it is accessible and fits on all screens, and what it does that nobody sees."""

import json
import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, Request, WebError

__all__ = ["NARROW", "NARROWEST", "WIDE", "Guard", "Shots", "assert_accessible", "assert_fits", "visiting"]

KEPT_AT = "TEST_SCREENSHOTS"
"""Names the folder in which screenshots are kept; without it none are taken."""
NARROWEST = 320
NARROW = 360
WIDE = 1280
HEIGHT = 800
SCHEMES = ("dark", "light")
"""The last is the one in which a page is left."""
OF_COLOURS = ("color-contrast", "link-in-text-block")
"""Rules whose findings depend on the colours."""

HIDE_KNOWN = """(known) => {
  const seen = new Set(known), kinds = new Set();
  window.hidden = [];
  const look = (element, above) => {
    const states = ["aria-current", "aria-invalid", "data-theme", "disabled", "href", "open", "type"]
      .map((name) => element.hasAttribute(name) ? name + (name === "href" ? "" : element.getAttribute(name)) : "");
    const kind = [above, element.localName, element.className.baseVal ?? element.className, ...states].join(" ");
    let isNew = !seen.has(kind);
    seen.add(kind);
    kinds.add(kind);
    for (const child of element.children) isNew = look(child, kind) || isNew;
    if (!isNew) window.hidden.push([element, element.style.display]);
    return isNew;
  };
  look(document.body, "");
  for (const [element] of window.hidden) element.style.setProperty("display", "none", "important");
  return [...kinds];
}"""
SHOW_KNOWN = "() => { for (const [element, display] of window.hidden) element.style.display = display; }"

TORN = """() => [...document.querySelectorAll("body *")].filter((element) => {
  const parts = [...element.childNodes].filter((node) => node.nodeType === 1 || node.textContent.trim());
  return parts.length > 1 && parts.some((node) => node.nodeType === 3) && getComputedStyle(element).display === "grid";
}).slice(0, 3).map((element) => element.textContent.slice(0, 80))"""
"""Elements whose text and elements are placed by a grid, each as a cell of its own."""


class Guard:
    """Notes what pages do that they must not: asking other addresses, errors of the console, violated policies.

    Args:
        own: the address of the server whose pages are looked at.
    """

    def __init__(self, own: str) -> None:
        self._own = {_origin(own)}
        self._expected: list[re.Pattern[str]] = []
        self._faults: list[str] = []

    def allow(self, address: str) -> None:
        """Let pages ask another server too."""
        self._own.add(_origin(address))

    def expect(self, pattern: str) -> None:
        """Let pages write lines to the console in which the pattern is found, such as those about an answer of 404."""
        self._expected.append(re.compile(pattern))

    @property
    def faults(self) -> list[str]:
        """What was seen so far."""
        return [fault for fault in self._faults if not any(each.search(fault) for each in self._expected)]

    def check(self) -> None:
        """Fail when something was seen that must not be."""
        assert not self.faults, "\n".join(self.faults)

    def watch(self, context: BrowserContext) -> None:
        """Look at all pages of a context from now on."""
        # Chromium says there what a policy has refused, too.
        context.on("console", self._console)
        context.on("weberror", self._error)
        # A route for all of them would ask this process about each, which takes half as long again as the page.
        context.on("request", self._asked)

    def _console(self, message: ConsoleMessage) -> None:
        # A browser asks for an icon by itself where a page names none.
        if message.type in {"error", "warning"} and urlsplit(message.location["url"]).path != "/favicon.ico":
            self._faults.append(f"console of {message.page.url if message.page else '?'}: {message.text}")

    def _error(self, error: WebError) -> None:
        self._faults.append(f"script of {error.page.url if error.page else '?'}: {error.error}")

    def _asked(self, request: Request) -> None:
        asked = request.url
        if urlsplit(asked).scheme not in {"data", "blob", "about"} and _origin(asked) not in self._own:
            self._faults.append(f"asked a foreign address: {asked}")


class Shots:
    """Looks at pages on a narrow and on a wide screen; takes screenshots, light and dark, where they are kept.

    Args:
        folder: where they are kept; None for nowhere.
    """

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    @classmethod
    def wanted(cls) -> "Shots":
        """Those of a run: the environment names a folder, or nobody would see them."""
        named = os.environ.get(KEPT_AT)
        return cls(Path(named) if named else None)

    async def __call__(self, page: Page, name: str) -> list[Path]:
        """Take the four of a page, which must fit on each screen; the page is left wide and light."""
        taken = []
        for width in (NARROW, WIDE):
            await page.set_viewport_size({"width": width, "height": HEIGHT})
            await assert_fits(page)
            for scheme in SCHEMES if self.folder is not None else ():
                await page.emulate_media(color_scheme=scheme)
                taken.append(self.folder / f"{name}-{width}-{scheme}.png")
                await page.screenshot(path=taken[-1], full_page=True)
        return taken


async def assert_accessible(page: Page, seen: set[str] | None = None) -> None:
    """Fail when axe finds something: in the structure of the whole page, and in its colours, light and dark.

    Of elements that have the same names, classes and states as others, all the way up, and so the same colours, one is
    enough: looking at the contrast of each takes ten times as long as all other rules. The page is left light.

    Args:
        page: it.
        seen: kinds of elements that were looked at on other pages of the same style; those of this page are added.

    Raises:
        AssertionError: what was found, each with its rule, element and help.
    """
    # The driver's own way through the browser's tools, which no policy of the page holds up.
    await page.evaluate(AXE_SCRIPT)
    found = await _findings(page, rules={rule: {"enabled": False} for rule in OF_COLOURS})
    kinds = set(await page.evaluate(HIDE_KNOWN, [*(seen or ())]))
    if seen is None or not kinds <= seen:
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme)
            found += await _findings(page, f"{scheme}: ", runOnly=[*OF_COLOURS])
    await page.evaluate(SHOW_KNOWN)
    assert not found, f"{page.url}\n" + "\n".join(found)
    if seen is not None:
        seen |= kinds


async def assert_fits(page: Page) -> None:
    """Fail when one has to scroll sideways to see the whole page, or when a grid tears a sentence apart."""
    wide, seen = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert wide <= seen, f"{page.url} is {wide} pixels wide where {seen} are seen"
    torn = await page.evaluate(TORN)
    assert not torn, f"{page.url} at {seen} pixels: parts of one text are cells of a grid: {torn}"


@asynccontextmanager
async def visiting(browser: Browser, own: str, guard: Guard | None = None, **more) -> AsyncIterator[Page]:
    """A page of a new visitor, who has neither cookies nor a history; in the end its guard is asked.

    Args:
        browser: it.
        own: the address of the server; paths are relative to it.
        guard: notes what pages do; one of its own unless it is given.
        more: further options of the visitor, such as `java_script_enabled=False`.
    """
    guard = guard or Guard(own)
    context = await browser.new_context(
        base_url=own, viewport={"width": WIDE, "height": HEIGHT}, locale="pt-BR", color_scheme="light", **more
    )
    try:
        guard.watch(context)
        yield await context.new_page()
    finally:
        await context.close()
    guard.check()


async def _findings(page: Page, where: str = "", **options) -> list[str]:
    results = await page.evaluate(f"axe.run({json.dumps({'resultTypes': ['violations'], **options})})")
    assert results["testEngine"]["name"] == "axe-core"
    return [
        f"{where}{rule['id']} ({rule['impact']}): {rule['help']}\n  {rule['helpUrl']}\n"
        + "".join(f"  at {at['target']}: {at['html'][:300]}\n    {at['failureSummary']}\n" for at in rule["nodes"])
        for rule in results["violations"]
    ]


def _origin(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.scheme, parts.netloc
