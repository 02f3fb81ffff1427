"""Santander, Bank Account Information v1: the token, the statement and the present balance.

Played from contracts/banks/santander/NOTES.md: a caller without a certificate gets the web page of the network edge;
amounts are texts without sign, totals are texts, days are DD/MM/YYYY; rows have no id; an empty list is left out; two
forms of 401. Sweeps into ContaMax and out of it stand among the movements of every account that moves.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

import httpx
import jwt

from simulators.bank import Answered, Call, Refusal, json_answer
from simulators.banks.rows.santander import KINDS, ContaMax, invested_at, key_of, listing, row_of
from simulators.handshake import shows_certificate
from simulators.ledger import Ledger, LedgerEntry, Source
from simulators.oauth import OAuthBank, access_denied, oauth_error
from simulators.reasons import ending, not_the_account
from simulators.tokens import AccessToken, TokenState
from simulators.world import Parameters, SimulatedAccount

__all__ = ["Santander"]


BASE = "/bank_account_information/v1"
ACCOUNT_KEY = re.compile(r"\d{4}\.\d{12}")
EDGE_PAGE = "<HTML><HEAD><TITLE>Access Denied</TITLE></HEAD><BODY><H1>Access Denied</H1>Reference #18.0</BODY></HTML>"
EDGE = Refusal("token", 403, EDGE_PAGE, {"content-type": "text/html"})


def _error(
    status: int, message: str, details: str, field: str = "", *, at: str = "", trace: str = "0" * 32
) -> dict[str, Any]:
    """The body of an application error; `field` is the parameter that is wrong."""
    return {
        "_errorCode": status,
        "_message": message,
        "_details": details,
        "_timestamp": at or "2026-01-01T00:00:00-03:00",
        "_traceId": trace,
        "_errors": [{"_code": f"{status}.001", "_field": field, "_message": details}] if field else [],
    }


def _unprocessable(details: str, field: str = "") -> Refusal:
    return Refusal("statement", 422, _error(422, "Unprocessable Entity", details, field))


def _fault(status: int, text: str, code: str) -> httpx.Response:
    """An error of the bank's API gateway."""
    return json_answer({"fault": {"faultstring": text, "detail": {"errorcode": code}}}, status)


