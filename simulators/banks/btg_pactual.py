"""BTG Pactual Empresas, Saldo e Extrato: the identity server with its page, accounts, statement and balance.

Played from contracts/banks/btg_pactual/NOTES.md: a company consents on a page and the token is good for that company
alone; movements are nested in days, their amounts as short as possible; one answer holds the whole period; the same
branch is written in two ways. The sandbox knows one company.

The first refresh token of an account stays good until it is used, as if its holder had just consented; the ten days
run for each one after it. The last one given is always among the account's credentials.
"""

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from random import Random
from typing import Any

import httpx

from simulators.authorization_code import CodeBank
from simulators.bank import Answered, Call, Refusal, json_answer
from simulators.banks.rows.btg_pactual import KINDS, OWN_BANK, balances_of, days_of, listed, named_party, short
from simulators.generate import cnpj
from simulators.ledger import LedgerEntry
from simulators.oauth import Grant, oauth_error
from simulators.reasons import not_the_account, shown
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["BtgPactual"]


SANDBOX_COMPANY = "30306294000145"
ACCOUNTS_READ = "empresas.btgpactual.com/accounts.readonly"
ACCOUNTS = "empresas.btgpactual.com/accounts"


def _errors(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message}]}


def _oauth_error(error: str, description: str, status: int = 400) -> Refusal:
    return oauth_error(error, description, status, {"cache-control": "no-store"})


def _not_granted(description: str) -> Refusal:
    return _oauth_error("invalid_grant", description)


FORBIDDEN = Refusal("statement", 403, _errors("forbidden", "Access to the company is not granted"))
NOT_REDEEMED = _not_granted("The authorization code is invalid, expired or was already used")


