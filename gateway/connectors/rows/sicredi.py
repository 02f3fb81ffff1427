"""Rows of Sicredi's statement.

The wire has no field for the kind of movement or for the other party: the text gives both, in the forms that the bank's
exported statements have.

Sources: contracts/banks/sicredi/NOTES.md.
"""

import re
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct
from msgspec.structs import replace

from gateway.connectors import fields, parties, wording
from gateway.connectors.rows import Content
from gateway.connectors.tables import Kinds
from gateway.entry_ids import row_id
from gateway.model import Counterparty, Movement, TransactionType

__all__ = ["Row", "balance", "id_of", "movements"]


TYPES = Kinds(
    {
        TransactionType.PIX: ("RECEBIMENTO PIX", "PAGAMENTO PIX", "DEVOLUCAO PIX", "DEVOLUCAO DE PIX", "PIX "),
        TransactionType.TED: ("TED ",),
        TransactionType.DOC: ("DOC ",),
        TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: ("TRANSF ENTRE CONTAS", "TRANSFERENCIA ENTRE CONTAS"),
        TransactionType.BOLETO: ("LIQ.COBRANCA", "LIQUIDACAO BOLETO", "LIQUIDACAO DE BOLETO"),
        TransactionType.PACOTE_TARIFA_SERVICOS: ("CESTA DE RELACIONAMENTO",),
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("TARIFA", "MANUTENCAO DE TITULOS"),
        TransactionType.CONVENIO_ARRECADACAO: ("DEBITO CONVENIOS", "DEBITO ARRECADACAO"),
        TransactionType.CARTAO: ("COMPRAS NACIONAIS", "COMPRAS INTERNACIONAIS"),
        TransactionType.DEPOSITO: ("DEP DINHEIRO", "DEPOSITO"),
        TransactionType.SAQUE: ("SAQUE",),
        TransactionType.RESGATE_APLIC_FINANCEIRA: ("RESG.APLIC.FIN",),
        TransactionType.FOLHA_PAGAMENTO: ("CREDITO FOLHA PGTO", "DEBITO FOLHA PGTO"),
        TransactionType.OPERACAO_CREDITO: ("LIQUIDACAO DE PARCELA", "OP.CREDITO"),
        TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: ("JUROS UTILIZ", "JUROS CHEQUE ESPECIAL"),
    }
)
"""How the texts begin, in exported statements. An open list: what is not here is OUTROS."""

PARTY_OF_PIX = re.compile(
    r"(?:RECEBIMENTO|PAGAMENTO|DEVOLU[CÇ][AÃ]O)(?: DE)? PIX[^ ]*(?: SICREDI[^ ]*)?"
    r"(?: +|(?: [^ ]+){0,8} {2,})(?P<tax_id>[0-9A-Z.*/-]{11,18})"
    r" +(?P<name>[^ ].*)",
    re.IGNORECASE,
)
"""Kind and channel, blanks, CPF or CNPJ, blanks, name. One blank is enough before the number where it follows kind and
channel at once, as in printed statements; after other words it takes a run of blanks, for a name may hold a number too.
Other texts have in that place numbers that are no tax ids, such as the customer's number at a utility, so that they
name nobody."""


class Row(Struct, frozen=True):
    """One row of `dtlMovimentos`."""

    data: str
    valor: Raw
    idMovimento: str | int
    saldo: Raw = Raw()
    descricao: Any = None
    complemento: Any = None
    documento: Any = None


def movements(rows: Iterable[Row], content: Content) -> Iterator[Movement]:
    """Each row as a movement; `valor` has its sign."""
    for row in rows:
        text, more, document = map(wording.text_of, (row.descricao, row.complemento, row.documento))
        amount = fields.told_reais(row.valor)
        yield Movement(
            date=fields.day(row.data),
            amount=amount,
            # Known by its amount, in whatever form it came.
            content=content(replace(row, valor=amount)),
            type=TYPES.find(text) or wording.kind_of(text),
            description=" - ".join(filter(None, (text, more))),
            document=document or None,
            balance=balance(row.saldo),
            bank_id=id_of(row),
            end_to_end_id=wording.end_to_end_id_within(text, more, document),
            counterparty=_counterparty(text.strip()),
        )


def balance(sent: Raw) -> Decimal | None:
    """A balance, a number or its text; None where the bank tells none."""
    return fields.raw_reais(sent)


def id_of(row: Row) -> str:
    """The bank's id, which no row may lack: it tells twins from one row that was read twice."""
    found = row_id(row.idMovimento)
    if found is None:
        raise ValueError("an entry has no id")
    return found.strip()


def _counterparty(text: str) -> Counterparty | None:
    found = PARTY_OF_PIX.fullmatch(text)
    if found is None or not (parties.tax_id(found["tax_id"]) or parties.masked_tax_id(found["tax_id"])):
        return None
    return parties.counterparty(name=found["name"], tax_ids=[found["tax_id"]])
