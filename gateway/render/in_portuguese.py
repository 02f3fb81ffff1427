"""What a spreadsheet in Brazil shows of an entry: titles and words in Portuguese."""

from gateway.model import Counterparty, Stability

__all__ = ["STABILITIES", "TITLES", "tax_id"]

TITLES = (
    *("Data", "Hora", "Descrição", "Valor", "Saldo", "Tipo", "Situação", "Documento", "Nome", "CPF/CNPJ"),
    *("Mensagem", "Banco", "Agência", "Conta", "Id"),
)
"""Of the columns, in order."""
STABILITIES = {Stability.FINAL: "definitivo", Stability.PROVISIONAL: "provisório"}
CPF_DIGITS = 11


def tax_id(other: Counterparty) -> str | None:
    """A whole CPF or CNPJ with its punctuation, by which a spreadsheet takes it for a text; None for any other."""
    known = other.tax_id
    if known is None:
        return None
    if len(known) == CPF_DIGITS:
        return f"{known[:3]}.{known[3:6]}.{known[6:9]}-{known[9:]}"
    return f"{known[:2]}.{known[2:5]}.{known[5:8]}/{known[8:12]}-{known[12:]}"
