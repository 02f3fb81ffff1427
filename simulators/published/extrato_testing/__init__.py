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
    from extrato_testing.calls import CallRefusedError
    from extrato_testing.gateways import ExtratoGateway, GatewayProblem
    from extrato_testing.routing import BankRouter, router
    from extrato_testing.served import BankSimulators, BankWorld
    from extrato_testing.serving import ServerError

__all__ = [
    "NOW",
    "Account",
    "BankRouter",
    "BankSimulators",
    "BankWorld",
    "CallRefusedError",
    "Entry",
    "ExtratoGateway",
    "GatewayProblem",
    "Party",
    "SeenRequest",
    "ServerError",
    "Truth",
    "router",
    "strategies",
]

LIBRARIES = {"respx", "hypothesis", "holidays"}
"""What the extra `testing` brings along."""
LATER = {
    "BankRouter": "routing",
    "BankSimulators": "served",
    "BankWorld": "served",
    "CallRefusedError": "calls",
    "ExtratoGateway": "gateways",
    "GatewayProblem": "gateways",
    "ServerError": "serving",
    "router": "routing",
    "strategies": "strategies",
}
"""What is imported at its first use, and the module that it is in."""


def _later(name: str) -> Any:
    """What is imported at its first use.

    Raises:
        ImportError: a library of the extra `testing` is missing.
    """
    if name not in LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        module = import_module(f"{__name__}.{LATER[name]}")
    except ModuleNotFoundError as error:
        if error.name not in LIBRARIES:
            raise
        raise ImportError(f"extrato_testing.{name} needs {error.name}; install extrato[testing]") from error
    return module if name == LATER[name] else getattr(module, name)


if not TYPE_CHECKING:  # a type checker would take every name for one that there is
    __getattr__ = _later
