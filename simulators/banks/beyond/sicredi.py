"""Sicredi with its sandbox, as clients of Multipag ask it for tokens."""

from collections.abc import Callable, Mapping

import httpx

from contracts.schema import OperationKind
from simulators.banks import sicredi
from simulators.call import Call, Write, other_read

__all__ = ["Sicredi"]


class Sicredi(sicredi.Sicredi):
    """Plays Sicredi and its sandbox."""

    other_reads = {
        "sandbox_token": other_read(
            OperationKind.TOKEN, "/sb/thirdparty/auth/token", "several clients of Multipag", method="POST"
        ),
    }
    writes = (
        Write(
            "POST",
            "/multipag/v1/pagamentos/pix/chave",
            200,
            {"idTransacao": "simulado", "situacao": "EM_PROCESSAMENTO"},
        ),
    )

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """The sandbox has applications of its own and refuses these."""
        return {**super().routes(), "sandbox_token": self._sandbox_token}

    def _sandbox_token(self, call: Call) -> httpx.Response:
        return self.refusals["invalid_credentials"].response(
            "the sandbox has applications of its own, and none is played"
        )
