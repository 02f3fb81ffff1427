"""The pages of the guide that lead somewhere are carried out word by word, against served simulators and gateway."""

import json
import sqlite3
from contextlib import closing

import httpx
import pytest

from tests.docs.walkthrough import GUIDE, Walk, blocks_of, free_ports

PORTS = ("9000", "9443", "8000", "8100")
"""Those of the pages; each test takes free ones."""
INSTALL = "pip install -e ./extrato-asaas"
INSTALLED = "python -m tests.docs.installed ./extrato-asaas; export PYTHONPATH=$PWD/extrato-asaas:$PYTHONPATH"
"""What takes its place here: the same metadata, without pip and a network."""

OLD = "old"
DISABLE_AND_ENABLE = """
import json

from extrato_api import pedir

(conta,) = pedir("GET", "/v1/accounts")["accounts"]
with open("contas.json") as pronta:
    credenciais = json.load(pronta)[0]["credentials"]
pedir("DELETE", f"/v1/accounts/{conta['id']}/integration")
integracao = pedir("PUT", f"/v1/accounts/{conta['id']}/integration", json={"credentials": credenciais})
pedir("GET", f"/v1/accounts/{conta['id']}/statement", params=integracao["first_import"])
"""
"""What an ERP does after a pause."""


@pytest.fixture
def walk(tmp_path):
    walk = Walk(tmp_path, dict(zip(PORTS, map(str, free_ports(len(PORTS))), strict=True)))
    yield walk
    walk.leave()


def test_the_page_for_developers_leads_to_the_books_of_the_bank(walk):
    """From nothing to a daily import: the ERP of the page ends with the entries of the bank's ledger."""
    walk.go("erp.md")

    ready = json.loads((walk.folder / "contas.json").read_text())[0]
    with closing(sqlite3.connect(walk.folder / "livro.sqlite")) as books:
        kept = sorted(books.execute("SELECT data, valor FROM lancamentos"))
    first, last = kept[0][0], kept[-1][0]
    control = f"http://127.0.0.1:{walk.replaced['9000']}/_sim"
    query = {"from": first, "to": last}
    truth = httpx.get(f"{control}/truth/{ready['bank']}/{ready['account']['number']}", params=query, timeout=30).json()
    assert kept == sorted((entry["date"], entry["amount"]) for entry in truth["entries"])
    assert len(kept) > 30

    printed = "".join(walk.printed)
    assert "habilitada: active" in printed
    assert "prova: proved" in printed
    assert "statement.ready [" in printed
    assert "Quem age: user" in printed
    assert "conta-caixa-1 account_closed" in printed
    assert "/help/account_closed" in printed

    assert books_begun_anew(walk, control, ready) == [OLD]


def books_begun_anew(walk, control, ready):
    """Which of two further entries stay in the books when the gateway no longer knows the cursor.

    Nothing is kept while an integration is disabled. One entry is older than anything that is kept afterwards, the
    other is of a day that is kept and on which the bank has no such entry.
    """
    account = f"/accounts/{ready['bank']}/{ready['account']['number']}"
    httpx.put(f"{control}{account}/scenario", json={"scenario": "ok"}, timeout=30).raise_for_status()
    (walk.folder / "refazer.py").write_text(DISABLE_AND_ENABLE, "utf-8")
    books = sqlite3.connect(walk.folder / "livro.sqlite")
    with closing(books), books:
        (number, day) = books.execute("SELECT conta, max(data) FROM lancamentos").fetchone()
        for name, of_day in ((OLD, "2020-01-02"), ("wrong", day)):
            books.execute("INSERT INTO lancamentos VALUES (?, ?, ?, '1.00', '')", [number, name, of_day])
    walk.run("python refazer.py; python importar.py")
    with closing(sqlite3.connect(walk.folder / "livro.sqlite")) as books:
        return [name for (name,) in books.execute("SELECT id FROM lancamentos WHERE id IN (?, 'wrong')", [OLD])]


def test_the_page_for_testers_finds_what_it_says(walk):
    """The accounts, scenarios, faults and clock of the page do what the tests on it expect of them."""
    walk.go("qa.md")

    printed = "".join(walk.printed)
    assert '"expected": "password_expired"' in printed
    assert "7 passed" in printed
    assert "5 passed" in printed


def test_the_page_for_adapters_leads_to_a_served_bank(walk):
    """A bank is begun, its two sides are checked, and it is in both catalogues."""
    walk.replaced = {INSTALL: INSTALLED}
    walk.go("adaptador.md")

    printed = "".join(walk.printed)
    assert [line.split()[2] for line in printed.splitlines() if line.startswith("failed")] == ["facts"]
    assert {"simulator", "exchanges"} <= {line.split()[2] for line in printed.splitlines() if line.startswith("passed")}
    assert '"bank": "asaas"' in printed
    assert "<html" in (walk.folder / "certificado.html").read_text("utf-8")


def test_all_commands_of_the_guide_are_carried_out():
    """No page but these has commands of a kind that is carried out; those for operators are only checked by name."""
    pages = {
        file.name
        for file in GUIDE.glob("*.md")
        if [block for block in blocks_of(file.name) if block.language == "bash"]
    }

    assert pages == {"adaptador.md", "erp.md", "qa.md"}


def test_a_command_that_fails_is_noticed(walk):
    """A step fails with what was printed, and the commands after it are not run."""
    with pytest.raises(AssertionError, match="so far"):
        walk.run("echo so far\nfalse\ntouch after\n")
    assert not (walk.folder / "after").exists()
