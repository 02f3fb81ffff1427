"""What help pages say beyond the facts, as strict structs; its one instance is help.yaml, beside the catalogue.

Title, remedy, actor and retry rules are the catalogue's, and what a bank's access needs is its contract's. Here stands
what follows from neither: what happened, why, and what to do about it.
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

from msgspec import Meta, field

from contracts.catalogue import Catalogue
from contracts.fact import Fact, Strict

__all__ = ["Advice", "AdviceForBank", "Help", "Part", "Reach", "faults_of"]

Text = Annotated[str, Meta(min_length=1)]
Texts = Annotated[tuple[Text, ...], Meta(min_length=1)]


class Reach(StrEnum):
    """At which banks a code can occur, besides those that show it by a symptom of their contracts."""

    SYMPTOMS = "symptoms"
    """At no other."""
    EVERYWHERE = "everywhere"
    """At every bank: it needs no words of the bank, or the gateway itself finds it."""
    CERTIFICATES = "certificates"
    """At banks whose form asks for a certificate."""
    CONSENTS = "consents"
    """At banks whose access is an authorization that ends."""
    ONE_KIND = "one_kind"
    """At banks that accept one kind of account only."""
    OWN = "own"
    """It is not about banks."""


class Part(StrEnum):
    """A group of a contract's facts that a page shows of each bank."""

    ACCESS = "access"
    """How the access is made at the bank, step by step."""
    FORM = "form"
    """What the form asks for, and where each value is found."""
    NUMBERS = "numbers"
    """How branch and account are written, and what names the account to the bank."""
    CERTIFICATE = "certificate"
    CONSENT = "consent"
    HOURS = "hours"
    PERIODS = "periods"
    KINDS = "kinds"
    LIMITS = "limits"


class AdviceForBank(Fact, frozen=True, kw_only=True):
    """What to do at one bank, in Portuguese, in order."""

    steps: Texts


class Advice(Fact, frozen=True, kw_only=True):
    """The advice about one code of the catalogue, in Portuguese. The evidence is that of `happened` and `why`."""

    happened: Texts
    """Paragraphs."""
    why: Texts
    """Paragraphs: why banks do this, or how it comes about."""
    steps: Texts
    """What to do, in order, wherever the account is."""
    mends: tuple[Text, ...] = ()
    """Whether it mends itself, where that does not follow from the catalogue; paragraphs."""
    actor: Annotated[str, Meta(pattern=r"^(user|bank|operator|caller|gateway|nobody)$")] | None = None
    """Who has to act, of a warning; that of a failure stands in the catalogue."""
    reach: Reach = Reach.OWN
    shows: tuple[Part, ...] = ()
    """What a page shows of each bank, in this order."""
    at_bank: tuple[Text, ...] = ()
    """What to do at a bank that `banks` does not name, in order."""
    banks: dict[str, AdviceForBank] = field(default_factory=dict)
    """By slug, where more is known of a bank."""


class Help(Strict, frozen=True, kw_only=True):
    """All advice, by code."""

    topics: dict[str, Advice]


def faults_of(given: Help, catalogue: Catalogue) -> list[str]:
    """One sentence for each point in which the advice does not fit the catalogue; empty where all is well."""
    codes = {**catalogue.failures, **catalogue.warnings}
    found = [f"{code} has no advice" for code in codes if code not in given.topics]
    for code, advice in given.topics.items():
        found += (f"{code}: {fault}" for fault in _faults(advice, catalogue, code))
    return found


def _faults(advice: Advice, catalogue: Catalogue, code: str) -> Iterable[str]:
    if code in catalogue.warnings:
        if advice.actor is None or not advice.mends:
            yield "a warning says who has to act (`actor`), and whether it mends itself (`mends`)"
    elif code not in catalogue.failures:
        yield "the catalogue does not have it"
    elif advice.actor is not None:
        yield "who has to act stands in the catalogue"
    about_banks = advice.reach is not Reach.OWN
    if about_banks and not advice.at_bank:
        yield "it can occur at banks, and nothing says what to do there (`at_bank`)"
    if not about_banks and (advice.at_bank or advice.banks or advice.shows):
        yield "it is not about banks, and says something of them"
