"""Sicredi, "Extrato de Conta Corrente" v1: routes and wire format of the token and the statement.

Played from contracts/banks/sicredi/NOTES.md: the handshake is refused without a certificate; the account is the one
of the credentials; pages are counted from 0 and larger ones than the bank gives are cut; amounts are JSON numbers with
their sign; the other party of a Pix stands only in the text, between runs of blanks. Where the bank's behaviour is not
known the contract's readings say what can be played.
"""

from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

import httpx

from simulators.call import Answered, Call, Refusal, json_answer
from simulators.ledger import LedgerEntry, Party
from simulators.oauth import OAuthBank, access_denied, oauth_error
from simulators.scenarios import scenario
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Sicredi"]

KINDS = {
    ("PIX", True): ("0210", "RECEBIMENTO PIX-PIX_CRED"),
    ("PIX", False): ("0211", "PAGAMENTO PIX-PIX_DEB"),
    ("TED", True): ("0220", "TED-SPB"),
    ("BOLETO", True): ("0135", "LIQ.COBRANCA SIMPLES"),
    ("BOLETO", False): ("0136", "LIQUIDACAO BOLETO-"),
    ("CONVENIO_ARRECADACAO", False): ("0140", "DEBITO CONVENIOS-"),
    ("PACOTE_TARIFA_SERVICOS", False): ("0077", "CESTA DE RELACIONAMENTO-"),
    ("TARIFA_SERVICOS_AVULSOS", False): ("0078", "MANUTENCAO DE TITULOS-"),
    ("CARTAO", False): ("0300", "COMPRAS NACIONAIS-"),
    ("DEPOSITO", True): ("0005", "DEP DINHEIRO ATM-"),
    ("RESGATE_APLIC_FINANCEIRA", True): ("0410", "RESG.APLIC.FIN.AVISO PREV-CAPTACAO"),
    ("OUTROS", False): ("0500", "INTEGR.CAPITAL SUBSCRITO-"),
}
"""Code and text of each kind. The bank's codes are not published; these are made up."""

COLUMN = 10
"""Characters that the channel takes in an exported text; the tax id begins after them."""


def _refused(status: int, code: str, message: str) -> Refusal:
    return Refusal("statement", status, {"codigo": code, "mensagem": message})


