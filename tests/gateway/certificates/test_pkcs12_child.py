"""The process that opens a PKCS#12, where a sandbox forbids it something."""

import base64
import json
import subprocess
import sys

from gateway.certificates.pkcs12 import CHILD
from gateway.limits import PKCS12_PROCESSOR_SECONDS

WITHOUT_PRIORITIES = """
import os, runpy, sys

def refused(_):
    raise PermissionError(1, "Operation not permitted")

os.nice = refused
runpy.run_path(sys.argv.pop(1), run_name="__main__")
"""


def test_a_sandbox_without_priorities_keeps_nobody_from_opening_a_pkcs12():
    """It answers, instead of ending in a way that is taken for a file that cannot be read."""
    form = {"bundle": base64.b64encode(b"no PKCS#12").decode(), "password": ""}

    done = subprocess.run(
        [sys.executable, "-I", "-c", WITHOUT_PRIORITIES, str(CHILD), str(PKCS12_PROCESSOR_SECONDS)],
        input=json.dumps(form),
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stderr == ""
    assert json.loads(done.stdout) == {"error": "unreadable"}
