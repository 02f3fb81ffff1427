"""Parameters of requests: which are known, and what they mean.

A misspelt parameter is refused: if it were ignored, the caller would get the answer to another request.
"""

import re
from collections.abc import Collection
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, TypeAlias, TypeVar

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from gateway.api.bodies import iso_day
from gateway.errors import CallerError, FieldErrors
from gateway.limits import CURSOR_CHARACTERS
from gateway.model import Period
from gateway.storage.engine.listing import Cursor
from gateway.texts.controls import has_control
from gateway.texts.wordings import CONTROL, MISSING, NOT_A_PARAMETER, TWICE, choose

__all__ = ["CursorText", "check_query", "next_of", "one_of", "period_of", "place_of", "refuse_controls", "taken_by"]

E = TypeVar("E", bound=StrEnum)

DAY = "Deve ser uma data que existe, escrita AAAA-MM-DD, como 2026-10-31."

CursorText: TypeAlias = Annotated[
    str, QueryParameter(max_length=CURSOR_CHARACTERS, description="`next` of the part before.")
]
"""The parameter `cursor` of a list that comes in parts; empty for the first part."""


def refuse_controls(connection: ASGIConnection[Any, Any, Any, Any]) -> None:
    """Refuse control characters in the address; those in the body are refused where it is decoded.

    Raises:
        CallerError: `invalid_request` with the parameter's name.
    """
    given = [*connection.path_params.items(), *connection.query_params.items()]
    for name, value in given:
        if has_control(name) or has_control(str(value)):
            shown = _shown(name)
            raise CallerError(
                "invalid_request", f"`{shown}` has a control character in it", field=shown, portuguese=CONTROL
            )


def check_query(request: Request[Any, Any, Any], known: Collection[str]) -> None:
    """Refuse query parameters that are not known, or that come twice.

    Raises:
        CallerError: `invalid_request` with the name of the first of them.
    """
    seen: set[str] = set()
    for name, _ in request.query_params.items():  # noqa: PERF102 - the keys alone have each name once
        shown = _shown(name)
        if name not in known:
            detail = f"`{shown}` is not a parameter of this address"
            raise CallerError("invalid_request", detail, field=shown, portuguese=NOT_A_PARAMETER)
        if name in seen:
            detail = f"`{shown}` is given more than once"
            raise CallerError("invalid_request", detail, field=shown, portuguese=TWICE)
        seen.add(name)


def taken_by(handler: BaseRouteHandler) -> list[str]:
    """The names of the query parameters that a handler takes, by its signature."""
    taken = [
        (field.name, field.kwarg_definition)
        for field in handler.parsed_fn_signature.parameters.values()
        if isinstance(field.kwarg_definition, QueryParameter)
    ]
    return [described.name or name for name, described in taken]


def one_of(kind: type[E], given: str | None, parameter: str) -> E | None:
    """The value of a query parameter that takes names of a kind; None where it is not given.

    Raises:
        CallerError: there is no such name.
    """
    try:
        return kind(given) if given is not None else None
    except ValueError as error:
        detail = f"`{parameter}` must be one of {', '.join(kind)}"
        raise CallerError("invalid_request", detail, field=parameter, portuguese=choose(*kind)) from error


def period_of(first: str, last: str) -> Period:
    """The period of two ISO dates.

    Raises:
        CallerError: one is no date, or the first is after the last.
    """
    days: list[date] = []
    errors = FieldErrors()
    for name, value in (("from", first), ("to", last)):
        with errors.collected():
            if not value:
                raise CallerError("invalid_request", f"`{name}` is missing", field=name, portuguese=MISSING)
            try:
                days.append(iso_day(value))
            except ValueError as error:
                detail = f"`{name}` is not a date YYYY-MM-DD"
                raise CallerError("invalid_request", detail, field=name, portuguese=DAY) from error
    errors.check()
    if days[0] > days[1]:
        detail, portuguese = f"`from` is {days[0]}, after `to`, {days[1]}", "O início não pode vir depois do fim."
        raise CallerError("invalid_request", detail, field="from", portuguese=portuguese)
    return Period(days[0], days[1])


def place_of(cursor: str, name: str) -> Cursor | None:
    """The place at which the list of a name goes on; None for its beginning.

    Raises:
        CallerError: the text is no cursor of that list.
    """
    return Cursor.read(cursor, name) if cursor else None


def next_of(following: Cursor | None, name: str) -> str | None:
    """The cursor of the part that follows, for an answer with the list of a name; None at the end of a list."""
    return following.text(name) if following is not None else None


def _shown(name: str) -> str:
    """The name of a parameter as it may be repeated in an answer."""
    return name if re.fullmatch(r"[A-Za-z0-9_.-]{1,40}", name) else "?"
