"""What is said of fields that a bank's wire does not carry."""

from datetime import date, datetime
from decimal import Decimal

from gateway.model import BRASILIA
from simulators.certify.cases import NOW
from simulators.certify.harnesses.pure import PureHarness
from simulators.ledger import Fixed, LedgerEntry
from simulators.ledgers.carried import MOST_TOLD, not_carried, told


def test_the_first_are_told_and_all_are_counted():
    """The type of each movement that is given one stands beside its own movement."""
    moment = datetime(2026, 3, 2, 9, tzinfo=BRASILIA)
    entry = LedgerEntry(booked_at=moment, amount=Decimal(-1), type="PIX")
    pair = PureHarness("santander", NOW, source=Fixed([entry] * MOST_TOLD))
    entries = pair.simulated.ledger.entries(date(2026, 3, 2), date(2026, 3, 2), NOW)
    of_one = list(not_carried(pair.bank, entries[0]))
    assert {each.field for each in of_one} >= {"booked_at"}

    found = told(pair.bank, entries, ["", "DOC"] * (MOST_TOLD // 2))

    assert found["not_carried_count"] == MOST_TOLD * len(of_one) + MOST_TOLD // 2
    assert len(found["not_carried"]) == MOST_TOLD
    assert found["not_carried"][: len(of_one)] == of_one
    typed = [each.entry for each in found["not_carried"] if each.field == "type"]
    assert typed[:2] == [entries[1].serial, entries[3].serial]
    assert told(pair.bank, []) == {"not_carried": [], "not_carried_count": 0}
