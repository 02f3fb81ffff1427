"""One read-only statement endpoint in front of Brazilian banks."""

__all__ = ["__version__"]

__version__ = "0.1.0"
