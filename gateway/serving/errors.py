"""The error of a start, in a module of its own: the other commands, which know it too, do not load a server for it."""

__all__ = ["ServeError"]


class ServeError(Exception):
    """The address cannot be listened on, or the application does not start."""
