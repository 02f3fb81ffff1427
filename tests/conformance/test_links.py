"""Links to a next page cost no memory, however long a bank makes them."""

import tracemalloc

from gateway.flow import Page
from tests.gateway.connectors.btg_pactual.answers import ACCOUNT, BTG, NOW, WEEK, grouped


def test_links_take_no_memory():
    """Whatever length they have: of those that were followed a few bytes are kept, by us; Python keeps the last 128."""
    pages, characters = 1_000, 2_000
    flow = BTG.fetch(ACCOUNT, WEEK, NOW.date())
    next(flow)
    tracemalloc.start()
    try:
        for number in range(1, pages):
            link = f"?pageNumber={number}&cursor={'c' * characters}"
            flow.send(grouped(("2026-03-10", {"amount": number}), link=link))
            flow.send(None)
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert isinstance(flow.send(grouped(("2026-03-10", {"amount": pages}))), Page)
    assert kept < pages * characters / 2
