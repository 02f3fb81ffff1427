"""Portuguese words of the account pages: states, outcomes, proofs."""

from datetime import date

import contracts
from gateway.help.topics import topics
from gateway.model import TransactionType, Verdict
from gateway.pages.words import day, instant
from gateway.storage.accounts.records import State
from gateway.storage.imports.states import AccountState, ImportState

__all__ = ["IMPORTS", "STATES", "TYPES", "VERDICTS", "bank_name", "days", "last_import", "next_due", "title_of"]

STATES = {
    State.NEEDS_ACTION: "Precisa de ação",
    State.BANK_FAILING: "Falha no banco",
    State.PENDING_AUTHORIZATION: "Aguarda autorização",
    State.PAUSED: "Pausada",
    State.DISABLED: "Desabilitada",
    State.ACTIVE: "Ativa",
}
"""States of integrations, those first that somebody may have to see to."""
IMPORTS = {
    ImportState.LATER: "Hoje ainda não começou",
    ImportState.DUE: "Na fila",
    ImportState.RUNNING: "Em andamento",
    ImportState.DONE: "Concluída hoje",
    ImportState.FAILED: "A última tentativa de hoje falhou",
}
VERDICTS = {
    Verdict.PROVED: "Confere: saldo inicial mais lançamentos é igual ao saldo final.",
    Verdict.DISPROVED: "Não confere: saldo inicial mais lançamentos é diferente do saldo final.",
    Verdict.NOT_PROVABLE: "Não há como provar: o que este banco informa não basta para a conta.",
}
TYPES = {
    TransactionType.TRANSFERENCIA_MESMA_INSTITUICAO: "Transferência no mesmo banco",
    TransactionType.BOLETO: "Boleto",
    TransactionType.CONVENIO_ARRECADACAO: "Convênio ou arrecadação",
    TransactionType.PACOTE_TARIFA_SERVICOS: "Pacote de tarifas",
    TransactionType.TARIFA_SERVICOS_AVULSOS: "Tarifa",
    TransactionType.FOLHA_PAGAMENTO: "Folha de pagamento",
    TransactionType.DEPOSITO: "Depósito",
    TransactionType.SAQUE: "Saque",
    TransactionType.CARTAO: "Cartão",
    TransactionType.ENCARGOS_JUROS_CHEQUE_ESPECIAL: "Juros de cheque especial",
    TransactionType.RENDIMENTO_APLIC_FINANCEIRA: "Rendimento de aplicação",
    TransactionType.PORTABILIDADE_SALARIO: "Portabilidade de salário",
    TransactionType.RESGATE_APLIC_FINANCEIRA: "Resgate de aplicação",
    TransactionType.OPERACAO_CREDITO: "Operação de crédito",
    TransactionType.OUTROS: "Outros",
    TransactionType.PIX: "Pix",
    TransactionType.TED: "TED",
    TransactionType.DOC: "DOC",
}


def bank_name(slug: str) -> str:
    """A bank's name; the slug of one that is not installed any more."""
    return contracts.load(slug).name if slug in contracts.banks() else slug


def title_of(code: str) -> str:
    """The title of a failure or warning."""
    return topics()[code].title if code in topics() else code


def days(values: tuple[date, ...]) -> str:
    """Days, divided by commas."""
    return ", ".join(day(each) for each in values)


def last_import(found: AccountState) -> str:
    """When an account was imported last, and through which day."""
    if found.through is None or found.done_on is None:
        return "Nenhuma ainda"
    return f"Em {day(found.done_on)}, até o dia {day(found.through)}"


def next_due(found: AccountState) -> str:
    """When an account is imported next."""
    if found.next_attempt_at is not None:
        return f"A partir de {instant(found.next_attempt_at)}"
    if found.state in {ImportState.DUE, ImportState.RUNNING}:
        return "Agora"
    if found.bank not in contracts.banks():
        return "Nenhuma, enquanto o banco não estiver instalado"
    return f"No próximo dia útil, depois das {contracts.load(found.bank).period.available_by} de Brasília"
