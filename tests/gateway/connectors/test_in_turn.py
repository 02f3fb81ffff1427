"""Flows run in turn, and announce only requests that are sent."""

from itertools import count

import httpx
import pytest

from gateway.connectors.in_turn import InTurn, in_turn
from gateway.flow import AHEAD, Page, converse
from gateway.limits import REQUESTS_AHEAD


def each(number, closed=None):
    """Two requests with a page between them."""
    try:
        first = yield httpx.Request("GET", f"https://bank/{number}")
        yield Page()
        second = yield httpx.Request("GET", f"https://bank/{number}/more")
        return first.status_code, second.status_code
    finally:
        if closed is not None:
            closed.append(number)


def run(flow):
    """The result, the paths in order, and those that each request announces."""
    asked = []

    def answer(request):
        asked.append((request, list(request.extensions.get(AHEAD, ()))))
        return httpx.Response(200 + len(asked))

    _, result = converse(flow, answer)
    return result, asked


def all_of(flows):
    results = []
    for flow in in_turn(flows):
        result = yield from flow
        results.append(result)
    return results


def test_flows_run_one_after_the_other():
    """Each with its own answers and its own result."""
    results, asked = run(all_of([each(number) for number in range(3)]))

    assert results == [(201, 202), (203, 204), (205, 206)]
    assert [request.url.path for request, _ in asked] == ["/0", "/0/more", "/1", "/1/more", "/2", "/2/more"]


def test_the_first_requests_of_the_next_flows_are_announced():
    """As many as are sent ahead at most, and the very requests that come later."""
    number = REQUESTS_AHEAD + 3

    _, asked = run(all_of([each(place) for place in range(number)]))

    firsts = asked[::2]
    assert [len(announced) for _, announced in firsts] == [REQUESTS_AHEAD] * 3 + list(range(REQUESTS_AHEAD))[::-1]
    for place, (_, announced) in enumerate(firsts):
        assert announced == [request for request, _ in firsts[place + 1 :][: len(announced)]]
    assert not any(announced for _, announced in asked[1::2])


def test_only_what_is_certain_is_announced():
    """A list whose length nobody knows."""

    def pages():
        following = InTurn(each(number) for number in count())
        for certain in (0, -1, 2, 0, 0, 0):
            yield from following.next(certain)

    _, asked = run(pages())

    assert [len(announced) for _, announced in asked[::2]] == [0, 0, 2, 1, 0, 0]


def test_what_a_flow_announces_itself_is_kept():
    """The flows of windows may be made of the flows of pages."""

    def inner(number):
        following = InTurn(each(f"{number}/{page}") for page in range(2))
        yield from following.next(1)
        yield from following.next()

    _, asked = run(all_of([inner(number) for number in range(2)]))

    request, announced = asked[0]
    assert (request.url.path, [other.url.path for other in announced]) == ("/0/0", ["/0/1", "/1/0"])


def test_no_flow_is_left_open():
    """Neither those that ran nor those that had only begun."""
    closed = []
    flow = all_of([each(number, closed) for number in range(9)])

    next(flow)
    flow.close()
    del flow

    assert sorted(closed) == list(range(REQUESTS_AHEAD + 1))


def test_a_flow_must_begin_with_a_request():
    """What else it might do first, it would do too early."""

    def page_first():
        yield Page()

    with pytest.raises(TypeError):
        converse(all_of([page_first(), page_first()]), lambda request: httpx.Response(200))
