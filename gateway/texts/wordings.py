"""Portuguese texts about wrong fields and parameters that several modules use."""

__all__ = ["CONTROL", "INSTANT", "MISSING", "NOT_A_PARAMETER", "NOT_A_PLACE", "TWICE", "choose"]

CONTROL = "Não pode ter caracteres de controle."
INSTANT = "Deve ser um instante com fuso, como 2026-03-16T18:00:00-03:00."
MISSING = "Este campo falta."
NOT_A_PARAMETER = "Este parâmetro não existe neste endereço."
NOT_A_PLACE = "Deve ser o `next` de uma resposta anterior, sem alteração."
TWICE = "Este parâmetro só pode vir uma vez."


def choose(*names: str) -> str:
    """Says that a value has to be one of these names."""
    return f"Escolha entre {', '.join(names)}."
