"""Banco Inter, API Banking v2: the token, the enriched statement in pages, the balance.

Played from contracts/banks/inter/NOTES.md: the handshake is refused without a certificate; amounts are texts with one
or two decimals; some titles end in a blank, some rows have no title, no text or no detail; detail dates come in three
forms; the newest row stands first.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx

from simulators.bank import Answered, Call, Refusal, json_answer
from simulators.banks.rows.inter import KINDS, NAMING, row_of, told_of_party
from simulators.calendar import is_business_day
from simulators.forms import joined
from simulators.ledger import LedgerEntry
from simulators.oauth import OAuthBank
from simulators.reasons import because, not_the_account, shown
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Inter"]


REFERENCES = ("txId", "idTransferencia", "nossoNumero", "codBarras")
"""Fields of the detail that say what the movement is for, and stand nowhere else in the row."""


def _denied(at: str, detail: str) -> Refusal:
    return Refusal(at, 403, {"title": "Acesso Negado", "status": "403", "detail": detail})


class Inter(OAuthBank):
    """Plays Inter."""

    secret_in = ("basic", "form")
    scope_required = True
    scopes_in_part = True
    wrong_grant = Refusal("token", 400, {"error_title": "grant_type inválido"})
    wrong_scope = Refusal("token", 401, {"error_title": "No registered scope value for this client has been requested"})
    day_words = "data obrigatória no formato AAAA-MM-DD"
    number_words = "deve estar entre {least} e {most}"
    kinds = frozenset(KINDS)
    balances_apart = True
    refusals = {
        "invalid_credentials": Refusal("token", 401, {"error_title": "Cliente inválido"}),
        "user_blocked": Refusal("token", 403, {"error_title": "Usuário bloqueado"}),
        "account_type_not_supported": Refusal(
            "token", 403, {"error_title": "API não disponível para pessoa física nem MEI"}
        ),
        "statement_access_denied": _denied("statement", "Escopo não concedido."),
        "invalid_account": _denied("balance", "Conta corrente inválida."),
        "account_closed": _denied("statement", "Conta corrente encerrada."),
        "account_blocked": _denied("statement", "Conta corrente temporariamente bloqueada."),
        "integration_paused": Refusal(
            "statement", 503, {"title": "Serviço indisponível", "detail": "Integração paralisada temporariamente."}
        ),
        "period_out_of_range": Refusal(
            "statement",
            400,
            {
                "title": "Requisição inválida",
                "detail": "O período informado não é aceito.",
                "violacoes": [{"razao": "período maior que 90 dias", "propriedade": "dataFim", "valor": ""}],
            },
        ),
        "rate_limited": Refusal("statement", 429),
    }

    def names_party(self, entry: LedgerEntry) -> bool:
        """Only some kinds of row have a detail that names the other party."""
        kind, _ = KINDS[entry.type, entry.amount > 0]
        return entry.counterparty is not None and kind in NAMING

    def describes(self, entry: LedgerEntry) -> str:
        """The text, the title where it says something else, and the references of the detail."""
        row = row_of(None, entry)
        shown = {name: value for name, value in row.get("detalhes", {}).items() if name in REFERENCES and value}
        references = (f"{name} {value}" if value.isdecimal() else value for name, value in shown.items())
        unnamed = row["tipoTransacao"] if entry.type == "OUTROS" else ""
        return joined(row["descricao"], row["titulo"], unnamed, *references)

    def tells_of_party(self, entry: LedgerEntry) -> frozenset[str]:
        """What the detail of its kind has a field for."""
        return told_of_party(entry) if self.names_party(entry) else frozenset()

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token, enriched statement, balance."""
        return {"token": self.token, "statement": self._statement, "balance": self._balance}

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An application with its certificate."""
        return self.issue_application(account, self.issued_uuid(account, "client"))

    def token_refused(self, state: TokenState) -> httpx.Response:
        """A refused bearer token gets 401 without a body."""
        return httpx.Response(401, headers={"x-ca-err": "201"})

    def not_found(self, path: str) -> httpx.Response:
        """The problem body of an unknown address."""
        return _problem(404, "Não encontrado", "Recurso não encontrado.", self._timestamp())

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """One violation, with the value that is wrong."""
        return self._violation(name, wrong, call.query.get(name, ""))

    def certificate_refused(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """Tokens and secrets are good only with the certificate of their application."""
        return json_answer({"error_title": "Certificado não pertence à aplicação"}, 401)

    def _statement(self, call: Call) -> httpx.Response:
        account, entries = self._account_and_entries(call)
        number, size = self.read_number(call, "pagina", 0, 0, 10**6), self.page_asked(call, account, "tamanhoPagina")
        reach = self.contract.paging.reach
        if reach <= number * size < len(entries):
            raise Answered(self._violation("pagina", f"somente {reach} transações por paginação", str(number)))
        part = self.cut(call, entries, number * size, min(size, max(reach - number * size, 0)))
        empty = int(self.reading(account, "empty_period_total"))
        return json_answer(
            {
                "totalPaginas": -(-len(entries) // size) or empty,
                "totalElementos": len(entries) or empty,
                "ultimaPagina": not part.more,
                "primeiraPagina": number == 0,
                "tamanhoPagina": size,
                "numeroDeElementos": len(part.rows),
                "transacoes": [row_of(account, entry) for entry in part.rows],
            }
        )

    def _account_and_days(self, call: Call) -> tuple[SimulatedAccount, date, date]:
        """The caller's account, and the days asked for."""
        account = self._caller(call)
        first, last = self.read_day(call, "dataInicio"), self.read_day(call, "dataFim")
        self._check_period(first, last)
        return account, first, last

    def _account_and_entries(self, call: Call) -> tuple[SimulatedAccount, Sequence[LedgerEntry]]:
        """The caller's account, and its entries of the days asked for, newest first."""
        account, first, last = self._account_and_days(call)
        return account, account.ledger.entries(first, last, self.world.now())[::-1]

    def _balance(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        now = self.world.now()
        if "dataSaldo" not in call.query:
            return json_answer(
                {
                    "disponivel": account.ledger.balance_at(now),
                    "bloqueadoCheque": Decimal("0.0"),
                    "bloqueadoJudicialmente": Decimal(0),
                    "bloqueadoAdministrativo": Decimal(0),
                    "limite": Decimal("0.00"),
                }
            )
        asked = day = self.read_day(call, "dataSaldo")
        if self.reading(account, "balance_on_holiday") == "last_business_day":
            while not is_business_day(day):
                day -= timedelta(days=1)
        body: dict[str, Any] = {"disponivel": account.ledger.balance(day + timedelta(days=1), now)}
        if day != asked:
            body["dataReferencia"] = day.strftime("%d/%m/%Y")
        return json_answer(body)

    def _caller(self, call: Call) -> SimulatedAccount:
        account = self.bearer(call)
        headers = call.request.headers
        header = headers.get("x-conta-corrente", headers.get("x-inter-conta-corrente", account.number))
        if header != account.number:
            raise self.refused("invalid_account", f"header x-conta-corrente: {not_the_account(header, account.number)}")
        return account

    def _check_period(self, first: date, last: date) -> None:
        if first > last:
            raise Answered(self._violation("dataInicio", "posterior a dataFim"))
        if (last - first).days > self.contract.period.max_days:
            raise Answered(self._violation("dataFim", "período maior que 90 dias"))
        if last > self.world.now().date():
            raise Answered(self._violation("dataFim", "data futura"))

    def _violation(self, name: str, reason: str, value: str = "") -> httpx.Response:
        violations = [{"razao": reason, "propriedade": name, "valor": value}]
        problem = _problem(400, "Requisição inválida", "Parâmetros inválidos.", self._timestamp(), violations)
        return because(problem, f"parameter {name}: {reason}" + (f", got {shown(value)}" if value else ""))

    def _timestamp(self) -> str:
        return self.world.now().isoformat(timespec="microseconds")


def _problem(
    status: int, title: str, detail: str, timestamp: str, violations: list[dict[str, str]] | None = None
) -> httpx.Response:
    return json_answer(
        {"title": title, "detail": detail, "timestamp": timestamp, "violacoes": violations or []},
        status,
        {"content-type": "application/problem+json"},
    )
