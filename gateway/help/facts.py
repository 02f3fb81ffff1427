"""The facts of a bank's contract as sentences in Portuguese, in groups that carry the evidence of their facts."""

from collections.abc import Callable, Iterable, Iterator

from msgspec import Struct

from contracts.advice import Part
from contracts.enrolment import CredentialField, CredentialKind, Enrolment, Numbering
from contracts.fact import Evidence, Fact
from contracts.operation import OperationKind
from contracts.quota import CountedBy, Quota
from contracts.schema import Contract, MutualTLS
from gateway.help.words import counted, duration, listed

__all__ = ["HelpFacts", "facts_of"]

IN_PAIRS = frozenset({CredentialKind.CERTIFICATE, CredentialKind.PRIVATE_KEY})
KINDS = {"PJ": "de empresa (PJ)", "PF": "de pessoa física (PF)"}
TYPED = {"branch": "a agência", "number": "o número da conta", "holder": "o titular"}
CALLS = {
    OperationKind.TOKEN: "pedidos de acesso",
    OperationKind.STATEMENT: "consultas de extrato",
    OperationKind.BALANCE: "consultas de saldo",
    OperationKind.ACCOUNTS: "consultas da lista de contas",
}


class HelpFacts(Struct, frozen=True):
    """A group of facts of one bank, in Portuguese."""

    title: str
    items: tuple[str, ...]
    evidence: Evidence
    ordered: bool = False
    """Whether they are steps."""


def facts_of(contract: Contract, parts: Iterable[Part]) -> tuple[HelpFacts, ...]:
    """The groups of a bank, in the order of the parts; groups about which nothing is known are left out."""
    return tuple(found for part in parts if (found := MADE[part](contract)).items)


def _access(contract: Contract) -> HelpFacts:
    enrolment = contract.enrolment
    return HelpFacts("Como o acesso é criado", enrolment.steps, enrolment.evidence, ordered=True)


def _form(contract: Contract) -> HelpFacts:
    enrolment = contract.enrolment
    return HelpFacts("O que o formulário pede", tuple(map(_field, enrolment.fields)), enrolment.evidence)


def _field(field: CredentialField) -> str:
    asked = field.label if field.required else f"{field.label} (pode ficar em branco)"
    return f"{asked}: {field.help}" if field.help else asked


def _numbers(contract: Contract) -> HelpFacts:
    enrolment = contract.enrolment
    items = (*_branch(enrolment), *_number(enrolment.numbering), *_ownership(enrolment))
    evidence = _weakest(enrolment.numbering or enrolment, enrolment.identity or enrolment)
    return HelpFacts("Agência e conta", items, evidence)


def _branch(enrolment: Enrolment) -> Iterator[str]:
    numbering = enrolment.numbering
    if not enrolment.branch_required:
        yield "A agência pode ficar em branco."
    elif numbering is not None and numbering.branch_width:
        yield f"A agência tem até {counted(numbering.branch_width, 'algarismo', 'algarismos')}."
    if numbering is not None and numbering.branch_digit:
        yield "A agência deste banco tem dígito, e vai sem ele."


def _number(numbering: Numbering | None) -> Iterator[str]:
    if numbering is None:
        return
    length = counted(numbering.number_width, "caractere", "caracteres")
    yield f"A conta vai com o dígito, se tiver um, e tem até {length}. Zeros à esquerda não fazem diferença."
    rule = numbering.check_digit
    if rule is not None and (letters := [sign for sign in rule.signs if sign.isalpha()]):
        yield f"O dígito da conta pode ser a letra {listed(letters)}."
    if rule is not None and rule.refuses:
        yield "O dígito é conferido antes de se consultar o banco."


def _ownership(enrolment: Enrolment) -> Iterator[str]:
    """How it is known that the statement is that of the account that was typed in."""
    by_credentials = "number" not in enrolment.account_named_by
    if by_credentials:
        yield "O número da conta não vai na consulta: o banco lê a conta à qual as credenciais pertencem."
    if enrolment.identity is not None and enrolment.identity.verifies:
        verified = listed([TYPED[each] for each in enrolment.identity.verifies])
        yield f"O banco informa {verified}, e o que foi digitado é comparado com isso."
    elif by_credentials:
        yield "O extrato deste banco não mostra de que conta é. Confira por um lançamento que você conhece."


