"""BTG Pactual with the balance, and the paths of the API's first version, which name no company."""

from collections.abc import Callable, Mapping
from typing import Any

import httpx

from contracts.schema import Evidence, Operation, OperationKind
from simulators.banks import btg_pactual
from simulators.banks.btg_pactual import short
from simulators.call import Call, json_answer
from simulators.world import SimulatedAccount

__all__ = ["BtgPactual"]


def _account_read(path: str, kind: OperationKind = OperationKind.BALANCE) -> Operation:
    return Operation(
        kind=kind,
        method="GET",
        path=path,
        scope=btg_pactual.ACCOUNTS_READ,
        evidence=Evidence.DOCUMENTED,
        source="public summary of the bank's own collection of requests; public clients",
    )


class BtgPactual(btg_pactual.BtgPactual):
    """Plays BTG Pactual to every client."""

    other_reads = {
        **btg_pactual.BtgPactual.other_reads,
        "balance": _account_read("/{company_id}/banking/accounts/{account_id}/balances"),
        "first_accounts": _account_read("/v1/accounts", OperationKind.ACCOUNTS),
        "first_balances": _account_read("/v1/accounts/balances"),
        "first_balance": _account_read("/v1/accounts/{account_id}/balances"),
        "first_account": _account_read("/v1/accounts/{account_id}", OperationKind.ACCOUNTS),
    }

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Besides, the balance; and accounts and balances as the first version has them."""
        return {
            **super().routes(),
            "balance": lambda call: json_answer(self._balances(call, self._named(call))),
            "first_accounts": lambda call: json_answer([self._listed(call, self.bearer(call))]),
            "first_account": lambda call: json_answer(self._listed(call, self._by_id(call))),
            "first_balances": lambda call: json_answer([self._balances(call, self.bearer(call))]),
            "first_balance": lambda call: json_answer(self._balances(call, self._by_id(call))),
        }

    def _balances(self, call: Call, account: SimulatedAccount) -> dict[str, Any]:
        return {
            "accountId": self._account_id(call, account),
            "available": {"amount": short(account.ledger.balance_at(self.world.now())), "currency": "BRL"},
            "blocked": {"amount": 0, "currency": "BRL", "blockedDate": None},
        }

    def _by_id(self, call: Call) -> SimulatedAccount:
        """The account of the token, when it is the one that is named, in the version without company in its paths.

        Raises:
            Answered: it is not.
        """
        account = self.bearer(call)
        if call.segments["account_id"] != self._account_id(call, account):
            raise self.refused("invalid_account")
        return account
