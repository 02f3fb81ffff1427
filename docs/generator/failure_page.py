"""The page of all failures and warnings, for developers who treat them: made of the catalogue and the help's texts."""

from collections.abc import Iterable

from docs.generator.markdown import code, numbered, plain, table
from gateway.help.topics import ACTORS, HelpTopic, topics

__all__ = ["failure_page"]

AT_BANK = ("para o seu banco abaixo", "na página do seu banco")
BELOW = ("abaixo", "na página do banco")
"""The help page of a failure has what each bank needs at its end; here it stands on the pages of the banks."""
INTRODUCTION = (
    "Toda resposta que não é 2xx é um problema no formato RFC 9457 (`application/problem+json`). Compare o campo "
    "`code`, que não muda; `title` e `remedy` são para mostrar a quem usa o sistema, e `actor` diz quem precisa "
    "agir. Os valores de uma resposta valem mais do que os desta página. Avisos vêm em `warnings`, dentro de um "
    "extrato com status 200."
)


def failure_page() -> str:
    """The Markdown of the page."""
    failures = [topic for topic in topics().values() if not topic.warning]
    warnings = [topic for topic in topics().values() if topic.warning]
    lines = [
        "# Falhas e avisos",
        "",
        INTRODUCTION,
        "",
        "O que fazer em cada banco está na [página do banco](contador.md), e no endereço do campo `type` do problema.",
        "",
        "## Todas as falhas",
        "",
    ]
    lines += table(("código", "status", "quem age", "repetir?"), ((_link(topic), *_short(topic)) for topic in failures))
    lines += ["## Falhas, uma a uma", ""]
    for topic in failures:
        lines += _topic(topic)
    lines += ["## Avisos, um a um", ""]
    for topic in warnings:
        lines += _topic(topic)
    return "\n".join(lines)


def _link(topic: HelpTopic) -> str:
    return f"[{code(topic.code)}](#{topic.code})"


def _short(topic: HelpTopic) -> tuple[str, str, str]:
    fields = topic.fields
    if fields is None:
        raise ValueError(f"{topic.code} is a warning")
    status = str(fields.status) if fields.status_on_timeout is None else f"{fields.status}, {fields.status_on_timeout}"
    wait = f" depois de {fields.retry_after} s" if fields.retry_after else ""
    return status, code(topic.actor), f"sim{wait}" if fields.retryable else "não"


def _topic(topic: HelpTopic) -> Iterable[str]:
    yield from (f"### {code(topic.code)}", "")
    yield from (f"**{plain(topic.title)}**", "")
    yield from (" ".join(map(plain, topic.happened)), "")
    yield from numbered(plain(step.replace(*AT_BANK).replace(*BELOW)) for step in topic.steps)
    yield from (f"Quem age: {plain(ACTORS[topic.actor])}.", "")
    yield from (" ".join(map(plain, topic.mends)), "")
    if topic.fields is not None and topic.fields.scenario:
        yield from (f"Nos bancos simulados: {code(f'simulators accounts --scenario {topic.fields.scenario}')}", "")
