"""Which representation a caller prefers, by its header `Accept` (RFC 9110 section 12.5.1)."""

import re
from collections.abc import Mapping
from typing import Any

from litestar import Request

__all__ = ["accepted_by", "media_ranges", "weight_of"]


def media_ranges(request: Request[Any, Any, Any]) -> str:
    """What a caller accepts: all its lines of `Accept`, which are one list (RFC 9110 section 5.3); else anything."""
    return ",".join(request.headers.getall("accept", ["*/*"]))


def accepted_by(accept: str) -> dict[str, float]:
    """The media ranges of `Accept` with their weights; the first of equal ones counts."""
    accepted: dict[str, float] = {}
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        accepted.setdefault(media_range, _quality(parameters))
    return accepted


def weight_of(media_type: str, accepted: Mapping[str, float]) -> tuple[float, int]:
    """The weight of a media type, and how exactly it is named: 2 by its name, 0 by `*/*` or not at all."""
    ranges = (media_type, media_type.partition("/")[0] + "/*", "*/*")
    return next(((accepted[each], 2 - n) for n, each in enumerate(ranges) if each in accepted), (0.0, 0))


def _quality(parameters: list[str]) -> float:
    """The weight of a media range (RFC 9110 section 12.4.2); 1 when none is given or it cannot be read."""
    for parameter in parameters:
        if found := re.fullmatch(r"q=([01](?:\.\d{0,3})?)", parameter):
            return float(found[1])
    return 1.0
