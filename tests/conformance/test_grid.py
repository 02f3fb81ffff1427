"""Every bank x step x fault: the statement is the truth or the failure is the expected one, and no cell is left out."""

import io

import pytest

import contracts
from gateway import logs
from simulators import faults
from simulators.certify.grid import cells as grid
from simulators.certify.grid.tables import STEPS, tables

FEWEST_STEPS = 5
FEWEST_FAULTS = 25

every_bank = pytest.mark.parametrize("slug", contracts.banks())


@pytest.fixture(autouse=True, scope="module")
def _quiet():
    """Nothing is logged: there are thousands of cells."""
    logs.configure("CRITICAL", io.StringIO())


@every_bank
def test_every_cell_is_right(slug, record_property):
    """No wrong statement, no failure by another name, no other exception, no impolite call; every fault applied."""
    outcomes = grid.try_cells(grid.cells(slug))

    idle = sum(outcome.idle for outcome in outcomes)
    true = sum(outcome.result == grid.TRUTH for outcome in outcomes) - idle
    result = f"{true} true, {len(outcomes) - true - idle} named failures, {idle} without effect"
    record_property("grid", f"{slug:<16} {len(outcomes)} cells: {result}")
    assert not [f"{each.cell}: {each.result} (applied {each.applied})" for each in outcomes if not each.right]
    assert grid.mistaken(outcomes) == []


@every_bank
def test_the_grid_leaves_nothing_out(slug):
    """Each fault is tried at each step at which there is something to change, once and lasting."""
    tried = {(cell.step.name, cell.variant.fault, cell.lasting) for cell in grid.cells(slug)}
    steps = {step for step, _, _ in tried}
    pages = {step for step in steps if step.endswith("page")}

    assert len(steps) >= FEWEST_STEPS - (slug in without_tokens())
    assert len({fault for _, fault, _ in tried}) == len(faults.names()) >= FEWEST_FAULTS
    assert all((page, fault, lasting) in tried for page in pages for fault in faults.names() for lasting in (0, 1))


def outcome(fault="truncate", *, changed=0, result="truth", bank="inter"):
    """What came of a cell in which the fault was applied."""
    cell = grid.Cell(bank, grid.Step("token", "token"), grid.Variant(fault), lasting=False)
    return grid.Outcome(cell=cell, result=result, allowed=frozenset({"bank_unavailable"}), applied=1, changed=changed)


def test_a_fault_that_changes_nothing_shows_nothing():
    """The truth is no success then, an allowed failure is none at all, and both stand apart in the table."""
    idle, failed = outcome(), outcome(result="bank_unavailable")
    shown = [list(column.cells) for column in next(iter(tables([idle]))).columns]

    assert (idle.right, idle.idle, failed.right) == (True, True, False)
    assert "(1)" in "".join(shown[1 + STEPS.index("token")])
    assert outcome(result="bank_unavailable", changed=1).right


def test_a_fault_without_effect_at_a_bank_is_named():
    """Without effect at every step it fails, unless the bank declares it; a declaration that is not so fails too."""
    assert "inter: truncate changed nothing" in grid.mistaken([outcome(), outcome()])[0]
    assert grid.mistaken([outcome(), outcome(changed=1)]) == []
    assert grid.mistaken([outcome("noop")]) == []
    assert "sicoob: repeat_page changed answers" in grid.mistaken([outcome("repeat_page", changed=1, bank="sicoob")])[0]


def without_tokens():
    """Banks at which there is no token to ask for, and so one step fewer."""
    return {slug for slug in contracts.banks() if "token" not in contracts.load(slug).operations}
