"""Tells in the log that something which is tried again and again fails because of the database."""

import structlog

from gateway.errors import GatewayError
from gateway.storage.engine.database import storage_trouble

__all__ = ["Outage"]

log = structlog.get_logger("gateway.work")


class Outage:
    """Writes one line when the database begins to fail, when the reason changes, and when it has ended.

    What is tried each second would else fill the disk while the database is locked. A defect is written each time, with
    its place.

    Args:
        event: what could not be done, as the log calls it.
    """

    def __init__(self, event: str) -> None:
        self._event = event
        self._reason: str | None = None

    def met(self, error: BaseException) -> None:
        """Note that the work has failed."""
        trouble = error if isinstance(error, GatewayError) else storage_trouble(error)
        if trouble is None or trouble.code != "storage_unavailable":
            log.error(self._event, exc_info=error)
        elif trouble.detail != self._reason:
            self._reason = trouble.detail
            log.error(self._event, reason=self._reason)

    def over(self) -> None:
        """Note that the work has succeeded."""
        if self._reason is not None:
            self._reason = None
            over = f"{self._event}_is_over"
            log.info(over)
