"""Banco BS2, API Banking: routes and wire format of the token, the statement and the balance, v1 and v2.

Played from contracts/banks/bs2/NOTES.md: each refresh token is good for one use and each new access token ends the one
before it; token answers are pretty-printed with CRLF, refused tokens are plain text, other refusals are empty or an
array; the newest row stands first; whole reais have no decimals; banks, branches and accounts are numbers.

The first refresh token of an account stays good until it is used, as if its holder had just made it; the 48 hours
run for each one after it. The last one given is always among the account's credentials, as on the bank's own screen.

Long because it plays three grants, two versions and the balance of an older one, and each refusal in its own form.
"""

import base64
import binascii
import json
import unicodedata
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from re import compile as pattern
from typing import Any
from urllib.parse import parse_qsl

import httpx

from contracts.schema import Evidence, Operation, OperationKind
from simulators.bank import Answered, Bank, Call, Refusal, Write, json_answer
from simulators.clock import BRASILIA
from simulators.ledger import LedgerEntry
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Bs2"]

KINDS = {
    ("PIX", True): (10, "Pix Recebido"),
    ("PIX", False): (11, "Pix Enviado"),
    ("TED", True): (2, "TED Recebida"),
    ("TARIFA_SERVICOS_AVULSOS", False): (20, "Tarifa"),
    ("OUTROS", True): (99, "Credito"),
    ("OUTROS", False): (98, "Debito"),
}
"""Category and short text; 98 and 99 stand for the categories that no list names."""

INTERNAL = {10: 16, 11: 17}
"""Categories of a Pix within the bank."""
FEE, PIX_RETURN = 20, 18
PIX = frozenset({10, 11, 16, 17, PIX_RETURN})
DIRECTIONS: dict[str, Mapping[bool, int | str]] = {"number": {True: 2, False: 1}, "letter": {True: "C", False: "D"}}
"""How credits and debits are marked."""

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
UNDATED, LONGEST = timedelta(days=30), timedelta(days=31)
DATE_TIME = pattern(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?(Z|[+-]\d{2}:\d{2})?)?")
MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)

NONE, NOTHING = Decimal("0.0"), Decimal("0.00")
BLOCKED = {"por24Horas": NONE, "por48Horas": NONE, "acima": NOTHING, "judicial": NOTHING}
"""Nothing is blocked; the bank writes zero in two forms."""

OAUTH_HEADERS = {"content-type": "application/json;charset=UTF-8", "cache-control": "no-store", "pragma": "no-cache"}
JSON_HEADERS = {"content-type": "application/json;charset=utf-8"}


def _pretty(body: Mapping[str, Any]) -> str:
    """JSON as the token server writes it: two blanks of indent, CRLF, no blank after a colon."""
    return json.dumps(body, indent=2, separators=(",", ":"), ensure_ascii=False).replace("\n", "\r\n")


def _oauth(status: int, error: str, description: str, headers: Mapping[str, str] | None = None) -> Refusal:
    body = _pretty({"error": error, "error_description": description})
    return Refusal("token", status, body, {**OAUTH_HEADERS, **(headers or {})})


def _violation(tag: str | None, text: str) -> Refusal:
    return Refusal("statement", 400, [{"tag": tag, "descricao": text}], JSON_HEADERS)


def _read(kind: OperationKind, path: str, service: str = "apibanking/forintegration") -> Operation:
    scope = "extrato" if kind is OperationKind.STATEMENT else "saldo"
    return Operation(
        kind=kind,
        method="GET",
        path=f"/pj/{service}/{path}",
        scope=scope,
        evidence=Evidence.DOCUMENTED,
        source="public clients",
    )


MISSING = _oauth(400, "invalid_client", "Missing or duplicate parameters")
TOO_LONG = _violation(None, "O intervalo entre as datas passa de 31 dias.")
WRONG_SCOPE = _oauth(400, "invalid_scope", "The requested scope is not granted to the application")
WRONG_GRANT = _oauth(400, "unsupported_grant_type", "The given grant_type is not supported")
FORBIDDEN = Refusal("statement", 403)


