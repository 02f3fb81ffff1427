"""Itaú with the reads beside the statement, and the developer portal's own sandbox, which has other addresses."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import httpx
import msgspec

from contracts.schema import Operation, OperationKind
from simulators.banks import itau
from simulators.banks.rows.itau import DAY, INVESTED, positions, statement_id
from simulators.calendar import days_from, is_business_day
from simulators.call import Call, Write, json_answer, other_read

__all__ = ["Itau"]

STALE_TEMPORARY_TOKEN = {"codigo": "401", "mensagem": "Token temporário inválido ou expirado"}
RENEWED_TOO_EARLY = {"codigo": "C700", "mensagem": "Certificado fora do prazo de renovação"}
BASE = "/account-statement/v1"
PORTAL_BASE = "/itau-x0-api-account-statement-v1-externo/v1"
"""The same API in the developer portal's own sandbox, which wants neither a certificate nor a grant type."""


def _reads_of(base: str, host: str) -> dict[str, Operation]:
    """The reads that stand beside the statement, under one of the API's addresses."""
    account, sdk = f"{base}/statements/{{statement_id}}", "an SDK written from the bank's specification"
    generated = "a client generated from the bank's specification"
    return {
        "balances": other_read(OperationKind.BALANCE, f"{base}/balances", sdk, host=host),
        "interest": other_read(OperationKind.STATEMENT, f"{account}/interest-bearing-accounts", generated, host=host),
        "judicial_orders": other_read(OperationKind.STATEMENT, f"{account}/judicial-orders", sdk, host=host),
    }


class Itau(itau.Itau):
    """Plays Itaú to every client."""

    other_reads = {
        **_reads_of(BASE, "api"),
        "portal_token": other_read(
            OperationKind.TOKEN,
            "/api/jwt",
            "developer portal; several clients",
            host="portal_token",
            method="POST",
        ),
        "portal_statement": other_read(
            OperationKind.STATEMENT,
            f"{PORTAL_BASE}/statements/{{statement_id}}",
            "the test of a client generated from the bank's specification",
            host="portal_api",
        ),
        **{f"portal_{name}": each for name, each in _reads_of(PORTAL_BASE, "portal_api").items()},
    }
    writes = (
        Write("POST", "/seguranca/v1/certificado/solicitacao", 401, STALE_TEMPORARY_TOKEN),
        Write("POST", "/seguranca/v2/certificado/renovacao", 400, RENEWED_TOO_EARLY),
    )

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Besides, the reads beside the statement; and each of them under the addresses of the portal's sandbox."""
        reads = {
            "statement": self._statement,
            "balances": self._balances,
            "interest": self._interest,
            "judicial_orders": self._judicial_orders,
        }
        portal = {f"portal_{name}": handler for name, handler in reads.items()}
        return {**super().routes(), "portal_token": self._portal_token, **reads, **portal}

    def _portal_token(self, call: Call) -> httpx.Response:
        """The portal's sandbox takes the credential as JSON or as a form, without a grant type."""
        shown = call.form or _json_object(call.request)
        account = self.by_credential(
            client_id=str(shown.get("client_id", "")), client_secret=str(shown.get("client_secret", ""))
        )
        if account is None:
            why = self.unknown_client({name: str(shown.get(name, "")) for name in self.client_fields})
            return self.refusals["invalid_credentials"].response(why)
        self.identify(call, account)
        return self.granted(call, account, ())

    def _balances(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        now = self.world.now()
        found = {"statementId": statement_id(account), "balances": positions(account, now.date(), now)}
        return json_answer({"data": [found], "summary": found["balances"]})

    def _interest(self, call: Call) -> httpx.Response:
        """What the automatic investment holds on each business day, in texts; it yields nothing here."""
        account = self._caller(call)
        self._check_account(call, account)
        first, last = self._period(call, account)
        until = min(last, self.world.now().date() - DAY)
        days = [day for day in days_from(first, until) if is_business_day(day)]
        return json_answer({"data": list(map(_income, days))})

    def _judicial_orders(self, call: Call) -> httpx.Response:
        """No account here is under a court's order."""
        account = self._caller(call)
        self._check_account(call, account)
        self._period(call, account)
        number = self.read_number(call, "page", 1, 1, 10**6)
        return json_answer({"data": [], "pagination": {"page": number, "total_pages": 0, "total_elements": 0}})


def _json_object(request: httpx.Request) -> dict[str, Any]:
    """The JSON object that a request carries; an empty one when it carries something else."""
    try:
        return msgspec.json.decode(request.content, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return {}


def _income(day: date) -> dict[str, str]:
    held, nothing = f"{INVESTED:.2f}", "0.00"
    return {
        "date": day.isoformat(),
        "grossAmountValue": held,
        "netAmountValue": held,
        "grossIncome": nothing,
        "ir": nothing,
        "iof": nothing,
    }
