"""What some banks say of one movement: wire structs, tables of kinds, and how a row becomes an entry.

Each module has a function `movements`, which gives rows as movements in the bank's order.

A module here has the name of its bank's connector, which alone imports it. It knows no account, no request and no
proof; how pages are got and proved whole stands in the connector. A small bank needs no module here: its rows stand in
the file of the connector.
"""

from collections.abc import Callable
from typing import TypeAlias

import msgspec
from msgspec import Struct

from gateway.model import Counterparty, TransactionType

__all__ = ["ENCODER", "Content", "Details"]

Content: TypeAlias = Callable[..., bytes]
"""Gives what a row is known by, from the row and whatever else makes it: the connector's `content`."""


ENCODER = msgspec.json.Encoder()
"""Writes parts of a row as JSON, by which the details made of them are kept."""


class Details(Struct, frozen=True, kw_only=True, gc=False):
    """What the texts of a row mean, made once for all rows that share them (`gateway.connectors.kept`)."""

    type: TransactionType
    description: str
    document: str | None = None
    end_to_end_id: str | None = None
    note: str | None = None
    counterparty: Counterparty | None = None
    blocked: bool = False