def _certificate(contract: Contract) -> HelpFacts:
    items = [_field(field) for field in contract.enrolment.fields if field.kind in IN_PAIRS]
    if items and contract.authentication.mutual_tls is MutualTLS.HANDSHAKE:
        items.append("Sem um certificado aceito, este banco nem abre a conexão.")
    elif items and contract.authentication.mutual_tls is MutualTLS.ANSWER:
        items.append("Sem um certificado aceito, este banco abre a conexão e recusa a consulta.")
    return HelpFacts("Certificado e chave", tuple(items), contract.enrolment.evidence)


def _consent(contract: Contract) -> HelpFacts:
    items, authorization = [], contract.authorization
    if authorization is not None:
        lasts = duration(authorization.pending_seconds)
        items.append(f"A autorização é dada na página do banco e precisa ser concluída em {lasts}.")
    if seconds := contract.authentication.refresh_token_seconds:
        items.append(
            f"A autorização termina depois de {duration(seconds)} sem renovação. Enquanto está no ar, este serviço a "
            "renova sozinho."
        )
    return HelpFacts(
        "Autorização", tuple(items), _weakest(contract.authentication, authorization or contract.authentication)
    )


def _hours(contract: Contract) -> HelpFacts:
    period = contract.period
    day = "no dia seguinte" if period.lag_days == 1 else f"depois de {counted(period.lag_days, 'dia', 'dias')}"
    items = [f"Os lançamentos de um dia costumam estar completos {day}, até as {period.available_by} de Brasília."]
    items.append("A importação diária começa depois dessa hora, em dias úteis.")
    if period.sends_weekends_again:
        items.append("Este banco envia de novo, no dia útil seguinte, o movimento de fins de semana e feriados.")
    return HelpFacts("Horários", tuple(items), period.evidence)


def _periods(contract: Contract) -> HelpFacts:
    period, items = contract.period, []
    if period.history_days:
        items.append(f"O banco responde até {counted(period.history_days, 'dia', 'dias')} para trás.")
    else:
        items.append("Não se conhece um limite de até quando para trás o banco responde.")
    if period.max_days:
        days = counted(period.max_days, "dia", "dias")
        items.append(f"Uma consulta ao banco abrange até {days}. Este serviço divide períodos maiores sozinho.")
    first = counted(period.first_import_days, "dia", "dias")
    items.append(f"A primeira importação, depois de habilitar, alcança {first} para trás.")
    return HelpFacts("Períodos", tuple(items), period.evidence)


def _kinds(contract: Contract) -> HelpFacts:
    enrolment = contract.enrolment
    accepted = listed(KINDS[kind] for kind in enrolment.kinds)
    return HelpFacts("Tipos de conta", (f"São aceitas contas {accepted}.",), enrolment.evidence)


def _limits(contract: Contract) -> HelpFacts:
    quotas = {
        name: (quota, operation.kind)
        for called, operation in contract.operations.items()
        for name, quota in contract.quotas_of(called).items()
    }
    items = [_quota(quota, kind) for quota, kind in quotas.values()]
    evidence = _weakest(*(quota for quota, _ in quotas.values())) if quotas else Evidence.DOCUMENTED
    if not items:
        items = ["Este banco não publica um limite. Quando ele recusa, vale a espera que ele indicar."]
    return HelpFacts("Limites de consultas", tuple(items), evidence)


def _quota(quota: Quota, kind: OperationKind) -> str:
    calls = CALLS[kind] if len(quota.operations) == 1 else "chamadas"
    whose = "por aplicação" if quota.by is CountedBy.CLIENT else "por conta"
    if quota.at_once:
        return f"Até {quota.at_once} {calls} ao mesmo tempo, {whose}."
    return f"Até {quota.calls} {calls} em {duration(quota.seconds)}, {whose}."


def _weakest(*groups: Fact) -> Evidence:
    """The mark of several groups together: what is partly assumed is shown as assumed."""
    order = list(Evidence)
    return max((group.evidence for group in groups), key=order.index)


MADE: dict[Part, Callable[[Contract], HelpFacts]] = {
    Part.ACCESS: _access,
    Part.FORM: _form,
    Part.NUMBERS: _numbers,
    Part.CERTIFICATE: _certificate,
    Part.CONSENT: _consent,
    Part.HOURS: _hours,
    Part.PERIODS: _periods,
    Part.KINDS: _kinds,
    Part.LIMITS: _limits,
}
