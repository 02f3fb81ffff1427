"""What a contract exempts a bank from silences that alone, must be needed, and is honoured by the grid too."""

import msgspec
import pytest
from msgspec.structs import replace

import contracts
from contracts.schema import Exempted, Exemption
from simulators.certify.bench import Bench
from simulators.certify.certificate.suite import certify, named_checks
from simulators.certify.grid import cells as grid
from simulators.certify.grid.tables import tables
from tests.simulators.certify.planted import PLANTED

LOST = Exempted(fault="lose_page", operation="statement")
SHIFTED = Exempted(fault="shift_page", operation="statement")
NOT_FOUND = Exempted(fault="status", operation="statement", parameters={"status": 404})


def exempting(monkeypatch, check, *only):
    """Let the contract of Inter exempt from a check, or from these parts of it."""
    contract = contracts.load("inter")
    exemption = Exemption(evidence="assumed", source="test", note="the wire tells no count", only=only)
    changed = replace(contract, exemptions={check: exemption})
    monkeypatch.setattr(contracts, "load", lambda _slug: changed)
    return changed


def result_of(adapter, check):
    (result,) = certify(Bench("inter", adapter), examples=40, checks=named_checks(check)).results
    return result


def test_only_what_is_named_is_exempt(monkeypatch):
    """An adapter that takes a 404 for nothing falls short; one status is exempt, and no other."""
    adapter, _ = PLANTED["refusal taken for empty"]
    exempting(monkeypatch, "statuses", NOT_FOUND)
    silenced = result_of(adapter, "statuses")
    exempting(monkeypatch, "statuses", replace(NOT_FOUND, parameters={"status": 403}))
    elsewhere = result_of(adapter, "statuses")

    assert (silenced.passed, silenced.exempt) == (
        True,
        "the fault status {'status': 404} at statement: the wire tells no count",
    )
    assert (elsewhere.passed, elsewhere.exempt) == (False, "")


def test_another_mistake_is_seen_beside_an_exemption(monkeypatch):
    """What is exempt hides nothing else of the same check."""
    adapter, _ = PLANTED["401 taken for empty"]

    class TakesBoth(PLANTED["refusal taken for empty"][0], adapter):
        """Takes 401 and 404 for nothing."""

    exempting(monkeypatch, "statuses", NOT_FOUND)

    assert "with the status 401" in result_of(TakesBoth, "statuses").shortfall


def test_an_exemption_from_a_check_of_faults_says_from_which(monkeypatch):
    """Without `only` every fault would go untried; with it, a check without faults has nothing to leave out."""
    exempting(monkeypatch, "paging")
    assert "`only` has to say from which faults" in result_of(None, "paging").shortfall
    exempting(monkeypatch, "windows", LOST)
    assert "tries no fault and no scenario" in result_of(None, "windows").shortfall


def test_an_exemption_that_is_not_needed_is_named(monkeypatch):
    """Each part of one: it would hide something tomorrow."""
    exempting(monkeypatch, "paging", LOST)
    assert result_of(None, "paging").shortfall.endswith("but nothing falls short: the fault lose_page at statement")


def test_drawn_faults_are_left_out(monkeypatch):
    """An adapter that checks no count reads lost and shifted pages wrongly; what is exempt is not drawn."""

    class ChecksNothing(PLANTED["unreadable rows left out"][0]):
        """Notices no moved page."""

    exempting(monkeypatch, "paging", LOST, SHIFTED)
    both = result_of(ChecksNothing, "paging")
    exempting(monkeypatch, "paging", LOST)
    one = result_of(ChecksNothing, "paging")
    exempting(monkeypatch, "paging", replace(LOST, operation="balance"))
    nowhere = result_of(ChecksNothing, "paging")

    assert both.exempt.startswith("the fault lose_page at statement, the fault shift_page at statement: ")
    assert "the fault shift_page" in one.case
    assert nowhere.shortfall.endswith("nothing falls short: the fault lose_page at balance")


@pytest.mark.parametrize(
    ("check", "only", "wrong"),
    [
        ("pageing", (), "exemptions.pageing: there is no check of that name"),
        (
            "paging",
            (replace(LOST, fault="lost_page"),),
            "exemptions.paging.only.0.fault: there is no fault 'lost_page'",
        ),
        ("failures", (Exempted(scenario="asleep"),), "only.0.scenario: the simulated bank has no scenario 'asleep'"),
    ],
)
def test_unknown_words_are_named(monkeypatch, check, only, wrong):
    """An exemption under a mistyped name would do nothing, unnoticed."""
    exempting(monkeypatch, check, *only)

    assert wrong in result_of(None, "facts").shortfall


@pytest.mark.parametrize(
    "only", [{}, {"fault": "lose_page"}, {"operation": "statement"}, {"scenario": "ok", "fault": "x"}]
)
def test_one_thing_is_named_in_full(only):
    """A fault without its operation would be exempt everywhere."""
    with pytest.raises(msgspec.ValidationError, match="names a `fault` with its `operation`, or a `scenario`"):
        msgspec.convert(only, Exempted)


def test_the_grid_honours_the_same_exemptions(monkeypatch):
    """Of the fault at that operation, and no other; one from a check of something else changes nothing there."""
    adapter, _ = PLANTED["unreadable rows left out"]
    monkeypatch.setattr("gateway.statement.reader.find", lambda slug, size: adapter(contracts.load(slug), size))
    step, variant = grid.Step("first page", "statement"), grid.Variant("lose_page", {"page": 0})
    grid.conversation("inter")
    lost = grid.Cell("inter", step, variant, lasting=True)

    def outcome():
        (found,) = grid.try_cells([lost])
        return found

    without = outcome()
    exempting(monkeypatch, "paging", LOST)
    honoured = outcome()
    exempting(monkeypatch, "secrets", LOST)
    of_another = outcome()
    exempting(monkeypatch, "paging", replace(LOST, operation="balance"))
    elsewhere = outcome()

    assert [each.right for each in (without, honoured, of_another, elsewhere)] == [False, True, False, False]
    assert "wrong statement" in honoured.result
    assert "1 exempt" in "".join("".join(column.cells) for column in next(iter(tables([honoured]))).columns)
