"""Banco do Brasil, Extratos v2: the token and the statement.

Played from contracts/banks/banco_do_brasil/NOTES.md: the token host wants HTTP Basic and no certificate, the API host
answers 400 where none is shown; every call carries the application key in its query; dates are integers without the
leading zero of the day; balances, limits, blocked amounts and what is to come are rows of the same list; a row's id is
empty on its day; a period without rows is not found, like an unknown account.

Long because each rule of refusal stands with the words that the journal has for it.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

import httpx
from msgspec.structs import replace

from simulators.bank import Answered, Call, Refusal, json_answer
from simulators.banks.rows.banco_do_brasil import (
    KINDS,
    MISSING_BALANCES,
    ZERO,
    Rows,
    balance_row,
    blocked_row,
    is_balance,
    is_booked,
    limit_rows,
    row_of,
    told_of_party,
    written,
)
from simulators.calendar import days_from
from simulators.call import authorization_wrong, basic_credentials
from simulators.clock import BRASILIA
from simulators.handshake import shows_certificate
from simulators.ledger import Fixed, Ledger, LedgerEntry
from simulators.oauth import OAuthBank, access_denied, oauth_error
from simulators.reasons import ending, not_the_account, shown
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["BancoDoBrasil"]

SCHEDULED = frozenset({"BOLETO", "TARIFA_SERVICOS_AVULSOS"})
"""Kinds whose debits the bank knows before their day."""

SMALLEST_PAGE = 50
TEST_HEADER = "x-br-com-bb-ipa-mciteste"
TEST_CUSTOMERS = {"26968930": ("551", "5087"), "178961031": ("1505", "1348"), "704950857": ("452", "123873")}
"""The published customers of the test environment, whom any application may read there: branch and account of each."""
TEST_DAYS = (19, 20, 23)
"""Days of April 2023 on which they have movements; those of one are published to lie from the first to the last."""

DAY = timedelta(days=1)

Listed = LedgerEntry | dict[str, Any]
"""What stands in the bank's list: a movement, or a row that is none."""

NO_PAGE = {"zero": 0, "null": None}
"""The number of the next page when there is none."""

DENIED = {"code": "6646500.1", "message": "Recebemos sua solicitação, mas não é possível prosseguir."}


def _gateway(status: int, error: str, message: str) -> httpx.Response:
    return json_answer({"message": message, "error": error, "statusCode": status}, status)


def _business(reason: str) -> Refusal:
    return Refusal("statement", 422, {"code": "422", "message": f"Erro Negocial: {reason}"})


