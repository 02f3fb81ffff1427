"""Whether a failure mends itself and when it is tried again, in Portuguese, from the catalogue and the limits."""

from collections.abc import Iterable
from datetime import timedelta

from contracts.catalogue import Failure
from gateway.help.words import counted, duration
from gateway.limits import (
    CALL_ATTEMPTS,
    FAILED_CYCLES_ALLOWED,
    IMPORT_ATTEMPTS,
    IMPORT_LONGEST_RETRY_SECONDS,
    IMPORT_RETRY_SECONDS,
    REFUSALS_APART,
    SUSPENSION_PROBE_AFTER,
)
from gateway.model import DAY

__all__ = ["mends"]

PASSING = frozenset({"bank", "gateway"})
"""Actors whose failures pass without anybody who reads a page doing anything."""


def mends(failure: Failure, *, about_bank: bool, said: Iterable[str]) -> tuple[str, ...]:
    """Whether a failure mends itself, and when it is tried again; sentences.

    Args:
        failure: its row of the catalogue.
        about_bank: whether it comes of asking a bank.
        said: what is written of this code, which stands in the place of what the catalogue alone would say.
    """
    said = tuple(said)
    if failure.stops_integration:
        return (*_stopped(failure), *said)
    waits = _waits(failure)
    if said:
        return (*said, *waits)
    if not failure.retryable:
        return (_until_mended(failure),)
    return (_passes(failure), *waits, *(_imports(failure) if about_bank else ()))


def _stopped(failure: Failure) -> Iterable[str]:
    apart = duration(_seconds(REFUSALS_APART))
    yield "Não. A integração fica parada até que alguém aja, e enquanto isso o banco não é consultado."
    if failure.conclusive_in_words:
        yield (
            "Com credenciais que já funcionaram, ela para logo quando o banco diz o motivo com clareza. Uma recusa sem "
            f"motivo só conta quando se repete, ao menos {apart} depois."
        )
    else:
        yield (
            "Com credenciais que já funcionaram, a primeira recusa pode ser passageira: ela só conta quando se repete, "
            f"ao menos {apart} depois, sem nenhum extrato entre as duas."
        )
    yield "Depois que a integração é habilitada de novo, a importação diária volta sozinha."


def _until_mended(failure: Failure) -> str:
    if failure.actor == "caller":
        return "Não. O mesmo pedido tem a mesma resposta até ser corrigido."
    return "Não. Fica assim até que alguém aja."


def _passes(failure: Failure) -> str:
    if failure.actor in PASSING:
        return "Pode passar sozinha, sem que ninguém mude nada."
    if failure.actor == "user":
        return "Depois que a pessoa indicada agir, a próxima tentativa já pode dar certo, sem novo cadastro."
    return "Pode passar sozinha. Se não passar, quem opera este serviço precisa agir."


def _waits(failure: Failure) -> Iterable[str]:
    if failure.retryable and failure.retry_after is not None:
        yield (
            f"Faz sentido consultar de novo depois de {duration(failure.retry_after)}. "
            "Quando a resposta traz outro tempo em retry_after, vale o dela."
        )


def _imports(failure: Failure) -> Iterable[str]:
    if failure.max_attempts > 1:
        yield (
            "Quando o banco não responde, ou responde com um erro dele, e repetir não traz risco, este serviço já faz "
            f"até {counted(CALL_ATTEMPTS, 'tentativa', 'tentativas')} antes de desistir."
        )
    first = max(failure.retry_after or 0, IMPORT_RETRY_SECONDS)
    longest = max(failure.retry_after or 0, IMPORT_LONGEST_RETRY_SECONDS)
    if timedelta(seconds=first) >= DAY:
        yield "A importação diária tenta de novo sozinha no próximo dia útil."
    else:
        pauses = f"depois de {duration(first)}"
        if longest > first:
            pauses += f", com pausas que crescem até {duration(longest)}"
        yield (
            f"A importação diária tenta de novo sozinha {pauses}, no máximo {counted(IMPORT_ATTEMPTS, 'vez', 'vezes')} "
            "por dia útil. Depois, continua no próximo dia útil."
        )
    if failure.actor in PASSING:
        probe = duration(_seconds(SUSPENSION_PROBE_AFTER))
        yield (
            f"Depois de {counted(FAILED_CYCLES_ALLOWED, 'dia útil', 'dias úteis')} seguidos com falha, o banco é "
            f"consultado no máximo uma vez em {probe}. O primeiro extrato que vier põe tudo de volta em ordem."
        )


def _seconds(time: timedelta) -> int:
    return int(time.total_seconds())
