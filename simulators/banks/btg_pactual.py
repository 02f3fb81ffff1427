"""BTG Pactual Empresas, Saldo e Extrato: the identity server with its page, and the routes of the accounts.

Played from contracts/banks/btg_pactual/NOTES.md: a company consents on a page and the token is good for that company
alone; client credentials are granted and then refused at every account; movements are nested in days, their
amounts as short as possible; one answer holds the whole period; the same branch is written in
two ways. The sandbox knows one company.

The first refresh token of an account stays good until it is used, as if its holder had just consented; the ten days
run for each one after it. The last one given is always among the account's credentials.

Long because it plays three grants, and each of the forms that the sources leave open.
"""

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, timedelta
from decimal import Decimal
from itertools import groupby
from random import Random
from typing import Any

import httpx

from contracts.schema import Evidence, Operation, OperationKind
from simulators.authorization_code import CodeBank
from simulators.bank import Answered, Call, Refusal, Write, json_answer
from simulators.call import basic_credentials
from simulators.generate import cnpj
from simulators.ledger import LedgerEntry, Party
from simulators.oauth import Grant, oauth_error
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["BtgPactual"]

KINDS = {
    ("PIX", True): "Pix recebido",
    ("PIX", False): "Pix enviado",
    ("TED", True): "TED recebida",
    ("TED", False): "TED enviada",
    ("BOLETO", True): "Liquidação de boleto",
    ("BOLETO", False): "Pagamento de boleto",
    ("TARIFA_SERVICOS_AVULSOS", False): "Tarifa",
    ("OUTROS", True): "Lançamento",
    ("OUTROS", False): "Lançamento",
}
"""The words with which a text begins; nothing else tells what a movement is."""

SANDBOX_COMPANY = "30306294000145"
ACCOUNTS_READ = "empresas.btgpactual.com/accounts.readonly"
ACCOUNTS = "empresas.btgpactual.com/accounts"
READABLE = frozenset(
    {
        "offline_access",
        "empresas.btgpactual.com/bank-slips.readonly",
        "empresas.btgpactual.com/authorized-direct-debits.readonly",
        "brn:btg:empresas:openfinance:accounts:info.readonly",
        "brn:btg:empresas:openfinance:accounts:balances.readonly",
        "brn:btg:empresas:banking:payments.readonly",
        "brn:btg:empresas:banking:collections.readonly",
    }
)
"""Scopes beside those of accounts that an application which only reads may ask for; clients ask for several at once."""
OTHER_BANK = "341"
OWN_BANK, OWN_ISPB = "208", "30306294"


def _errors(code: str, message: str) -> dict[str, Any]:
    return {"errors": [{"code": code, "message": message}]}


