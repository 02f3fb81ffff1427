"""What tests of other projects use: simulated Brazilian banks in the process or served, and data for them.

`router` plays one bank for httpx without a socket, `strategies` has hypothesis strategies, and the pytest plugin
`extrato` has fixtures over served banks (`bank_account`, `bank_world`, `extrato_gateway` and others). What needs other
libraries, or other packages of this distribution, is imported at its first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from extrato_testing.shapes import NOW, Account, Entry, Party, SeenRequest, Truth

if TYPE_CHECKING:
    from extrato_testing import strategies
    from extrato_testing.routing import BankRouter, router

__all__ = [
    "NOW",
    "Account",
    "BankRouter",
    "Entry",
    "Party",
    "SeenRequest",
    "Truth",
    "router",
    "strategies",
]

LIBRARIES = {"respx", "hypothesis", "holidays"}
"""What the extra `testing` brings along."""


def __getattr__(name: str) -> Any:
    """What is imported at its first use.

    Raises:
        ImportError: a library of the extra `testing` is missing.
    """
    if name not in {"router", "BankRouter", "strategies"}:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        if name == "strategies":
            return import_module("extrato_testing.strategies")
        return getattr(import_module("extrato_testing.routing"), name)
    except ModuleNotFoundError as error:
        if error.name not in LIBRARIES:
            raise
        raise ImportError(f"extrato_testing.{name} needs {error.name}; install extrato[testing]") from error
