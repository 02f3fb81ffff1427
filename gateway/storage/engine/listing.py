"""Lists of a tenant in parts, and the cursor at which a list goes on: after the item that was listed last.

A cursor stays right when some are added or removed meanwhile, which an offset does not. It contains nothing that
the list does not show, and names the list: in another one, whose items have other instants, it would leave some out.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Column, Connection, Row, Select, tuple_

from gateway.errors import CallerError
from gateway.limits import CURSOR_CHARACTERS
from gateway.texts.wordings import NOT_A_PLACE

__all__ = ["Cursor", "part_of"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FORM = re.compile(r"2/([a-z]{1,16})/(-?[0-9]{1,18})/([0-9A-Za-z_-]{1,36})", re.ASCII)


class Cursor(Struct, frozen=True):
    """The place after one item in the order of the list: by the instant at which it was made, then by its id."""

    created_at: datetime
    id: str

    @classmethod
    def read(cls, text: str, name: str) -> "Cursor":
        """The cursor from its text.

        Args:
            text: as a caller has sent it.
            name: of the list.

        Raises:
            CallerError: the text is none of ours, or of another list.
        """
        try:
            padded = text + "=" * (-len(text) % 4)
            found = FORM.fullmatch(urlsafe_b64decode(padded.encode("ascii")).decode("ascii"))
            if found is not None and len(text) <= CURSOR_CHARACTERS:
                cursor = cls(EPOCH + int(found[2]) * MICROSECOND, found[3])
                if cursor.text(name) == text:
                    return cursor
        except (ValueError, OverflowError):
            pass
        detail = "`cursor` is not the `next` of a list"
        raise CallerError("invalid_request", detail, field="cursor", portuguese=NOT_A_PLACE)

    def text(self, name: str) -> str:
        """The cursor as text, for an answer with the list of this name, which has letters alone."""
        microseconds = (self.created_at - EPOCH) // MICROSECOND
        return urlsafe_b64encode(f"2/{name}/{microseconds}/{self.id}".encode()).decode().rstrip("=")


def part_of(
    connection: Connection,
    query: Select[Any],
    order: tuple[Column[datetime], Column[str]],
    limit: int,
    after: Cursor | None,
    *,
    newest_first: bool = False,
) -> tuple[Sequence[Row[Any]], Cursor | None]:
    """Within a transaction: the rows of a query that follow a place, and where the next part begins; None at the end.

    Args:
        query: of a tenant's rows.
        order: columns of the query: the instant at which each was made, and what tells those of one instant apart.
        limit: most rows to give.
        after: the cursor of the part before; None for the first part.
        newest_first: whether the list begins with what was made last.
    """
    if after is not None:
        place = tuple_(after.created_at, after.id)
        query = query.where(tuple_(*order) < place if newest_first else tuple_(*order) > place)
    query = query.order_by(*(column.desc() if newest_first else column for column in order))
    rows = connection.execute(query.limit(limit + 1)).all()
    if len(rows) <= limit:
        return rows, None
    return rows[:limit], Cursor(*(getattr(rows[limit - 1], column.key) for column in order))
