"""PagSeguro with the other movements of its EDI, the older `/edi/v1` form, and its check of a token."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any

import httpx

from contracts.schema import OperationKind
from simulators.banks import pagseguro
from simulators.banks.rows.pagseguro import KINDS, SALE, identity, number_of, older_row_of, row_of
from simulators.call import Answered, Call, Write, json_answer, other_read
from simulators.ledger import LedgerEntry
from simulators.reasons import because, ending, parameter_wrong
from simulators.scenarios import scenario
from simulators.world import SimulatedAccount

__all__ = ["PagSeguro"]

OLD_VERSIONS = frozenset({"1.00", "1.05", "2.00", "2.01"})
TRANSACTIONAL, FINANCIAL, ANTICIPATION = "1", "2", "3"
"""`tipoMovimento` of the older form."""
OF_A_SETTLEMENT = frozenset({"data_movimentacao", "taxa_antecipacao", "valor_liquido_antecipacao"})
"""Fields that `transactional` has not, in the published samples of v3.00."""


_read = partial(other_read, source="developer portal; clients")


class PagSeguro(pagseguro.PagSeguro):
    """Plays PagBank's EDI to every client."""

    other_reads = {
        "other_movement": _read(OperationKind.STATEMENT, "/movement/{version}/{movement}/{day}"),
        "older_statement": _read(OperationKind.STATEMENT, "/edi/v1/{version}/movimentos"),
        "token_check": _read(OperationKind.ACCOUNTS, "/edi/v1/users/{user}/token/{token}"),
    }
    writes = (
        Write("POST", "/orders", 201, {"id": "ORDE_SIMULADO", "charges": []}),
        Write("POST", "/charges", 201, {"id": "CHAR_SIMULADO", "status": "PAID"}),
    )

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Besides, the other movements, the older form, the check of a token."""
        return {
            **super().routes(),
            "other_movement": self._other_movement,
            "older_statement": self._older_statement,
            "token_check": self._token_check,
        }

    def _other_movement(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        version, movement = call.segments["version"], call.segments["movement"]
        if version != "v3.00":
            why = parameter_wrong("ediVersion", "must be v3.00", version)
            raise Answered(self.parameter_refused(call, "ediVersion", ""), why)
        if movement not in {"transactional", "cashouts"}:
            why = parameter_wrong("tipoMovimento", "must be transactional or cashouts", movement)
            raise Answered(self.parameter_refused(call, "tipoMovimento", ""), why)
        day = self.written_day(call, "data", call.segments["day"])
        if movement == "cashouts":
            return self._rows(call, account, day, self._settled_on(account, day), _cashout)
        return self._rows(call, account, day, self._sold_on(account, day), _sale)

    def _older_statement(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        movement = call.query.get("tipoMovimento", "")
        if call.segments["version"] not in OLD_VERSIONS:
            why = parameter_wrong(
                "version", f"must be one of {', '.join(sorted(OLD_VERSIONS))}", call.segments["version"]
            )
            return because(self.not_found(call.request.url.path), why)
        if movement not in {TRANSACTIONAL, FINANCIAL, ANTICIPATION}:
            why = parameter_wrong("tipoMovimento", "must be 1, 2 or 3", movement or None)
            raise Answered(self.parameter_refused(call, "tipoMovimento", ""), why)
        day = self.written_day(call, "dataMovimento", call.query.get("dataMovimento", ""))
        if movement == FINANCIAL:
            more = {"saldos": self._balance_rows(account, day)}
            return self._rows(call, account, day, self._moved_on(account, day), older_row_of, more)
        sales = self._sold_on(account, day) if movement == TRANSACTIONAL else []
        return self._rows(call, account, day, sales, _older_sale)

    def _token_check(self, call: Call) -> httpx.Response:
        account = self.by_credential(user=call.segments["user"], token=call.segments["token"])
        if account is None or scenario(account.scenario).refusal == "invalid_credentials":
            known = f"token {ending(call.segments['token'])} does not belong to user {ending(call.segments['user'])}"
            why = known if account is None else f"scenario {account.scenario} refuses the credentials"
            refused = json_answer({"code": 401, "codeValue": "UNAUTHORIZED", "message": "Token inválido"}, 401)
            return because(refused, why)
        self.identify(call, account)
        return json_answer({"code": 200, "codeValue": "OK", "message": "Token válido"})

    def _sold_on(self, account: SimulatedAccount, day: date) -> list[LedgerEntry]:
        return [entry for entry in self._moved_on(account, day) if KINDS[entry.type, entry.amount > 0][0] == SALE]

    def _settled_on(self, account: SimulatedAccount, day: date) -> list[LedgerEntry]:
        """The sales that were receivables before they reached the account."""
        return [entry for entry in self._sold_on(account, day) if "arranjo_ur" in row_of(account, entry)]


def _sale(account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
    """The same sale as `transactional` lists it: another row id, not yet settled, and nothing of how it will be."""
    row = {name: value for name, value in row_of(account, entry).items() if name not in OF_A_SETTLEMENT}
    return {**row, **_unsettled(account, entry)}


def _older_sale(account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
    return {**older_row_of(account, entry), **_unsettled(account, entry)}


def _unsettled(account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
    return {
        "movimento_api_codigo": identity("sale", account.number, entry.serial),
        "status_pagamento": "1",
        "data_prevista_pagamento": row_of(account, entry)["data_prevista_pagamento"],
    }


def _cashout(account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
    """Where a settled receivable went: to the wallet, from which a withdrawal may follow."""
    row = row_of(account, entry)
    return {
        "tipo_registro": "4",
        "estabelecimento": row["estabelecimento"],
        "data_cashout": row["data_movimentacao"],
        "codigo_ur": row["codigo_ur"],
        "codigo_cashout": identity("cashout", account.number, entry.serial),
        "arranjo_pagamento": row["arranjo_ur"],
        "valor_cashout": number_of(abs(entry.amount)),
        "tipo_cashout": "Saldo Carteira",
    }
