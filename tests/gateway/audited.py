"""What was recorded of management actions, as the tests look at it."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import select

from gateway.actions import ACTING, Acting, RecordedAction
from gateway.storage.engine.database import Database
from gateway.storage.management.tables import ACTIONS

__all__ = ["acting", "records", "since"]


def records(database: Database) -> list[RecordedAction]:
    """All that is recorded, of all tenants."""
    names = RecordedAction.__struct_fields__
    with database.engine.connect() as connection:
        rows = connection.execute(select(ACTIONS).order_by(ACTIONS.c.at, ACTIONS.c.id))
        return [RecordedAction(**{name: getattr(row, name) for name in names}) for row in rows]


def since(database: Database, before: list[RecordedAction]) -> list[RecordedAction]:
    """What was recorded since then."""
    known = {each.id for each in before}
    return [each for each in records(database) if each.id not in known]


@contextmanager
def acting(who: Acting) -> Iterator[None]:
    """Somebody acts meanwhile."""
    token = ACTING.set(who)
    try:
        yield
    finally:
        ACTING.reset(token)