def _page(method: str) -> Operation:
    return Operation(
        kind=OperationKind.TOKEN,
        method=method,
        host="token",
        path="/oauth2/authorize",
        evidence=Evidence.DOCUMENTED,
        source="developer portal",
    )


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
    wrong_grant = _oauth_error("unsupported_grant_type", "The grant type is not supported")
    day_words, number_words = "is required as YYYY-MM-DD", "must be a positive integer"
    untouched = frozenset({"cursor_loop", "lose_page", "repeat_page", "shift_page"})
    kinds = frozenset(KINDS)
    refusals = {
        "invalid_credentials": _oauth_error("invalid_client", "Client authentication failed", 401),
        "consent_expired": _not_granted("The refresh token is invalid, expired or revoked"),
        "consent_revoked": _not_granted("The consent was revoked by the account holder"),
        "consent_pending_approval": _oauth_error(
            "invalid_grant", "The consent is pending the approval of another user"
        ),
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
    other_reads = {
        "authorize": _page("GET"),
        "decide": _page("POST"),
    }
    outcomes = {"token_always_expired": "consent_expired"}
    writes = (
        Write("POST", "/{company_id}/banking/payments", 201, {"paymentId": "simulated", "status": "CREATED"}),
        Write("POST", "/{company_id}/banking/collections", 201, {"collectionId": "simulated", "status": "CREATED"}),
    )

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._challenges: dict[str, tuple[str, str]] = {}
        """Challenge and method of the codes that were asked for with one."""

    def names_party(self, entry: LedgerEntry) -> bool:
        """Whether the row's text names the other party."""
        return _named_party(entry) is not None

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token, the page and its form, accounts, statement."""
        return {
            "token": self.token,
            "authorize": self.authorize,
            "decide": self.decide,
            "accounts": self._accounts,
            "statement": self._statement,
        }

    def branch(self, chance: Random) -> str:
        """A branch as the bank shows it, with its zeros."""
        return "0050"

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An application with the refresh token of a consent that its holder has given."""
        return {
            "client_id": self.tokens.fresh_value(),
            "client_secret": self.world.fresh("secret", account.number),
            "refresh_token": self.world.fresh("refresh", account.number),
        }

    def token_refused(self, state: TokenState) -> httpx.Response:
        """Missing, expired and revoked tokens are refused alike."""
        return json_answer(_errors("unauthorized", "The access token is missing or not valid"), 401)

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A wrong parameter."""
        return json_answer(_errors("invalid-request", f"{name} {wrong}"), 400)

    # --- the page

    def page_scopes(self) -> Sequence[str]:
        """Those of this product, and the others that an application which only reads may ask for."""
        return (*self.contract.authentication.scopes, ACCOUNTS, *READABLE)

    def companies(self, call: Call, account: SimulatedAccount) -> dict[str, str]:
        """The companies of the login: the holder, and another one that can be taken by mistake."""
        another = cnpj(self.world.chance(self.contract.slug, account.number, "another company"))
        return {self._company(call, account): account.holder_name, another: "Outra Empresa do Mesmo Login Ltda"}

    def decide(self, call: Call) -> httpx.Response:
        """Back to the application; what it gave to be verified by (RFC 7636) is kept with its code."""
        answer = super().decide(call)
        code = httpx.URL(answer.headers["location"]).params.get("code")
        if code and (challenge := call.query.get("code_challenge")):
            method = call.query.get("code_challenge_method", "plain")
            self._challenges[code] = challenge, method
        return answer

    def back(self, call: Call, answer: Mapping[str, str]) -> httpx.Response:
        """The redirect, which names the issuer too (RFC 9207)."""
        return super().back(call, {**answer, "iss": self.contract.issuer(call.environment)})

    # --- token

    def client(self, call: Call) -> SimulatedAccount:
        """The account of the client; one without a secret may be verified by its code's challenge."""
        shown = basic_credentials(call.request)
        account = self.by_credential(**shown) if shown.get("client_secret") else self._public(call)
        if account is None:
            raise self.refused("invalid_credentials")
        return account

    def grants(self) -> Mapping[str, Grant]:
        """Three, of which only the first two let read an account."""
        own = {"authorization_code": self._by_code, "refresh_token": self._by_refresh_token}
        return {**own, **super().grants()}

    def _public(self, call: Call) -> SimulatedAccount | None:
        """The application that shows no secret, where PKCE stands in for it: at the code, and at renewals."""
        account = self.by_credential(client_id=call.form.get("client_id", ""))
        if account is None or "authorization" in call.request.headers:
            return None
        redeems = call.form.get("grant_type") == "authorization_code" and call.form.get("code") in self._challenges
        renews = call.form.get("grant_type") == "refresh_token" and account.memory.get("public", False)
        return account if redeems or renews else None

    def _by_code(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        consent, code = self.redeemed(call, account), call.form.get("code", "")
        if consent is None:
            return NOT_REDEEMED.response()
        challenge = self._challenges.pop(code, None)
        if challenge and not _verified(call.form.get("code_verifier", ""), *challenge):
            return NOT_REDEEMED.response()
        account.memory["company"], account.memory["scopes"] = consent.company, consent.scopes
        account.memory["public"] = challenge is not None
        return self._grant(call, account, {"refresh_token": self._new_refresh_token(call, account), "id_token": ""})

    def _by_refresh_token(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        self.tokens.bind(self.shown_refresh_token(call, account), call.environment)
        if self.reading(account, "refresh_rotation") == "never":
            account.memory["refresh_expires_at"] = self._refresh_end()
            return self._grant(call, account, {})
        return self._grant(call, account, {"refresh_token": self._new_refresh_token(call, account)})

    def by_client_credentials(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """A token of the application alone; no account may be read with it, whatever scope was asked for."""
        return self._answer(call, account, (), call.form.get("scope", ""), {})

    def _new_refresh_token(self, call: Call, account: SimulatedAccount) -> str:
        account.memory["refresh_expires_at"] = self._refresh_end()
        account.credentials["refresh_token"] = self.world.fresh("refresh", account.number)
        return self.tokens.bind(account.credentials["refresh_token"], call.environment)

    def _refresh_end(self) -> Any:
        return self.world.now() + timedelta(seconds=self.contract.authentication.refresh_token_seconds)

    def _grant(self, call: Call, account: SimulatedAccount, more: dict[str, str]) -> httpx.Response:
        scopes = account.memory.get("scopes", self.contract.authentication.scopes)
        return self._answer(call, account, scopes, " ".join(scopes), more)

    def _answer(
        self, call: Call, account: SimulatedAccount, scopes: Iterable[str], told: str, more: dict[str, str]
    ) -> httpx.Response:
        life = self.token_life(account, call.environment)
        claims = {
            "sub": account.credentials["client_id"],
            "scope": told,
            "iss": self.contract.issuer(call.environment),
            "exp": int((self.world.now() + life).timestamp()),
            "iat": int(self.world.now().timestamp()),
            "client_id": account.credentials["client_id"],
            "jti": self.tokens.fresh_value(),
        }
        value = _jwt("at+jwt", claims)
        token = self.issue(call, account, tuple(scopes), value)
        body = {
            "access_token": token.value,
            "scope": told,
            "token_type": "Bearer",
            "expires_in": int(life.total_seconds()),
        }
        if "id_token" in more:
            more["id_token"] = _jwt("JWT", {**claims, "jti": self.tokens.fresh_value()})
        return json_answer({**body, **more}, headers={"cache-control": "no-store"})

    # --- accounts

    def _accounts(self, call: Call) -> httpx.Response:
        account = self._of_company(call)
        own = self._listed(call, account)
        if call.query.get("accountOrigin") == "OPEN_FINANCE":
            company = self._company(call, account)
            own |= {"accountId": f"{company}-{OTHER_BANK}-1-000054321", "bankCode": OTHER_BANK}
            own |= {"branchCode": "0001", "number": "54321"}
        envelopes: dict[str, Any] = {"data": {"data": [own]}, "bare": [own], "nested": [{"data": [own]}]}
        return json_answer(envelopes[self.reading(account, "account_list")])

    def _listed(self, call: Call, account: SimulatedAccount) -> dict[str, str]:
        return {
            "accountId": self._account_id(call, account),
            "taxId": self._company(call, account),
            "bankCode": OWN_BANK,
            "type": "TRANSACTION",
            "currency": "BRL",
            "branchCode": account.branch,
            "number": account.number,
            "status": "ACTIVE",
        }

    def _statement(self, call: Call) -> httpx.Response:
        account = self._named(call)
        first, last = self.read_day(call, "startDate"), self.read_day(call, "endDate")
        if first > last:
            raise Answered(json_answer(_errors("invalid-request", "startDate is after endDate"), 400))
        entries = account.ledger.entries(first, last, self.world.now())
        about = self._about(account, first, last) if self._tells_all(account) else {}
        links: dict[str, Any] | None = None
        if self.reading(account, "paging") == "links":
            entries, links = self._part(call, account, entries)
        data = {**about, **self._data(account, entries, first)}
        return json_answer({"data": data, **({"links": links} if links else {})})

    def _tells_all(self, account: SimulatedAccount) -> bool:
        return self.reading(account, "statement_fields") == "all"

    def _about(self, account: SimulatedAccount, first: date, last: date) -> dict[str, Any]:
        """The account and its balances before the first day, now, and after the last day."""
        now = self.world.now()
        return {
            "accountNumber": int(account.number),
            "balance": {
                "initial": short(account.ledger.balance(first, now)),
                "current": short(account.ledger.balance_at(now)),
                "final": short(account.ledger.balance(last + timedelta(days=1), now)),
            },
        }

    def _part(
        self, call: Call, account: SimulatedAccount, entries: list[LedgerEntry]
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

    def _groups(
        self, account: SimulatedAccount, entries: list[LedgerEntry]
    ) -> Iterator[tuple[date, list[LedgerEntry]]]:
        """The entries of each day, all in one group or those of each direction in one."""
        for day, rows in groupby(entries, key=lambda entry: entry.date):
            held = list(rows)
            if self.reading(account, "day_groups") == "one":
                yield day, held
                continue
            for part in ([entry for entry in held if entry.amount >= 0], [entry for entry in held if entry.amount < 0]):
                if part:
                    yield day, part

    def _data(self, account: SimulatedAccount, entries: list[LedgerEntry], first: date) -> dict[str, Any]:
        days = [
            self._told_day(account, day, [self._row(account, entry) for entry in rows])
            for day, rows in self._groups(account, entries)
        ]
        if not days:
            played = self.reading(account, "empty_period")
            if played == "no_list":
                return {}
            if played == "empty_day":
                days = [self._told_day(account, first, [])]
        return {"dailyMovements": days}

    def _told_day(self, account: SimulatedAccount, day: date, rows: list[dict[str, Any]]) -> dict[str, Any]:
        shown = day.isoformat() + ("T00:00:00" if self.reading(account, "day_form") == "date_time" else "")
        if not self._tells_all(account):
            return {"date": shown, "movements": rows}
        balance = account.ledger.balance(day + timedelta(days=1), self.world.now())
        return {"date": shown, "balance": short(balance), "movements": rows}

    def _row(self, account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
        amount: Any = short(abs(entry.amount))
        if self.reading(account, "amount_form") == "object":
            amount = {"amount": amount, "currency": "BRL"}
        row = {
            "dateHour": entry.booked_at.strftime("%Y-%m-%dT%H:%M:%S"),
            "description": _text(entry),
            "amount": amount,
            "type": "credit" if entry.amount > 0 else "debit",
            **entry.detail,
        }
        if not self._tells_all(account):
            return row
        row = {"id": entry.bank_id or _identity(account.number, entry.serial), **row}
        return {**row, "endToEndId": _end_to_end(entry)} if entry.type == "PIX" else row

    # --- who may read what

    def _of_company(self, call: Call) -> SimulatedAccount:
        """The account of the token, when the company in the path is the one that consented.

        Raises:
            Answered: it is not.
        """
        account = self.bearer(call)
        consenting = account.memory.get("company", self._company(call, account))
        if call.segments["company_id"] != consenting or consenting != self._company(call, account):
            raise Answered(FORBIDDEN.response())
        return account

    def _named(self, call: Call) -> SimulatedAccount:
        account = self._of_company(call)
        if call.segments["account_id"] != self._account_id(call, account):
            raise self.refused("invalid_account")
        return account

    def _company(self, call: Call, account: SimulatedAccount) -> str:
        return SANDBOX_COMPANY if call.environment == "sandbox" else account.holder_tax_id

    def _account_id(self, call: Call, account: SimulatedAccount) -> str:
        return f"{self._company(call, account)}-{OWN_BANK}-{int(account.branch)}-{int(account.number):09d}"


def _verified(verifier: str, challenge: str, method: str) -> bool:
    """Whether a verifier belongs to a challenge (RFC 7636 section 4.6)."""
    if method == "S256":
        digest = hashlib.sha256(verifier.encode()).digest()
        verifier = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return verifier == challenge


def _identity(*about: object) -> str:
    """An opaque id, the same whenever it is asked for."""
    digits = hashlib.sha256("/".join(map(str, about)).encode()).hexdigest()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:32]))


def _end_to_end(entry: LedgerEntry) -> str:
    """The Pix's own id: the payer's institution, the minute in UTC, a sequence."""
    payer = entry.counterparty.ispb if entry.counterparty and entry.amount > 0 else ""
    return f"E{payer or OWN_ISPB}{entry.booked_at.astimezone(UTC):%Y%m%d%H%M}{entry.serial % 10**11:011d}"


def short(amount: Decimal) -> Decimal:
    """Without zeros at the end: 49, 1250.4."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral() else amount.normalize()


def _named_party(entry: LedgerEntry) -> Party | None:
    """Only the text of a Pix that was sent is known to name the other party."""
    return entry.counterparty if entry.type == "PIX" and entry.amount < 0 else None


def _text(entry: LedgerEntry) -> str:
    """The ledger's text, with the bank's word for the kind before it unless it begins with that already.

    A Pix that was sent has the payee's name in its place.
    """
    word = KINDS[entry.type, entry.amount > 0]
    if party := _named_party(entry):
        return f"{word} para {party.name}"
    begins = entry.description.casefold().startswith(word.casefold())
    return entry.description if begins else f"{word} - {entry.description}"


def _jwt(kind: str, claims: Mapping[str, Any]) -> str:
    """A text in the form of a signed token; nobody but the bank reads it, so the signature is none."""
    header = {"alg": "RS256", "typ": kind, "kid": "simulated"}
    parts = (json.dumps(header), json.dumps(claims), str(claims["jti"]))
    return ".".join(base64.urlsafe_b64encode(part.encode()).decode().rstrip("=") for part in parts)
