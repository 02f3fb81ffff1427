"""Stone with the reads of the account that the gateway does not make, and the filters of the statement."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import httpx

from contracts.schema import OperationKind
from simulators.banks import stone
from simulators.banks.rows.stone import TED_FEE, described, entry_id, opened_at, operation_of, type_of
from simulators.call import Call, Write, json_answer, other_read
from simulators.ledger import LedgerEntry
from simulators.reasons import because, shown
from simulators.world import SimulatedAccount

__all__ = ["Stone"]

ACCEPTED = {"id": "7d1b6a52-9a52-4a0e-8b52-0c6f5d1f2a01", "status": "CREATED"}
FILTERS = {"balance_block": {"balance_blocked", "balance_unblocked"}}
"""Values of the filter `type` that are not the name of one type."""
FEES: Mapping[str, Mapping[str, Any]] = {
    "barcode_payment": {"amount": 0},
    "external_transfer": {
        "amount": 0,
        "original_fee": TED_FEE,
        "billing_exemption_participant": True,
        "max_free_transfers": 20,
        "remaining_free_transfers": 3,
    },
    "internal_transfer": {"amount": 0},
    "outbound_stone_prepaid_card_payment": {"amount": 0},
    "outbound_stone_prepaid_card_withdrawal": {"amount": 650},
    "barcode_payment_invoice": {
        "amount": 200,
        "original_fee": 200,
        "billing_exemption_participant": True,
        "max_free": 20,
        "remaining_free": 3,
    },
}
SANDBOX_SCOPES = ("paymentaccount:contact:read", "paymentaccount:fees:read")
"""What an application can read in the sandbox besides."""


_read = partial(other_read, source="reference of the account's data", scope="paymentaccount:read")
_fee_read = partial(_read, OperationKind.ACCOUNTS, scope="paymentaccount:fees:read")


class Stone(stone.Stone):
    """Plays Stone to every client."""

    other_reads = {
        "accounts": _read(OperationKind.ACCOUNTS, "/api/v1/accounts"),
        "entry": _read(OperationKind.STATEMENT, "/api/v1/statement/entries/{entry_id}"),
        "entry_of_account": _read(
            OperationKind.STATEMENT, "/api/v1/accounts/{account_id}/statement/entries/{entry_id}"
        ),
        "fees": _fee_read("/api/v1/accounts/{account_id}/fees"),
        "fee": _fee_read("/api/v1/accounts/{account_id}/fees/{fee_type}"),
    }
    writes = (
        Write("POST", "/api/v1/external_transfers", 202, ACCEPTED),
        Write("POST", "/api/v1/internal_transfers", 202, ACCEPTED),
        Write("POST", "/api/v1/dry_run/internal_transfers", 202, ACCEPTED),
    )

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Besides, the accounts, a single entry, and the fees."""
        return {
            **super().routes(),
            "accounts": self._accounts,
            "entry": self._entry,
            "entry_of_account": self._entry,
            "fees": self._fees,
            "fee": self._fee,
        }

    def granted(self, call: Call, account: SimulatedAccount, scopes: Sequence[str]) -> httpx.Response:
        """In the sandbox more can be read."""
        more = SANDBOX_SCOPES if call.environment == "sandbox" else ()
        return super().granted(call, account, (*scopes, *more))

    def _listed(self, call: Call, account: SimulatedAccount) -> Sequence[LedgerEntry]:
        """The entries that the filters let through."""
        query = call.request.url.params
        asked = [*query.get_list("type[]"), *query.get_list("type")]
        types = {name for value in asked for name in FILTERS.get(value, {value})}
        entries = super()._listed(call, account)
        if "operation" in query:
            entries = [entry for entry in entries if operation_of(entry) == query["operation"]]
        return [entry for entry in entries if type_of(entry) in types] if types else entries

    def _accounts(self, call: Call) -> httpx.Response:
        data = [described(self._caller(call))]
        if call.query.get("paginate") != "true":
            return json_answer(data)
        return json_answer({"cursor": {"after": None, "before": None, "limit": 50}, "data": data})

    def _entry(self, call: Call) -> httpx.Response:
        account, asked = self._caller(call), call.segments["entry_id"]
        now = self.world.now()
        booked = account.ledger.between(opened_at(account), now + stone.SECOND, now)
        found = next((entry for entry in booked if entry_id(account, entry) == asked), None)
        if found is None:
            return because(self.not_found(call.request.url.path), f"entry {shown(asked)} is none of the account's")
        return json_answer(self._row(account, found))

    def _fees(self, call: Call) -> httpx.Response:
        self._caller(call)
        data = [{"fee_type": name, **fee} for name, fee in FEES.items()]
        return json_answer({"cursor": {"after": None, "before": None, "limit": 25}, "data": data})

    def _fee(self, call: Call) -> httpx.Response:
        self._caller(call)
        name = call.segments["fee_type"]
        if name not in FEES:
            return because(
                self.not_found(call.request.url.path), f"fee_type {shown(name)}: must be one of {', '.join(FEES)}"
            )
        return json_answer({"fee_type": name, **FEES[name]})
