"""Asaas, API v3: extract, balance and data of the account, from docs.asaas.com (reference, pagination, limits)."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import httpx

from simulators.bank import Bank
from simulators.call import Call, Refusal, json_answer
from simulators.ledger import LedgerEntry
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Asaas"]

KINDS = {
    ("PIX", True): ("PIX_TRANSACTION_CREDIT", "payment"),
    ("PIX", False): ("PIX_TRANSACTION_DEBIT", "transfer"),
    ("TED", False): ("TRANSFER", "transfer"),
    ("TRANSFERENCIA_MESMA_INSTITUICAO", True): ("INTERNAL_TRANSFER_CREDIT", "transfer"),
    ("TRANSFERENCIA_MESMA_INSTITUICAO", False): ("INTERNAL_TRANSFER_DEBIT", "transfer"),
    ("OUTROS", True): ("PAYMENT_RECEIVED", "payment"),
    ("BOLETO", False): ("BILL_PAYMENT", "bill"),
    ("TARIFA_SERVICOS_AVULSOS", False): ("PAYMENT_FEE", "payment"),
    ("CARTAO", False): ("ASAAS_CARD_TRANSACTION", "invoice"),
}
"""The type of each kind of movement, and what it belongs to: each row has a field for the id of each."""

BELONGS_TO = ("payment", "split", "transfer", "anticipation", "bill", "invoice", "paymentDunning", "creditBureauReport")


def no(status: int, code: str, description: str, **headers: str) -> Refusal:
    """A refusal in the one form that all have."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return Refusal("statement", status, {"errors": [{"code": code, "description": description}]}, told)


class Asaas(Bank):
    """Plays Asaas."""

    kinds = frozenset(KINDS)
    refusals: ClassVar[Mapping[str, Refusal]] = {
        "invalid_credentials": no(401, "invalid_access_token", "A chave de API fornecida é inválida"),
        "statement_access_denied": no(403, "forbidden", "Acesso não autorizado"),
        "rate_limited": no(429, "too_many_requests", "Limite de requisições excedido", RateLimit_Reset="30"),
    }

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """What the contract lists."""
        return {
            "statement": self._statement,
            "balance": self._balance,
            "number": self._number,
            "holder": self._holder,
        }

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """What the holder of a new account types into the form."""
        return {
            "api_key": "$aact_" + self.issued(account, "key"),
        }

    def token_refused(self, state: TokenState) -> httpx.Response:
        """There is no token; a key that is not known is refused in the same words."""
        return self.refusals["invalid_credentials"].response()

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """The answer to a parameter that cannot be read."""
        return no(400, f"invalid_{name}", wrong).response()

    def _caller(self, call: Call) -> SimulatedAccount:
        """The account of the key; who is refused is refused everywhere."""
        return self.direct_caller(call, api_key=call.request.headers.get("access_token", ""))

    def _statement(self, call: Call) -> httpx.Response:
        account, now = self._caller(call), self.world.now()
        first, last = self.read_day(call, "startDate"), self.read_day(call, "finishDate")
        entries = account.ledger.entries(first, last, now)
        if call.query.get("order") != "asc":
            entries = entries[::-1]
        start, size = self.read_number(call, "offset", 0), self.page_asked(call, account, "limit")
        cut = self.cut(call, entries, start, size)
        body: dict[str, Any] = {
            "object": "list",
            "hasMore": cut.more,
            "totalCount": len(entries),
            "limit": size,
            "offset": start,
            "data": [self._row(entry) for entry in cut.rows],
        }
        return json_answer(body)

    def _balance(self, call: Call) -> httpx.Response:
        account, now = self._caller(call), self.world.now()
        return json_answer({"balance": account.ledger.balance_at(now)})

    def _number(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        return json_answer(
            {"agency": account.branch, "account": account.number[:-1], "accountDigit": account.number[-1]}
        )

    def _holder(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        person = "JURIDICA" if account.kind == "PJ" else "FISICA"
        return json_answer({"personType": person, "cpfCnpj": account.holder_tax_id, "name": account.holder_name})

    def _row(self, entry: LedgerEntry) -> dict[str, Any]:
        kind, belongs_to = KINDS[entry.type, entry.amount > 0]
        return {
            "object": "financialTransaction",
            "id": entry.bank_id or f"ftn_{entry.serial:012}",
            "value": entry.amount,
            "balance": entry.balance,
            "type": kind,
            "date": entry.date.isoformat(),
            "description": entry.description,
            **{f"{name}Id": entry.document or None if name == belongs_to else None for name in BELONGS_TO},
        }
