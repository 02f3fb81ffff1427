"""The version of the distribution."""

from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as of_distribution

__all__ = ["version"]

DISTRIBUTION = "extrato"


def version() -> str:
    """The installed version, as the package's metadata has it; `0+unknown` in a tree that was never installed."""
    try:
        return of_distribution(DISTRIBUTION)
    except PackageNotFoundError:
        return "0+unknown"
