"""The cursor at which a list of a tenant goes on: after the account, key, action or delivery that was listed last.

A cursor stays right when some are added or removed meanwhile, which an offset does not. It contains nothing that
the list does not show.
"""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from gateway.errors import CallerError
from gateway.limits import CURSOR_CHARACTERS
from gateway.storage.accounts.records import AccountRecord
from gateway.texts.wordings import NOT_A_PLACE

__all__ = ["Cursor"]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
FORM = re.compile(r"1/(-?[0-9]{1,18})/([0-9A-Za-z_-]{1,36})", re.ASCII)


class Cursor(Struct, frozen=True):
    """The place after one item in the order of the list: by the instant at which it was made, then by its id."""

    created_at: datetime
    id: str

    @classmethod
    def after(cls, record: AccountRecord) -> "Cursor":
        """The place after an account."""
        return cls(record.created_at, record.id)

    @classmethod
    def read(cls, text: str) -> "Cursor":
        """The cursor from its text.

        Raises:
            CallerError: the text is none of ours.
        """
        try:
            padded = text + "=" * (-len(text) % 4)
            found = FORM.fullmatch(urlsafe_b64decode(padded.encode("ascii")).decode("ascii"))
            if found is not None and len(text) <= CURSOR_CHARACTERS:
                cursor = cls(EPOCH + int(found[1]) * MICROSECOND, found[2])
                if cursor.text == text:
                    return cursor
        except (ValueError, OverflowError):
            pass
        detail = "`cursor` is not the `next` of a list"
        raise CallerError("invalid_request", detail, field="cursor", portuguese=NOT_A_PLACE)

    @property
    def text(self) -> str:
        """The cursor as text, for an answer."""
        microseconds = (self.created_at - EPOCH) // MICROSECOND
        return urlsafe_b64encode(f"1/{microseconds}/{self.id}".encode()).decode().rstrip("=")
