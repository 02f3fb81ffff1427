"""Sicredi with its sandbox, as clients of Multipag ask it for tokens."""

from collections.abc import Callable, Mapping

import httpx

from contracts.schema import Evidence, Operation, OperationKind
from simulators.banks import sicredi
from simulators.call import Call

__all__ = ["Sicredi"]


class Sicredi(sicredi.Sicredi):
    """Plays Sicredi and its sandbox."""

    other_reads = {
        "sandbox_token": Operation(
            kind=OperationKind.TOKEN,
            method="POST",
            path="/sb/thirdparty/auth/token",
            evidence=Evidence.DOCUMENTED,
            source="several clients of Multipag",
        ),
    }

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """The sandbox has applications of its own and refuses these."""
        return {**super().routes(), "sandbox_token": lambda _: self.refusals["invalid_credentials"].response()}
