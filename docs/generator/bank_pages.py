"""One page for each bank, for the people who keep a company's books: made of the contracts and of the help's texts."""

from collections.abc import Iterable

import contracts
from contracts.advice import Part
from contracts.fact import Evidence
from contracts.schema import Contract, CredentialKind
from docs.generator.markdown import bullets, code, numbered, plain, table
from gateway.help.facts import facts_of
from gateway.help.pages import KNOWN, LEGEND
from gateway.help.topics import ACTORS, BankHelp, HelpTopic, topics

__all__ = ["bank_pages", "index_of_banks"]

WANTED = {
    CredentialKind.TEXT: "texto",
    CredentialKind.SECRET: "segredo",
    CredentialKind.CERTIFICATE: "arquivo do certificado",
    CredentialKind.PRIVATE_KEY: "arquivo da chave, secreto",
}
"""What a field of the form holds, in words."""
FACTS = (Part.NUMBERS, Part.CERTIFICATE, Part.CONSENT, Part.HOURS, Part.PERIODS, Part.LIMITS)
"""What a page tells after the form, in this order."""


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
        rows.append((
            f"[{plain(contract.name)}](bancos/{slug}.md)",
            contract.compe,
            " e ".join(contract.enrolment.kinds),
            "sim" if files else "não",
            "sim" if contract.authorization is not None else "não",
            contract.period.available_by,
            f"{contract.period.first_import_days} dias",
        ))
    head = ("banco", "COMPE", "contas", "certificado", "autorização na página do banco", "extrato até as", "1ª importação")
    return "\n".join(table(head, rows))


def _page(contract: Contract) -> str:
    enrolment = contract.enrolment
    known = f"*Como sabemos: {KNOWN[enrolment.evidence]}*"
    lines = [f"# {plain(contract.name)} ({contract.compe})", ""]
    lines += [
        f"Esta página mostra como ligar uma conta do {plain(contract.name)} ao seu sistema. O serviço só lê extratos e "
        "saldos: não paga, não transfere e não muda nada no banco.",
        "",
        "## Antes de começar",
        "",
    ]
    (kinds,) = facts_of(contract, (Part.KINDS,))
    lines += bullets([
        *map(plain, kinds.items),
        f"Tenha à mão: {', '.join(plain(each.label) for each in enrolment.fields if each.required)}.",
        "Segredos e chaves são guardados cifrados e não são mostrados de novo.",
    ])
    if enrolment.notices:
        lines += ["Condições do banco, que quem opera o serviço precisa respeitar:", ""]
        lines += bullets(map(plain, enrolment.notices))
    lines += ["## Passo a passo", ""]
    lines += [*numbered(map(plain, enrolment.steps)), known, ""]
    lines += ["## O que preencher", ""]
    lines += table(
        ("campo", "onde encontrar", "o que é"),
        (
            (
                f"**{plain(each.label)}**",
                plain(each.help) or "–",
                WANTED[each.kind] + ("" if each.required else "; pode ficar em branco"),
            )
            for each in enrolment.fields
        ),
    )
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
    yield f"{code(topic.code)} · Quem age: {plain(ACTORS[topic.actor])}."
    yield ""
    yield from (f"**Em resumo:** {plain(topic.remedy)}", "")
    yield from numbered(map(plain, here.steps))
    if here.evidence is not None and here.evidence is not Evidence.OBSERVED:
        yield from (f"*Como sabemos destes passos: {KNOWN[here.evidence]}*", "")
    yield from ("**Isso se resolve sozinho?** " + " ".join(map(plain, topic.mends)), "")
