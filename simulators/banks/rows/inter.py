"""Rows of Inter: amounts as texts, details of four kinds, and the other party in them."""

import base64
from decimal import Decimal
from typing import Any

from simulators.forms import end_to_end_id
from simulators.ledger import LedgerEntry
from simulators.world import SimulatedAccount

__all__ = ["KINDS", "NAMING", "direction_of", "money", "row_of", "told_of_party"]

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
OWN_ISPB = "00416968"


def row_of(account: SimulatedAccount | None, entry: LedgerEntry) -> dict[str, Any]:
    """A row; what an exchange has in the detail of its entry replaces what is made up."""
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
    if detail := {**_detail(account, kind, entry), **entry.detail.get("detalhes", {})}:
        row["detalhes"] = {**detail, "tipoDetalhe": "COMPLETE"}
    return {**row, **{name: value for name, value in entry.detail.items() if name != "detalhes"}}


def told_of_party(entry: LedgerEntry) -> frozenset[str]:
    """What the detail of a row that names the other party tells of it; a paid boleto and a payer of a Pix the least."""
    kind, _ = KINDS[entry.type, entry.amount > 0]
    found = {"name"} if kind == "PAGAMENTO" else {"name", "tax_id"}
    if kind in {"PIX", "TRANSFERENCIA"}:
        found.add("bank_name")
        found |= set() if kind == "PIX" and entry.amount > 0 else {"branch", "account"}
    return frozenset(found)


def direction_of(entry: LedgerEntry) -> str:
    """The direction of a movement."""
    return "C" if entry.amount > 0 else "D"


def money(amount: Decimal) -> str:
    """Two decimals without a last zero: `24.9`, but `1000.00` for whole reais."""
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
        # The account of a payer has no field in the detail of a Pix.
        who |= {f"nomeEmpresa{side}": party.bank_name} | ({} if entry.amount > 0 else where)
        return {
            **who,
            "endToEndId": end_to_end_id(entry, OWN_ISPB),
            "txId": "",
            "descricaoPix": "",
            "origemMovimentacao": "CHAVE",
        }
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
