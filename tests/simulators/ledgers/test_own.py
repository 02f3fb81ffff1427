"""Movements of one's own, in three formats, come back from every bank in all that its wire carries."""

import csv
import io
import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product

import httpx
import pytest

import contracts
from gateway.model import Period
from simulators.banks import bank_class
from simulators.certify.harnesses.account import account_of
from simulators.certify.harnesses.pure import PureHarness
from simulators.clock import BRASILIA, FrozenClock
from simulators.ledger import Fixed, LedgerEntry
from simulators.ledgers.carried import not_carried
from simulators.ledgers.entry_form import Problems, read_entry, shown
from simulators.ledgers.entry_form import flat as flat_entry
from simulators.serving.server import application
from simulators.worlds.registry import Worlds

NOW = datetime(2026, 3, 18, 10, tzinfo=BRASILIA)
PERIOD = Period(date(2026, 3, 2), date(2026, 3, 12))
PARTIES = (
    None,
    {
        "name": "Padaria Pão & Cia ME",
        "tax_id": "11.222.333/0001-81",
        "bank": "341",
        "ispb": "60701190",
        "bank_name": "Itaú Unibanco S.A.",
        "branch": "1234",
        "account": "9876543",
    },
    {
        "name": "Ana Lúcia Guimarães",
        "tax_id": "52998224725",
        "bank": "001",
        "ispb": "00000000",
        "bank_name": "Banco do Brasil S.A.",
        "branch": "0042",
        "account": "0012345",
    },
)


def twenty(slug):
    """Twenty movements: each type the bank has, with and without party, document, text and time; two are twins."""
    kinds = sorted(bank_class(slug).kinds)
    found = []
    for number in range(19):
        kind, credit = kinds[number % len(kinds)]
        if number % 2 == 0:
            kind, credit = ("PIX", number % 4 == 0)
        amount = f"{'' if credit else '-'}{number * 37 + 1}.{number:02}"
        entry = {"amount": amount, "type": kind, "description": f"Fatura nº {number}, São João" if number % 5 else ""}
        day = f"2026-03-{2 + number // 2:02}"
        entry |= {"date": day} if number % 3 == 0 else {"booked_at": f"{day}T{9 + number // 4:02}:{number:02}:07-03:00"}
        entry |= {"document": f"47{number:02}"} if number % 4 == 1 else {}
        entry |= {"counterparty": PARTIES[number % 3]} if PARTIES[number % 3] else {}
        found.append(entry)
    return [*found, found[2]]


def as_json(entries):
    return "application/json", json.dumps({"opening_balance": "100000.00", "entries": entries}).encode()


def as_csv(entries):
    """With semicolons, decimal commas and days as in Brazil."""
    names = ["date", "booked_at", "amount", "type", "description", "document", "opening_balance"]
    names += [f"counterparty_{name}" for name in PARTIES[1]]
    file = io.StringIO()
    writer = csv.DictWriter(file, names, delimiter=";")
    writer.writeheader()
    for number, entry in enumerate(entries):
        party = {f"counterparty_{name}": value for name, value in (entry.get("counterparty") or {}).items()}
        row = {name: value for name, value in entry.items() if name != "counterparty"} | party
        row["amount"] = row["amount"].replace(".", ",")
        row |= {"date": "{2}/{1}/{0}".format(*entry["date"].split("-"))} if "date" in entry else {}
        writer.writerow(row | ({"opening_balance": "100.000,00"} if number == 0 else {}))
    return "text/csv", file.getvalue().encode()


