"""The shared examples, run once against the connectors and once against the simulators."""

import msgspec
import pytest

import contracts
from tests.exchanges.runner import differing, listen, play

EXCHANGES = [
    pytest.param(slug, name, exchange, id=f"{slug}-{name}")
    for slug in contracts.banks()
    for name, exchange in contracts.exchanges(slug).items()
]


@pytest.mark.parametrize(("slug", "name", "exchange"), EXCHANGES)
def test_connector_asks_and_reads(slug, name, exchange):
    """The connector asks what the exchange shows and makes of the answers what it expects."""
    want = exchange.expected

    outcome = listen(slug, exchange)

    assert outcome.failure == want.failure
    assert outcome.more is want.more
    if want.failure:
        return
    statement = outcome.statement
    told = [told_as(entry, want_entry) for entry, want_entry in zip(statement.entries, want.entries, strict=True)]
    assert told == [msgspec.to_builtins(entry) for entry in want.entries]
    if want.opening_balance is not None:
        assert f"{statement.opening_balance:.2f}" == want.opening_balance
    if want.closing_balance is not None:
        assert f"{statement.closing_balance:.2f}" == want.closing_balance


@pytest.mark.parametrize(("slug", "name", "exchange"), [p for p in EXCHANGES if p.values[2].simulator_plays])
def test_simulator_accepts_and_answers(slug, name, exchange):
    """The simulated bank accepts each request of the exchange and gives an answer of that form."""
    for told, shown, generated in play(slug, exchange):
        assert told.status_code == shown.status, told.text
        for header, value in shown.headers.items():
            assert told.headers.get(header) == value, header
        if shown.body is not None:
            assert differing(msgspec.json.decode(told.content), shown.body, generated) == []
        else:
            assert told.text == shown.text


def told_as(entry, want):
    """An entry in the form of the expectation, with only what the expectation compares."""
    told = {
        "date": entry.date.isoformat(),
        "amount": f"{entry.amount:.2f}" if entry.amount == round(entry.amount, 2) else str(entry.amount),
        "type": entry.type.value,
        "booked_at": entry.booked_at.isoformat() if entry.booked_at else None,
        "description": entry.description,
        "document": entry.document,
        "bank_id": entry.bank_id,
        "end_to_end_id": entry.end_to_end_id,
        "note": entry.note,
        "balance": None if entry.balance is None else f"{entry.balance:.2f}",
        "id_basis": entry.id_basis.value,
        "stability": entry.stability.value,
    }
    expected = msgspec.to_builtins(want)
    result = {name: value if expected[name] not in {None, ""} else expected[name] for name, value in told.items()}
    party = msgspec.to_builtins(entry.counterparty) if entry.counterparty else {}
    result["counterparty"] = {name: party.get(name) for name in expected["counterparty"]}
    return result
