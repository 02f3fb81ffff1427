"""Banco Inter, API Banking v2: the token, the enriched statement in pages and in scrolls, the basic one, the balance.

Long because the statement is played in all four forms in which clients read it.

Played from contracts/banks/inter/NOTES.md: the handshake is refused without a certificate; amounts are texts with one
or two decimals; some titles end in a blank, some rows have no title, no text or no detail; detail dates come in three
forms; the newest row stands first.
"""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, timedelta
from decimal import Decimal
from typing import Any

import httpx

from contracts.schema import Evidence, Operation, OperationKind
from simulators.bank import Answered, Bank, Call, Refusal, Write, json_answer
from simulators.calendar import is_business_day
from simulators.call import basic_credentials
from simulators.ledger import LedgerEntry
from simulators.pki import fingerprint
from simulators.tokens import TokenState
from simulators.words import joined
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

READ_AND_WRITTEN = (
    *("boleto-cobranca", "cob", "cobv", "lotecobv", "pagamento-boleto", "pagamento-lote", "pagamento-pix"),
    *("payloadlocation", "pix", "webhook", "webhook-banking"),
)
GRANTED = frozenset(
    {"extrato.read", "saldo.read", "pagamento-darf.write"}
    | {f"{name}.{right}" for name in READ_AND_WRITTEN for right in ("read", "write")}
)
"""The scopes of the application: every one of the bank's SDKs, for clients ask for all they may ever need at once;
`saldo.read`, which the bank does not list, is asked for by several clients in production."""

SCROLL_REST = timedelta(minutes=6)
"""A scroll that rests longer than this has expired (developer portal)."""


def _denied(at: str, detail: str) -> Refusal:
    return Refusal(at, 403, {"title": "Acesso Negado", "status": "403", "detail": detail})


