"""The table of supported banks is made from the contracts."""

import re

import contracts
from contracts.support import page, table


def test_every_bank_has_its_row():
    """The table has a row for each bank, in order."""
    assert re.findall(r"^\| `(\w+)`", table(), re.MULTILINE) == list(contracts.banks())


def test_the_page_has_the_table_and_says_what_it_means():
    """The page has a title, the table, and the meaning of its columns."""
    assert table() in page()
    assert "observed, documented, assumed" in page()


def test_the_page_that_is_kept_says_what_the_contracts_say():
    """`make support` writes it anew; a bank that is added need not stand there yet."""
    kept = (contracts.HERE / "SUPPORT.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `.*$", kept, re.MULTILINE)

    assert len(rows) >= 12
    assert [row for row in rows if row not in table().splitlines()] == []
