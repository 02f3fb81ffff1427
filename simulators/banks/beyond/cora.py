"""Cora with the balance, and Parceria Cora: its page, its refresh token, and the same reads at hosts of its own.

The partner of an account is `app-<account number>`, its secret the client id of Integração Direta.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial

import httpx

from contracts.schema import OperationKind
from simulators.authorization_code import CodeBank
from simulators.banks import cora
from simulators.call import Call, Write, basic_credentials, json_answer, other_read
from simulators.forms import centavos
from simulators.oauth import not_granted
from simulators.reasons import ending, shown
from simulators.world import SimulatedAccount

__all__ = ["Cora"]

SCOPES = frozenset({"account", "invoice", "payment"})
"""What a partner can ask a customer for; the statement needs the first."""
REFRESHES = 3
"""How often a refresh token of Parceria Cora may be used."""


_read = partial(other_read, source="developer portal")


class Cora(CodeBank, cora.Cora):
    """Plays both modalities of Cora."""

    page_title, server = "Cora: autorizar aplicação", "Cora"
    no_application = no_address = "Aplicação ou endereço de retorno desconhecido."
    other_reads = {
        "balance": _read(OperationKind.BALANCE, "/third-party/account/balance"),
        "authorize": _read(OperationKind.TOKEN, "/oauth/authorize", host="partner"),
        "decide": _read(OperationKind.TOKEN, "/oauth/authorize", method="POST", host="partner"),
        "partner_token": _read(OperationKind.TOKEN, "/oauth/token", method="POST", host="partner"),
        "partner_statement": _read(
            OperationKind.STATEMENT, "/bank-statement/statement", host="partner", scope="account"
        ),
        "partner_balance": _read(
            OperationKind.BALANCE, "/third-party/account/balance", host="partner", scope="account"
        ),
        "partner_account": _read(OperationKind.ACCOUNTS, "/third-party/account/", host="partner", scope="account"),
    }
    writes = (
        Write("POST", "/v2/invoices", 200, {"id": "inv_simulado", "status": "OPEN"}),
        Write("POST", "/v2/invoices/", 200, {"id": "inv_simulado", "status": "OPEN"}),
        Write("DELETE", "/v2/invoices/{id}", 204),
        Write("POST", "/transfers/initiate", 200, {"id": "trn_simulado", "status": "INITIATED"}),
        Write("POST", "/payments/initiate", 201, {"id": "pay_simulado", "status": "INITIATED"}),
    )

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Besides, the balance, the page on which a customer consents, and the reads of a partner."""
        return {
            **super().routes(),
            "balance": self._balance,
            "authorize": self.authorize,
            "decide": self.decide,
            "partner_token": self._partner_token,
            "partner_statement": self._statement,
            "partner_balance": self._balance,
            "partner_account": self._account,
        }

    # --- the page

    def application(self, client_id: str) -> SimulatedAccount | None:
        """The account of the customer whom a partner serves."""
        held = self.world.accounts_of(self.contract.slug)
        return next((account for account in held if f"app-{account.number}" == client_id), None)

    def scopes_in(self, call: Call) -> Sequence[str]:
        """Scopes are separated by blanks or by commas."""
        return sorted(set(call.query.get("scopes", "").replace(",", " ").split()))

    def page_scopes(self) -> Sequence[str]:
        """What a partner can ask for."""
        return sorted(SCOPES)

    def chosen_company(self, call: Call, account: SimulatedAccount) -> str:
        """There is none to choose."""
        return account.holder_tax_id

    # --- token

    def _partner_token(self, call: Call) -> httpx.Response:
        """Client credentials are good for no customer's data; a code and its refresh token are."""
        call.form |= basic_credentials(call.request)
        client_id, grant = call.form.get("client_id", ""), call.form.get("grant_type")
        account = self.application(client_id)
        if account is None or call.form.get("client_secret") != account.credentials["client_id"]:
            unknown = f"client_id {ending(client_id)} is no partner's"
            wrong = f"client secret does not belong to client_id {ending(client_id)}"
            raise self.refused("invalid_credentials", unknown if account is None else wrong)
        self.identify(call, account)
        if grant == "client_credentials":
            return self.by_client_credentials(call, account)
        if grant not in {"authorization_code", "refresh_token"}:
            return self.wrong_grant.response(f"parameter grant_type: a partner has no grant {shown(grant)}")
        held = account.memory.setdefault("refreshes", {})
        if grant == "authorization_code":
            consent = self.redeemed(call, account)
            if consent is None:
                return not_granted("Code not valid").response(self.not_redeemed(call))
            refresh = self.tokens.bind(self.tokens.fresh_value(), call.environment)
            held[refresh] = consent.scopes, REFRESHES
        else:
            refresh = call.form.get("refresh_token", "")
            scopes, uses = held.get(refresh, ((), 0))
            if not uses or self.tokens.is_foreign(refresh, call.environment):
                why = f"refresh token {ending(refresh)} is unknown in {call.environment}, or used up"
                return not_granted("Invalid refresh token").response(why)
            held[refresh] = scopes, uses - 1
        return self.token_answer(call, account, client_id, held[refresh][0], {"refresh_token": refresh})

    # --- data

    def _balance(self, call: Call) -> httpx.Response:
        account = self.bearer(call)
        return json_answer({"balance": centavos(self._balance_before(account, self.world.now() + cora.DAY))})
