"""The days that a request names, as the banks write them, so that another form of the same day does not escape."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from urllib.parse import unquote_plus

import httpx

from contracts.operation import path_pattern
from contracts.schema import Contract
from gateway.model import BRASILIA, DAY

__all__ = ["days_of"]

INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
SLASHED = re.compile(r"(?<!\d)(\d{2})([/.-])(\d{2})\2(\d{4})(?!\d)")
PACKED = re.compile(r"\d{7,8}")
CREDIBLE = timedelta(days=400)
"""Digits that make a day further away than this are no day."""


def days_of(contract: Contract, request: httpx.Request, today: date) -> list[date]:
    """The days that a request names, in whichever form, as days in Brasília."""
    named = _named_parts(contract, request)
    texts = [unquote_plus(str(request.url.raw_path, "ascii")), unquote_plus(request.content.decode())]
    found = [*_month_and_days(named), *_ranged([moment for text in texts for moment in _moments_in(text)])]
    return found + [day for value in named.values() for day in _packed(value, today)]


def _named_parts(contract: Contract, request: httpx.Request) -> dict[str, str]:
    """The segments and parameters of a request by their names."""
    for operation in contract.operations.values():
        segments = path_pattern(operation.path, named=True).fullmatch(request.url.path)
        if segments is not None and operation.method == request.method:
            return {
                **segments.groupdict(),
                **dict(request.url.params),
                **dict(httpx.QueryParams(request.content.decode())),
            }
    return dict(request.url.params)


def _moments_in(text: str) -> Iterator[date]:
    """The days and, in Brasília's time, the instants of a text. Digits in these forms that make none are no days."""
    for day, clock in INSTANT.findall(text):
        with suppress(ValueError):
            moment = datetime.fromisoformat(day + clock)
            local = moment.astimezone(BRASILIA).replace(tzinfo=None) if moment.tzinfo else moment
            yield local if clock else local.date()
    # Two days in a row, as in `2026-03-01.2026-03-31`, have a third one in their middle that nobody has written.
    for day, _, month, year in SLASHED.findall(INSTANT.sub(" ", text)):
        with suppress(ValueError):
            yield date(int(year), int(month), int(day))


def _ranged(moments: Sequence[date]) -> Iterator[date]:
    """The days of the moments that a request names. A midnight that ends a range is the end of the day before it."""
    days = [moment.date() if isinstance(moment, datetime) else moment for moment in moments]
    for moment, day in zip(moments, days, strict=True):
        ends = isinstance(moment, datetime) and moment.time() == time() and min(days) < day
        yield day - DAY if ends else day


def _packed(value: str, today: date) -> Iterator[date]:
    """The day of `DDMMYYYY`, `DMMYYYY` or `YYYYMMDD`."""
    if PACKED.fullmatch(value) is None:
        return
    for form, shown in (("%d%m%Y", value.zfill(8)), ("%Y%m%d", value)):
        try:
            day = datetime.strptime(shown, form).date()  # noqa: DTZ007 - only its day is read
        except ValueError:
            continue
        if abs(day - today) < CREDIBLE:
            yield day


def _month_and_days(named: Mapping[str, str]) -> Iterator[date]:
    """The days of a request that names month and year in one place and days in another."""
    if {"mes", "ano"} <= named.keys():
        for name in ("diaInicial", "diaFinal"):
            yield date(int(named["ano"]), int(named["mes"]), int(named[name]))
