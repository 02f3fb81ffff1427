"""Sicoob with the balance, and the versions 2 and 3 that clients still ask for."""

from collections.abc import Callable, Mapping
from functools import partial

import httpx

from contracts.schema import OperationKind
from simulators.banks import sicoob
from simulators.call import Call, Write, other_read

__all__ = ["Sicoob"]

_balance = partial(other_read, OperationKind.BALANCE, scope="cco_saldo")
_statement = partial(other_read, OperationKind.STATEMENT, scope="cco_consulta")


class Sicoob(sicoob.Sicoob):
    """Plays Sicoob to every client."""

    other_reads = {
        "balance": _balance("/conta-corrente/v4/saldo", "official SDKs"),
        "balance_v2": _balance("/conta-corrente/v2/saldo", "SDKs in PHP and C#"),
        "statement_v2": _statement("/conta-corrente/v2/extrato/{mes}/{ano}", "an SDK in C#"),
        "statement_v3": _statement("/conta-corrente/v3/extrato/{mes}/{ano}", "an SDK in PHP"),
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