class Bs2(Bank):
    """Plays BS2."""

    untouched = frozenset({"unknown_enum"})
    kinds = frozenset(KINDS)
    refusals = {
        "invalid_credentials": _oauth(
            401,
            "invalid_client",
            "The given client credentials were not valid",
            {
                "www-authenticate": 'Basic error="Invalid or missing credentials"',
                "x-ca-err": "3003201",
                "connection": "close",
            },
        ),
        "consent_expired": _oauth(400, "invalid_grant", "The given refresh token is expired or was already used"),
        "consent_revoked": _oauth(400, "invalid_grant", "The consent was revoked by the account holder"),
        "authorization_incomplete": _oauth(400, "invalid_grant", "The authorization was not completed"),
        "statement_access_denied": FORBIDDEN,
        "invalid_account": _violation("CT02098", "Cliente não localizado no contexto."),
        "account_closed": _violation(None, "Conta encerrada."),
        "account_blocked": _violation(None, "Conta temporariamente bloqueada."),
        "integration_paused": Refusal(
            "statement", 503, {"message": "Integração paralisada temporariamente."}, JSON_HEADERS
        ),
        "period_out_of_range": _violation("MovimentoInicial", "O período informado não é aceito."),
        "rate_limited": Refusal("token", 429, {"message": "Limite de requisições por minuto atingido."}, JSON_HEADERS),
    }
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

    def names_party(self, entry: LedgerEntry) -> bool:
        """Fee rows name nobody."""
        return entry.counterparty is not None and _category(entry) != FEE

    def describes(self, entry: LedgerEntry) -> str:
        """The long text, and the short one where it says something else."""
        long, short = entry.description.rstrip(), KINDS[entry.type, entry.amount > 0][1]
        if not long:
            return short
        return long if f" {_words(short)} " in f" {_words(long)} " else f"{long} - {short}"

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token, statement and balance, the latter two in both versions."""
        statement, balance = self._statement, self._balance
        return {
            "token": self._token,
            "statement": statement,
            "statement_v2": statement,
            "balance": balance,
            "balance_v2": balance,
            "legacy_balance": balance,
        }

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An application with its first refresh token. The legacy user is the account number, with the secret."""
        return {
            "api_key": f"l7{self.world.fresh('key', account.number)}",
            "api_secret": self.world.fresh("secret", account.number),
            "refresh_token": self.tokens.fresh_value(),
            "scope": " ".join(self.contract.authentication.scopes),
            "user_agent": f"empresa-{account.number}",
        }

    def token_life(self, account: SimulatedAccount, environment: str = "production") -> timedelta:
        """The sandbox is more patient than production."""
        if environment == "sandbox" and not account.parameters.token_seconds:
            return SANDBOX_TOKEN
        return super().token_life(account, environment)

    def token_refused(self, state: TokenState) -> httpx.Response:
        """A refused access token gets plain text, whatever is wrong with it."""
        return httpx.Response(401, text="Invalid token")

    # --- token

    def _token(self, call: Call) -> httpx.Response:
        key, secret = _client(call)
        names = [name for name, _ in parse_qsl(call.request.content.decode("utf-8", "replace"), keep_blank_values=True)]
        if not key or not secret or not call.form.get("grant_type") or len(names) != len(set(names)):
            return MISSING.response()
        account = self.by_credential(api_key=key, api_secret=secret)
        if account is None:
            return self.refusals["invalid_credentials"].response()
        self.identified(call, account)
        self._check_user_agent(call, account)
        self._count_call(account)
        grants = {
            "refresh_token": self._by_refresh_token,
            "password": self._by_password,
            "client_credentials": self._by_client_credentials,
        }
        grant = grants.get(call.form["grant_type"])
        return grant(call, account) if grant else WRONG_GRANT.response()

    def _by_refresh_token(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        presented, memory = call.form.get("refresh_token"), account.memory
        if not presented:
            return MISSING.response()
        if self.tokens.is_foreign(presented, call.environment):
            return self.refusals["consent_expired"].response()
        spent = memory.setdefault("spent_refresh_tokens", set())
        if presented in spent:
            memory["refresh_reuses"] = memory.get("refresh_reuses", 0) + 1
            return self.refusals["consent_expired"].response()
        expires_at = memory.get("refresh_expires_at")
        if presented != account.credentials["refresh_token"] or (expires_at and self.world.now() >= expires_at):
            return self.refusals["consent_expired"].response()
        scopes = self._scopes(call)
        spent.add(self.tokens.bind(presented, call.environment))
        return self._grant(call, account, scopes, renewable=True)

    def _by_password(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        user, password = call.form.get("username"), call.form.get("password")
        if not user or not password:
            return MISSING.response()
        if (user, password) != (account.number, account.credentials["api_secret"]):
            return _oauth(400, "invalid_grant", "The given user credentials were not valid").response()
        return self._grant(call, account, self._scopes(call), renewable=True)

    def _by_client_credentials(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        return self._grant(call, account, self._scopes(call), renewable=False)

    def _scopes(self, call: Call) -> list[str]:
        """Those of the scopes asked for that the application has, in the order asked, or all of its own.

        Raises:
            Answered: it has none of them.
        """
        granted = self.contract.authentication.scopes
        asked = call.form.get("scope", "").split() or list(granted)
        known = [scope for scope in asked if scope in {*granted, LEGACY_SCOPE, *OTHER_PRODUCTS}]
        if not known:
            raise Answered(WRONG_SCOPE.response())
        return known

    def _grant(self, call: Call, account: SimulatedAccount, scopes: list[str], *, renewable: bool) -> httpx.Response:
        legacy = LEGACY_SCOPE in scopes
        self.tokens.replace_all(account)
        opens_account = legacy or EXCHANGE_SCOPE in scopes
        token = self.issue(call, account, (*scopes, *self.contract.authentication.scopes) if opens_account else scopes)
        body = {
            "access_token": token.value,
            "token_type": "Bearer",
            "expires_in": int(token.life.total_seconds()),
        }
        if renewable:
            life = LEGACY_REFRESH if legacy else timedelta(seconds=self.contract.authentication.refresh_token_seconds)
            refresh = self.tokens.bind(self.tokens.fresh_value(), call.environment)
            account.credentials["refresh_token"] = body["refresh_token"] = refresh
            account.memory["refresh_expires_at"] = self.world.now() + life
        body["scope"] = " ".join(scopes)
        return httpx.Response(200, headers=OAUTH_HEADERS, text=_pretty(body))

    def _count_call(self, account: SimulatedAccount) -> None:
        """Keep the quota of token calls, unless the account's tokens wear out faster than any at the bank.

        Raises:
            Answered: the quota of this minute is used up.
        """
        now = self.world.now()
        calls = [at for at in account.memory.get("token_calls", []) if now - MINUTE < at <= now]
        if len(calls) >= self.contract.operations["token"].per_minute and not account.parameters.token_uses:
            raise self.refused("rate_limited")
        account.memory["token_calls"] = [*calls, now]

    # --- statement and balance

    def _statement(self, call: Call) -> httpx.Response:
        account = self._account(call)
        now = self.world.now()
        start, end = self._period(call, account)
        inicio = _number(call, "inicio", 0, 0, 10**9)
        asked = _number(call, "limite", self.contract.paging.default_size, 1, self.contract.paging.max_size)
        size = self.page_size(account, asked)
        entries = account.ledger.between(start, end, now)
        opening = entries[0].balance - entries[0].amount if entries else _balance(account, start, now)
        closing = entries[-1].balance if entries else opening
        first = inicio if self.reading(account, "inicio") == "row_offset" else inicio * size
        rows, total = self.cut(call, entries[::-1], first, size).rows, len(entries)
        direction = DIRECTIONS[self.reading(account, "direction")]
        if empty := self._empty_by_mistake(account):
            rows, total = (), total if empty == "rows_missing" else 0
        absent = not rows and self.reading(account, "empty_list") == "none"
        return json_answer(
            {
                "saldo": {"inicial": opening, "final": closing, "bloqueado": BLOCKED},
                "chequeEspecial": None,
                "movimentacoes": None if absent else [_row(account, entry, direction) for entry in rows],
                "inicio": inicio,
                "limite": size,
                "total": total,
            },
            headers=JSON_HEADERS,
        )

    def _balance(self, call: Call) -> httpx.Response:
        account = self._account(call)
        now = self.world.now()
        at = self._instant(call, account, "dataReferencia") if "dataReferencia" in call.query else now + INSTANT
        body = {"Valor": _balance(account, at, now), "valorBloqueado": NONE}
        return json_answer(body, headers=JSON_HEADERS)

    def _account(self, call: Call) -> SimulatedAccount:
        account = self.bearer(call)
        self._check_user_agent(call, account)
        return account

    def _check_user_agent(self, call: Call, account: SimulatedAccount) -> None:
        if call.environment != "production" or self.reading(account, "user_agent") == "ignored":
            return
        if call.request.headers.get("user-agent") != account.credentials["user_agent"]:
            raise Answered(FORBIDDEN.response())

    def _empty_by_mistake(self, account: SimulatedAccount) -> str:
        """How the first answer an account ever gets is empty by mistake, or nothing."""
        played = self.reading(account, "empty_answers")
        first = account.memory.setdefault("answers", 0) == 0
        account.memory["answers"] += 1
        return played if first and played != "never" else ""

    def _period(self, call: Call, account: SimulatedAccount) -> tuple[datetime, datetime]:
        """The instants from and before which rows are asked for.

        Raises:
            Answered: an end is missing or unreadable, or the period ends before it begins.
        """
        undated = not {"movimentoInicial", "movimentoFinal"} & call.query.keys()
        if undated and self.reading(account, "no_dates") == "thirty_days":
            now = self.world.now()
            return now - UNDATED, now + INSTANT
        start, end = self._instant(call, account, "movimentoInicial"), self._instant(call, account, "movimentoFinal")
        if start > end:
            raise self.refused("period_out_of_range")
        if end - start > LONGEST + INSTANT:
            raise Answered(TOO_LONG.response())
        return start, end

    def _instant(self, call: Call, account: SimulatedAccount, name: str) -> datetime:
        """An end of the period; the last one is moved on so that the period ends before it.

        Raises:
            Answered: it is missing or neither a date nor a date-time.
        """
        value, last = call.query.get(name, ""), name != "movimentoInicial"
        try:
            moment = datetime.fromisoformat(value if DATE_TIME.fullmatch(value) else "")
        except ValueError:
            raise Answered(_violation(name[0].upper() + name[1:], "Data obrigatória, ISO 8601.").response()) from None
        if len(value) == len("2026-03-02"):
            return datetime.combine(moment, time(), BRASILIA) + timedelta(days=last)
        if moment.tzinfo is None or self.reading(account, "query_zone") == "local":
            moment = moment.replace(tzinfo=BRASILIA)
        inclusive = last and self.reading(account, "period_end") == "inclusive"
        return moment.astimezone(BRASILIA) + (INSTANT if inclusive else timedelta(0))


def _words(text: str) -> str:
    """The words of a text in capitals without accents."""
    plain = "".join(sign for sign in unicodedata.normalize("NFKD", text).upper() if not unicodedata.combining(sign))
    return " ".join("".join(sign if sign.isalnum() else " " for sign in plain).split())


def _client(call: Call) -> tuple[str, str]:
    """Key and secret, from the Basic header or the form."""
    scheme, _, encoded = call.request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            key, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return "", ""
        return key, secret
    return call.form.get("client_id", ""), call.form.get("client_secret", "")


def _number(call: Call, name: str, default: int, low: int, high: int) -> int:
    value = call.query.get(name, str(default))
    if not value.isdecimal() or not low <= int(value) <= high:
        raise Answered(_violation(name.capitalize(), f"O valor deve estar entre {low} e {high}.").response())
    return int(value)


def _balance(account: SimulatedAccount, before: datetime, now: datetime) -> Decimal:
    """The balance just before an instant."""
    day = before.astimezone(BRASILIA).date()
    since = account.ledger.between(datetime.combine(day, time(), BRASILIA), before, now)
    return since[-1].balance if since else account.ledger.balance(day, now)


def _category(entry: LedgerEntry) -> int:
    category, _ = KINDS[entry.type, entry.amount > 0]
    if entry.counterparty is not None and entry.counterparty.compe == "218":
        category = INTERNAL.get(category, category)
    return int(entry.detail.get("tipoCategoria", category))


def _row(account: SimulatedAccount, entry: LedgerEntry, direction: Mapping[bool, int | str]) -> dict[str, Any]:
    _, short = KINDS[entry.type, entry.amount > 0]
    category, credit = _category(entry), entry.amount > 0
    party = _party(entry) if category != FEE else None
    local = entry.booked_at.astimezone(BRASILIA).replace(tzinfo=None)
    return {
        "movimentadoEm": local.isoformat(timespec="milliseconds"),
        "descricao": entry.description,
        "descricaoAbreviada": short,
        "valor": _plain(abs(entry.amount)),
        "tipoMovimentacao": direction[credit],
        "tipoCategoria": category,
        "documento": entry.document or "0",
        "observacao": "",
        "protocolo": entry.bank_id or _protocolo(account, entry),
        "remetente": party if credit else None,
        "favorecido": None if credit else party,
        "pix": {"endToEndId": _end_to_end(entry, category) if category in PIX else None},
        **entry.detail,
    }


def _plain(amount: Decimal) -> Decimal:
    """Whole reais without decimals."""
    return amount.quantize(Decimal(1)) if amount == amount.to_integral_value() else amount


def _protocolo(account: SimulatedAccount, entry: LedgerEntry) -> str:
    """Bank, branch, account, day and sequence: 31 digits."""
    day, ordinal = divmod(entry.serial, 100_000)
    return f"218{account.branch:0>4}{account.number:0>10}{day}{500_000 + ordinal:06d}"


def _end_to_end(entry: LedgerEntry, category: int) -> str:
    """`E` for a payment and `D` for a return, then the payer's institution, the minute in UTC and a sequence."""
    payer = entry.counterparty.ispb if entry.counterparty and entry.amount > 0 else ""
    minute = entry.booked_at.astimezone(UTC).strftime("%Y%m%d%H%M")
    return f"{'D' if category == PIX_RETURN else 'E'}{payer or '71027866'}{minute}{entry.serial % 10**11:011d}"


def _party(entry: LedgerEntry) -> dict[str, Any] | None:
    party = entry.counterparty
    if party is None:
        return None
    return {
        "nome": party.name,
        "documento": party.tax_id,
        "nomeBanco": party.bank_name,
        "banco": int(party.compe or 0),
        "agencia": int(party.branch or 0),
        "conta": int(party.account or 0),
    }
