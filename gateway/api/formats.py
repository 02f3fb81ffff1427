"""The format of a statement, as a caller asks for it."""

import re
from collections.abc import Callable
from typing import Any

from litestar import Request

from gateway.api.accepting import accepted_by, media_ranges, weight_of
from gateway.errors import CallerError
from gateway.model import Statement
from gateway.render.formats import FORMATS, Format
from gateway.texts.wordings import choose

__all__ = ["filename", "format_of", "headers_of"]

BY_NAME = {each.name: each for each in FORMATS}


def format_of(request: Request[Any, Any, Any], asked: str | None) -> Format:
    """The format that a caller asks for by name (`?format=`), else by its header `Accept`.

    Raises:
        CallerError: `invalid_request`: there is no format of that name; `not_acceptable`: `Accept` excludes all.
    """
    if asked is not None:
        if (named := BY_NAME.get(asked)) is None:
            detail = f"`format` is none of {', '.join(BY_NAME)}"
            raise CallerError("invalid_request", detail, field="format", portuguese=choose(*BY_NAME))
        return named
    accepted = accepted_by(media_ranges(request))
    found = _best(accepted, lambda each: (each.media_type,)) or _best(accepted, lambda each: each.also)
    if found is None:
        types = dict.fromkeys(each.media_type for each in FORMATS)
        raise CallerError("not_acceptable", f"this address answers {', '.join(types)}")
    return found


def headers_of(form: Format, statement: Statement) -> dict[str, str]:
    """Headers of an answer in a format."""
    # The content type is among them because the framework adds a character set to some media types.
    headers = {"Content-Type": form.content_type, "Vary": "Accept, Accept-Encoding"}
    if form.download:
        headers["Content-Disposition"] = f'attachment; filename="{filename(form, statement)}"'
    return headers


def filename(form: Format, statement: Statement) -> str:
    """A name for a file with the statement, such as `inter_0001_12345678_2026-10-01_2026-10-31.csv`."""
    account, period = statement.account, statement.period
    parts = (account.bank, account.branch, account.number, str(period.first), str(period.last))
    return "_".join(re.sub(r"[^A-Za-z0-9-]+", "-", part) for part in parts if part) + f".{form.extension}"


def _best(accepted: dict[str, float], types_of: Callable[[Format], tuple[str, ...]]) -> Format | None:
    """The format of the greatest weight, among equal ones that which is named most exactly; None where none is."""
    best, found = (0.0, 0), None
    for form in FORMATS:
        for media_type in types_of(form):
            weight, exactness = weight_of(media_type, accepted)
            if weight > 0 and (weight, exactness) > best:
                best, found = (weight, exactness), form
    return found