def as_ofx(entries):
    """1.02 in SGML and Windows-1252, with what it has: no types, no tax ids, no accounts."""
    closing = Decimal(100_000) + sum(Decimal(entry["amount"]) for entry in entries)
    lines = ["OFXHEADER:100", "VERSION:102", "", "<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS>", "<BANKTRANLIST>"]
    lines += ["<DTSTART>20260301000000[-3:BRT]"]
    for entry in entries:
        moment = entry.get("booked_at", entry.get("date", "") + "T12:00:00")[:19]
        moment = "".join(sign for sign in moment if sign.isdecimal())
        lines += ["<STMTTRN>", "<TRNTYPE>OTHER", f"<DTPOSTED>{moment}[-3:BRT]", f"<TRNAMT>{entry['amount']}"]
        lines += [f"<CHECKNUM>{entry['document']}"] if "document" in entry else []
        party = entry.get("counterparty")
        lines += [f"<NAME>{party['name'].replace('&', '&amp;')}"] if party and entry["description"] else []
        lines += [f"<MEMO>{entry['description']}"] if entry["description"] else []
        lines += ["</STMTTRN>"]
    lines += ["</BANKTRANLIST>", f"<LEDGERBAL><BALAMT>{closing}<DTASOF>20260312</LEDGERBAL>"]
    return "application/x-ofx", "\r\n".join([*lines, "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"]).encode("cp1252")


def given(entry, form):
    """What is asked for of a movement, in the form of the truth; without what OFX does not have."""
    party = entry.get("counterparty") or {}
    if form is as_ofx:
        party = {"name": party["name"]} if party and entry["description"] else {}
    found = {"amount": entry["amount"], "description": entry["description"], "document": entry.get("document")}
    found |= {} if form is as_ofx else {"type": entry["type"]}
    found["booked_at"] = entry.get("booked_at") or f"{entry['date']}T12:00:00-03:00"
    return found | {f"counterparty.{name}": value for name, value in party.items()} | _plain_tax_id(party)


def _plain_tax_id(party):
    return {"counterparty.tax_id": party["tax_id"].translate({46: "", 47: "", 45: ""})} if "tax_id" in party else {}


def flat(entry):
    """An entry of the truth, with the other party beside the rest."""
    return entry | {f"counterparty.{name}": value for name, value in (entry["counterparty"] or {}).items()}


@pytest.fixture(scope="module")
def worlds():
    """One isolated world, in which each case opens an account of its own."""
    found = Worlds(clock=lambda: FrozenClock(NOW))
    found.enter(found.made("w", quotas=False, ready=False))
    return found


@pytest.fixture(scope="module")
def app(worlds):
    """Made once: it keeps nothing but the worlds."""
    return application(worlds)


@pytest.mark.anyio
@pytest.mark.parametrize("form", [as_json, as_csv, as_ofx])
@pytest.mark.parametrize("slug", contracts.banks())
async def test_own_entries_come_back_from_every_bank(worlds, app, slug, form):
    """What is not named in `not_carried` stands in the gateway's statement as it was given."""
    world = worlds["w"].world
    banks = worlds["w"].banks
    entries = twenty(slug)
    media_type, content = form(entries)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://127.0.0.1/_sim/worlds/w"
    ) as client:
        number = (await client.post("/accounts", json={"bank": slug})).json()["account"]["number"]
        path = f"/accounts/{slug}/{number}/ledger"
        answer = await client.put(path, content=content, headers={"content-type": media_type})
        assert answer.status_code == 200, answer.text
        told = answer.json()
        period = {"from": "2026-03-02", "to": "2026-03-12"}
        truth = (await client.get(f"/truth/{slug}/{number}", params=period)).json()

    assert len(truth["entries"]) == 20
    assert told["entries"] == 20 + banks[slug].begins_at_zero
    assert truth["opening_balance"] == "100000.00"
    wanted = sorted((given(entry, form) for entry in entries), key=lambda each: each["booked_at"])
    for want, true in zip(wanted, truth["entries"], strict=True):
        assert {name: flat(true)[name] or "" for name in want} == {name: value or "" for name, value in want.items()}

    pair = PureHarness(slug, NOW)
    pair.bank, pair.simulated = banks[slug], world.account(slug, number)
    pair.account = account_of(pair.simulated)
    statement = pair.read(PERIOD)
    assert len(statement.entries) == 20
    if contracts.load(slug).capabilities.period_balances:
        balances = f"{statement.opening_balance:.2f}", f"{statement.closing_balance:.2f}"
        assert balances == (truth["opening_balance"], truth["closing_balance"])
    lost = {}
    for each in told["not_carried"]:
        lost.setdefault(each["entry"], set()).add(each["field"])
    by_content = {}
    for entry in statement.entries:
        by_content.setdefault((entry.date.isoformat(), f"{entry.amount:.2f}"), []).append(entry)
    for true in truth["entries"]:
        found = by_content[true["date"], true["amount"]]
        entry = found.pop(0) if len(found) > 1 else found[0]
        compare(true, entry, lost.get(true["id"], set()))
    assert all(lost_fields <= set(flat(truth["entries"][0])) | COMPARED for lost_fields in lost.values())


