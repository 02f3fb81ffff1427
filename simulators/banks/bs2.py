"""Banco BS2, API Banking: the token and the statement.

Played from contracts/banks/bs2/NOTES.md: each refresh token is good for one use and each new access token ends the one
before it; token answers are pretty-printed with CRLF, refused tokens are plain text, other refusals are empty or an
array; the newest row stands first; whole reais have no decimals; banks, branches and accounts are numbers.

The first refresh token of an account stays good until it is used, as if its holder had just made it; the 48 hours
run for each one after it. The last one given is always among the account's credentials, as on the bank's own screen.

Long because the token's rules are many, and each has a refusal of its own.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time, timedelta
from decimal import Decimal
from re import compile as pattern
from typing import Any
from urllib.parse import parse_qsl

import httpx

from contracts.schema import OperationKind
from simulators.bank import Answered, Call, Refusal, json_answer
from simulators.banks.rows.bs2 import FEE, KINDS, category_of, row_of
from simulators.call import basic_credentials
from simulators.clock import BRASILIA
from simulators.forms import joined, whole_numbers
from simulators.ledger import LedgerEntry
from simulators.oauth import Grant, OAuthBank
from simulators.reasons import header_wrong, parameter_wrong
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Bs2"]

UNDATED, LONGEST = timedelta(days=30), timedelta(days=31)
DATE_TIME = pattern(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?(Z|[+-]\d{2}:\d{2})?)?")
MINUTE = timedelta(minutes=1)
INSTANT = timedelta(microseconds=1)
MOST_SPENT = 1_000
"""Refresh tokens of an account that are remembered as spent; older ones are refused all the same."""

NONE, NOTHING = Decimal("0.0"), Decimal("0.00")
BLOCKED = {"por24Horas": NONE, "por48Horas": NONE, "acima": NOTHING, "judicial": NOTHING}
"""Nothing is blocked; the bank writes zero in two forms."""

OAUTH_HEADERS = {"content-type": "application/json;charset=UTF-8", "cache-control": "no-store", "pragma": "no-cache"}
JSON_HEADERS = {"content-type": "application/json;charset=utf-8"}


def _pretty(body: Mapping[str, Any]) -> str:
    """JSON as the token server writes it: two blanks of indent, CRLF, no blank after a colon."""
    return json.dumps(body, indent=2, separators=(",", ":"), ensure_ascii=False).replace("\n", "\r\n")


def token_error(status: int, error: str, description: str, headers: Mapping[str, str] | None = None) -> Refusal:
    body = _pretty({"error": error, "error_description": description})
    return Refusal("token", status, body, {**OAUTH_HEADERS, **(headers or {})})


def _violation(tag: str | None, text: str) -> Refusal:
    return Refusal("statement", 400, [{"tag": tag, "descricao": text}], JSON_HEADERS)


MISSING = token_error(400, "invalid_client", "Missing or duplicate parameters")
TOO_LONG = _violation(None, "O intervalo entre as datas passa de 31 dias.")
FORBIDDEN = Refusal("statement", 403)


class Bs2(OAuthBank):
    """Plays BS2."""

    scopes_in_part = True
    wrong_grant = token_error(400, "unsupported_grant_type", "The given grant_type is not supported")
    wrong_scope = token_error(400, "invalid_scope", "The requested scope is not granted to the application")
    number_words = "O valor deve estar entre {least} e {most}."
    untouched = frozenset({"unknown_enum"})
    kinds = frozenset(KINDS)
    refusals = {
        "invalid_credentials": token_error(
            401,
            "invalid_client",
            "The given client credentials were not valid",
            {
                "www-authenticate": 'Basic error="Invalid or missing credentials"',
                "x-ca-err": "3003201",
                "connection": "close",
            },
        ),
        "consent_expired": token_error(400, "invalid_grant", "The given refresh token is expired or was already used"),
        "consent_revoked": token_error(400, "invalid_grant", "The consent was revoked by the account holder"),
        "authorization_incomplete": token_error(400, "invalid_grant", "The authorization was not completed"),
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

    def names_party(self, entry: LedgerEntry) -> bool:
        """Fee rows name no party."""
        return entry.counterparty is not None and category_of(entry) != FEE

    def describes(self, entry: LedgerEntry) -> str:
        """The long text, and the short one where it says something else."""
        return joined(entry.description, KINDS[entry.type, entry.amount > 0][1])

    def tells_of_party(self, entry: LedgerEntry) -> frozenset[str]:
        """All of it, where a row names the party; branches and accounts are numbers, which lose their zeros."""
        party = entry.counterparty if self.names_party(entry) else None
        return frozenset({"name", "tax_id", "bank", "bank_name", *whole_numbers(party)} if party is not None else ())

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token and statement."""
        return {"token": self.token, "statement": self._statement}

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An application with its first refresh token. The legacy user is the account number, with the secret."""
        return {
            "api_key": f"l7{self.issued(account, 'key')}",
            "api_secret": self.issued(account, "secret"),
            "refresh_token": self.refresh_token(account),
            "scope": " ".join(self.contract.authentication.scopes),
            "user_agent": f"empresa-{account.number}",
        }

    def token_refused(self, state: TokenState) -> httpx.Response:
        """A refused access token gets plain text, whatever is wrong with it."""
        return httpx.Response(401, text="Invalid token")

    # --- token

    def client(self, call: Call) -> SimulatedAccount:
        """The account of the application; no parameter may be missing or stand twice."""
        shown = basic_credentials(call.request) or call.form
        key, secret = shown.get("client_id", ""), shown.get("client_secret", "")
        names = [name for name, _ in parse_qsl(call.request.content.decode("utf-8", "replace"), keep_blank_values=True)]
        if not key or not secret or not call.form.get("grant_type") or len(names) != len(set(names)):
            wanted = {"client_id": key, "client_secret": secret, "grant_type": call.form.get("grant_type")}
            missing = [name for name, value in wanted.items() if not value]
            why = f"{' and '.join(missing)} missing in the token request" if missing else "a parameter stands twice"
            raise Answered(MISSING.response(why))
        account = self.by_credential(api_key=key, api_secret=secret)
        if account is None:
            raise self.refused("invalid_credentials", self.unknown_client({"api_key": key, "api_secret": secret}))
        return account

    def identify(self, call: Call, account: SimulatedAccount) -> None:
        """Say who is calling, which must be the program that the account names; and count calls for tokens."""
        super().identify(call, account)
        self._check_user_agent(call, account)
        if call.kind is OperationKind.TOKEN:
            self._count_call(account)

    def grants(self) -> Mapping[str, Grant]:
        """A refresh token, each good for one use."""
        return {"refresh_token": self._by_refresh_token}

    def _by_refresh_token(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        presented, memory = call.form.get("refresh_token"), account.memory
        if not presented:
            return MISSING.response("refresh_token missing in the token request")
        spent = memory.setdefault("spent_refresh_tokens", {})
        if presented in spent and not self.tokens.is_foreign(presented, call.environment):
            memory["refresh_reuses"] = memory.get("refresh_reuses", 0) + 1
        self.shown_refresh_token(call, account)
        scopes = self.scopes(call, account)
        spent[self.tokens.bind(presented, call.environment)] = True
        if len(spent) > MOST_SPENT:
            del spent[next(iter(spent))]
        return self.granted(call, account, scopes)

    def scopes(self, call: Call, account: SimulatedAccount) -> Sequence[str]:
        """All of the contract's where none are asked for."""
        asked = call.form.get("scope", "").split()
        return super().scopes(call, account) if asked else self.contract.authentication.scopes

    def granted(self, call: Call, account: SimulatedAccount, scopes: Sequence[str]) -> httpx.Response:
        """A new token, which ends the one before it."""
        return self.renewed(call, account, scopes, self.refresh_life)

    def renewed(
        self, call: Call, account: SimulatedAccount, scopes: Sequence[str], life: timedelta, rights: Sequence[str] = ()
    ) -> httpx.Response:
        """A new token with a refresh token of this life, unless that is 0.

        Args:
            call: the call.
            account: whose.
            scopes: those that the answer names.
            life: how long the refresh token is good.
            rights: further scopes that the token has.
        """
        self.tokens.replace_all(account)
        token = self.issue(call, account, (*scopes, *rights))
        body = {"access_token": token.value, "token_type": "Bearer", "expires_in": token.expires_in}
        if life:
            body["refresh_token"] = self.give_refresh_token(call, account, life)
        body["scope"] = " ".join(scopes)
        return httpx.Response(200, headers=OAUTH_HEADERS, text=_pretty(body))

    def _count_call(self, account: SimulatedAccount) -> None:
        """Keep the quota of token calls, unless the account's tokens wear out faster than any at the bank.

        Raises:
            Answered: the quota of this minute is used up.
        """
        now = self.world.now()
        calls = [at for at in account.memory.get("token_calls", []) if now - MINUTE < at <= now]
        if len(calls) >= self.contract.quotas_of("token")["token"].calls and not account.parameters.token_uses:
            raise self.refused("rate_limited", f"documented limit of {len(calls)} token calls a minute used up")
        account.memory["token_calls"] = [*calls, now]

    # --- statement

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A violation, which writes the name in its own way."""
        return _violation(name[0].upper() + name[1:], wrong).response()

    def _statement(self, call: Call) -> httpx.Response:
        account = self.bearer(call)
        now = self.world.now()
        start, end = self._period(call, account)
        inicio, size = self.read_number(call, "inicio", 0, 0, 10**9), self.page_asked(call, account, "limite")
        entries = account.ledger.between(start, end, now)
        opening = entries[0].balance - entries[0].amount if entries else account.ledger.balance_before(start, now)
        closing = entries[-1].balance if entries else opening
        first = inicio if self.reading(account, "inicio") == "row_offset" else inicio * size
        rows, total = self.cut(call, entries[::-1], first, size).rows, len(entries)
        direction = self.reading(account, "direction")
        if empty := self._empty_by_mistake(account):
            rows, total = (), total if empty == "rows_missing" else 0
        absent = not rows and self.reading(account, "empty_list") == "none"
        return json_answer(
            {
                "saldo": {"inicial": opening, "final": closing, "bloqueado": BLOCKED},
                "chequeEspecial": None,
                "movimentacoes": None if absent else [row_of(account, entry, direction) for entry in rows],
                "inicio": inicio,
                "limite": size,
                "total": total,
            },
            headers=JSON_HEADERS,
        )

    def _check_user_agent(self, call: Call, account: SimulatedAccount) -> None:
        if call.environment != "production" or self.reading(account, "user_agent") == "ignored":
            return
        got, wanted = call.request.headers.get("user-agent"), account.credentials["user_agent"]
        if got != wanted:
            raise Answered(FORBIDDEN.response(header_wrong("user-agent", wanted, got)))

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
            why = f"period {start.isoformat()} to {end.isoformat()}: it ends before it begins"
            raise self.refused("period_out_of_range", why)
        if end - start > LONGEST + INSTANT:
            raise Answered(TOO_LONG.response(f"period {start.isoformat()} to {end.isoformat()}: longer than 31 days"))
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
            why = parameter_wrong(name, "must be a day or an instant as YYYY-MM-DDThh:mm:ss", call.query.get(name))
            raise Answered(self.parameter_refused(call, name, "Data obrigatória, ISO 8601."), why) from None
        if len(value) == len("2026-03-02"):
            return datetime.combine(moment, time(), BRASILIA) + timedelta(days=last)
        if moment.tzinfo is None or self.reading(account, "query_zone") == "local":
            moment = moment.replace(tzinfo=BRASILIA)
        inclusive = last and self.reading(account, "period_end") == "inclusive"
        return moment.astimezone(BRASILIA) + (INSTANT if inclusive else timedelta(0))
