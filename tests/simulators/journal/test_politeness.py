"""What was refused is not asked again; calls that were under way already are no second try."""

from datetime import UTC, datetime, timedelta

import pytest

import contracts
from simulators.journal.politeness import politeness
from simulators.journal.records import Record

NOW = datetime(2026, 3, 18, 12, tzinfo=UTC)
INTER = contracts.load("inter")


def call(status, *, seconds=0.0, query="pagina=0", token="aaaa", lasted=0.2):
    """A call for a page that came so many seconds after the first."""
    at = NOW + timedelta(seconds=seconds)
    return Record(
        at=at,
        ended_at=at + timedelta(seconds=lasted),
        bank="inter",
        method="GET",
        path="/banking/v2/extrato/completo",
        query=query,
        operation="statement",
        account="1",
        status=status,
        token=token,
    )


@pytest.mark.parametrize(
    ("second", "repeated"),
    [
        (call(401, seconds=1), 1),
        (call(200, seconds=0.1), 1),
        (call(401, seconds=61), 0),
        (call(401, seconds=1, token="bbbb"), 0),
        (call(401, seconds=0.1, query="pagina=1"), 0),
        (call(401, seconds=1.1, query="pagina=1"), 0),
        (call(401, seconds=1.3, query="pagina=1"), 1),
        (call(200, seconds=1.3, query="pagina=1"), 1),
    ],
)
def test_a_refused_call_is_not_repeated(second, repeated):
    """The same call never within a minute; another page not once its caller can know of the refusal."""
    verdict = politeness([call(401), second], {"inter": INTER})

    assert (verdict.repeated_refusals, verdict.polite) == (repeated, not repeated)