class BancoDoBrasil(OAuthBank):
    """Plays Banco do Brasil."""

    wrong_grant = oauth_error("unsupported_grant_type", "grant_type inválido")
    wrong_scope = oauth_error("invalid_scope", "Escopo não concedido à aplicação")
    number_words = "a quantidade deve ser superior ao limite mínimo, entre {least} e {most}."
    kinds = frozenset(KINDS)
    refusals = {
        "invalid_credentials": oauth_error("invalid_client", "Identificador ou credencial inválidos", 401),
        "statement_access_denied": Refusal("statement", 403, DENIED),
        "invalid_account": Refusal("statement", 404),
        "period_out_of_range": _business("o período informado não é aceito."),
        "account_closed": _business("conta encerrada."),
        "account_blocked": _business("conta temporariamente bloqueada."),
        "mfa_required": access_denied("Token exigido para este usuário"),
        "bank_security_step_required": access_denied("Dispositivo não autorizado"),
        "user_blocked": access_denied("Usuário bloqueado"),
        "session_conflict": access_denied("Há outra sessão aberta com este usuário"),
        "integration_paused": Refusal(
            "statement",
            503,
            {"statusCode": 503, "error": "Service Unavailable", "message": "Integração paralisada temporariamente."},
        ),
        "rate_limited": Refusal(
            "statement", 429, {"statusCode": 429, "error": "Too Many Requests", "message": "Limite excedido."}
        ),
    }
    outcomes = {"certificate_swapped": "statement_access_denied"}

    def tells_of_party(self, entry: LedgerEntry) -> frozenset[str]:
        """Tax id and account of the other party stand in every row, its name at most cut in a text."""
        return told_of_party(entry)

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token and statement."""
        return {"token": self.token, "statement": self._statement}

    def branch(self, chance: Random) -> str:
        """A branch without its check digit."""
        return f"{chance.randrange(10, 7000):04d}"

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An application; id and secret are the long texts that the portal gives."""
        client_id = _long(self.issued(account, "client"))
        secret = _long(self.issued(account, "secret") * 2)
        app_key = self.issued(account, "key")
        return {**self.issue_application(account, client_id, secret), "app_key": app_key}

    def token_refused(self, state: TokenState) -> httpx.Response:
        """The API gateway refuses every wrong token alike."""
        return _gateway(401, "Unauthorized", "Bad Credentials")

    def certificate_refused(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """Only a certificate whose chain is registered for the application is let through."""
        return json_answer(DENIED, 403)

    # --- token

    def client(self, call: Call) -> SimulatedAccount:
        """The account of the Basic header; the other parameters may stand in the query too."""
        call.form = {**call.form, **call.query}
        named = basic_credentials(call.request)
        if not named.get("client_id"):
            missing = oauth_error("invalid_request", "Identificador ou credencial inválidos")
            raise Answered(missing.response(authorization_wrong(call.request, "Basic")))
        account = self.by_credential(**named)
        if account is None:
            raise self.refused("invalid_credentials", self.unknown_client(named))
        return account

    # --- statement

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A wrong parameter."""
        return json_answer({"code": "400", "message": f"{name}: {wrong}"}, 400)

    def _statement(self, call: Call) -> httpx.Response:
        self._check_shown(call)
        account = self._addressed(call, self.bearer(call))
        first, last = self._period(call, account)
        number = self.read_number(call, "numeroPaginaSolicitacao", 1, 1, 9_999_999)
        largest = self._largest_page(call)
        asked = self.read_number(call, "quantidadeRegistroPaginaSolicitacao", largest, SMALLEST_PAGE, largest)
        size = self.page_size(account, asked)
        rows = self._rows(call, account, first, last)
        if rows is None or (number > 1 and (number - 1) * size >= len(rows)):
            nothing = f"period {first} to {last} has no entries"
            why = nothing if rows is None else f"parameter numeroPaginaSolicitacao: {number} is after the last page"
            raise Answered(httpx.Response(404), why)
        part = self.cut(call, rows, (number - 1) * size, size)
        listed = [self._written(call, account, _as_row(each, today=self.world.now().date())) for each in part.rows]
        return json_answer(
            {
                "numeroPaginaAtual": number,
                "quantidadeRegistroPaginaAtual": len(listed),
                "numeroPaginaAnterior": number - 1,
                "numeroPaginaProximo": number + 1 if part.more else NO_PAGE[self.reading(account, "last_page")],
                "quantidadeTotalPagina": -(-len(rows) // size),
                "quantidadeTotalRegistro": self._total(account, rows),
                "listaLancamento": listed,
            }
        )

    def _total(self, account: SimulatedAccount, rows: Sequence[Listed]) -> int:
        """The number of rows, with or without those that are only balances."""
        if self.reading(account, "total_counts") != "movements":
            return len(rows)
        return sum(isinstance(row, LedgerEntry) or not is_balance(row) for row in rows)

    def _largest_page(self, call: Call) -> int:
        return self.contract.paging.max_size

    def _check_shown(self, call: Call) -> None:
        """The handshake is completed without a certificate, and the call refused."""
        if not shows_certificate(call.request, self.world.now()):
            raise Answered(_gateway(400, "Bad Request", "Failed to verify certificate"), "no client certificate shown")

    def _addressed(self, call: Call, account: SimulatedAccount) -> SimulatedAccount:
        """The account that is read: that of the application, or one of the published test customers."""
        if (key := call.query.get("gw-dev-app-key")) != account.credentials["app_key"]:
            why = "missing" if key is None else f"has {ending(key)}, which is not the application's"
            raise Answered(self.token_refused(TokenState.UNKNOWN), f"parameter gw-dev-app-key {why}")
        named, production = call.request.headers.get(TEST_HEADER, ""), call.environment == "production"
        if (production and named) or (not named and self._wants_customer(call)):
            why = f"header {TEST_HEADER} " + ("is not for production" if production else "missing")
            raise Answered(json_answer(DENIED, 403), why)
        wanted = call.segments["agencia"], call.segments["conta"]
        own = str(int(account.branch)), account.number[:-1].lstrip("0")
        if wanted == own:
            return account
        if production or TEST_CUSTOMERS.get(named) != wanted:
            raise self.refused("invalid_account", not_the_account("/".join(wanted), "/".join(own)))
        return replace(account, branch=wanted[0], number=f"{wanted[1]}X", ledger=_test_ledger(named))

    def _wants_customer(self, call: Call) -> bool:
        """Whether the header must name the customer of a test account; production has none."""
        return call.environment != "production"

    def _period(self, call: Call, account: SimulatedAccount) -> tuple[date, date]:
        """The period asked for, which is the last 30 days when none is."""
        today = self.world.now().date()
        names = ("dataInicioSolicitacao", "dataFimSolicitacao")
        given = [call.query.get(name, "") for name in names]
        if not any(given):
            return today - 30 * DAY, today
        strict = self.reading(account, "leading_zero") == "refused"
        try:
            first, last = (_day(value, strict=strict) for value in given)
        except ValueError:
            dates = "parameters dataInicioSolicitacao and dataFimSolicitacao"
            form = "DMMYYYY or DDMMYYYY, a first zero left out" if strict else "DMMYYYY or DDMMYYYY"
            why = f"{dates}: must be days as {form}, got {shown(given[0])} and {shown(given[1])}"
            raise self._period_refused(account, "data inválida, use DDMMAAAA", why) from None
        period = f"period {first} to {last}"
        if first > last:
            raise self._period_refused(
                account, "data inicial posterior à data final", f"{period}: it ends before it begins"
            )
        if (last - first).days > self.contract.period.max_days:
            raise self._period_refused(account, "período superior a 31 dias", f"{period}: longer than 31 days")
        if first < date(today.year - 5, today.month, min(today.day, 28)):
            raise self._period_refused(account, "data inicial anterior a 5 anos", f"{period}: begins over 5 years ago")
        return first, last

    def _period_refused(self, account: SimulatedAccount, reason: str, why: str) -> Answered:
        status = int(self.reading(account, "period_refusal"))
        return Answered(json_answer({"code": str(status), "message": f"Erro Negocial: {reason}."}, status), why)

    # --- rows

    def _rows(self, call: Call, account: SimulatedAccount, first: date, last: date) -> Sequence[Listed] | None:
        """All that is listed of a period, or None when the bank finds nothing."""
        now, ledger = self.world.now(), account.ledger
        daily = self._has_daily_balances(call, account)
        spans = [(day, day) for day in days_from(first, last)] if daily else [(first, last)]
        parts = [entries for span in spans if (entries := ledger.entries(*span, now))]
        current, empty = first <= now.date() <= last, self.reading(account, "empty_period")
        if not parts and empty != "balances" and (empty == "not_found_today" or not current):
            return [] if empty == "empty_list" else None
        balance, processing = ledger.balance(first, now), ZERO
        rows: list[Listed] = [balance_row(first - DAY, 0, "Saldo Anterior", balance)]
        for entries in parts:
            rows += entries
            processing += sum((entry.amount for entry in entries if entry.detail and not is_booked(entry)), ZERO)
            balance = entries[-1].balance - processing
            if entries is not parts[-1]:
                rows.append(balance_row(entries[-1].date, 0, "Saldo do dia", balance))
        if current:
            rows += self._present(account)
        rows.append(balance_row(parts[-1][-1].date if parts else last, 999, "S A L D O", balance))
        if missing := MISSING_BALANCES[self.reading(account, "balance_rows")]:
            rows = [row for row in rows if not _is_balance_of(row, missing)]
        if current:
            rows += self._limits(call, now.date(), balance)
        return rows

    def _has_daily_balances(self, call: Call, account: SimulatedAccount) -> bool:
        """Whether the balance of each day stands after its rows."""
        return self.reading(account, "daily_balance") == "after_each_day"

    def _present(self, account: SimulatedAccount) -> Rows:
        """What stands among the movements of a period that includes today and is none: blocked and future rows."""
        now = self.world.now()
        start, end = (datetime.combine(now.date() + days * DAY, time(), BRASILIA) for days in (1, 8))
        coming = [e for e in account.ledger.between(start, end, end) if e.type in SCHEDULED and e.amount < 0]
        future = ({**row_of(entry, today=now.date()), "indicadorTipoLancamento": "2"} for entry in coming)
        return [blocked_row(now.date()), *future]

    def _limits(self, call: Call, today: date, balance: Decimal) -> Rows:
        """The rows about the present: balances and limits."""
        return limit_rows(today, balance)

    def _written(self, call: Call, account: SimulatedAccount, row: dict[str, Any]) -> dict[str, Any]:
        """A row in the names and forms of this account's bank."""
        return written(row, self.reading(account, "counterparty_tax_id"), self.reading(account, "names"))


def _as_row(listed: Listed, *, today: date) -> dict[str, Any]:
    """A row; those of movements are made only for the page that is asked for."""
    return row_of(listed, today=today) if isinstance(listed, LedgerEntry) else listed


def _is_balance_of(listed: Listed, codes: frozenset[int]) -> bool:
    """Whether a row is only a balance, with one of these history codes."""
    return not isinstance(listed, LedgerEntry) and is_balance(listed) and listed["codigoHistorico"] in codes


def _test_ledger(customer: str) -> Ledger:
    """The movements of a test customer: on some days of April 2023, and none since."""
    amounts = (Decimal(customer[start : start + 4]) / 100 for start in range(3))
    return Ledger(
        Fixed(
            [
                LedgerEntry(
                    booked_at=datetime(2023, 4, day, 9 + number, tzinfo=BRASILIA),
                    amount=next(amounts) * (1 if number % 2 == 0 else -1),
                    type=("PIX", "BOLETO", "PIX")[number],
                    description=f"CLIENTE DE TESTE {customer}",
                )
                for number, day in enumerate(TEST_DAYS)
            ]
        )
    )


def _long(value: str) -> str:
    """An opaque text in the form of those of the portal."""
    return "eyJpZCI6" + base64.b64encode(value.encode()).decode().rstrip("=")


def _day(value: str, *, strict: bool) -> date:
    if not value.isdecimal() or len(value) not in {7, 8} or (strict and value.startswith("0")):
        raise ValueError("no date")
    return date(int(value[-4:]), int(value[-6:-4]), int(value[:-6]))
