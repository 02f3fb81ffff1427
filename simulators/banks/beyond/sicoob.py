"""Sicoob with the balance, and the versions 2 and 3 that clients still ask for."""

from collections.abc import Callable, Mapping
from functools import partial

import httpx

from contracts.schema import Evidence, Operation, OperationKind
from simulators.banks import sicoob
from simulators.call import Call, Write

__all__ = ["Sicoob"]


def _read(kind: OperationKind, path: str, scope: str, source: str) -> Operation:
    path = f"/conta-corrente/{path}"
    return Operation(kind=kind, method="GET", path=path, scope=scope, evidence=Evidence.DOCUMENTED, source=source)


class Sicoob(sicoob.Sicoob):
    """Plays Sicoob to every client."""

    other_reads = {
        "balance": _read(OperationKind.BALANCE, "v4/saldo", "cco_saldo", "official SDKs"),
        "balance_v2": _read(OperationKind.BALANCE, "v2/saldo", "cco_saldo", "SDKs in PHP and C#"),
        "statement_v2": _read(OperationKind.STATEMENT, "v2/extrato/{mes}/{ano}", "cco_consulta", "an SDK in C#"),
        "statement_v3": _read(OperationKind.STATEMENT, "v3/extrato/{mes}/{ano}", "cco_consulta", "an SDK in PHP"),
    }
    writes = (
        Write("POST", "/conta-corrente/v4/transferencias", 200, {"mensagens": [], "resultado": {"idTransferencia": 1}}),
        Write("POST", "/cobranca-bancaria/v3/boletos", 201, {"mensagens": [], "resultado": {"nossoNumero": 1}}),
        Write("POST", "/pix/api/v2/cob", 201, {"txid": "simulado", "status": "ATIVA"}),
    )

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Besides, statement and balance in the versions that clients ask for."""
        return {
            **super().routes(),
            "statement_v2": partial(self._statement, version=2),
            "statement_v3": partial(self._statement, version=3),
            "balance": self._balance,
            "balance_v2": self._balance,
        }

    def _balance(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        return self._wrapped(account, self._present(account, "saldo"))