COMPARED = {"booked_at", "type", "description", "document"} | {
    f"counterparty.{name}" for name in ("name", "tax_id", "bank", "ispb", "bank_name", "branch", "account")
}


def compare(true, entry, lost):
    """Each field of the truth that is carried stands in the entry."""
    party = entry.counterparty
    shown = {
        "booked_at": entry.booked_at and entry.booked_at.astimezone(BRASILIA).isoformat(),
        "type": str(entry.type),
        "description": entry.description,
        "document": entry.document,
    }
    wanted = {name: true[name] for name in shown}
    for name, value in (true["counterparty"] or {}).items():
        if value:
            wanted[f"counterparty.{name}"] = value
            shown[f"counterparty.{name}"] = getattr(party, name) if party else None
    assert {n: v for n, v in shown.items() if n not in lost} == {n: v for n, v in wanted.items() if n not in lost}
    assert true["counterparty"] or party is None


@pytest.mark.parametrize("slug", contracts.banks())
def test_each_kind_in_each_shape(slug):
    """With and without party, text and document: what `not_carried` does not name is read as it is in the ledger."""
    moment = datetime(2026, 3, 2, 9, tzinfo=BRASILIA)
    kinds = sorted(bank_class(slug).kinds)
    before = datetime(2026, 1, 5, tzinfo=BRASILIA)
    entries = [LedgerEntry(booked_at=before, amount=Decimal(10**6), type=first_credit(kinds))]
    for number, (kind, shape) in enumerate(product(kinds, range(8))):
        party = {**PARTIES[1 + number % 2], "account": f"{number % 3}98765"} if shape & 1 else None
        fields = {
            "booked_at": (moment + timedelta(hours=number % 200, seconds=number)).isoformat(),
            "amount": f"{'' if kind[1] else '-'}{number + 1}.{number % 100:02}",
            "type": kind[0],
            "description": f"Compra {number} à vista" if shape & 2 else "",
            "document": f"0{4700 + number}" if shape & 4 else None,
            "counterparty": party,
        }
        entries.append(read_one(fields))
    pair = PureHarness(slug, NOW, source=Fixed(entries))
    statement = pair.read(Period(date(2026, 3, 2), date(2026, 3, 12)))
    truth = [shown(entry) for entry in pair.simulated.ledger.entries(date(2026, 3, 2), date(2026, 3, 12), NOW)]
    assert len(statement.entries) == len(truth) == 8 * len(kinds)
    by_amount = {f"{entry.amount:.2f}": entry for entry in statement.entries}
    for entry, true in zip(pair.simulated.ledger.entries(date(2026, 3, 2), date(2026, 3, 12), NOW), truth, strict=True):
        compare(true, by_amount[true["amount"]], {each.field for each in not_carried(pair.bank, entry)})


def first_credit(kinds):
    return next(kind for kind, credit in kinds if credit)


def read_one(fields):
    problems = Problems()
    found = read_entry(flat_entry(fields, problems, {}), problems, {})
    problems.check()
    return found
