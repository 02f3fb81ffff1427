"""Makes the pages of a session: which values stand on which of them. What happens between them is in `steps`."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from msgspec.structs import asdict

import contracts
from contracts.advice import Part
from gateway.accounts.connect.addresses import led_back
from gateway.accounts.connect.content import ShownFailure
from gateway.accounts.connect.sessions import Opened
from gateway.accounts.enrolment.mending import to_mend
from gateway.accounts.states.bank_health import BankHealth
from gateway.certificates.pkcs12 import accepts_pkcs12
from gateway.connectors import banks
from gateway.help.evidence import KNOWN
from gateway.help.facts import facts_of
from gateway.help.words import counted, duration
from gateway.limits import CONNECT_REFRESH_SECONDS
from gateway.pages.chart import balance_chart
from gateway.pages.connect import words
from gateway.pages.connect.forms import LABELS
from gateway.pages.connect.frame import Site, made
from gateway.pages.connect.shown import (
    bank_of,
    button,
    described,
    ends,
    failure_of,
    field_of,
    labels_of,
    preview_of,
)
from gateway.pages.shared import Page
from gateway.pages.words import KINDS, day, tax_id
from gateway.storage.accounts.records import AccountRecord, Integration, State
from gateway.storage.connect.sessions import Purpose, Stage

__all__ = ["account_page", "bank_page", "consent_page", "ended_page", "form_page", "progress_page", "result_page"]
__all__ += ["steps_page"]

WORKS = ("Conferir os dados", "Testar as credenciais no banco", "Ler os últimos lançamentos")


def bank_page(site: Site, opened: Opened, health: Mapping[str, BankHealth], errors: Mapping[str, str]) -> Page:
    """The banks, each with what it asks for, who can make the access, and how it is doing."""
    shown = [
        bank_of(contracts.load(slug)) | {"health": words.health(health[slug])} for slug in banks() if slug in health
    ]
    return made("bank.html", site, opened, 0, banks=shown, chosen=opened.content.typed.bank, errors=errors)


def account_page(site: Site, opened: Opened, errors: Mapping[str, str]) -> Page:
    """What describes the account."""
    shown = asdict(opened.content.typed)
    contract = contracts.load(shown["bank"])
    numbering, cooperative = contract.enrolment.numbering, contract.enrolment.cooperative
    branch = "Cooperativa" if cooperative else "Agência"
    digit = "" if cooperative else ", sem o dígito"
    width = f"Até {counted(numbering.branch_width, 'algarismo', 'algarismos')}{digit}." if numbering else ""
    facts = [item for group in facts_of(contract, [Part.NUMBERS]) for item in group.items]
    return made(
        "account.html",
        site,
        opened,
        1,
        bank=bank_of(contract),
        typed=shown,
        registered=opened.session.account_id is not None,
        kinds=KINDS,
        holder=tax_id(shown["holder_tax_id"]),
        branch_label=branch,
        branch_help=width if numbering and numbering.branch_width else "",
        branch_required=contract.enrolment.branch_required,
        number_help="Só os algarismos bastam; zeros à esquerda não fazem diferença.",
        facts=facts,
        labels=LABELS | {"branch": branch, "bank": "Banco"},
        anchors={name: name for name in LABELS if name == "description" or opened.session.account_id is None},
        errors=errors,
    )


def steps_page(site: Site, opened: Opened) -> Page:
    """What to do at the bank, step by step."""
    contract = contracts.load(opened.content.typed.bank)
    return made(
        "steps.html",
        site,
        opened,
        2,
        bank=bank_of(contract),
        redirect_uri=site.redirect_uri if contract.authorization is not None else "",
        known=f"Como sabemos destes passos: {KNOWN[contract.enrolment.evidence]} Menus e telas dos bancos mudam.",
    )


def form_page(
    site: Site,
    opened: Opened,
    errors: Mapping[str, str],
    failure: ShownFailure | None,
    account: str,
) -> Page:
    """The credentials: all of them, or what mends a failure."""
    content = opened.content
    contract = contracts.load(content.typed.bank)
    repairs = opened.session.purpose is Purpose.REPAIR and not content.whole
    mend = to_mend(contract, failure.code, failure.at) if failure is not None else to_mend(contract, "", "")
    fields = contract.enrolment.fields
    first = [each for each in fields if not repairs or each.name in mend]
    rest = [each for each in fields if each not in first]
    consents = repairs and contract.authorization is not None and not first
    shown = failure_of(site, failure, focused=not errors) if failure is not None else None
    wrong = {name: text for name, text in errors.items() if name != "pkcs12"}
    if "pkcs12" in errors and (pair := contract.enrolment.certificate_pair) is not None:
        wrong[pair[0]] = errors["pkcs12"]
    return made(
        "form.html",
        site,
        opened,
        3,
        bank=bank_of(contract),
        account=account,
        repairs=repairs,
        consent_alone=consents,
        pkcs12=accepts_pkcs12(contract),
        optional="em branco: fica como está" if repairs else "pode ficar em branco",
        first=[field_of(each, content, repairs=repairs) for each in first],
        rest=[field_of(each, content, repairs=repairs) for each in rest],
        rest_open=any(each.name in wrong for each in rest),
        labels=labels_of(contract),
        anchors={name: f"c-{name}" for name in (*(each.name for each in fields), "pkcs12_password")},
        errors=wrong,
        shown=shown,
        button=button(repairs=repairs, consents=consents, nothing=not first),
    )


def progress_page(site: Site, opened: Opened, ticket: str) -> Page:
    """What is under way; without scripts the page renews itself by the ticket's address."""
    at = 2 if opened.session.stage is Stage.READING else 1
    works = [(name, "past" if n < at else "now" if n == at else "next") for n, name in enumerate(WORKS)]
    bank = bank_of(contracts.load(opened.content.typed.bank))
    return made(
        "progress.html",
        site,
        opened,
        3,
        bank=bank,
        works=works,
        stage=opened.session.stage.value,
        ticket=ticket,
        seconds=CONNECT_REFRESH_SECONDS,
    )


