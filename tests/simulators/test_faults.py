"""Faults: what each does, where and how often."""

import httpx
import msgspec
import pytest

from simulators import faults
from simulators.certify.cases import NOW
from simulators.clock import FrozenClock
from simulators.pki import Authority
from simulators.world import World

REQUEST = httpx.Request("GET", "https://bank/")


def test_the_one_that_does_nothing():
    """The noop lets everything pass."""
    fault, response = faults.make("noop"), httpx.Response(200)

    assert fault.instead(REQUEST) is None
    assert fault.alter(response) is response
    assert fault.cut(4, 2) == 4


@pytest.mark.parametrize(
    ("name", "parameters", "pages"),
    [
        ("lose_page", {"page": 1}, [0, 4, 6]),
        ("repeat_page", {"page": 1}, [0, 2, 2]),
        ("shift_page", {"page": 1, "by": -1}, [0, 1, 3]),
        ("shift_page", {"page": 2, "by": 1}, [0, 2, 5]),
        ("shift_page", {"page": 0, "by": -3}, [0, 0, 1]),
    ],
)
def test_paging_faults(name, parameters, pages):
    """A page is lost, repeated or shifted, and all after it move accordingly."""
    fault = faults.make(name, parameters)

    assert [fault.cut(start, 2) for start in (0, 2, 4)] == pages


def test_answers_in_place_of_the_banks():
    """A status, a web page, half a body, no answer at all."""
    assert faults.make("status", {"status": 503, "retry_after": 7}).instead(REQUEST).headers["retry-after"] == "7"
    assert "retry-after" not in faults.make("status").instead(REQUEST).headers
    assert faults.make("html_page").instead(REQUEST).headers["content-type"].startswith("text/html")
    assert faults.make("truncate", {"keep": 50}).alter(httpx.Response(200, json={"a": 1})).content == b'{"a'
    with pytest.raises(httpx.RemoteProtocolError):
        faults.make("cut_connection").instead(REQUEST)


def test_unknown_faults_and_parameters():
    """What does not exist is refused."""
    with pytest.raises(KeyError):
        faults.make("nope")
    with pytest.raises(msgspec.ValidationError):
        faults.make("truncate", {"keeep": 1})


def test_where_and_how_often():
    """A fault strikes only the bank, account and operation it is meant for, after some calls and so many times."""
    world = World(1, FrozenClock(NOW), Authority(NOW))
    fault = world.strike("inter", "7", "statement", "noop", times=2, after=1)

    struck = [fault.strikes(*call) for call in [("inter", "7", "statement")] * 4]
    others = [
        fault.strikes(*call)
        for call in (("stone", "7", "statement"), ("inter", "8", "statement"), ("inter", "7", "token"))
    ]

    assert struck == [False, True, True, False]
    assert not any(others)