class Santander(OAuthBank):
    """Plays Santander."""

    secret_in = ("form", "basic")
    wrong_grant = oauth_error("unsupported_grant_type", "Unsupported grant type")
    day_words, number_words = "Data obrigatória: AAAA-MM-DD", "Valor de {least} a {most}"
    untouched = frozenset({"duplicate_ids", "repeat_page"})
    kinds = frozenset(KINDS)
    refusals = {
        "invalid_credentials": oauth_error("invalid_client", "Invalid client or client credentials", 401),
        "mfa_required": access_denied("Token exigido para este usuário"),
        "user_blocked": access_denied("Usuário bloqueado"),
        "session_conflict": access_denied("Há outra sessão aberta com este usuário"),
        "consent_revoked": access_denied("Consentimento revogado pelo cliente"),
        "consent_expired": access_denied("Consentimento encerrado em 31/01/2026"),
        "consent_pending_approval": access_denied("Consentimento aguarda outro responsável"),
        "authorization_incomplete": access_denied("Autorização não concluída"),
        "enrolment_paused": oauth_error(
            "temporarily_unavailable", "Novas conexões pausadas; as existentes seguem", 503
        ),
        "bank_communication_failed.inactive_user": access_denied("Usuário secundário não ativado"),
        "bank_communication_failed.qr_code": access_denied("Leitura do QR Code necessária"),
        "bank_communication_failed.several_accounts": _unprocessable("Usuário ligado a mais de uma conta"),
        "bank_communication_failed.stale_connection": _unprocessable("Conexão do Open Finance desatualizada"),
        "statement_access_denied": Refusal(
            "statement", 403, _error(403, "Forbidden", "Aplicação sem permissão para o extrato")
        ),
        "invalid_account": _unprocessable("Conta inválida", "statement_id"),
        "account_closed": _unprocessable("Conta encerrada"),
        "account_blocked": _unprocessable("Conta temporariamente bloqueada"),
        "period_out_of_range": _unprocessable("Período não aceito", "finalDate"),
        "bank_communication_failed": _unprocessable("Consulta não realizada para este usuário"),
        "integration_paused": Refusal(
            "statement", 503, _error(503, "Service Unavailable", "Integração paralisada temporariamente")
        ),
        "rate_limited": Refusal(
            "statement", 429, _error(429, "Too Many Requests", "Limite de chamadas atingido"), {"retry-after": "60"}
        ),
    }

    def movements(self, number: str, settings: Parameters) -> Source:
        """An account that moves has its ContaMax sweeps too."""
        made = super().movements(number, settings)
        return ContaMax(made) if settings.entries_per_day else made

    def tells_of_party(self, entry: LedgerEntry) -> frozenset[str]:
        """The tax id stands in the text of a transfer."""
        return frozenset({"tax_id"}) if entry.type in {"PIX", "TED"} else frozenset()

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token, statement and balance."""
        return {"token": self.token, "statement": self._statement, "balance": self._balance}

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An application with the company's certificate."""
        return self.issue_application(account)

    def branch(self, chance: Random) -> str:
        """A branch whose key in the path needs its zeros."""
        return f"{chance.randrange(1, 1000):04d}"

    def token_refused(self, state: TokenState) -> httpx.Response:
        """An expired token gets a fault of the API gateway, any other the authorisation layer's own form."""
        if state is TokenState.EXPIRED:
            return _fault(401, "Access Token expired", "keymanagement.service.access_token_expired")
        return self._layer_refusal()

    def not_found(self, path: str) -> httpx.Response:
        """The API gateway knows no such path."""
        return _fault(404, "Unable to identify proxy for host", "messaging.adaptors.http.flow.ApplicationNotFound")

    def certificate_refused(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """The edge lets pass only the certificate that stands with the application."""
        return EDGE.response()

    # --- edge and token

    def handle(self, handler: Callable[[Call], httpx.Response], call: Call) -> httpx.Response:
        """The answer of the network edge, which wants a certificate, or of what stands behind it."""
        if not shows_certificate(call.request, self.world.now()):
            return EDGE.response("no client certificate shown")
        return super().handle(handler, call)

    def scopes(self, call: Call, account: SimulatedAccount) -> Sequence[str]:
        """Scopes are neither asked for nor looked at."""
        return ()

    def token_value(self, call: Call, account: SimulatedAccount, scopes: Sequence[str]) -> str:
        """A JWT; callers need to know only its life."""
        identity, expires_at = self.world.fresh("token"), self.validity(call, account)["exp"]
        claims = {"azp": account.credentials["client_id"], "jti": identity, "exp": expires_at}
        return jwt.encode(claims, self.world.fresh("signature"), algorithm="HS256")

    def token_body(self, token: AccessToken, scopes: Sequence[str]) -> dict[str, Any]:
        """The token and its session."""
        return {
            "access_token": token.value,
            "expires_in": token.expires_in,
            "token_type": "Bearer",
            "not-before-policy": 0,
            "session_state": self.world.fresh_uuid("session"),
        }

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A wrong parameter."""
        return self._application_error(400, wrong, name)

    # --- reads

    def _statement(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        entries = self._entries(call, account, newest_first=self.reading(account, "order") == "descending")
        if self.reading(account, "order") == "by_direction":
            entries = sorted(entries, key=lambda entry: entry.amount < 0)
        number = self.read_number(call, "_offset", 1, 1, 10**6) if self._pages_from_one(call, account) else 1
        size = self.page_size(account, self._page_limit(call, account))
        part = self.cut(call, entries, (number - 1) * size, size)
        as_number = self.reading(account, "amount") == "number"
        return listing(
            {"totalPages": str(-(-len(entries) // size)), "totalRecords": str(len(entries))},
            [row_of(entry, as_number=as_number) for entry in part.rows],
        )

    def available(self, ledger: Ledger, now: datetime) -> Decimal:
        """Besides, what ContaMax has invested, which can be spent at once."""
        return super().available(ledger, now) + invested_at(ledger, now)

    def _balance(self, call: Call) -> httpx.Response:
        account, now = self._caller(call), self.world.now()
        amounts = {
            "available": self.available(account.ledger, now),
            "blocked": Decimal("0.00"),
            "automaticallyInvested": invested_at(account.ledger, now),
        }
        as_number = self.reading(account, "amount") == "number"
        body: dict[str, Any] = {}
        for name, amount in amounts.items():
            body |= {f"{name}Amount": amount if as_number else f"{amount:.2f}", f"{name}AmountCurrency": "BRL"}
        return json_answer(body)

    # --- what reads have in common

    def _caller(self, call: Call) -> SimulatedAccount:
        account = self.bearer(call)
        held = account.credentials
        if (shown := call.request.headers.get("x-application-key")) != held["client_id"]:
            why = "missing" if shown is None else f"has {ending(shown)}, which is not the token's client_id"
            refusal = _fault(401, "Invalid ApiKey", "oauth.v2.InvalidApiKey")
            raise Answered(refusal, f"header x-application-key {why}")
        name = next((name for name in ("statement_id", "balance_id", "account_key") if name in call.segments), None)
        if name is not None and call.segments[name] != key_of(account):
            well_formed = ACCOUNT_KEY.fullmatch(call.segments[name])
            text = "Conta não encontrada" if well_formed else "Conta fora do formato"
            why = not_the_account(call.segments[name], key_of(account))
            raise Answered(self._application_error(422, text, "statement_id"), why)
        return account

    def _entries(self, call: Call, account: SimulatedAccount, *, newest_first: bool = False) -> Sequence[LedgerEntry]:
        first, last = self.read_day(call, "initialDate"), self.read_day(call, "finalDate")
        if first > last:
            why = f"period {first} to {last}: initialDate is after finalDate"
            raise Answered(self._application_error(400, "Data inicial maior que a final", "initialDate"), why)
        # A month of 31 days is what clients ask for, so the last day is not counted.
        if (last - first).days > self.contract.period.max_days:
            why = f"period {first} to {last}: longer than {self.contract.period.max_days} days"
            raise Answered(self._application_error(422, "Período maior que o permitido", "finalDate"), why)
        entries = account.ledger.entries(first, last, self.world.now())
        return entries[::-1] if newest_first else entries

    def _pages_from_one(self, call: Call, account: SimulatedAccount) -> bool:
        """Whether the page asked for is counted from 1; page 0 may be answered with the first page."""
        return call.query.get("_offset") != "0" or self.reading(account, "page_zero") == "refused"

    def _page_limit(self, call: Call, account: SimulatedAccount) -> int:
        documented = self.contract.paging.max_size
        played = self.reading(account, "larger_pages")
        asked = self.read_number(call, "_limit", documented, 1, documented if played == "refused" else 10**6)
        return min(asked, documented) if played == "capped" else asked

    def _application_error(self, status: int, details: str, field: str) -> httpx.Response:
        now, trace = self.world.now().isoformat(timespec="milliseconds"), self.world.fresh("trace")
        return json_answer(_error(status, "Requisição inválida", details, field, at=now, trace=trace), status)

    def _layer_refusal(self) -> httpx.Response:
        """A 401 of the authorisation layer."""
        return json_answer(
            {
                "timestamp": self.world.now().isoformat(timespec="milliseconds"),
                "httpStatus": "Unauthorized",
                "errorCode": 401,
                "trackingId": self.world.fresh("tracking"),
                "details": "Token inválido",
            },
            401,
        )
