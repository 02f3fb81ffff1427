"""What is drawn can be played by its bank, is bounded, and shrinks to something plain."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

import contracts
from extrato_testing import NOW, router, strategies

BANKS = st.sampled_from(contracts.banks())
FEW = settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))


@FEW
@given(BANKS.flatmap(strategies.accounts))
def test_an_account_can_be_opened(arguments):
    """Its books hold the drawn entries, the deposit among them, and end at zero or above."""
    bank = router(**arguments, now=NOW)
    booked = bank.truth(date(2025, 1, 1), NOW.date()).entries
    assert bank.account.expected == "ok"
    if bank.account.scenario in {"ok", "smallest_page", "short_token"}:
        assert sorted(entry.reais for entry in booked) == sorted(entry.reais for entry in arguments["entries"])
        assert booked[-1].balance >= 0


@FEW
@given(st.data(), BANKS)
def test_a_fault_can_be_injected(data, slug):
    """With all the arguments that are drawn."""
    assert router(slug, now=NOW, entries=[]).inject(**data.draw(strategies.faults(slug)))


@FEW
@given(st.data(), st.integers(1, 30))
def test_days_are_kept(data, days):
    """No entry is on the day of `now`, or before the days that were asked for."""
    entry = data.draw(strategies.entries("stone", days=days))
    assert NOW.date() - timedelta(days=days) <= entry.date < NOW.date()


def test_harmless_faults_are_harmless():
    """Only faults in spite of which a statement must be right are drawn when asked."""
    from simulators import faults  # noqa: PLC0415 - the strategies are what is tested

    @FEW
    @given(strategies.faults("itau", harmless=True))
    def check(arguments):
        assert faults.fault_class(arguments["fault"]).harmless

    check()


def test_they_shrink():
    """The least ledger with a debit has that debit and what it is paid from."""
    least = find(
        strategies.ledgers("inter", most=2),
        lambda found: any(entry.reais < 0 for entry in found),
        settings=settings(max_examples=200, deadline=None, database=None, phases=(Phase.generate, Phase.shrink)),
    )
    assert [str(entry.reais) for entry in least] == ["0.02", "-0.01"]
    assert least[1].counterparty is None
    assert len(least[1].description) == 1


def test_bounds():
    """What is asked for beyond them is refused before anything is drawn."""
    for wrong in ({"days": 0}, {"days": 10_000}, {"most": -1}, {"most": 100_000}):
        with pytest.raises(ValueError, match=f"{next(iter(wrong))}: "):
            strategies.ledgers("inter", **wrong)
    with pytest.raises(ValueError, match="no scenario that ends with 'no_such'"):
        strategies.accounts("inter", outcome="no_such")
    with pytest.raises(ValueError, match="there is no bank 'nubank'"):
        strategies.entries("nubank")
