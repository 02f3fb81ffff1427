"""Bradesco, "Saldo e extrato" v1: the token and the statement.

Played from contracts/banks/bradesco/NOTES.md: the handshake is refused without a certificate; the three blocks of a
statement, of which the last days and the scheduled rows come whatever period is asked for; texts as a mainframe
prints them; money in mixed forms and without sign; misspelt keys; business failures with status 200.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import httpx

from contracts.schema import OperationKind
from simulators.bank import Answered, Call, Refusal, json_answer
from simulators.banks.rows.bradesco import FILLERS, KINDS, header_of, previous_of, row_of
from simulators.oauth import OAuthBank, access_denied, oauth_error
from simulators.reasons import not_the_account, parameter_wrong
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Bradesco"]


NO_ENTRIES = "CTAS0101 - NAO HA LANCAMENTOS NO PERIODO"
HEADINGS = {
    "capitals": ("Saldo Anterior", "Ultimos Lancamentos", "Lancamentos Dia"),
    "lower_case": ("Saldo anterior", "Ultimos lancamentos", "Lancamentos dia"),
    "accents": ("Saldo Anterior", "Últimos Lançamentos", "Lançamentos Dia"),
}
NOTHING_FOUND = {"codigoErro": "CTAS0014", "descricao": "NENHUM REGISTRO ENCONTRADO NO PERIODO"}
ACCOUNT_STATE = {
    "statusContaCorrente": "0",
    "statusContaPoupanca": "0",
    "identificadorTipoConta": "conta corrente",
    "statusCoberturaAutomatica": "1",
    "contaPoupancaFacil": "0000000",
    "dataUltimaAtualizacao": "",
    "identificadorModalidadeConta": "",
    "dataProximoPagamentoInss": "00000000",
    "dataVencimentoCartaoInss": "00000000",
    "statusCartaoInss": "",
}
"""What the headers of the last days and of the balance have besides; the values of the contract's example."""
PERIOD_REFUSED = {
    "codigoErro": "400",
    "descricao": "PERIODO NAO PERMITIDO - Intervalo maximo de pesquisa permitido: 1 ano",
}


def _refused_block(message: str) -> dict[str, Any]:
    header = {"codigoRetorno": "99", "mensagem": message, "quantidadeLancamentos": "0"}
    return {"extratoUltimosLancamentos": header, "extratoLancamentosFuturos": header, "extratoPorPeriodo": header}


