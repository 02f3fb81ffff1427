"""What a spreadsheet in Brazil shows of an entry: titles and words in Portuguese."""

from gateway.model import Counterparty, Stability
from gateway.tax_ids import punctuated

__all__ = ["STABILITIES", "TITLES", "tax_id"]

TITLES = (
    *("Data", "Hora", "Descrição", "Valor", "Saldo", "Tipo", "Situação", "Documento", "Nome", "CPF/CNPJ"),
    *("Mensagem", "Banco", "Agência", "Conta", "Id"),
)
"""Of the columns, in order."""
STABILITIES = {Stability.FINAL: "definitivo", Stability.PROVISIONAL: "provisório"}


def tax_id(other: Counterparty) -> str | None:
    """A whole CPF or CNPJ with its punctuation, by which a spreadsheet takes it for a text; None for any other."""
    return punctuated(other.tax_id) if other.tax_id is not None else None
