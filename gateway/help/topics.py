"""What the help says of one code: the catalogue's row, the advice, and the facts of each bank that it concerns."""

from functools import cache

from msgspec import Struct

import contracts
from contracts.advice import Advice, Reach
from contracts.enrolment import CredentialKind
from contracts.fact import Evidence
from contracts.schema import Contract
from gateway.help.facts import HelpFacts, facts_of
from gateway.help.mending import mends

__all__ = ["ACTORS", "BankHelp", "FailureFields", "HelpTopic", "concerns", "topic_of", "topics"]

ACTORS = {
    "user": "Quem usa a conta: o titular, ou alguém da empresa com acesso ao banco",
    "bank": "O banco",
    "operator": "Quem opera este serviço",
    "caller": "Quem cuida do sistema que faz o pedido",
    "gateway": "Quem cuida deste serviço",
    "nobody": "Ninguém",
}
"""Who has to act, in words."""


class BankHelp(Struct, frozen=True, kw_only=True):
    """What to do at one bank."""

    bank: str
    """Its slug."""
    name: str
    compe: str
    steps: tuple[str, ...]
    evidence: Evidence | None
    """How the steps are known; None where they are the same for every bank."""
    shown_as: tuple[Evidence, ...]
    """The evidence of the words in which the bank shows this failure; empty where no words of the bank are needed."""
    facts: tuple[HelpFacts, ...]


class FailureFields(Struct, frozen=True, kw_only=True):
    """The fields of a problem that follow from its code."""

    status: int
    status_on_timeout: int | None
    retryable: bool
    retry_after: int | None
    """Seconds; an answer may name others."""
    scenario: str | None


class HelpTopic(Struct, frozen=True, kw_only=True):
    """The help about one code. Texts are Portuguese."""

    code: str
    title: str
    official: bool
    """Whether the title is that of the model integration."""
    warning: bool
    """Whether it comes with a statement, and not instead of it."""
    remedy: str
    actor: str
    about_banks: bool
    evidence: Evidence
    """The evidence of what happened and why."""
    happened: tuple[str, ...]
    why: tuple[str, ...]
    steps: tuple[str, ...]
    mends: tuple[str, ...]
    fields: FailureFields | None
    """None of a warning."""
    banks: tuple[BankHelp, ...]


@cache
def topics() -> dict[str, HelpTopic]:
    """All help, by code, in the order of the catalogue: failures with an official title first, warnings last.

    Raises:
        ContractError: help.yaml does not fit the catalogue.
    """
    catalogue = contracts.failures()
    first = [code for code, failure in catalogue.failures.items() if failure.official]
    codes = dict.fromkeys([*first, *catalogue.failures, *catalogue.warnings])
    return {code: topic_of(code, contracts.help_texts().topics[code]) for code in codes}


def topic_of(code: str, advice: Advice) -> HelpTopic:
    """The help about a code.

    Args:
        code: of the catalogue.
        advice: what is written of it.
    """
    catalogue = contracts.failures()
    failure, about_banks = catalogue.failures.get(code), advice.reach is not Reach.OWN
    said = failure or catalogue.warnings[code]
    actor, mending, fields = advice.actor or "nobody", advice.mends, None
    if failure is not None:
        actor = failure.actor
        mending = mends(failure, about_bank=about_banks, said=advice.mends)
        fields = FailureFields(
            status=failure.status,
            status_on_timeout=failure.status_on_timeout,
            retryable=failure.retryable,
            retry_after=failure.retry_after,
            scenario=failure.scenario or None,
        )
    concerned = [contract for slug in contracts.banks() if concerns(contract := contracts.load(slug), code, advice)]
    return HelpTopic(
        code=code,
        title=said.title,
        official=failure is not None and failure.official,
        warning=failure is None,
        remedy=said.remedy,
        actor=actor,
        about_banks=about_banks,
        evidence=advice.evidence,
        happened=advice.happened,
        why=advice.why,
        steps=advice.steps,
        mends=mending,
        fields=fields,
        banks=tuple(_at(contract, code, advice) for contract in concerned),
    )


def concerns(contract: Contract, code: str, advice: Advice) -> bool:
    """Whether a code can occur at a bank."""
    shown = any(symptom.failure == code for symptom in contract.symptoms)
    return shown or contract.slug in advice.banks or _reached(contract, advice.reach)


def _reached(contract: Contract, reach: Reach) -> bool:
    match reach:
        case Reach.EVERYWHERE:
            return True
        case Reach.CERTIFICATES:
            return any(field.kind is CredentialKind.CERTIFICATE for field in contract.enrolment.fields)
        case Reach.CONSENTS:
            return contract.authorization is not None or contract.authentication.refresh_token_seconds > 0
        case Reach.ONE_KIND:
            return len(contract.enrolment.kinds) == 1
        case Reach.SYMPTOMS | Reach.OWN:
            return False


def _at(contract: Contract, code: str, advice: Advice) -> BankHelp:
    own = advice.banks.get(contract.slug)
    marks = {symptom.evidence for symptom in contract.symptoms if symptom.failure == code}
    return BankHelp(
        bank=contract.slug,
        name=contract.name,
        compe=contract.compe,
        steps=own.steps if own is not None else advice.at_bank,
        evidence=own.evidence if own is not None else None,
        shown_as=tuple(mark for mark in Evidence if mark in marks),
        facts=facts_of(contract, advice.shows),
    )
