"""Rows of Santander's statement, and its present balance.

Days are DD/MM/YYYY, amounts are texts without sign. A row has no id, and no field for its kind or for the other party:
both are read from the bank's text.

Sources: contracts/banks/santander/NOTES.md.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct
from msgspec.structs import replace

from gateway.connectors import fields, parties, wording
from gateway.connectors.kept import Kept
from gateway.connectors.rows import Content
from gateway.connectors.tables import Kinds, Sides, Words
from gateway.model import Counterparty, Movement, TransactionType

__all__ = ["Balance", "Row", "movements"]

SIDES = Sides()

TYPES = Kinds(
    {
        TransactionType.PACOTE_TARIFA_SERVICOS: (
            *("TARIFA PACOTE", "TARIFA MENSALIDADE PACOTE"),
            *("PACOTE SERVICOS", "PACOTE DE SERVICOS", "CESTA DE SERVICOS"),
        ),
        TransactionType.TARIFA_SERVICOS_AVULSOS: ("TARIFA", "TARIFAS"),
        TransactionType.RESGATE_APLIC_FINANCEIRA: ("RESGATE", "RESG"),
        TransactionType.RENDIMENTO_APLIC_FINANCEIRA: ("RENDIMENTO", "RENDIMENTOS", "REMUNERACAO APLICACAO"),
        TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: ("JUROS CHEQUE ESPECIAL", "JUROS SALDO UTILIZ ATE LIMITE"),
        TransactionType.PIX: ("PIX",),
        TransactionType.TED: ("TED",),
        TransactionType.DOC: ("DOC",),
        TransactionType.BOLETO: ("BOLETO", "BOLETOS", "TITULO", "TITULOS"),
        TransactionType.CARTAO: ("CARTAO", "CARTOES", "VISA ELECTRON", "GETNET"),
        TransactionType.CONVENIO_ARRECADACAO: (
            *("DEBITO AUTOMATICO", "DEBITO AUT", "CONVENIO", "CONVENIOS", "TRIBUTO", "TRIBUTOS"),
            *("DARF", "FGTS", "PGTO CONTA", "PAGAMENTO CONTA"),
        ),
        TransactionType.FOLHA_PAGAMENTO: ("SALARIO", "SALARIOS", "FOLHA", "LIQUIDO DE VENCIMENTO"),
        TransactionType.DEPOSITO: ("DEP", "DEPOSITO", "DEPOSITOS"),
        TransactionType.SAQUE: ("SAQUE", "SAQUES"),
        TransactionType.OPERACAO_CREDITO: ("EMPRESTIMO", "EMPRESTIMOS", "CAPITAL DE GIRO"),
        TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: (
            "TRANSF VALORES",
            "TRANSF VALOR",
            "TRANSFERENCIA ENTRE CONTAS",
            "TRANSFERENCIA ENTRE CONTA",
        ),
    },
    by=Words,
)
"""By the first words found in the bank's text, which is all there is to tell a type from; anything else is OUTROS."""

BETWEEN_TWO = frozenset({TransactionType.PIX, TransactionType.TED, TransactionType.DOC, TransactionType.BOLETO})
"""Types with another party, whose tax id may stand in the complement, or else at the end of the name."""


UNSETTLED = frozenset({"LANCAMENTO FUTURO", "TRANSACAO PROCESSANDO"})
"""Stages of a movement, as Open Finance has them, in which it may still change or vanish."""


class Row(Struct, frozen=True):
    """One row of `_content`. What stands below `documentNumber` other rows of this API have; none was seen here."""

    creditDebitType: str
    amount: Raw
    transactionDate: str
    transactionName: Any = None
    historicComplement: Any = None
    documentNumber: Any = None
    complement: Any = None
    transactionCurrency: Any = None
    completedAuthorisedPaymentType: Any = None
    partieCnpjCpf: Any = None
    partieCompeCode: Any = None
    partieBranchCode: Any = None
    partieNumber: Any = None
    partieCheckDigit: Any = None

    @property
    def day(self) -> date:
        """The day of booking."""
        return fields.day(self.transactionDate)

    @property
    def reais(self) -> Decimal:
        """The amount without its direction, a text or a number.

        Raises:
            ValueError: there is none, or it is in another currency.
        """
        fields.check_currency(self.transactionCurrency)
        return fields.told_reais(self.amount)


class Balance(Struct, frozen=True):
    """The present balance of an account. What ContaMax has invested can be spent at once and counts as available."""

    availableAmount: Raw
    availableAmountCurrency: Any = None

    @property
    def available(self) -> Decimal:
        """What is available, in reais; negative where the account is overdrawn.

        Raises:
            ValueError: it is in another currency, or no amount.
        """
        fields.check_currency(self.availableAmountCurrency)
        return fields.told_reais(self.availableAmount)


def movements(rows: Iterable[Row], content: Content) -> Iterator[Movement]:
    """Each row as a movement; the sign comes from `creditDebitType`."""
    for row in rows:
        name, *more = map(wording.text_of, (row.transactionName, row.historicComplement, row.complement))
        complement = " - ".join(filter(None, more))
        document = _document(row.documentNumber)
        kind = TYPES.of(name)
        party = _counterparty(row, _tax_ids(complement or name) if kind in BETWEEN_TWO else ())
        day, size = row.day, SIDES.size(row.reais, row.creditDebitType)
        yield Movement(
            date=day,
            amount=SIDES.signed(size, row.creditDebitType),
            # Known by its day and amount, in whatever form they came.
            content=content(replace(row, amount=size, transactionDate=_written[day])),
            type=kind,
            description=" - ".join(filter(None, (name, complement, *parties.unshown(party, row.partieCnpjCpf)))),
            document=document,
            end_to_end_id=wording.end_to_end_id_within(name, complement, document or ""),
            counterparty=party,
            provisional=fields.fold(row.completedAuthorisedPaymentType) in UNSETTLED,
        )


@Kept
def _written(day: date) -> str:
    """A day as the bank writes it."""
    return f"{day:%d/%m/%Y}"


def _document(value: Any) -> str | None:
    """A document number; zeros stand for none."""
    number = wording.text_of(value)
    return number if number.strip("0 ") else None


def _counterparty(row: Row, tax_ids: Iterable[str]) -> Counterparty | None:
    """The other party by fields of its own, zeros standing for none, and by the tax ids in the text."""
    numbers = (row.partieCompeCode, row.partieBranchCode, row.partieNumber)
    bank, branch, account = (text if text.strip("0 ") else "" for text in map(wording.text_of, numbers))
    return parties.counterparty(
        tax_ids=[wording.text_of(row.partieCnpjCpf), *tax_ids],
        bank=bank,
        branch=branch,
        account=account and account + wording.text_of(row.partieCheckDigit),
    )


def _tax_ids(text: str) -> set[str]:
    """The tax id in a free text, where it holds exactly one; no rule tells a name from other text."""
    words = text.split()
    for rule in (parties.tax_id, parties.masked_tax_id):
        if found := set(filter(None, map(rule, words))):
            return found if len(found) == 1 else set()
    return set()
