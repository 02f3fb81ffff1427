"""Bradesco with the older address of the token, and the balance."""

from collections.abc import Callable, Mapping

import httpx

from contracts.schema import Evidence, OperationKind
from simulators.banks import bradesco
from simulators.banks.rows.bradesco import brazilian, header_of, sign_of
from simulators.call import Call, Write, json_answer, other_read

__all__ = ["Bradesco"]

PRODUCTS = ((999, "DISPONIVEL", ""), (995, "= TOTAL DE RECURSOS", "A"))
"""Rows of the balance: code, name, letter of composition; those of the contract's example."""


class Bradesco(bradesco.Bradesco):
    """Plays Bradesco to every client."""

    other_reads = {
        "older_token": other_read(
            OperationKind.TOKEN,
            "/auth/server-mtls/v1/token",
            "a production script",
            method="POST",
            evidence=Evidence.OBSERVED,
        ),
        "balance": other_read(
            OperationKind.BALANCE, "/v1/fornecimento-saldos-contas/saldos", "agreement of several independent clients"
        ),
    }
    writes = (
        Write("POST", "/v1/boleto-hibrido/registrar-boleto", 200, {"codigoRetorno": "0"}),
        Write("POST", "/v1/spi/solicitar-transferencia", 200, {"codigoRetorno": "0"}),
    )

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Besides, the older address of the token, and the balance."""
        return {**super().routes(), "older_token": self.token, "balance": self._balance}

    def _balance(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        balance = account.ledger.balance_at(self.world.now())
        rows = [
            {
                "nomeProduto": name,
                "nomeProdutoResumido": name,
                "codigoProduto": code,
                "identificadorSaldo": "0",
                "dataLancamentoDb2": letter,
                "valorLancamento": brazilian(abs(balance)),
                "sinalSaldo": sign_of(balance),
            }
            for code, name, letter in PRODUCTS
        ]
        return json_answer({**header_of(account, rows), **bradesco.ACCOUNT_STATE, "lstLancamentosSaldos": rows})
