"""Portuguese words of the connect page."""

from gateway.accounts.states.bank_health import BankHealth
from gateway.model import Verdict
from gateway.storage.accounts.pauses import Mode

__all__ = ["STEPS", "VERDICTS", "health"]

STEPS = ("Banco", "Conta", "Instruções", "Credenciais", "Resultado")
"""The steps of the page, in order."""
VERDICTS = {
    Verdict.PROVED: "Confere: saldo inicial mais lançamentos é igual ao saldo final.",
    Verdict.DISPROVED: (
        "Não confere: saldo inicial mais lançamentos é diferente do saldo final. O seu sistema recebe este aviso com o "
        "extrato."
    ),
    Verdict.NOT_PROVABLE: "Não há como provar: os saldos que este banco informa não bastam para a conta.",
}


def health(found: BankHealth) -> tuple[str, str]:
    """How a bank is doing: a class of style, and the words."""
    if found.pause is not None:
        if found.pause.mode is Mode.ALL:
            return "bad", "Pausado no momento: nada é pedido a este banco"
        return "bad", "Novas integrações pausadas no momento"
    if found.state == "failing":
        return "bad", "Com falhas agora: talvez seja preciso repetir mais tarde"
    if found.state == "up":
        return "good", "Funcionando"
    return "soft", "Sem consultas recentes"
