"""Banco Inter, API Banking v2: the token, the enriched statement in pages, the balance.

Played from contracts/banks/inter/NOTES.md: the handshake is refused without a certificate; amounts are texts with one
or two decimals; some titles end in a blank, some rows have no title, no text or no detail; detail dates come in three
forms; the newest row stands first.
"""

import base64
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

import httpx

from simulators.bank import Answered, Call, Refusal, json_answer
from simulators.calendar import is_business_day
from simulators.forms import joined
from simulators.ledger import LedgerEntry
from simulators.oauth import OAuthBank
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Inter"]

KINDS = {
    ("PIX", True): ("PIX", "Pix recebido"),
    ("PIX", False): ("PIX", "Pix enviado "),
    ("TED", True): ("TRANSFERENCIA", "Transferência recebida"),
    ("TED", False): ("TRANSFERENCIA", "Transferência enviada"),
    ("BOLETO", True): ("BOLETO_COBRANCA", "Boleto de cobrança recebido"),
    ("BOLETO", False): ("PAGAMENTO", "Pagamento efetuado"),
    ("CONVENIO_ARRECADACAO", False): ("DEBITO_AUTOMATICO", "Débito automático"),
    ("TARIFA_SERVICOS_AVULSOS", False): ("TARIFA", "Tarifa"),
    ("DEPOSITO", True): ("CHEQUE", "Depósito de cheque"),
    ("SAQUE", False): ("SAQUE", "Saque"),
    ("CARTAO", True): ("DOMICILIO_CARTAO", "Credito domicilio cartao"),
    ("RENDIMENTO_APLIC_FINANCEIRA", True): ("PROVENTOS", "Proventos"),
}

NAMING = frozenset({"PIX", "TRANSFERENCIA", "PAGAMENTO", "BOLETO_COBRANCA"})
"""Kinds of row whose detail names the other party."""

REFERENCES = ("txId", "idTransferencia", "nossoNumero", "codBarras")
"""Fields of the detail that say what the movement is for, and stand nowhere else in the row."""
OWN_ISPB = "00416968"


def _denied(at: str, detail: str) -> Refusal:
    return Refusal(at, 403, {"title": "Acesso Negado", "status": "403", "detail": detail})


class Inter(OAuthBank):
    """Plays Inter."""

    secret_in = ("basic", "form")
    scope_required = True
    wrong_grant = Refusal("token", 400, {"error_title": "grant_type inválido"})
    wrong_scope = Refusal("token", 401, {"error_title": "No registered scope for this client"})
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

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token, enriched statement, balance."""
        return {"token": self.token, "statement": self._statement, "balance": self._balance}

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An application with its certificate."""
        return self.issue_application(account, str(uuid.UUID(self.world.fresh("client", account.number))))

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
        account, entries = self._found(call)
        number, size = self.read_number(call, "pagina", 0, 0, 10**6), self.page_asked(call, account, "tamanhoPagina")
        part = self.cut(call, entries, number * size, size)
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

    def _asked(self, call: Call) -> tuple[SimulatedAccount, date, date]:
        """Who asks, and for which days."""
        account = self._account(call)
        first, last = self.read_day(call, "dataInicio"), self.read_day(call, "dataFim")
        self._check_period(first, last)
        return account, first, last

    def _found(self, call: Call) -> tuple[SimulatedAccount, Sequence[LedgerEntry]]:
        """Who asks, and the entries of the days asked for, newest first."""
        account, first, last = self._asked(call)
        return account, account.ledger.entries(first, last, self.world.now())[::-1]

    def _balance(self, call: Call) -> httpx.Response:
        account = self._account(call)
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

    def _account(self, call: Call) -> SimulatedAccount:
        account = self.bearer(call)
        headers = call.request.headers
        header = headers.get("x-conta-corrente", headers.get("x-inter-conta-corrente", account.number))
        if header != account.number:
            raise self.refused("invalid_account")
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
        return _problem(400, "Requisição inválida", "Parâmetros inválidos.", self._timestamp(), violations)

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


def row_of(account: SimulatedAccount | None, entry: LedgerEntry) -> dict[str, Any]:
    """A row; what an exchange says of its entry in detail stands in place of what is made up."""
    kind, title = KINDS[entry.type, entry.amount > 0]
    identity = f"001_00019_{account.number if account else ''}_{entry.date}_{entry.serial}"
    row: dict[str, Any] = {
        "idTransacao": entry.bank_id or base64.b64encode(identity.encode()).decode(),
        "dataInclusao": entry.booked_at.strftime("%Y-%m-%d %H:%M:%S.") + "000",
        "dataTransacao": entry.date.isoformat(),
        "tipoTransacao": kind,
        "tipoOperacao": direction_of(entry),
        "valor": money(abs(entry.amount)),
        "titulo": title,
        "descricao": entry.description,
        "numeroDocumento": entry.document or "0",
    }
    said = entry.detail.get("detalhes", {})
    if detail := {**_detail(account, kind, entry), **said}:
        row["detalhes"] = {**detail, "tipoDetalhe": "COMPLETE"}
    return {**row, **{name: value for name, value in entry.detail.items() if name != "detalhes"}}


def direction_of(entry: LedgerEntry) -> str:
    return "C" if entry.amount > 0 else "D"


def money(amount: Decimal) -> str:
    """Two decimals, of which a last zero is dropped: `24.9`, but `1000.00` for whole reais."""
    text = f"{amount:.2f}"
    return text[:-1] if text.endswith("0") and not text.endswith("00") else text


def _detail(account: SimulatedAccount | None, kind: str, entry: LedgerEntry) -> dict[str, str]:
    party = entry.counterparty
    if kind not in NAMING or party is None:
        return {}
    side = "Pagador" if entry.amount > 0 else "Recebedor"
    who = {
        f"nome{side}": party.name,
        f"cpfCnpj{side}": party.tax_id,
    }
    where = {f"agencia{side}": party.branch, f"contaBancaria{side}": party.account}
    if kind == "PIX":
        payer = party.ispb if entry.amount > 0 else OWN_ISPB
        end_to_end = f"E{payer or OWN_ISPB}{entry.booked_at.astimezone(UTC):%Y%m%d%H%M}{entry.serial % 10**11:011d}"
        # The account of a payer has no field in the detail of a Pix.
        who |= {f"nomeEmpresa{side}": party.bank_name} | ({} if entry.amount > 0 else where)
        return {**who, "endToEndId": end_to_end, "txId": "", "descricaoPix": "", "origemMovimentacao": "CHAVE"}
    if kind == "TRANSFERENCIA":
        bank = "nomeEmpresaPagador" if entry.amount > 0 else "bancoRecebedor"
        when = {"dataEfetivacao": entry.date.strftime("%d/%m/%Y"), "idTransferencia": str(entry.serial)}
        return {**who, bank: party.bank_name, **where, **when, "descricaoTransferencia": ""}
    if kind == "PAGAMENTO":
        return {
            "valorTotal": money(abs(entry.amount)),
            "cpfCnpj": account.holder_tax_id if account else "",
            "nomeDestinatario": party.name,
            "agencia": "0001-9",
            "hora": entry.booked_at.strftime("%Hh%M"),
        }
    return {
        "nome": party.name,
        "cpfCnpj": party.tax_id,
        "nossoNumero": str(entry.serial),
        "seuNumero": entry.document,
        "dataVencimento": entry.date.isoformat(),
        "dataTransacao": entry.booked_at.strftime("%Y-%m-%dT%H:%M:%S.000"),
    }
