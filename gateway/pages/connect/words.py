"""Portuguese words of the connect page: amounts, days, states."""

from datetime import date
from decimal import Decimal

from gateway.accounts.bank_health import BankHealth
from gateway.model import Verdict
from gateway.storage.pauses import Mode

__all__ = ["STEPS", "VERDICTS", "day", "health", "money", "short_day"]

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


def money(amount: Decimal) -> str:
    """An amount in reais: "R$ 1.234,56", "-R$ 12,34"."""
    whole, _, cents = f"{abs(amount):,.2f}".partition(".")
    return f"{'-' if amount < 0 else ''}R$\u00a0{whole.replace(',', '.')},{cents}"


def day(value: date) -> str:
    """A day as it is written in Brazil."""
    return value.strftime("%d/%m/%Y")


def short_day(value: date) -> str:
    """A day whose year is known."""
    return value.strftime("%d/%m")


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
