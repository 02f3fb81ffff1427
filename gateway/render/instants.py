"""Instants as text."""

from datetime import datetime
from typing import cast

import msgspec

__all__ = ["instant"]


def instant(at: datetime) -> str:
    """RFC 3339, as in the JSON document; `isoformat` takes several times as long."""
    return cast("str", msgspec.to_builtins(at))
