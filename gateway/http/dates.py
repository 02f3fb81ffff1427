"""Dates of HTTP headers (RFC 9110 section 5.6.7), which callers and banks may write in any way."""

from datetime import datetime
from email.utils import parsedate_to_datetime

__all__ = ["http_date"]


def http_date(text: str) -> datetime | None:
    """The instant of a date, without offset where the text names none; None where it cannot be read."""
    try:
        return parsedate_to_datetime(text)
    except (OverflowError, ValueError):
        # The library gives numbers of any size to `datetime`, which overflows.
        return None
