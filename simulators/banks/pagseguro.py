"""PagSeguro (PagBank), EDI statement API: v3.00.

Played from contracts/banks/pagseguro/NOTES.md: one day a call; no sign, no counterparty, no text; gross, net and
anticipated amounts of which only one moved the account; blanks and zeros that fill empty fields, and fields left out;
codes as texts in the entries and as numbers in the balances; an empty list for a day without movement, 404 for all days
before the account was opened; `VALIDADO` becomes TRUE on the morning after.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

import httpx

from simulators.bank import Bank, Call, Refusal, json_answer
from simulators.banks.rows.pagseguro import KINDS, number_of, row_of
from simulators.call import authorization_wrong, basic_credentials
from simulators.clock import BRASILIA
from simulators.ledger import LedgerEntry
from simulators.reasons import because
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["PagSeguro"]


UNAUTHORIZED = Refusal("statement", 401, {"message": "Unauthorized"})


def invalid(name: str) -> dict[str, Any]:
    return {"error_messages": [{"code": "40002", "description": "invalid_parameter", "parameter_name": name}]}


class PagSeguro(Bank):
    """Plays PagBank's EDI."""

    kinds = frozenset(KINDS)
    balances_apart = True
    refusals = {
        "invalid_credentials": UNAUTHORIZED,
        "statement_access_denied": Refusal("statement", 403, {"message": "Forbidden"}),
        "account_closed": Refusal("statement", 403, {"message": "Conta encerrada"}),
        "account_blocked": Refusal("statement", 403, {"message": "Conta temporariamente bloqueada"}),
        "integration_paused": Refusal("statement", 503, {"message": "Integração paralisada temporariamente"}),
        "period_out_of_range": Refusal("statement", 400, invalid("data")),
        "rate_limited": Refusal("statement", 429, {"message": "Too Many Requests"}, {"retry-after": "60"}),
    }

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Entries and balances of a day."""
        return {"statement": self._financial, "balance": self._balances}

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """Establishment number of nine digits, EDI token."""
        fresh = self.issued(account, "establishment")
        user = 100_000_000 + int(fresh[:12], 16) % 900_000_000
        return {"user": str(user), "token": self.issued(account, "edi").upper()}

    def token_refused(self, state: TokenState) -> httpx.Response:
        """There are no access tokens: a caller with one is not known."""
        return UNAUTHORIZED.response()

    def _financial(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        day = self.written_day(call, "data", call.segments["day"])
        return self._rows(call, account, day, self._moved_on(account, day), row_of)

    def _balances(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        day = self.written_day(call, "data", call.segments["day"])
        silent = self.reading(account, "quiet_day_balances") == "not_found" and not self._moved_on(account, day)
        if silent or not self._reaches(account, day):
            return self._no_day(call, account, day)
        number, size = self._cut(call)
        rows = self._balance_rows(account, day)
        if (form := self.reading(account, "balances_body")) == "list":
            return json_answer(rows, headers=self._validated(day))
        pagination = {"elements": size, "totalPages": 1, "page": number, "totalElements": len(rows)}
        return json_answer({form: rows, "pagination": pagination}, headers=self._validated(day))

    # --- who, when, how much

    def _caller(self, call: Call) -> SimulatedAccount:
        """The account of the Basic header. There is no step before, so a refusal shows at every call."""
        shown, headers = basic_credentials(call.request), call.request.headers
        if "authorization" not in headers and headers.keys() & {"user", "token"}:
            why = "header authorization missing: headers user and token are not read, HTTP Basic is"
            raise self.refused("invalid_credentials", why)
        if not shown:
            raise self.refused("invalid_credentials", authorization_wrong(call.request, "Basic"))
        return self.direct_caller(call, user=shown.get("client_id", ""), token=shown.get("client_secret", ""))

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A wrong parameter."""
        return json_answer(invalid(name), 400)

    def _cut(self, call: Call) -> tuple[int, int]:
        """Number and size of the page asked for; page 0 is answered like page 1."""
        paging = self.contract.paging
        number = self.read_number(call, "pageNumber", paging.first, most=10**9 - 1)
        size = self.read_number(call, "pageSize", paging.default_size, 1, paging.max_size)
        return max(number, paging.first), size

    def _reaches(self, account: SimulatedAccount, day: date) -> bool:
        """Whether EDI covers a day: from its activation, here the opening of the account, to today."""
        return account.ledger.opened_on <= day <= self.world.now().date()

    def _no_day(self, call: Call, account: SimulatedAccount, day: date) -> httpx.Response:
        """The answer about a day for which EDI has nothing."""
        reached = self._reaches(account, day)
        why = "nothing moved" if reached else f"EDI reaches from {account.ledger.opened_on} to today"
        return because(self.not_found(call.request.url.path), f"day {day} not found: {why}")

    def _validated(self, day: date) -> dict[str, str]:
        """A day is complete from the documented hour of the next day on."""
        period = self.contract.period
        morning = datetime.combine(
            day + timedelta(days=period.lag_days), time.fromisoformat(period.available_by), BRASILIA
        )
        return {"VALIDADO": "TRUE" if self.world.now() >= morning else "FALSE"}

    def _moved_on(self, account: SimulatedAccount, day: date) -> Sequence[LedgerEntry]:
        return account.ledger.entries(day, day, self.world.now())

    def _rows(
        self,
        call: Call,
        account: SimulatedAccount,
        day: date,
        entries: Sequence[LedgerEntry],
        row: Callable[[SimulatedAccount, LedgerEntry], dict[str, Any]],
        more: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        number, asked = self._cut(call)
        silent = not entries and self.reading(account, "quiet_day") == "not_found"
        if silent or not self._reaches(account, day):
            return self._no_day(call, account, day)
        size = self.page_size(account, asked)
        part = self.cut(call, entries, (number - 1) * size, size)
        pages = -(-len(entries) // size)
        pagination = {"elements": size, "totalPages": pages, "page": number, "totalElements": len(entries)}
        details = [self._as_read(account, row(account, entry)) for entry in part.rows]
        return json_answer(
            {"detalhes": details, **(more or {}), "pagination": pagination}, headers=self._validated(day)
        )

    def _as_read(self, account: SimulatedAccount, row: dict[str, Any]) -> dict[str, Any]:
        if "tipo_evento" in row and self.reading(account, "event_code") == "padded":
            row["tipo_evento"] = row["tipo_evento"].zfill(2)
        return row

    def _balance_rows(self, account: SimulatedAccount, day: date) -> list[dict[str, Any]]:
        now = self.world.now()
        return [
            {
                "estabelecimento": int(account.credentials["user"]),
                "tipo_evento": event,
                "data_movimentacao": day.isoformat(),
                "valor_saldo": number_of(account.ledger.balance(before, now)),
            }
            for event, before in ((7, day), (8, day + timedelta(days=1)))
        ]