class BtgPactual(CodeBank):
    """Plays BTG Pactual."""

    page_title = "BTG Pactual: autorizar aplicação"
    server = "BTG Id"
    no_application = "AppNotFoundError: the client id was not found in this environment."
    no_address = "InvalidRedirectUri: it is not registered."
    denied = {"error": "access_denied", "error_description": "The user denied the request"}
    secret_in = ("basic",)
    wrong_grant = _oauth_error("unsupported_grant_type", "The grant type is not supported")
    day_words, number_words = "is required as YYYY-MM-DD", "must be a positive integer"
    untouched = frozenset({"cursor_loop", "lose_page", "repeat_page", "shift_page"})
    kinds = frozenset(KINDS)
    refusals = {
        "invalid_credentials": _oauth_error("invalid_client", "Client authentication failed", 401),
        "consent_expired": _not_granted("The refresh token is invalid, expired or revoked"),
        "consent_revoked": _not_granted("The consent was revoked by the account holder"),
        "consent_pending_approval": _not_granted("The consent is pending the approval of another user"),
        "authorization_incomplete": _not_granted("The authorization was not completed"),
        "statement_access_denied": Refusal(
            "statement", 403, {"message": f"Insufficient scope. Required: {ACCOUNTS_READ}, {ACCOUNTS}"}
        ),
        "invalid_account": Refusal("statement", 404, _errors("account-not-found", "Account not found")),
        "account_closed": Refusal("statement", 403, _errors("account-closed", "The account is closed")),
        "account_blocked": Refusal("statement", 403, _errors("account-blocked", "The account is blocked")),
        "integration_paused": Refusal("statement", 503, _errors("integration-paused", "The integration is paused")),
        "period_out_of_range": Refusal("statement", 400, _errors("invalid-period", "The period is not accepted")),
        "rate_limited": Refusal(
            "statement", 429, _errors("too-many-requests", "Too many requests"), {"retry-after": "60"}
        ),
    }
    outcomes = {"token_always_expired": "consent_expired"}

    def names_party(self, entry: LedgerEntry) -> bool:
        """Whether the row's text names the other party."""
        return named_party(entry) is not None

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token, the page and its form, accounts, statement, balance."""
        return {
            "token": self.token,
            "authorize": self.authorize,
            "decide": self.decide,
            "accounts": self._accounts,
            "statement": self._statement,
            "balance": lambda call: json_answer(self.balance_of(call, self._named(call))),
        }

    def branch(self, chance: Random) -> str:
        """A branch as the bank shows it, with its zeros."""
        return "0050"

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An application with the refresh token of a consent that its holder has given."""
        return {
            "client_id": self.issued_uuid(account, "client"),
            "client_secret": self.issued(account, "secret"),
            "refresh_token": self.refresh_token(account),
        }

    def token_refused(self, state: TokenState) -> httpx.Response:
        """Missing, expired and revoked tokens are refused alike."""
        return json_answer(_errors("unauthorized", "The access token is missing or not valid"), 401)

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A wrong parameter."""
        return json_answer(_errors("invalid-request", f"{name} {wrong}"), 400)

    # --- the page

    def companies(self, call: Call, account: SimulatedAccount) -> dict[str, str]:
        """The companies of the login: the holder, and another one that can be taken by mistake."""
        another = cnpj(self.world.chance(self.contract.slug, account.number, "another company"))
        return {self._company(call, account): account.holder_name, another: "Outra Empresa do Mesmo Login Ltda"}

    def back(self, call: Call, answer: Mapping[str, str]) -> httpx.Response:
        """The redirect, which names the issuer too (RFC 9207)."""
        return super().back(call, {**answer, "iss": self.contract.issuer(call.environment)})

    # --- token

    def grants(self) -> Mapping[str, Grant]:
        """The two that let read an account."""
        return {"authorization_code": self._by_code, "refresh_token": self._by_refresh_token}

    def _by_code(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        consent = self.redeemed(call, account)
        if consent is None:
            return NOT_REDEEMED.response(self.not_redeemed(call))
        account.memory["company"], account.memory["scopes"] = consent.company, consent.scopes
        return self._grant(call, account, {"refresh_token": self._new_refresh_token(call, account), "id_token": ""})

    def _by_refresh_token(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        self.tokens.bind(self.shown_refresh_token(call, account), call.environment)
        if self.reading(account, "refresh_rotation") == "never":
            account.memory["refresh_expires_at"] = self.world.now() + self.refresh_life
            return self._grant(call, account, {})
        return self._grant(call, account, {"refresh_token": self._new_refresh_token(call, account)})

    def _new_refresh_token(self, call: Call, account: SimulatedAccount) -> str:
        return self.give_refresh_token(call, account, self.refresh_life)

    def _grant(self, call: Call, account: SimulatedAccount, more: dict[str, str]) -> httpx.Response:
        scopes = account.memory.get("scopes", self.contract.authentication.scopes)
        return self.token_answer(call, account, scopes, " ".join(scopes), more)

    def token_answer(
        self, call: Call, account: SimulatedAccount, scopes: Iterable[str], shown: str, more: dict[str, str]
    ) -> httpx.Response:
        """A new token of these scopes; the answer and the token name only those in `shown`."""
        claims = {
            "sub": account.credentials["client_id"],
            "scope": shown,
            "iss": self.contract.issuer(call.environment),
            **self.validity(call, account),
            "client_id": account.credentials["client_id"],
            "jti": self.tokens.fresh_value(),
        }
        token = self.issue(call, account, tuple(scopes), _jwt("at+jwt", claims))
        body = {"access_token": token.value, "scope": shown, "token_type": "Bearer", "expires_in": token.expires_in}
        if "id_token" in more:
            more["id_token"] = _jwt("JWT", {**claims, "jti": self.tokens.fresh_value()})
        return json_answer({**body, **more}, headers={"cache-control": "no-store"})

    # --- accounts

    def _accounts(self, call: Call) -> httpx.Response:
        account = self._of_company(call)
        own = self._listed(call, account)
        envelopes: dict[str, Any] = {"data": {"data": [own]}, "bare": [own], "nested": [{"data": [own]}]}
        return json_answer(envelopes[self.reading(account, "account_list")])

    def _listed(self, call: Call, account: SimulatedAccount) -> dict[str, str]:
        return listed(account, self._account_id(call, account), self._company(call, account))

    def balance_of(self, call: Call, account: SimulatedAccount) -> dict[str, Any]:
        """The present balance; nothing of it is ever blocked."""
        return {
            "accountId": self._account_id(call, account),
            "available": {"amount": short(self.available(account.ledger, self.world.now())), "currency": "BRL"},
            "blocked": {"amount": 0, "currency": "BRL", "blockedDate": None},
        }

    def _statement(self, call: Call) -> httpx.Response:
        account = self._named(call)
        first, last = self.read_day(call, "startDate"), self.read_day(call, "endDate")
        if first > last:
            why = f"period {first} to {last}: startDate is after endDate"
            raise Answered(json_answer(_errors("invalid-request", "startDate is after endDate"), 400), why)
        now, reading = self.world.now(), partial(self.reading, account)
        entries = account.ledger.entries(first, last, now)
        balances = balances_of(account, first, last, now) if reading("statement_fields") == "all" else {}
        links: dict[str, Any] | None = None
        if reading("paging") == "links":
            entries, links = self._part(call, account, entries)
        data = {**balances, **days_of(account, entries, first, now, reading)}
        return json_answer({"data": data, **({"links": links} if links else {})})

    def _part(
        self, call: Call, account: SimulatedAccount, entries: Sequence[LedgerEntry]
    ) -> tuple[list[LedgerEntry], dict[str, Any]]:
        """One page by the custom of the bank's other lists."""
        number = self.read_number(call, "pageNumber", 1, least=1)
        asked = self.read_number(call, "pageSize", self.contract.paging.default_size, least=1)
        size = self.page_size(account, asked)
        part = self.cut(call, entries, (number - 1) * size, size)

        def link(to: int) -> str:
            return str(call.request.url.copy_merge_params({"pageNumber": str(to), "pageSize": str(size)}))

        links = {"next": link(number + 1) if part.more else None, "previous": link(number - 1) if number > 1 else None}
        return list(part.rows), links

    # --- who may read what

    def _of_company(self, call: Call) -> SimulatedAccount:
        """The account of the token, when the company in the path is the one that consented.

        Raises:
            Answered: it is not.
        """
        account = self.bearer(call)
        consenting = account.memory.get("company", self._company(call, account))
        if call.segments["company_id"] != consenting or consenting != self._company(call, account):
            why = f"company {shown(call.segments['company_id'])} is not {consenting}, which consented"
            raise Answered(FORBIDDEN.response(why))
        return account

    def _named(self, call: Call) -> SimulatedAccount:
        account = self._of_company(call)
        own = self._account_id(call, account)
        if call.segments["account_id"] != own:
            raise self.refused("invalid_account", not_the_account(call.segments["account_id"], own))
        return account

    def _company(self, call: Call, account: SimulatedAccount) -> str:
        return SANDBOX_COMPANY if call.environment == "sandbox" else account.holder_tax_id

    def _account_id(self, call: Call, account: SimulatedAccount) -> str:
        return f"{self._company(call, account)}-{OWN_BANK}-{int(account.branch)}-{int(account.number):09d}"


def _jwt(kind: str, claims: Mapping[str, Any]) -> str:
    """A text in the form of a signed token. Only the bank reads it, so it carries no signature."""
    header = {"alg": "RS256", "typ": kind, "kid": "simulated"}
    parts = (json.dumps(header), json.dumps(claims), str(claims["jti"]))
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
