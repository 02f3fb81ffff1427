"""The parts of the application, for the handlers of requests."""

from typing import Any, cast

from litestar.connection import ASGIConnection

from gateway.parts import Parts

__all__ = ["PARTS", "parts_of"]

PARTS = "parts"
"""Key in the application's state: its parts, once it is open."""


def parts_of(connection: ASGIConnection[Any, Any, Any, Any]) -> Parts:
    """The parts of the application that answers a request."""
    return cast("Parts", connection.app.state[PARTS])
