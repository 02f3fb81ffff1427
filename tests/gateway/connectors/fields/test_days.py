"""Days and instants are read exactly or not at all."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway.connectors import fields
from gateway.model import BRASILIA


def test_days():
    """A day is read from an ISO date, from what follows it, or from the Brazilian order."""
    assert fields.iso_date("2026-03-10T23:59:59Z") == fields.iso_date(" 2026-03-10 ") == date(2026, 3, 10)
    assert fields.brazilian_date(" 10/03/2026 ") == date(2026, 3, 10)
    assert fields.brazilian_date("10/03/2026 23:59") == date(2026, 3, 10)
    assert fields.brazilian_date("10.03.2026") == fields.brazilian_date("10-03-2026") == date(2026, 3, 10)
    assert fields.brazilian_date("10032026") == fields.brazilian_date("10032026 23:59") == date(2026, 3, 10)
    assert fields.iso_date(" 2026-03-10 ") == date(2026, 3, 10)


@pytest.mark.parametrize("read", [fields.local_instant, fields.instant])
@pytest.mark.parametrize("text", ["10/03/2026 09:14", "canary", ""])
def test_no_instant(read, text):
    """The failure says what is wrong and does not quote the bank."""
    with pytest.raises(ValueError, match=r"^a date-time is not that of ISO 8601, or is left out$"):
        read(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-03-10",
        "31/02/2026",
        "1/3/2026",
        "10/03/26",
        "",
        "10/03/20261",
        "10/03/2026 e mais",
        "10/03/2026 7",
        "10/03-2026",
        "10/032026",
        "1003/2026",
        "20260310",
        "\u0661\u0661/\u0662\u0663/\u0662\u0663\u0662\u0663",
    ],
)
def test_no_brazilian_day(text):
    """Another order, a day that does not exist or a missing digit is refused."""
    with pytest.raises(ValueError, match=r"date|day|month"):
        fields.brazilian_date(text)


def test_instants():
    """An instant is told in Brasília; one without offset is local where the bank says so, else refused."""
    noon = datetime(2026, 3, 10, 12, tzinfo=BRASILIA)

    assert fields.local_instant("2026-03-10T12:00:00") == fields.instant("2026-03-10T15:00:00Z") == noon
    assert fields.local_instant("2026-03-10T15:00:00+00:00") == noon
    assert fields.instant("2026-03-10T15:00:00Z").tzinfo is BRASILIA
    assert fields.utc_query(noon) == "2026-03-10T15:00:00Z"
    assert fields.utc_query(noon.astimezone(UTC)) == "2026-03-10T15:00:00Z"
    with pytest.raises(ValueError, match="offset"):
        fields.instant("2026-03-10T12:00:00")


@given(st.datetimes(), st.sampled_from(["", "Z", "+05:30", "-03:00"]), st.sampled_from(["T", " "]))
@example(datetime.fromisoformat("2018-11-04T00:30"), "", " ")
@example(datetime.fromisoformat("2019-02-16T23:30"), "", "T")
@example(datetime.fromisoformat("2019-02-17T02:30"), "Z", "T")
def test_short_cuts_of_instants(moment, offset, between):
    """An instant has the time that is written, or the same one in Brasília, also where the clocks were changed."""
    if offset and not 2 < moment.year < 9998:
        return
    written = moment.isoformat(between) + offset
    sent = datetime.fromisoformat(written)
    right = sent.astimezone(BRASILIA) if offset else sent.replace(tzinfo=BRASILIA)

    read = fields.local_instant(written)

    assert (read.isoformat(), read.fold, read.tzinfo) == (right.isoformat(), right.fold, BRASILIA)


@pytest.mark.parametrize("value", ["", "10/03/2026", "2026-02-30"])
def test_no_iso_date(value):
    """What is none is refused in words that quote nothing of it."""
    with pytest.raises(ValueError, match=r"^a date is not YYYY-MM-DD, or is left out$"):
        fields.iso_date(value)


@pytest.mark.parametrize(
    "written", ["2026-03-10", " 2026-03-10T09:00:00Z", "10/03/2026", "10.03.2026", "10-03-2026 09:00:00"]
)
def test_a_day_in_either_form(written):
    """The year stands where the form says."""
    assert fields.day(written) == date(2026, 3, 10)


@pytest.mark.parametrize("written", ["", "10/3/2026", "03/13/2026x", "13/13/2026", "2026/03/10"])
def test_a_day_in_no_form(written):
    """Nothing is guessed."""
    with pytest.raises(ValueError, match=r"date|month"):
        fields.day(written)
