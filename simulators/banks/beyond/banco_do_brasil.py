"""Banco do Brasil with version 1 of the statement, and the older test environment's token."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import msgspec

from contracts.schema import Evidence, OperationKind
from simulators.banks import banco_do_brasil
from simulators.banks.rows.banco_do_brasil import BLOCKED, LIMIT, TAX_ID, Rows, balance_row
from simulators.call import Answered, Call, Write, json_answer, other_read
from simulators.handshake import refused_handshake
from simulators.pki import valid_at
from simulators.reasons import why_of
from simulators.world import SimulatedAccount

__all__ = ["BancoDoBrasil"]

LEGACY = "statement_v1"
LEGACY_HOSTS = ("legacy", "legacy_mtls", "legacy_older")
"""Roles of the hosts that serve v1. Those of the test environment but `legacy_mtls` ask for no certificate."""
LEGACY_PAGE = 200
OCCURRENCE = "CHOM00000000000000000101"
"""The bank's number of an error; four fields of text are what a client had from another API of the bank."""
V1_NAMES = {
    "textoDescricaoSubHistorico": "textoDescricaoHistorico",
    "numeroCadastroPessoaFisicaCadastroNacPessoasJuridicasContrapartida": "numeroCpfCnpjContrapartida",
    "textoDigitoVerificadorContaContrapartida": "textoDvContaContrapartida",
}
V2_ONLY = frozenset(
    {
        "codigoSubHistorico",
        "numeroISPB",
        "textoIdentificadorUnicoTransacao",
        "codigoConfederacaoNacionalBancos",
        "textoCampoIndeterminado",
    }
)


class BancoDoBrasil(banco_do_brasil.BancoDoBrasil):
    """Plays Banco do Brasil to clients of both versions."""

    other_reads = {
        f"{LEGACY} {role}": other_read(
            OperationKind.STATEMENT,
            "/extratos/v1/conta-corrente/agencia/{agencia}/conta/{conta}",
            "clients of v1",
            host=role,
            scope="extrato-info",
            evidence=Evidence.OBSERVED,
        )
        for role in LEGACY_HOSTS
    } | {
        "older_token": other_read(
            OperationKind.TOKEN,
            "/oauth/token",
            "clients of the older test environment",
            method="POST",
            host="token_older",
            evidence=Evidence.OBSERVED,
        )
    }
    writes = (
        Write("POST", "/pagamentos-lote/v1/lotes-transferencias", 201, {"estadoRequisicao": 1}),
        Write("POST", "/cobrancas/v2/boletos", 201, {"numero": "00031285570000000001"}),
        Write("PUT", "/pix/v2/cob/{txid}", 201, {"status": "ATIVA"}),
    )

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Besides, the statement of v1 at each of its hosts."""
        statements = {f"{LEGACY} {role}": self._legacy_statement for role in LEGACY_HOSTS}
        return {**super().routes(), "older_token": self.token, **statements}

    def _legacy_statement(self, call: Call) -> httpx.Response:
        """The statement of v1, whose refusals are lists of errors."""
        try:
            return self._statement(call)
        except Answered as answered:
            body = msgspec.json.decode(answered.response.content or b"null")
            if isinstance(body, dict) and "code" in body:
                error = {"codigo": body["code"], "versao": "1", "mensagem": body["message"], "ocorrencia": OCCURRENCE}
                status = 400 if answered.response.status_code == 422 else answered.response.status_code
                raise Answered(json_answer({"erros": [error]}, status), why_of(answered.response)) from None
            raise

    def _largest_page(self, call: Call) -> int:
        return LEGACY_PAGE if _is_legacy(call) else super()._largest_page(call)

    def _check_shown(self, call: Call) -> None:
        """In v1 TLS itself refuses a call without certificate, at the hosts that ask for one."""
        if not _is_legacy(call):
            super()._check_shown(call)
            return
        asks = call.environment == "production" or call.operation.endswith("mtls")
        if call.request.extensions.get("plain") or not asks:
            return
        shown = call.request.extensions.get("client_certificate")
        if not shown or not valid_at(shown, self.world.now()):
            alert = "certificate expired" if shown else "bad certificate"
            raise refused_handshake(f"sslv3 alert {alert}", call.request)

    def _wants_customer(self, call: Call) -> bool:
        """In v1 the header is never needed."""
        return not _is_legacy(call) and super()._wants_customer(call)

    def _has_daily_balances(self, call: Call, account: SimulatedAccount) -> bool:
        return _is_legacy(call) or super()._has_daily_balances(call, account)

    def _limits(self, call: Call, today: date, balance: Decimal) -> Rows:
        """In v1 there is one such row."""
        if not _is_legacy(call):
            return super()._limits(call, today, balance)
        available = balance - BLOCKED + LIMIT
        row = balance_row(today, 0, "Saldo Disponivel", available)
        return [{**row, "indicadorTipoLancamento": "D"}]

    def _written(self, call: Call, account: SimulatedAccount, row: dict[str, Any]) -> dict[str, Any]:
        """In v1 fields are fewer, and some have other names."""
        if not _is_legacy(call):
            return super()._written(call, account, row)
        renamed = {V1_NAMES.get(name, name): value for name, value in row.items() if name not in V2_ONLY}
        digits = row[TAX_ID]
        return {**renamed, V1_NAMES[TAX_ID]: int(digits) if digits.isdecimal() else 0}


def _is_legacy(call: Call) -> bool:
    return call.operation.startswith(LEGACY)
