"""The pages of the guide that lead somewhere are carried out word by word, against served simulators and gateway."""

import json
import sqlite3

import httpx
import pytest

from tests.docs.walkthrough import Walk, free_ports

PORTS = ("9000", "9443", "8000", "8100")
"""Those of the pages; each test takes free ones."""


@pytest.fixture
def walk(tmp_path):
    walk = Walk(tmp_path, dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True)))
    yield walk
    walk.leave()


def test_the_page_for_developers_leads_to_the_books_of_the_bank(walk):
    """From nothing to a daily import: the ERP of the page ends with the entries of the bank's ledger."""
    walk.go("erp.md")

    ready = json.loads((walk.folder / "contas.json").read_text())[0]
    with sqlite3.connect(walk.folder / "livro.sqlite") as books:
        kept = sorted(books.execute("SELECT data, valor FROM lancamentos"))
    first, last = kept[0][0], kept[-1][0]
    control = f"http://127.0.0.1:{walk.replaced['9000']}/_sim"
    query = {"from": first, "to": last}
    truth = httpx.get(f"{control}/truth/inter/{ready['account']['number']}", params=query, timeout=30).json()
    assert kept == sorted((entry["date"], entry["amount"]) for entry in truth["entries"])
    assert len(kept) > 30

    printed = "".join(walk.printed)
    assert "habilitada: active" in printed
    assert "prova: proved" in printed
    assert "statement.ready [" in printed
    assert "Quem age: user" in printed
    assert "conta-caixa-1 account_closed" in printed
    assert "/help/account_closed" in printed
