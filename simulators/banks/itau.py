"""Itaú, Account Statement API v1: the token and the statement.

Played from contracts/banks/itau/NOTES.md: tokens of five minutes; rows newest first, those after the asked end too;
payment lots without id, stamped with nine decimals of a second; closings of business days among other balances of the
same types; a 422 without a body after the last page; relative links, empty texts where there is none.

Long because each of the thirteen points on which the sources conflict or are silent can be played in every reading.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import httpx

from simulators.bank import Answered, Call, Refusal, Write, json_answer
from simulators.calendar import is_business_day
from simulators.clock import BRASILIA
from simulators.ledger import LedgerEntry
from simulators.oauth import OAuthBank, oauth_error, signed_token
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Itau"]

DAY = timedelta(days=1)
INVESTED = Decimal("5000.00")
"""What the automatic investment of every account holds; only the other balances count it."""
SHORT = 24
"""Length to which short texts are cut."""

KINDS = {
    ("PIX", True): "PIX TRANSF",
    ("PIX", False): "PIX TRANSF",
    ("TED", True): "TED RECEBIDA",
    ("TED", False): "TED ENVIADA",
    ("BOLETO", True): "BOLETOS RECEBIDOS",
    ("BOLETO", False): "PAG BOLETO",
    ("CONVENIO_ARRECADACAO", False): "DA",
    ("TARIFA_SERVICOS_AVULSOS", False): "TAR CONTA CERTA",
    ("FOLHA_PAGAMENTO", False): "SISPAG SALARIOS",
    ("RENDIMENTO_APLIC_FINANCEIRA", True): "REND PAGO APLIC AUT",
    ("RESGATE_APLIC_FINANCEIRA", True): "RES APLIC AUT MAIS AP",
    ("DEPOSITO", True): "DEPOSITO",
    ("SAQUE", False): "SAQUE",
}
NAMING = frozenset({"PIX", "TED", "BOLETO"})
"""Types whose rows name the other party."""
ORIGINS = {("PIX", True): "PIX_RECEPCAO", ("PIX", False): "PIX_EMISSAO", ("TED", False): "DEBITO"}

FORBIDDEN = {"message": "Forbidden"}
STALE_TEMPORARY_TOKEN = {"codigo": "401", "mensagem": "Token temporário inválido ou expirado"}
RENEWED_TOO_EARLY = {"codigo": "C700", "mensagem": "Certificado fora do prazo de renovação"}


def _login(message: str) -> Refusal:
    """The token service's answer in the bank's own words."""
    return Refusal("token", 401, {"codigo": "401", "mensagem": message})


class Itau(OAuthBank):
    """Plays Itaú."""

    wrong_grant = oauth_error("unsupported_grant_type", "Unsupported grant_type")
    day_words, number_words = "Invalid or missing parameter", "Invalid parameter"
    kinds = frozenset(KINDS)
    number_width = 6
    refusals = {
        "invalid_credentials": oauth_error("invalid_client", "Client authentication failed", 401),
        "password_expired": _login("Senha do operador expirada"),
        "mfa_required": _login("Token exigido para este operador"),
        "bank_security_step_required": _login("Instale o Guardião Itaú 30 horas para continuar"),
        "user_blocked": _login("Operador bloqueado"),
        "session_conflict": _login("Há outra sessão aberta com este operador"),
        "statement_access_denied": Refusal("statement", 403, FORBIDDEN),
        "account_closed": Refusal("statement", 403, {"message": "Conta encerrada"}),
        "account_blocked": Refusal("statement", 403, {"message": "Conta temporariamente bloqueada"}),
        "integration_paused": Refusal("statement", 503, {"message": "Integração paralisada temporariamente"}),
        "invalid_account": Refusal("statement", 404, {"message": "Not Found"}),
        "period_out_of_range": Refusal("statement", 400, {"message": "Período entre start_date e end_date não aceito"}),
        "rate_limited": Refusal("statement", 429, {"message": "Too Many Requests"}, {"retry-after": "30"}),
    }
    writes = (
        Write("POST", "/seguranca/v1/certificado/solicitacao", 401, STALE_TEMPORARY_TOKEN),
        Write("POST", "/seguranca/v2/certificado/renovacao", 400, RENEWED_TOO_EARLY),
    )

    def names_party(self, entry: LedgerEntry) -> bool:
        """Only some rows name the other party."""
        return entry.counterparty is not None and entry.type in NAMING

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token and statement."""
        return {"token": self.token, "statement": self._statement}

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """A credential with its dynamic certificate."""
        client_id, secret = (str(uuid.UUID(self.world.fresh(name, account.number))) for name in ("client", "secret"))
        return self.issue_application(account, client_id, secret, common_name=client_id)

    def token_refused(self, state: TokenState) -> httpx.Response:
        """A refused bearer token gets a message."""
        return json_answer({"message": "Unauthorized"}, 401)

    def certificate_refused(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """A certificate of another client does not reach the token's data."""
        if self.reading(account, "certificate_not_accepted") == "forbidden":
            return json_answer(FORBIDDEN, 403)
        return json_answer({"message": "Falha ao Extrair TokenInfo filter failed"}, 401)

    def scopes(self, call: Call, account: SimulatedAccount) -> Sequence[str]:
        """Scopes are neither asked for nor looked at."""
        return ()

    def token_value(self, call: Call, account: SimulatedAccount, scopes: Sequence[str]) -> str:
        """A JWT signed with RS256, as documented, though callers need not look into it."""
        now, life = self.world.now(), self.token_life(account, call.environment)
        claims = {
            "sub": account.credentials["client_id"],
            "iat": int(now.timestamp()),
            "exp": int((now + life).timestamp()),
            "jti": self.tokens.fresh_value(),
        }
        return signed_token("itau tokens", claims)

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A wrong parameter."""
        return json_answer({"message": f"{wrong}: {name}"}, 400)

    def _statement(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        self._check_account(call, account)
        self._check_type(call)
        first, last = self._period(call, account)
        number = self.read_number(call, "page", 1, 1, 10**6)
        asked = self.read_number(call, "page_size", self.contract.paging.default_size, 1, 10**6)
        size = self.page_size(account, asked)
        now = self.world.now()
        until = last if self.reading(account, "end_date") == "strict" else last + DAY
        entries = account.ledger.entries(first, until, now)[::-1]
        overlap = self.reading(account, "pages") == "overlapping" and number > 1
        rows = self.cut(call, entries, (number - 1) * size - overlap, size).rows
        if number > 1 and not rows and self.reading(account, "past_the_end") == "unprocessable":
            return httpx.Response(422)
        empty = self.reading(account, "empty_period") if not entries else ""
        if empty == "not_found":
            return httpx.Response(404)
        block: dict[str, Any] = {"events": [self._event(account, entry) for entry in rows], "balances": []}
        if number == 1 or self.reading(account, "balances_on") == "every_page":
            block["balances"] = _balances(account, first, last, now)
        if call.query.get("show_pending_events") == "true":
            block["pending_events"] = []
        return json_answer(
            {
                "data": [] if empty == "no_block" else [block],
                "pagination": self._pagination(account, len(entries), number, size),
                "filters": None,
            }
        )

    def _pagination(self, account: SimulatedAccount, total: int, number: int, size: int) -> dict[str, Any]:
        if self.reading(account, "totals") == "unreliable":
            total = max(0, total - 1) if number % 2 else total + 1
        pages = -(-total // size)
        shown = {"first": 1, "last": pages, "previous": number - 1, "next": number + 1}
        path = f"/statements/{statement_id(account)}?page="
        return {
            "links": {name: f"{path}{page}" if 1 <= page <= pages else "" for name, page in shown.items()},
            "page": number,
            "total_pages": pages,
            "total_elements": total,
            "page_size": size,
        }

    def _caller(self, call: Call) -> SimulatedAccount:
        account = self.bearer(call)
        shown = call.request.headers.get("x-itau-apikey")
        if self.reading(account, "api_key_header") == "required" and shown != account.credentials["client_id"]:
            raise Answered(json_answer({"message": "Unauthorized"}, 401))
        return account

    def _check_account(self, call: Call, account: SimulatedAccount) -> None:
        asked = call.segments["statement_id"]
        if len(asked) != len("123400567890") or not asked.isdecimal():
            raise Answered(json_answer({"message": "Invalid statement_id"}, 400))
        if asked == statement_id(account):
            return
        if any(asked == statement_id(other) for other in self.world.accounts_of(self.contract.slug)):
            raise Answered(json_answer(FORBIDDEN, 403))
        if self.reading(account, "unknown_account") == "bad_request":
            raise Answered(json_answer({"message": "Invalid statement_id"}, 400))
        raise self.refused("invalid_account")

    def _check_type(self, call: Call) -> None:
        kind = call.query.get("type", "")
        if kind not in {"current_account", "savings_account"}:
            raise Answered(json_answer({"message": f"Account Type {kind} nonexistent"}, 400))
        if kind == "savings_account":
            raise self.refused("invalid_account")

    def _period(self, call: Call, account: SimulatedAccount) -> tuple[date, date]:
        first = self.read_day(call, "start_date")
        last = self.read_day(call, "end_date", self.world.now().date())
        limited = self.reading(account, "period_limit") == "limited"
        if first > last or (limited and (last - first).days >= self.contract.period.max_days):
            raise self.refused("period_out_of_range")
        return first, last

    def _event(self, account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
        credit = entry.amount > 0
        unsigned = self.reading(account, "debit_value") == "positive"
        short = f"{KINDS[entry.type, credit]} {entry.description}"[:SHORT].rstrip()
        common: dict[str, Any] = {
            "operation": "C" if credit else "D",
            "amount": {"value": abs(entry.amount) if unsigned else entry.amount, "currency": "BRL"},
        }
        if entry.type == "FOLHA_PAGAMENTO" and self.reading(account, "payment_lots") == "grouped":
            return common | _lot(entry)
        stamp = entry.booked_at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
        thousandths = f".{entry.booked_at.microsecond // 1000:03d}" if entry.type == "PIX" else ""
        row = common | {
            "id": entry.bank_id or str(uuid.uuid5(uuid.NAMESPACE_URL, f"itau/{account.number}/{entry.serial}")),
            "type": "lancamento",
            "reversal": entry.detail.get("reversal", False),
            "date": {"event": f"{stamp}{thousandths}Z", "accounting": entry.date.isoformat()},
            "literal": {"code": "", "shortened": short, "complete": entry.description},
        }
        if entry.type not in NAMING:
            row["literal"]["complementary"] = entry.detail.get("complementary", "")
        if origin := ORIGINS.get((entry.type, credit)):
            pix = entry.type == "PIX"
            row["origin"] = {
                "identifier": f"E{account.number:0>8}{entry.booked_at:%Y%m%d%H%M}{entry.serial % 10**11:011d}"
                if pix
                else "",
                "type": "PIX" if pix else "",
                "operation": origin,
                "channel": "",
            }
            if complement := entry.detail.get("complement"):
                row["origin"]["complement"] = complement
        if self.names_party(entry):
            row["counterpart"] = _counterpart(entry, masked=self.reading(account, "counterpart_document") == "masked")
        return row


def statement_id(account: SimulatedAccount) -> str:
    return f"{account.branch:0>4}{account.number:0>8}"


def _lot(entry: LedgerEntry) -> dict[str, Any]:
    """The row of a payment lot: no id, no reversal, and a complete text only where the short one does not say all."""
    short = KINDS[entry.type, False]
    literal = {"shortened": short} | ({"complete": entry.description} if entry.description != short else {})
    return {
        "type": "agrupamento",
        "code": f"{entry.date}SALARIOS",
        "number_events": 1 + entry.serial % 9,
        "date": {"event": f"{entry.date}T23:59:59.999999999-03:00", "accounting": entry.date.isoformat()},
        "literal": literal,
    }


def _counterpart(entry: LedgerEntry, *, masked: bool) -> dict[str, str]:
    party = entry.counterparty
    assert party is not None  # noqa: S101 - the caller asked `names_party`
    person = len(party.tax_id) == len("12345678909")
    tax_id = party.tax_id
    return {
        "type": "CONTA_CORRENTE",
        "name": party.name,
        "document": f"***.{tax_id[3:6]}.{tax_id[6:9]}-**" if masked and person else tax_id,
        "person": "FISICA" if person else "JURIDICA",
        "ispb": party.ispb,
        "institution": party.bank_name,
        "agency": party.branch,
        "account": party.account[:-1],
        "digit": party.account[-1:],
    }


def _balances(account: SimulatedAccount, first: date, last: date, now: datetime) -> list[dict[str, Any]]:
    """The closings of the business days that are over, newest first, among the other balances."""
    closed = min(last, now.date() - DAY)
    days = [closed - n * DAY for n in range((closed - max(first, account.ledger.opened_on)).days + 1)]
    closings = [
        _balance(
            "saldo_conta",
            "SALDO MOVIMENTAÇÃO CONTA",
            account.ledger.balance(day + DAY, now),
            datetime.combine(day, time(23, 59, 59, 999_000), BRASILIA),
        )
        for day in days
        if is_business_day(day)
    ]
    return positions(account, first, now) + closings


def positions(account: SimulatedAccount, first: date, now: datetime) -> list[dict[str, Any]]:
    present = account.ledger.balance_at(now)
    before = account.ledger.balance(first, now)
    start = datetime.combine(first - DAY, time(23, 59, 59, 999_000), BRASILIA)
    return [
        _balance("saldo_disponivel", "SALDO EM CONTA", present, now),
        _balance("saldo_disponivel", "SALDO TOTAL DISPONÍVEL DIA", present + INVESTED, now),
        _balance("saldo_disponivel", "SALDO ANTERIOR", before + INVESTED, start),
        _balance("saldo_aplic_aut", "SALDO APLIC. AUT.", INVESTED, now),
        _balance("saldo_bloqueado", "", Decimal(0), now),
        _balance("saldo_total", "", present + INVESTED, now),
    ]


def _balance(kind: str, label: str, amount: Decimal, at: datetime) -> dict[str, Any]:
    return {
        "type": kind,
        "date": {"event": at.isoformat(timespec="milliseconds")},
        "literal": {"shortened": label, "complete": label} if label else {},
        "amount": {"value": amount, "currency": "BRL"},
    }
