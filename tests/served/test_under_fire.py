"""A hostile tenant, a hostile bank and slow clients at the same time: an honest tenant gets its statements."""

import anyio
import pytest

from tests.served.answers import Tally
from tests.served.scene import Size, burning, scene

SMALL = Size(
    honest_banks=4,
    stalled_accounts=2,
    ways=("brackets", "text"),
    faults=("cursor_loop", "malformed_json"),
    slow_clients=60,
)
SECONDS = (3.0, 6.0, 12.0)
"""A busy machine may need longer until each attack has had an answer."""
ATTACKS = {"flooded", "spoiled", "keys", "paths"}


@pytest.fixture(scope="module")
def small(banks, tmp_path_factory):
    with scene(tmp_path_factory.mktemp("fire"), banks, SMALL) as found:
        yield found


async def under_fire(scene):
    """The results of the honest requests and of the hostile ones."""
    for seconds in SECONDS:
        async with burning(scene.plan) as hostile:
            measured = await scene.during(seconds)
        if {*hostile} >= ATTACKS:
            break
    return measured, hostile


def test_under_fire_nothing_is_wrong_or_unnamed(small):
    """Each statement is the ledger, each failure has its code, and honest callers are answered."""
    measured, hostile = anyio.run(under_fire, small)

    assert {*measured.honest.answered} == {"200"}
    assert {*measured.health.answered} == {"200"}
    assert measured.honest.unanswered == measured.health.unanswered == 0
    everybody = Tally.empty()
    for each in (measured.honest, measured.health, *hostile.values()):
        everybody.add(each)
    assert (everybody.wrong, everybody.unnamed, everybody.unshaped) == (0, 0, 0), everybody
    # The attacks took place.
    assert {*hostile} >= ATTACKS, hostile
    assert {*hostile["keys"].answered} == {"422 invalid_request"}, hostile
    assert "200" not in hostile["spoiled"].answered, hostile