class Sicredi(OAuthBank):
    """Plays Sicredi."""

    day_words, number_words = "data obrigatória no formato AAAA-MM-DD.", "número inválido."
    untouched = frozenset({"unknown_enum"})
    kinds = frozenset(KINDS)
    refusals = {
        "invalid_credentials": oauth_error("invalid_client", "Invalid client or Invalid client credentials", 401),
        "bank_security_step_required": access_denied("Conclua a blindagem do computador para continuar"),
        "user_blocked": access_denied("Usuário bloqueado"),
        "session_conflict": access_denied("Há outra sessão aberta com este usuário"),
        "statement_access_denied": _refused(403, "ACESSO_NEGADO", "Produto não liberado pela cooperativa."),
        "account_closed": _refused(403, "CONTA_ENCERRADA", "Conta encerrada."),
        "account_blocked": _refused(403, "CONTA_BLOQUEADA", "Conta temporariamente bloqueada."),
        "period_out_of_range": _refused(400, "PERIODO_INVALIDO", "O período informado não é aceito."),
        "rate_limited": _refused(429, "LIMITE_EXCEDIDO", "Limite de requisições excedido."),
        "integration_paused": _refused(503, "INTEGRACAO_PARALISADA", "Integração paralisada temporariamente."),
    }

    def names_party(self, entry: LedgerEntry) -> bool:
        """Whether the row's text names the other party."""
        return _named_party(entry) is not None

    def tells_of_party(self, entry: LedgerEntry) -> frozenset[str]:
        """Name and tax id, where the row's text has both; one without the other cannot be told apart."""
        party = _named_party(entry)
        return frozenset({"name", "tax_id"}) if party and party.name and party.tax_id else frozenset()

    def branch(self, chance: Random) -> str:
        """A cooperativa."""
        return f"{chance.randrange(101, 1000):04d}"

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token and statement."""
        return {"token": self.token, "statement": self._statement}

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An application with its certificate."""
        return self.issue_application(account)

    def token_refused(self, state: TokenState) -> httpx.Response:
        """A refused bearer token gets 401."""
        return _error(401, "NAO_AUTORIZADO", "Token ausente, inválido ou expirado.")

    def not_found(self, path: str) -> httpx.Response:
        """An address that does not exist, as clients guess some."""
        return _error(404, "NAO_ENCONTRADO", "Recurso não encontrado.")

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A wrong parameter."""
        return _error(400, "PARAMETRO_INVALIDO", f"{name}: {wrong}")

    def certificate_refused(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """A client is good only with the certificate that is bound to it."""
        return self.refusals["invalid_credentials"].response()

    def scopes(self, call: Call, account: SimulatedAccount) -> Sequence[str]:
        """The scopes asked for, at least one."""
        asked = call.form.get("scope", "").split()
        if not asked or not set(asked) <= self._granted(account):
            status = 403 if self.reading(account, "access_denied") == "scope_403" else 400
            why = self.unheld_scopes(asked, sorted(self._granted(account)))
            raise Answered(oauth_error("invalid_scope", "Scope not granted to the client", status).response(why))
        return asked

    def _granted(self, account: SimulatedAccount) -> set[str]:
        """The scopes the application holds."""
        denied = scenario(account.scenario).refusal == "statement_access_denied"
        if denied and self.reading(account, "access_denied") != "product":
            return set()
        return set(self.contract.authentication.scopes)

    def _statement(self, call: Call) -> httpx.Response:
        account = self.bearer(call)
        first, last = self.read_day(call, "dataInicio"), self.read_day(call, "dataFim")
        if not 0 <= (last - first).days < self.contract.period.max_days:
            days = self.contract.period.max_days
            why = f"period {first} to {last}: must be 1 to {days} days, dataInicio not after dataFim"
            return self.refusals["period_out_of_range"].response(why)
        paging = self.contract.paging
        number = self.read_number(call, "page", paging.first)
        asked = self.read_number(call, "size", paging.default_size, least=1)
        size = self.page_size(account, min(asked, paging.max_size))
        now = self.world.now()
        entries = account.ledger.entries(first, last, now)
        rows = self.cut(call, entries, number * size, size).rows
        before = account.ledger.balance(first, now)
        if number and rows and self.reading(account, "later_previous_balance") == "page":
            before = rows[0].balance - rows[0].amount
        empty = self.reading(account, "empty_period")
        return json_answer(
            {
                "saldoAnterior": before,
                "dtlMovimentos": self._rows(account, rows) if entries or empty != "null_list" else None,
                "quantidade": len(rows),
                "totalElements": len(entries),
                "totalPages": -(-len(entries) // size) or int(empty == "one_page"),
                "pageNumber": number,
                "pageSize": size,
            }
        )

    def _rows(self, account: SimulatedAccount, entries: Sequence[LedgerEntry]) -> list[dict[str, Any]]:
        form = self.reading(account, "party_text")
        return [self._row(entry, form) for entry in entries]

    def _row(self, entry: LedgerEntry, form: str) -> dict[str, Any]:
        code, text = KINDS[entry.type, entry.amount > 0]
        day, ordinal = divmod(entry.serial, 100_000)
        party = _named_party(entry)
        return {
            "data": entry.date.isoformat(),
            "descricao": _naming(text, party, form) if party else text,
            "complemento": None if party else entry.description or None,
            "documento": entry.document or None,
            "valor": entry.amount,
            "saldo": entry.balance,
            "codigoLancamento": code,
            "idMovimento": entry.bank_id or f"{day}-{ordinal:06d}",
        }


def _named_party(entry: LedgerEntry) -> Party | None:
    """Only the text of a Pix names the other party."""
    return entry.counterparty if entry.type == "PIX" else None


def _naming(text: str, party: Party, form: str) -> str:
    if form == "wide":
        return f"{text}  {party.tax_id}  {party.name}"
    kind, _, channel = text.rpartition("-")
    if form == "single":
        return f"{kind} {party.tax_id} {party.name}"
    return f"{kind}-{channel:<{COLUMN}}{party.tax_id} {party.name}"


def _error(status: int, code: str, message: str) -> httpx.Response:
    return json_answer({"codigo": code, "mensagem": message}, status)