class Bradesco(OAuthBank):
    """Plays Bradesco."""

    wrong_grant = oauth_error("unsupported_grant_type", "grant_type invalido")
    day_form, day_words = "%d%m%Y", "deve ser DDMMAAAA"
    untouched = frozenset({"duplicate_ids", "repeat_page"})
    kinds = frozenset(KINDS)
    refusals = {
        "invalid_credentials": oauth_error("invalid_client", "Client authentication failed", 401),
        "mfa_required": access_denied("Token exigido para este usuario"),
        "user_blocked": access_denied("Usuario bloqueado"),
        "session_conflict": access_denied("Ha outra sessao aberta com este usuario"),
        "statement_access_denied": Refusal("statement", 403, {"message": "Produto nao concedido a aplicacao"}),
        "invalid_account": Refusal("statement", 200, _refused_block("CTAS0005 - AGENCIA/CONTA INVALIDA")),
        "account_closed": Refusal("statement", 200, _refused_block("CTAS0006 - CONTA ENCERRADA")),
        "account_blocked": Refusal("statement", 200, _refused_block("CTAS0007 - CONTA BLOQUEADA")),
        "integration_paused": Refusal("statement", 422, {"mensagem": "Integracao paralisada temporariamente"}),
        "period_out_of_range": Refusal("statement", 400, PERIOD_REFUSED),
        "rate_limited": Refusal("statement", 429, {"message": "Too Many Requests"}),
    }

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token and statement."""
        return {"token": self.token, "statement": self._statement}

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An application with its certificate."""
        return self.issue_application(account, *(self.issued_uuid(account, each) for each in ("client", "secret")))

    def token_refused(self, state: TokenState) -> httpx.Response:
        """A refused bearer token gets 401 with a message."""
        return json_answer({"message": "Token invalido ou expirado"}, 401)

    def certificate_refused(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """Secrets and tokens are good only with the certificate of their application."""
        return json_answer({"message": "Certificado nao pertence a aplicacao"}, 401)

    # --- the calls

    def scopes(self, call: Call, account: SimulatedAccount) -> Sequence[str]:
        """Scopes are neither asked for nor looked at."""
        return ()

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A wrong parameter."""
        return _wrong(f"{name} {wrong}")

    def _statement(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        first, last = self.read_day(call, "dataInicio"), self.read_day(call, "dataFim")
        if first > last or (last - first).days > self.contract.period.max_days:
            days = self.contract.period.max_days
            why = f"period {first} to {last}: at most {days} days, dataInicio not after dataFim"
            raise Answered(json_answer(PERIOD_REFUSED, 400), why)
        refuses_empty = self.reading(account, "empty_period") == "not_processable"
        if refuses_empty and not account.ledger.entries(first, last, self.world.now()):
            raise Answered(json_answer(NOTHING_FOUND, 422), f"period {first} to {last} has no entries")
        body: dict[str, Any] = {
            "extratoUltimosLancamentos": self._last_days(call, account),
            "extratoLancamentosFuturos": self._scheduled(account),
            "extratoPorPeriodo": self._history(call, account, first, last),
        }
        if self.reading(account, "block_form") == "array":
            body = {name: _in_array(block) for name, block in body.items()}
        if body["extratoPorPeriodo"] is None and self.reading(account, "empty_period") == "no_block":
            del body["extratoPorPeriodo"]
        return json_answer(body)

    def _caller(self, call: Call) -> SimulatedAccount:
        """The caller's account, if it is the one named; savings accounts are not played."""
        account = self.bearer(call)
        branch, number, kind = (call.query.get(name, "") for name in ("agencia", "conta", "tipo"))
        if not re.fullmatch("[0-9]{1,5}", branch) or not re.fullmatch("[0-9]{1,13}", number):
            wrong = "agencia" if not re.fullmatch("[0-9]{1,5}", branch) else "conta"
            why = parameter_wrong(wrong, "must have digits alone", call.query.get(wrong))
            raise Answered(_wrong("agencia e conta devem ter somente digitos"), why)
        if call.kind is OperationKind.STATEMENT and kind not in {"cc", "cp"}:
            raise Answered(_wrong("tipo deve ser cc ou cp"), parameter_wrong("tipo", "must be cc or cp", kind or None))
        own = int(account.branch), int(account.number[:-1])
        if (int(branch), int(number)) != own or kind == "cp":
            savings = "parameter tipo: the account is no savings account (cp)"
            other = not_the_account(f"{branch}/{number}", f"{own[0]}/{own[1]}")
            raise self.refused("invalid_account", savings if (int(branch), int(number)) == own else other)
        return account

    # --- the blocks

    def _history(self, call: Call, account: SimulatedAccount, first: date, last: date) -> dict[str, Any] | None:
        now = self.world.now()
        if self.reading(account, "blocks") == "disjoint":
            last = min(last, now.date() - timedelta(days=2))
        entries = account.ledger.entries(first, last, now) if first <= last else []
        if not entries:
            return self._nothing(account)
        previous = {
            **previous_of(first - timedelta(days=1), account.ledger.balance(first, now), "Saldo Anterior"),
            "valorLancamento": "0,00",
            "identificacaoSubCodigo": "",
            "tipoLancamento": "01",
            "codigoLancamento": "00000",
            **FILLERS,
        }
        rows = [previous, *({**row_of(entry), "tipoLancamento": "02", **FILLERS} for entry in entries)]
        header = header_of(account, rows if self._counts_balances(account) else entries)
        shown = self.cut(call, self._ordered(account, rows), 0, len(rows)).rows
        return {**header, "lstLancamentoMensal": self._signed(account, shown)}

    def _ordered(self, account: SimulatedAccount, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows of a list, which come oldest first, in the order of this account's bank."""
        return list(rows[::-1] if self.reading(account, "order") == "newest_first" else rows)

    def _counts_balances(self, account: SimulatedAccount) -> bool:
        return self.reading(account, "announced_rows") == "with_previous_balance"

    def _nothing(self, account: SimulatedAccount) -> dict[str, Any] | None:
        header = {**header_of(account, []), "mensagem": NO_ENTRIES}
        match self.reading(account, "empty_period"):
            case "empty_list" | "not_processable":
                return {**header, "lstLancamentoMensal": []}
            case "reason_with_code":
                return {**header, "codigoRetorno": "4", "lstLancamentoMensal": []}
            case "no_list":
                return header
        return None

    def _last_days(self, call: Call, account: SimulatedAccount) -> dict[str, Any]:
        now = self.world.now()
        yesterday = now.date() - timedelta(days=1)
        balance = account.ledger.balance(yesterday, now)
        previous = [previous_of(yesterday - timedelta(days=1), balance, "SALDO ANTERIOR")]
        lists = [[row_of(entry) for entry in account.ledger.entries(day, day, now)] for day in (yesterday, now.date())]
        counted = previous if self._counts_balances(account) else []
        header = header_of(account, [*counted, *lists[0], *lists[1]])
        ordered = [self._ordered(account, rows) for rows in (previous, *lists)]
        shown = [self.cut(call, rows, 0, len(rows) or 1).rows for rows in ordered]
        headings = HEADINGS[self.reading(account, "headings")]
        named = {name: self._signed(account, rows) for name, rows in zip(headings, shown, strict=True)}
        return {**header, **ACCOUNT_STATE, "listaLancamentos": named}

    def _scheduled(self, account: SimulatedAccount) -> dict[str, Any]:
        """The rows that will be booked tomorrow, without a balance yet; a Pix is not scheduled and is left out."""
        tomorrow = self.world.now().date() + timedelta(days=1)
        coming = account.ledger.entries(tomorrow, tomorrow, self.world.now() + timedelta(days=2))
        rows = [{**row_of(entry), "valorSaldoAposLancamento": "0,00"} for entry in coming if entry.type != "PIX"]
        return {**header_of(account, rows), "listaLancamentos": {"Lancamentos Futuros": self._signed(account, rows)}}

    def _signed(self, account: SimulatedAccount, rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """Rows with the key of their sign spelt as this account's bank does."""
        if self.reading(account, "sign_key") == "correct":
            return list(rows)
        return [
            {name.replace("sinalLancamento", "sinalLacamento"): value for name, value in row.items()} for row in rows
        ]


def _wrong(what: str) -> httpx.Response:
    return json_answer({"codigoErro": "400", "descricao": f"PARAMETRO INVALIDO - {what}"}, 400)


def _in_array(block: dict[str, Any] | None) -> list[dict[str, Any]] | None:
    """The form of the contract's example: each object in an array of one."""
    if block is None:
        return None
    if "listaLancamentos" in block:
        block = {**block, "listaLancamentos": [block["listaLancamentos"]]}
    return [block]
