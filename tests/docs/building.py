"""Builds the site of the guide once for all tests of a run."""

import fcntl
import os
import subprocess
import sys

from tests.docs.walkthrough import ROOT

__all__ = ["built"]

BUILD_SECONDS = 180
"""On a busy machine; alone it takes less than fifteen."""


def built(tmp_path_factory):
    """The folder of the site, built by the first of the processes that ask for it."""
    shared = tmp_path_factory.getbasetemp()
    place = (shared.parent if "PYTEST_XDIST_WORKER" in os.environ else shared) / "guide-site"
    with (place.parent / "guide-site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not place.exists():
            command = [sys.executable, "-m", "docs.generator", str(place)]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
            assert done.returncode == 0, done.stderr
            assert not done.stderr
    return place