class Inter(Bank):
    """Plays Inter."""

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
    other_reads = {
        name: Operation(
            kind=OperationKind.STATEMENT,
            method="GET",
            path=f"/banking/v2/extrato{tail}",
            scope="extrato.read",
            evidence=Evidence.DOCUMENTED,
            source="developer portal",
        )
        for name, tail in (("basic_statement", ""), ("exported_statement", "/exportar"))
    }
    writes = (
        Write("POST", "/banking/v2/pix", 200, {"tipoRetorno": "APROVACAO", "codigoSolicitacao": "simulado"}),
        Write(
            "POST",
            "/banking/v2/pagamento",
            200,
            {"quantidadeAprovadores": 1, "statusPagamento": "AGUARDANDO_APROVACAO", "codigoTransacao": "simulado"},
        ),
        Write("POST", "/banking/v2/ted", 200, {"tipoRetorno": "APROVACAO"}),
    )

    def names_party(self, entry: LedgerEntry) -> bool:
        """Only some kinds of row have a detail that names the other party."""
        kind, _ = KINDS[entry.type, entry.amount > 0]
        return entry.counterparty is not None and kind in NAMING

    def describes(self, entry: LedgerEntry) -> str:
        """The text, the title where it says something else, and the references of the detail."""
        row = _row(None, entry)
        shown = {name: value for name, value in row.get("detalhes", {}).items() if name in REFERENCES and value}
        references = (f"{name} {value}" if value.isdecimal() else value for name, value in shown.items())
        unnamed = row["tipoTransacao"] if entry.type == "OUTROS" else ""
        return joined(row["descricao"], row["titulo"], unnamed, *references)

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token, enriched statement, balance; the basic statement and its export as a document."""
        return {
            "token": self._token,
            "statement": self._statement,
            "balance": self._balance,
            "basic_statement": self._basic_statement,
            "exported_statement": self._exported_statement,
        }

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """An application with its certificate."""
        digits = self.world.fresh("client", account.number)
        life = timedelta(days=account.parameters.certificate_days)
        certificate, key = self.world.client_certificate(f"inter {account.number}", life)
        return {
            "client_id": f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}",
            "client_secret": self.world.fresh("secret", account.number),
            "certificate": certificate,
            "private_key": key,
        }

    def token_refused(self, state: TokenState) -> httpx.Response:
        """A refused bearer token gets 401 without a body."""
        return httpx.Response(401, headers={"x-ca-err": "201"})

    def not_found(self, path: str) -> httpx.Response:
        """The problem body of an unknown address."""
        return _problem(404, "Não encontrado", "Recurso não encontrado.", self._timestamp())

    def check_certificate(self, request: httpx.Request, account: SimulatedAccount) -> None:
        """Tokens and secrets are good only with the certificate of their application."""
        shown = request.extensions.get("client_certificate")
        if shown and fingerprint(shown) != fingerprint(account.credentials["certificate"]):
            raise Answered(json_answer({"error_title": "Certificado não pertence à aplicação"}, 401))

    def _token(self, call: Call) -> httpx.Response:
        form = {**basic_credentials(call.request), **call.form}
        account = self.by_credential(client_id=form.get("client_id", ""), client_secret=form.get("client_secret", ""))
        if account is None:
            return json_answer({"error_title": "Cliente inválido"}, 401)
        self.check_certificate(call.request, account)
        self.identified(call, account)
        if form.get("grant_type") != "client_credentials":
            return json_answer({"error_title": "grant_type inválido"}, 400)
        scopes = form.get("scope", "").split()
        if not scopes or not set(scopes) <= GRANTED:
            return json_answer({"error_title": "No registered scope for this client"}, 401)
        token = self.issue(call, account, scopes)
        return json_answer(
            {
                "access_token": token.value,
                "token_type": "Bearer",
                "expires_in": int(token.life.total_seconds()),
                "scope": " ".join(scopes),
            }
        )

    def _statement(self, call: Call) -> httpx.Response:
        account, first, last = self._asked(call)
        entries = self._wanted(call, account.ledger.entries(first, last, self.world.now())[::-1])
        if call.query.get("scrollEnabled") == "true" or "scrollId" in call.query:
            return self._scroll(call, account, entries)
        number = self._number(call, "pagina", 0, 0, 10**6)
        asked = self._number(call, "tamanhoPagina", self.contract.paging.default_size, 1, self.contract.paging.max_size)
        size = self.page_size(account, asked)
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
                "transacoes": [_row(account, entry) for entry in part.rows],
            }
        )

    def _wanted(self, call: Call, entries: Sequence[LedgerEntry]) -> Sequence[LedgerEntry]:
        """Those that pass both filters; an empty filter is none, as the clients that always send both expect."""
        direction, kind = call.query.get("tipoOperacao"), call.query.get("tipoTransacao")
        if direction and direction not in {"C", "D"}:
            raise Answered(self._violation("tipoOperacao", "deve ser C ou D", call.query))
        return [
            entry
            for entry in entries
            if direction in {None, "", _direction(entry)} and kind in {None, "", KINDS[entry.type, entry.amount > 0][0]}
        ]

    def _scroll(self, call: Call, account: SimulatedAccount, entries: Sequence[LedgerEntry]) -> httpx.Response:
        """One batch of a scroll; there is one at a time, and it ends with its last batch or by resting too long."""
        size = self._number(call, "tamanhoPagina", self.contract.paging.default_size, 1, self.contract.paging.max_size)
        now, asked = self.world.now(), call.query.get("scrollId")
        active, start, used_at = account.memory.get("scroll", (None, 0, now))
        if now - used_at > SCROLL_REST:
            active = None
        if asked is None and active is not None:
            raise Answered(self._scroll_problem("SCROLL_ALREADY_ACTIVE", "Já existe um scroll ativo para a conta."))
        if asked is not None and asked != active:
            raise Answered(self._scroll_problem("SCROLL_EXPIRED", "Scroll expirado."))
        scroll_id = asked or self.tokens.fresh_value()
        part = self.cut(call, entries, start if asked else 0, self.page_size(account, size))
        if part.more:
            account.memory["scroll"] = scroll_id, (start if asked else 0) + len(part.rows), now
        else:
            account.memory.pop("scroll", None)
        return json_answer(
            {
                "totalElementos": len(entries),
                "numeroDeElementos": len(part.rows),
                "scrollId": scroll_id if part.more else None,
                "hasMore": part.more,
                "transacoes": [_row(account, entry) for entry in part.rows],
            }
        )

    def _scroll_problem(self, kind: str, detail: str) -> httpx.Response:
        problem = {"title": "Requisição inválida", "detail": detail, "typeError": kind}
        return json_answer({**problem, "timestamp": self._timestamp(), "violacoes": []}, 400)

    def _basic_statement(self, call: Call) -> httpx.Response:
        account, first, last = self._asked(call)
        entries = account.ledger.entries(first, last, self.world.now())
        return json_answer({"transacoes": [_basic_row(entry) for entry in entries]})

    def _exported_statement(self, call: Call) -> httpx.Response:
        self._asked(call)
        return json_answer({"pdf": base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode()})

    def _asked(self, call: Call) -> tuple[SimulatedAccount, date, date]:
        """Who asks, and for which days."""
        account = self._account(call)
        first, last = self._day(call, "dataInicio"), self._day(call, "dataFim")
        self._check_period(first, last)
        return account, first, last

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
        asked = day = self._day(call, "dataSaldo")
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
            raise Answered(self.refusals["invalid_account"].response())
        return account

    def _day(self, call: Call, name: str) -> date:
        try:
            return date.fromisoformat(call.query[name])
        except (KeyError, ValueError):
            raise Answered(self._violation(name, "data obrigatória no formato AAAA-MM-DD", call.query)) from None

    def _number(self, call: Call, name: str, default: int, low: int, high: int) -> int:
        value = call.query.get(name, str(default))
        if not value.isdecimal() or not low <= int(value) <= high:
            raise Answered(self._violation(name, f"deve estar entre {low} e {high}", call.query))
        return int(value)

    def _check_period(self, first: date, last: date) -> None:
        if first > last:
            raise Answered(self._violation("dataInicio", "posterior a dataFim", {}))
        if (last - first).days > self.contract.period.max_days:
            raise Answered(self._violation("dataFim", "período maior que 90 dias", {}))
        if last > self.world.now().date():
            raise Answered(self._violation("dataFim", "data futura", {}))

    def _violation(self, name: str, reason: str, query: Mapping[str, str]) -> httpx.Response:
        violations = [{"razao": reason, "propriedade": name, "valor": query.get(name, "")}]
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


def _row(account: SimulatedAccount | None, entry: LedgerEntry) -> dict[str, Any]:
    """A row; what an exchange says of its entry in detail stands in place of what is made up."""
    kind, title = KINDS[entry.type, entry.amount > 0]
    identity = f"001_00019_{account.number if account else ''}_{entry.date}_{entry.serial}"
    row: dict[str, Any] = {
        "idTransacao": entry.bank_id or base64.b64encode(identity.encode()).decode(),
        "dataInclusao": entry.booked_at.strftime("%Y-%m-%d %H:%M:%S.") + "000",
        "dataTransacao": entry.date.isoformat(),
        "tipoTransacao": kind,
        "tipoOperacao": _direction(entry),
        "valor": _money(abs(entry.amount)),
        "titulo": title,
        "descricao": entry.description,
        "numeroDocumento": entry.document or "0",
    }
    said = entry.detail.get("detalhes", {})
    if detail := {**_detail(account, kind, entry), **said}:
        row["detalhes"] = {**detail, "tipoDetalhe": "COMPLETE"}
    return {**row, **{name: value for name, value in entry.detail.items() if name != "detalhes"}}


def _basic_row(entry: LedgerEntry) -> dict[str, Any]:
    """A row of the basic statement: no id, and the other party only within the text."""
    kind, title = KINDS[entry.type, entry.amount > 0]
    text = entry.description
    if kind == "PIX" and entry.counterparty is not None:
        way = "RECEBIDO" if entry.amount > 0 else "ENVIADO"
        text = f"PIX {way} - Cp :{entry.counterparty.ispb}-{entry.counterparty.name.upper()}"
    return {
        "dataEntrada": entry.date.isoformat(),
        "tipoTransacao": kind,
        "tipoOperacao": _direction(entry),
        "valor": _money(abs(entry.amount)),
        "titulo": title,
        "descricao": text,
    }


def _direction(entry: LedgerEntry) -> str:
    return "C" if entry.amount > 0 else "D"


def _money(amount: Decimal) -> str:
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
            "valorTotal": _money(abs(entry.amount)),
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
