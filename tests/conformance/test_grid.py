"""Every bank x step x fault: the statement is the truth or the failure is the expected one, and no cell is left out."""

import io

import pytest

import contracts
from gateway import logs
from simulators import faults
from simulators.certify import grid

FEWEST_STEPS = 5
FEWEST_FAULTS = 25

every_bank = pytest.mark.parametrize("slug", contracts.banks())


@pytest.fixture(autouse=True, scope="module")
def _quiet():
    """Nothing is logged: there are thousands of cells."""
    logs.configure("CRITICAL", io.StringIO())


@every_bank
def test_every_cell_is_right(slug, record_property):
    """No wrong statement, no failure by another name, no other exception, no impolite call; every fault struck."""
    outcomes = [grid.try_cell(cell) for cell in grid.cells(slug)]

    true = sum(outcome.told == grid.TRUTH for outcome in outcomes)
    record_property("grid", f"{slug:<16} {len(outcomes)} cells: {true} true, {len(outcomes) - true} named failures")
    assert not [f"{each.cell}: {each.told} (struck {each.struck})" for each in outcomes if not each.right]


@every_bank
def test_the_grid_leaves_nothing_out(slug):
    """Each fault is tried at each step at which there is something to strike, once and lasting."""
    tried = {(cell.step.name, cell.variant.fault, cell.lasting) for cell in grid.cells(slug)}
    steps = {step for step, _, _ in tried}
    pages = {step for step in steps if step.endswith("page")}

    assert len(steps) >= FEWEST_STEPS - (slug in without_tokens())
    assert len({fault for _, fault, _ in tried}) == len(faults.names()) >= FEWEST_FAULTS
    assert all((page, fault, lasting) in tried for page in pages for fault in faults.names() for lasting in (0, 1))


def without_tokens():
    """Banks at which there is no token to ask for, and so one step fewer."""
    return {slug for slug in contracts.banks() if "token" not in contracts.load(slug).operations}
