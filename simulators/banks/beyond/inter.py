"""Inter with scrolls and filters of the enriched statement, the basic statement and its export."""

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

import httpx

from contracts.schema import OperationKind
from simulators.banks import inter
from simulators.banks.rows.inter import KINDS, direction_of, money, row_of
from simulators.call import Answered, Call, Write, json_answer, other_read
from simulators.ledger import LedgerEntry
from simulators.reasons import ending
from simulators.world import SimulatedAccount

__all__ = ["Inter"]

READ_AND_WRITTEN = (
    *("boleto-cobranca", "cob", "cobv", "lotecobv", "pagamento-boleto", "pagamento-lote", "pagamento-pix"),
    *("payloadlocation", "pix", "webhook", "webhook-banking"),
)
GRANTED = frozenset(
    {"extrato.read", "extrato-usend.read", "saldo.read", "pagamento-darf.write"}
    | {f"{name}.{right}" for name in READ_AND_WRITTEN for right in ("read", "write")}
)
"""The scopes of the application: every one of the bank's SDKs, because clients ask at once for all that they may ever
need. Two are in no list of the bank: several clients in production ask for `saldo.read`, and six have one list in which
`extrato-usend.read` stands."""

SCROLL_REST = timedelta(minutes=6)
"""A scroll that rests longer than this has expired (developer portal)."""


class Inter(inter.Inter):
    """Plays Inter to every client."""

    other_reads = {
        name: other_read(
            OperationKind.STATEMENT, f"/banking/v2/extrato{tail}", "developer portal", scope="extrato.read"
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

    def held_scopes(self, account: SimulatedAccount) -> Sequence[str]:
        """All that the bank's SDKs ask for."""
        return sorted(GRANTED)

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Besides, the basic statement and its export as a document."""
        return {
            **super().routes(),
            "basic_statement": self._basic_statement,
            "exported_statement": self._exported_statement,
        }

    def _statement(self, call: Call) -> httpx.Response:
        scrolls = call.query.get("scrollEnabled", "").lower() == "true" or "scrollId" in call.query
        return self._scroll(call) if scrolls else super()._statement(call)

    def _account_and_entries(self, call: Call) -> tuple[SimulatedAccount, Sequence[LedgerEntry]]:
        """Those that pass both filters; an empty filter is none, as the clients that always send both expect."""
        account, entries = super()._account_and_entries(call)
        direction, wanted = call.query.get("tipoOperacao", ""), call.query.get("tipoTransacao", "")
        if direction not in {"", "C", "D"}:
            raise Answered(self._violation("tipoOperacao", "deve ser C ou D", direction))
        if direction:
            entries = [entry for entry in entries if direction_of(entry) == direction]
        if wanted:
            entries = [entry for entry in entries if KINDS[entry.type, entry.amount > 0][0] == wanted]
        return account, entries

    def _scroll(self, call: Call) -> httpx.Response:
        """One batch of a scroll; there is one at a time, and it ends with its last batch or by resting too long."""
        account, entries = self._account_and_entries(call)
        size = self.page_asked(call, account, "tamanhoPagina")
        now, asked = self.world.now(), call.query.get("scrollId")
        active, start, used_at = account.memory.get("scroll", (None, 0, now))
        if now - used_at > SCROLL_REST:
            active = None
        if asked is None and active is not None:
            why = f"scroll {ending(active)} of the account is still active; parameter scrollId must name it"
            raise Answered(
                self._scroll_problem("SCROLL_ALREADY_ACTIVE", "Já existe um scroll ativo para a conta."), why
            )
        if asked is not None and asked != active:
            why = f"parameter scrollId: no scroll {ending(asked)} is active, it has ended or rested too long"
            raise Answered(self._scroll_problem("SCROLL_EXPIRED", "Scroll expirado."), why)
        scroll_id = asked or self.tokens.fresh_value()
        part = self.cut(call, entries, start if asked else 0, size)
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
                "transacoes": [row_of(account, entry) for entry in part.rows],
            }
        )

    def _scroll_problem(self, kind: str, detail: str) -> httpx.Response:
        problem = {"title": "Requisição inválida", "detail": detail, "typeError": kind}
        return json_answer({**problem, "timestamp": self._timestamp(), "violacoes": []}, 400)

    def _basic_statement(self, call: Call) -> httpx.Response:
        account, first, last = self._account_and_days(call)
        entries = account.ledger.entries(first, last, self.world.now())
        return json_answer({"transacoes": [_basic_row(entry) for entry in entries]})

    def _exported_statement(self, call: Call) -> httpx.Response:
        self._account_and_days(call)
        return json_answer({"pdf": base64.b64encode(b"%PDF-1.4\n%%EOF\n").decode()})


def _basic_row(entry: LedgerEntry) -> dict[str, Any]:
    """A row of the basic statement: no id, and other party or number of the boleto only within the text."""
    kind, title = KINDS[entry.type, entry.amount > 0]
    text = entry.description
    if kind == "BOLETO_COBRANCA":
        text = f"RECEBIMENTO TITULO - 112/{entry.detail.get('detalhes', {}).get('nossoNumero', entry.serial)}"
    elif entry.counterparty is not None and kind in {"PIX", "PAGAMENTO"}:
        party, way = entry.counterparty, "RECEBIDO" if entry.amount > 0 else "ENVIADO"
        known = f"PIX {way} - Cp :{party.ispb}-" if kind == "PIX" else "PAGAMENTO DE TITULO - "
        text = f"{known}{party.name.upper()}"
    return {
        "dataEntrada": entry.date.isoformat(),
        "tipoTransacao": kind,
        "tipoOperacao": direction_of(entry),
        "valor": money(abs(entry.amount)),
        "titulo": title,
        "descricao": text,
    }
