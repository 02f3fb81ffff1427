"""BS2 with the balance, version 2 of both reads, the older API's user and password, and scopes of other products."""

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

import httpx

from contracts.schema import Operation, OperationKind
from simulators.banks import bs2
from simulators.call import Call, Write, json_answer, other_read
from simulators.oauth import Grant
from simulators.reasons import ending
from simulators.world import SimulatedAccount

__all__ = ["Bs2"]

SANDBOX_TOKEN = timedelta(seconds=420)
LEGACY_SCOPE = "forintegration"
EXCHANGE_SCOPE = "pix.cambio.collection.order"
"""Of the exchange product; a client in production reads balance and statement with it alone."""
OTHER_PRODUCTS = frozenset(
    {
        *(
            f"{resource}.{access}"
            for resource in ("cob", "cobv", "pix", "dict", "webhook")
            for access in ("read", "write")
        ),
        EXCHANGE_SCOPE,
        "pix.cambio.payment.order",
    }
)
"""Granted as well, as to an application that has Pix and exchange too: clients of those ask for nothing else."""
LEGACY_REFRESH = timedelta(minutes=10)


def _read(kind: OperationKind, path: str, service: str = "apibanking/forintegration") -> Operation:
    scope = "extrato" if kind is OperationKind.STATEMENT else "saldo"
    return other_read(kind, f"/pj/{service}/{path}", "public clients", scope=scope)


class Bs2(bs2.Bs2):
    """Plays BS2 to every client."""

    other_reads = {
        "statement_v2": _read(OperationKind.STATEMENT, "v2/contascorrentes/extrato"),
        "balance": _read(OperationKind.BALANCE, "v1/contascorrentes/saldo"),
        "balance_v2": _read(OperationKind.BALANCE, "v2/contascorrentes/saldo"),
        "legacy_balance": _read(
            OperationKind.BALANCE, "v1/contascorrentes/principal/saldo", service="forintegration/banking"
        ),
    }
    writes = (
        Write("POST", "/pj/apibanking/forintegration/v1/pagamentos"),
        Write("POST", "/pj/apibanking/forintegration/v1/transferencias/simplificado"),
        Write("POST", "/pix/direto/forintegration/v1/pagamentos/chave", 201, {"pagamentoId": "simulado"}),
        Write("POST", "/pix/direto/forintegration/v1/pagamentos/manual", 201, {"pagamentoId": "simulado"}),
        Write("POST", "/pix/direto/forintegration/v1/pagamentos/{id}/confirmacao", 202),
        Write(
            "PUT", "/pix/direto/forintegration/v1/pix/{end_to_end}/devolucao/{id}", 200, {"status": "EM_PROCESSAMENTO"}
        ),
    )

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Besides, the balance, and both reads in version 2."""
        balances = dict.fromkeys(("balance", "balance_v2", "legacy_balance"), self._balance)
        return {**super().routes(), "statement_v2": self._statement, **balances}

    def token_life(self, account: SimulatedAccount, environment: str = "production") -> timedelta:
        """The sandbox is more patient than production."""
        if environment == "sandbox" and not account.parameters.token_seconds:
            return SANDBOX_TOKEN
        return super().token_life(account, environment)

    def grants(self) -> Mapping[str, Grant]:
        """Besides, user and password, and the application alone."""
        more = {"password": self._by_password, "client_credentials": self._by_client_credentials}
        return {**super().grants(), **more}

    def held_scopes(self, account: SimulatedAccount) -> Sequence[str]:
        """The scopes of all products."""
        return (*super().held_scopes(account), LEGACY_SCOPE, *OTHER_PRODUCTS)

    def renewed(
        self, call: Call, account: SimulatedAccount, scopes: Sequence[str], life: timedelta, rights: Sequence[str] = ()
    ) -> httpx.Response:
        """A new token; two scopes let read the account without naming it."""
        if LEGACY_SCOPE in scopes or EXCHANGE_SCOPE in scopes:
            rights = self.contract.authentication.scopes
        return super().renewed(
            call, account, scopes, LEGACY_REFRESH if life and LEGACY_SCOPE in scopes else life, rights
        )

    def _by_password(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        user, password = call.form.get("username"), call.form.get("password")
        if not user or not password:
            return bs2.MISSING.response("username or password missing in the token request")
        if (user, password) != (account.number, account.credentials["api_secret"]):
            refusal = bs2.token_error(400, "invalid_grant", "The given user credentials were not valid")
            return refusal.response(f"password does not belong to user {ending(user)}")
        return self.granted(call, account, self.scopes(call, account))

    def _by_client_credentials(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        return self.renewed(call, account, self.scopes(call, account), timedelta(0))

    def _balance(self, call: Call) -> httpx.Response:
        account = self.bearer(call)
        now = self.world.now()
        at = self._instant(call, account, "dataReferencia") if "dataReferencia" in call.query else now + bs2.INSTANT
        body = {"Valor": account.ledger.balance_before(at, now), "valorBloqueado": bs2.NONE}
        return json_answer(body, headers=bs2.JSON_HEADERS)
