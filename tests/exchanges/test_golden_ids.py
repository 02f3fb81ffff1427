"""The ids of all entries of all exchanges stay as ERPs have stored them.

An id that changes makes an ERP book a whole history twice. When this fails, a connector names other `content_fields` or
reads them differently. Undo that; or raise `ID_VERSION`, note it in the change log, and write the new ids with
`GOLDEN_IDS=write`.
"""

import os
from pathlib import Path

import msgspec
import pytest

import contracts
from simulators.certify.exchanges.as_shown import listen

FILE = Path(__file__).with_name("golden_ids.json")
GOLDEN: dict[str, dict[str, list[str]]] = msgspec.json.decode(FILE.read_bytes())


def ids_of(slug: str) -> dict[str, list[str]]:
    """By the name of each exchange that gives entries, their ids."""
    found = {name: listen(slug, exchange) for name, exchange in contracts.exchanges(slug).items()}
    return {
        name: [entry.id for entry in outcome.statement.entries]
        for name, outcome in found.items()
        if outcome.statement is not None and outcome.statement.entries
    }


@pytest.mark.parametrize("slug", contracts.banks())
def test_ids_stay(slug):
    """Each exchange gives the ids that are written down for it."""
    ids = ids_of(slug)
    if os.environ.get("GOLDEN_IDS") == "write":
        GOLDEN[slug] = GOLDEN.get(slug, {}) | ids
        FILE.write_bytes(msgspec.json.format(msgspec.json.encode(GOLDEN, order="sorted"), indent=1) + b"\n")

    assert ids
    assert {name: ids.get(name) for name in GOLDEN[slug]} == GOLDEN[slug]
