"""One page for each bank, for the people who keep a company's books: made of the contracts and of the help's texts."""

from collections.abc import Iterable

import contracts
from contracts.advice import Part
from contracts.fact import Evidence
from contracts.schema import Contract, CredentialField, CredentialKind
from docs.generator.markdown import bullets, code, numbered, plain, table
from gateway.help.evidence import KNOWN, LEGEND
from gateway.help.facts import facts_of
from gateway.help.topics import ACTORS, BankHelp, HelpTopic, topics

__all__ = ["bank_pages", "index_of_banks"]

FACTS = (Part.NUMBERS, Part.CERTIFICATE, Part.CONSENT, Part.HOURS, Part.PERIODS, Part.LIMITS)
"""What a page tells after the form, in this order."""


INTRODUCTION = (
    "Esta página mostra como ligar ao seu sistema uma conta deste banco. O serviço só lê extratos e saldos: não paga, "
    "não transfere e não muda nada no banco."
)


def bank_pages() -> dict[str, str]:
    """The Markdown of the page of each bank, by slug."""
    return {slug: _page(contracts.load(slug)) for slug in contracts.banks()}


def index_of_banks() -> str:
    """A table of all banks: who can connect, what is needed, since when entries are there; with links to the pages."""
    rows = []
    for slug in contracts.banks():
        contract = contracts.load(slug)
        fields = [each for each in contract.enrolment.fields if each.required]
        files = any(each.kind is CredentialKind.CERTIFICATE for each in fields)
        rows.append(
            (
                f"[{plain(contract.name)}](bancos/{slug}.md)",
                contract.compe,
                " e ".join(contract.enrolment.kinds),
                "sim" if files else "não",
                "sim" if contract.authorization is not None else "não",
                contract.period.available_by,
                f"{contract.period.first_import_days} dias",
            )
        )
    head = (
        "banco",
        "COMPE",
        "contas",
        "certificado",
        "autorização na página do banco",
        "extrato até as",
        "1ª importação",
    )
    return "\n".join(table(head, rows))


def _page(contract: Contract) -> str:
    enrolment = contract.enrolment
    known = f"*Como sabemos: {KNOWN[enrolment.evidence]}*"
    lines = [f"# {plain(contract.name)} ({contract.compe})", ""]
    lines += [
        INTRODUCTION,
        "",
        "## Antes de começar",
        "",
    ]
    (kinds,) = facts_of(contract, (Part.KINDS,))
    creator = [f"Quem pode criar o acesso: {plain(_inside(enrolment.created_by))}"] if enrolment.created_by else []
    lines += bullets(
        [
            *map(plain, kinds.items),
            *creator,
            f"Tenha à mão: {', '.join(plain(each.label) for each in enrolment.fields if each.required)}.",
            "Segredos e chaves são guardados cifrados e não são mostrados de novo.",
        ]
    )
    if enrolment.notices:
        lines += ["Condições do banco, que quem opera o serviço precisa respeitar:", ""]
        lines += bullets(map(plain, enrolment.notices))
    lines += ["## Como o acesso é criado", ""]
    lines += [*numbered(map(plain, enrolment.steps)), known, ""]
    lines += ["## O que o formulário pede", ""]
    for each in enrolment.fields:
        lines += [f"{plain(each.label)}", f": {_field(each)}", ""]
    lines += [known, ""]
    for facts in facts_of(contract, FACTS):
        lines += [f"## {facts.title}", "", *bullets(map(plain, facts.items))]
        lines += [f"*Como sabemos: {KNOWN[facts.evidence]}*", ""]
    lines += _failures(contract.slug)
    lines += ["## O que dizem as marcas", ""]
    for mark, meaning in LEGEND.items():
        lines += [f"{mark}", f": {meaning}", ""]
    lines += ["Menus e telas dos bancos mudam. Se algo no site do banco for diferente, vale o site do banco.", ""]
    return "\n".join(lines)


def _failures(slug: str) -> Iterable[str]:
    """What can go wrong at a bank, with what to do; failures first, then warnings."""
    concerned = [(topic, here) for topic in topics().values() for here in topic.banks if here.bank == slug]
    failures = [(topic, here) for topic, here in concerned if not topic.warning]
    yield from ("## Se algo der errado", "")
    yield "Procure a mensagem que o seu sistema mostrou. Cada uma diz quem precisa agir e o que fazer neste banco."
    yield ""
    for topic, here in failures:
        yield from _advice(topic, here)
    warnings = [(topic, here) for topic, here in concerned if topic.warning]
    yield from ("## Avisos que podem vir com o extrato", "")
    yield "Com um aviso o extrato chega; ele diz o que conferir."
    yield ""
    for topic, here in warnings:
        yield from _advice(topic, here)


def _advice(topic: HelpTopic, here: BankHelp) -> Iterable[str]:
    yield from (f"### {plain(topic.title)}", "")
    yield from (f"**Quem precisa agir:** {plain(_inside(ACTORS[topic.actor]))}.", "")
    yield from (f"**Em resumo:** {plain(topic.remedy)}", "")
    yield from numbered(plain(step.replace("abaixo", "nesta página")) for step in here.steps)
    if here.evidence is not None and here.evidence is not Evidence.OBSERVED:
        yield from (f"*Como sabemos destes passos: {KNOWN[here.evidence]}*", "")
    yield from ("**Isso se resolve sozinho?** " + " ".join(map(plain, topic.mends)), "")
    yield from (f"Código para o suporte: {code(topic.code)}", "")


def _field(field: CredentialField) -> str:
    """Where the value of a field is found, and whether it may be left out."""
    found = plain(field.help) or "Como o banco o mostra."
    return found if field.required else f"{found} Pode ficar em branco."


def _inside(words: str) -> str:
    """Words that begin a sentence, as they stand within one."""
    return words[:1].lower() + words[1:]
