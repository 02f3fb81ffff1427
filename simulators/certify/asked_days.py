"""The days that a request names, as the banks write them, so that another form of the same day does not escape."""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from urllib.parse import unquote_plus

import httpx

from contracts.operation import path_pattern
from contracts.schema import Contract
from gateway.model import BRASILIA

__all__ = ["days_of"]

INSTANT = re.compile(r"(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")
SLASHED = re.compile(r"(?<!\d)(\d{2})[/.-](\d{2})[/.-](\d{4})(?!\d)")
PACKED = re.compile(r"\d{7,8}")
CREDIBLE = timedelta(days=400)
"""Digits that make a day further away than this are no day."""


def days_of(contract: Contract, request: httpx.Request, today: date) -> list[date]:
    """The days that a request names, in whichever form, as days in Brasília."""
    named = _named_parts(contract, request)
    texts = [unquote_plus(str(request.url.raw_path, "ascii")), unquote_plus(request.content.decode())]
    found = [*_month_and_days(named), *(day for text in texts for day in _days_in(text))]
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


def _days_in(text: str) -> Iterator[date]:
    for day, clock in INSTANT.findall(text):
        moment = datetime.fromisoformat(day + clock)
        yield moment.astimezone(BRASILIA).date() if moment.tzinfo else moment.date()
    for day, month, year in SLASHED.findall(text):
        yield date(int(year), int(month), int(day))


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
