"""BTG Pactual with the paths of the API's first version, which name no company, and further grants.

Client credentials are granted and then refused at every account. A client without a secret is verified by the
challenge that it gave with its code (RFC 7636).
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import httpx

from contracts.schema import OperationKind
from simulators.banks import btg_pactual
from simulators.call import Call, Write, basic_credentials, json_answer, other_read
from simulators.consent import Consent
from simulators.oauth import Grant
from simulators.reasons import not_the_account
from simulators.world import SimulatedAccount

__all__ = ["BtgPactual"]

READ_AND_WRITTEN = (
    *(f"empresas.btgpactual.com/{product}" for product in ("bank-slips", "pix-cash-in", "transfers", "payments")),
    *(f"brn:btg:empresas:banking:{product}" for product in ("payments", "collections", "payroll")),
    *(f"brn:btg:empresas:{product}" for product in ("receivables:credit-card", "credit-conciliation", "payment-link")),
)
OTHER_PRODUCTS = frozenset(
    {
        "offline_access",
        "empresas.btgpactual.com/authorized-direct-debits.readonly",
        "brn:btg:empresas:openfinance:accounts:info.readonly",
        "brn:btg:empresas:openfinance:accounts:balances.readonly",
    }
    | {f"{product}{right}" for product in READ_AND_WRITTEN for right in ("", ".readonly")}
)
"""Scopes beside those of accounts: clients that read statements and pay or charge as well ask for all of it at once."""
OTHER_BANK = "341"


_read = partial(
    other_read,
    source="public summary of the bank's own collection of requests; public clients",
    scope=btg_pactual.ACCOUNTS_READ,
)


class BtgPactual(btg_pactual.BtgPactual):
    """Plays BTG Pactual to every client."""

    other_reads = {
        "first_accounts": _read(OperationKind.ACCOUNTS, "/v1/accounts"),
        "first_balances": _read(OperationKind.BALANCE, "/v1/accounts/balances"),
        "first_balance": _read(OperationKind.BALANCE, "/v1/accounts/{account_id}/balances"),
        "first_account": _read(OperationKind.ACCOUNTS, "/v1/accounts/{account_id}"),
    }
    writes = (
        Write("POST", "/{company_id}/banking/payments", 201, {"paymentId": "simulated", "status": "CREATED"}),
        Write("POST", "/{company_id}/banking/collections", 201, {"collectionId": "simulated", "status": "CREATED"}),
    )

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Besides, accounts and balances as the first version has them."""
        return {
            **super().routes(),
            "first_accounts": lambda call: json_answer([self._listed(call, self.bearer(call))]),
            "first_account": lambda call: json_answer(self._listed(call, self._by_id(call))),
            "first_balances": lambda call: json_answer([self.balance_of(call, self.bearer(call))]),
            "first_balance": lambda call: json_answer(self.balance_of(call, self._by_id(call))),
        }

    # --- grants

    def page_scopes(self) -> Sequence[str]:
        """Besides, the scopes of the bank's other products."""
        return (*super().page_scopes(), btg_pactual.ACCOUNTS, *OTHER_PRODUCTS)

    def client(self, call: Call) -> SimulatedAccount:
        """The account of the client; one without a secret may be verified by its code's challenge."""
        public = None if basic_credentials(call.request).get("client_secret") else self._public(call)
        return public or super().client(call)

    def _public(self, call: Call) -> SimulatedAccount | None:
        """The application that shows no secret, where PKCE stands in for it: at the code, and at renewals."""
        account = self.by_credential(client_id=call.form.get("client_id", ""))
        if account is None or "authorization" in call.request.headers:
            return None
        grant, code = call.form.get("grant_type"), call.form.get("code", "")
        redeems = grant == "authorization_code" and self.consents.challenged(code)
        renews = grant == "refresh_token" and account.memory.get("public", False)
        return account if redeems or renews else None

    def redeemed(self, call: Call, account: SimulatedAccount) -> Consent | None:
        """What the code of a token request stands for; by its challenge renewals are known later."""
        consent = super().redeemed(call, account)
        if consent is not None:
            account.memory["public"] = consent.challenge is not None
        return consent

    def grants(self) -> Mapping[str, Grant]:
        """Besides, client credentials."""
        return {**super().grants(), "client_credentials": self.by_client_credentials}

    def by_client_credentials(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """A token of the application alone; no account may be read with it, whatever scope was asked for."""
        return self.token_answer(call, account, (), call.form.get("scope", ""), {})

    # --- reads

    def _listed(self, call: Call, account: SimulatedAccount) -> dict[str, str]:
        """The account, or one at another bank where the list of those is asked for."""
        own = super()._listed(call, account)
        if call.operation != "accounts" or call.query.get("accountOrigin") != "OPEN_FINANCE":
            return own
        named = f"{self._company(call, account)}-{OTHER_BANK}-1-000054321"
        return own | {"accountId": named, "bankCode": OTHER_BANK, "branchCode": "0001", "number": "54321"}

    def _by_id(self, call: Call) -> SimulatedAccount:
        """The account of the token, when it is the one that is named, in the version without company in its paths.

        Raises:
            Answered: it is not.
        """
        account = self.bearer(call)
        own = self._account_id(call, account)
        if call.segments["account_id"] != own:
            raise self.refused("invalid_account", not_the_account(call.segments["account_id"], own))
        return account
