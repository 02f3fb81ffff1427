"""The browser of the tests: where it is, how it is started, and how it is installed."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

from playwright.async_api import Browser, async_playwright

__all__ = ["MISSING", "NoBrowser", "found", "install", "started"]

VARIABLE = "TEST_BROWSER"
"""Names the browser's program where it is none of the ordinary ones."""
NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = f"the tests need Chromium: install Debian's package `chromium`, or name a browser in {VARIABLE}"
INSTALLING = (("apt-get", "update", "-q"), ("apt-get", "install", "-q", "-y", "--no-install-recommends", "chromium"))

FEATURES_OF_THE_DRIVER = (
    *("AvoidUnnecessaryBeforeUnloadCheckSync", "DestroyProfileOnBrowserClose", "HttpsUpgrades"),
    *("HttpsFirstBalancedModeAutoEnable", "LensOverlay", "MediaRouter", "PaintHolding"),
    *("AvoidCorsURLLoaderRestartOnRedirect", "OptimizationHints", "NetworkTimeServiceQuerying", "AimEnabled"),
    *("PreconnectToSearch", "ThirdPartyStoragePartitioning"),
)
"""What the driver switches off; of two lists in a command line Chromium reads the last, so that ours repeats it."""
UNSEEN = ("WebUIOmniboxPopup", "WebUIOmniboxAimPopup", "SpareRendererForSitePerProcess")
"""For each new visitor these start two processes besides the page's own, which took half of the processor's time: pages
below the address line, which nobody sees without a window, and a process kept ready for another page."""

NOWHERE_ELSE = "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"
"""Other names than those of this machine are not found, so that no page asks anybody else."""


class NoBrowser(Exception):
    """There is none; its text says in one line what to install."""


def found() -> str:
    """The browser's program.

    Raises:
        NoBrowser: there is none.
    """
    named = os.environ.get(VARIABLE, "")
    if named:
        if (program := shutil.which(named)) is None:
            raise NoBrowser(f"{VARIABLE} names {named}, which is no program")
        return program
    for name in NAMES:
        if (program := shutil.which(name)) is not None:
            return program
    raise NoBrowser(MISSING)


def install() -> str:
    """The browser's program, which is installed first where it is missing and that can be done.

    Raises:
        NoBrowser: there is none, and it cannot be installed here.
    """
    try:
        return found()
    except NoBrowser:
        if os.environ.get(VARIABLE) or not _is_root() or shutil.which("apt-get") is None:
            raise
    for command in INSTALLING:
        done = subprocess.run(command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, check=False)
        if done.returncode:
            raise NoBrowser(f"{MISSING} (`{' '.join(command)}` failed)")
    return found()


@contextlib.asynccontextmanager
async def started(downloads: Path | None = None) -> AsyncIterator[Browser]:
    """A running browser without a window.

    Args:
        downloads: where it puts downloaded files; a folder of its own unless it is given.

    Raises:
        NoBrowser: there is none.
    """
    program = found()
    # Chromium refuses to work as root within its sandbox.
    arguments = ["--no-sandbox"] if _is_root() else []
    arguments.append(f"--host-resolver-rules={NOWHERE_ELSE}")
    arguments.append(f"--disable-features={','.join((*FEATURES_OF_THE_DRIVER, *UNSEEN))}")
    async with async_playwright() as driver:
        browser = await driver.chromium.launch(executable_path=program, args=arguments, downloads_path=downloads)
        try:
            yield browser
        finally:
            await browser.close()


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0
