"""Installs the browser of the tests where it is missing: `make browser`."""

import sys

from tests.browser.chromium import NoBrowser, install

if __name__ == "__main__":
    try:
        install()
    except NoBrowser as error:
        sys.exit(str(error))