def consent_page(site: Site, opened: Opened) -> Page:
    """The way to the bank's page."""
    content = opened.content
    contract = contracts.load(content.typed.bank)
    seconds = contract.authorization.pending_seconds if contract.authorization is not None else 0
    return made(
        "consent.html",
        site,
        opened,
        3,
        bank=bank_of(contract),
        page=content.page,
        stage=opened.session.stage.value,
        holder=tax_id(content.typed.holder_tax_id),
        lasts=duration(seconds),
    )


def result_page(site: Site, opened: Opened, record: AccountRecord, integration: Integration, now: datetime) -> Page:
    """What was enabled, so that the person sees whether it is the right account."""
    content, catalogue = opened.content, contracts.failures().failures
    period = integration.first_import
    last = integration.last_failure if integration.state is State.BANK_FAILING else None
    return made(
        "result.html",
        site,
        opened,
        4,
        bank=bank_of(contracts.load(record.bank)),
        account=described(record),
        account_id=record.id,
        repaired=opened.session.purpose is Purpose.REPAIR,
        failing=catalogue[last.code] if last is not None else None,
        period=(day(period.first), day(period.last)) if period is not None else None,
        certificate=ends(integration.certificate_expires_at, now, "Vence"),
        consent=ends(integration.consent_expires_at, now, "Vale até"),
        preview=preview_of(content.preview) if content.preview is not None else None,
        preview_failure=catalogue.get(content.preview_failure),
        chart=balance_chart(content.preview.first, content.preview.balances) if content.preview is not None else None,
        **_end(opened, "enabled"),
    )


def ended_page(
    site: Site,
    title: str,
    *said: str,
    opened: Opened | None = None,
    result: str = "",
    status: int = 200,
) -> Page:
    """A page that only leads back.

    Args:
        title: what has happened.
        said: the same in sentences.
        opened: the session, where it is known.
        result: of the session; empty where it has not ended.
        status: of the answer.
    """
    end = {"session_id": "", "back": "", "origins": ""}
    if opened is not None and result:
        end = _end(opened, result)
    elif opened is not None and _leads_back(opened):
        end["back"] = opened.content.return_to
    return made("ended.html", site, opened, None, status=status, title=title, said=said, result=result, **end)


def _end(opened: Opened, result: str) -> dict[str, Any]:
    """Where an ended session leads, and who is told: only what the tenant still allows."""
    return {
        "session_id": opened.session.id,
        "back": led_back(opened.content.return_to, opened.session.id, result) if _leads_back(opened) else "",
        "origins": " ".join(opened.settings.frame_ancestors),
    }


def _leads_back(opened: Opened) -> bool:
    address = opened.content.return_to
    return bool(address) and urlsplit(address)._replace(query="").geturl() in opened.settings.return_addresses
