"""Makes the pages of a session: which values stand on which of them. What happens between them is in `steps`.

Long because the values of all pages stand beside each other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

import contracts
from contracts.advice import Part
from contracts.schema import Contract, CredentialField, CredentialKind
from gateway.accounts.bank_health import BankHealth
from gateway.accounts.connect import Opened
from gateway.accounts.connect_addresses import led_back
from gateway.accounts.connect_content import Content, Preview, ShownFailure
from gateway.accounts.mending import to_mend
from gateway.accounts.pkcs12 import accepts_pkcs12
from gateway.connectors import banks
from gateway.errors import CallerError
from gateway.help.facts import facts_of
from gateway.help.pages import KNOWN
from gateway.help.topics import ACTORS, topics
from gateway.help.words import counted, duration, listed
from gateway.limits import CONNECT_REFRESH_SECONDS
from gateway.model import BRASILIA
from gateway.pages.chart import balance_chart
from gateway.pages.connect import words
from gateway.pages.connect.forms import LABELS
from gateway.pages.shared import HTML, SAFE, base_style, csp, environment, source
from gateway.pages.words import day, money
from gateway.storage.connect_sessions import Purpose, Stage
from gateway.storage.records import AccountRecord, Integration, State

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["Page", "Site", "account_page", "bank_page", "consent_page", "described", "ended_page", "errors_by_field"]
__all__ += ["form_page", "headers_of", "progress_page", "result_page", "steps_page"]

TEMPLATES = Path(__file__).parent / "templates"
KINDS = {"PJ": "Empresa (PJ)", "PF": "Pessoa física (PF)"}
COOPERATIVES = frozenset({"sicoob", "sicredi"})
"""Banks whose branches are called cooperatives."""
WORKS = ("Conferir os dados", "Testar as credenciais no banco", "Ler os últimos lançamentos")


class Site(Struct, frozen=True, kw_only=True):
    """Where the pages are."""

    path: str
    """Of the connect page, as browsers reach it."""
    redirect_uri: str
    """Where banks' pages lead back to."""

    @property
    def help(self) -> str:
        """The folder of the help pages, beside it."""
        return f"{self.path.rpartition('/')[0]}/help"


class Page(Struct, frozen=True):
    """A page, ready to be sent."""

    body: str
    status: int = 200


def headers_of(origins: Sequence[str] = ()) -> dict[str, str]:
    """The headers of a page that these origins may frame."""
    framed = {"frame_ancestors": " ".join(origins)} if origins else {}
    headers = {
        **SAFE,
        "Cache-Control": "no-store",
        "Content-Type": HTML,
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
        "Content-Security-Policy": csp(
            style_src=source(_style()),
            script_src=source(_script()),
            connect_src="'self'",
            form_action="'self'",
            **framed,
        ),
    }
    return headers if origins else headers | {"X-Frame-Options": "DENY"}


def errors_by_field(failure: ShownFailure | CallerError) -> dict[str, str]:
    """What is wrong with each field of a form, by the form's name of the field."""
    found = failure.fields if isinstance(failure, ShownFailure) else failure.errors
    return {each.field.removeprefix("credentials.").replace("?", "bank"): each.detail for each in found}


def bank_page(site: Site, opened: Opened, health: Mapping[str, BankHealth], errors: Mapping[str, str]) -> Page:
    """The banks, each with what it asks for, who can make the access, and how it is doing."""
    shown = [_bank(contracts.load(slug)) | {"health": words.health(health[slug])} for slug in banks() if slug in health]
    return _page("bank.html", site, opened, 0, banks=shown, chosen=opened.content.typed.bank, errors=errors)


def account_page(site: Site, opened: Opened, errors: Mapping[str, str], typed: Mapping[str, Any] | None = None) -> Page:
    """What describes the account."""
    shown = {name: getattr(opened.content.typed, name) for name in opened.content.typed.__struct_fields__}
    contract = contracts.load(shown["bank"])
    branch = "Cooperativa" if contract.slug in COOPERATIVES else "Agência"
    numbering = contract.enrolment.numbering
    digit = "" if contract.slug in COOPERATIVES else ", sem o dígito"
    width = f"Até {counted(numbering.branch_width, 'algarismo', 'algarismos')}{digit}." if numbering else ""
    facts = [item for group in facts_of(contract, [Part.NUMBERS]) for item in group.items]
    return _page(
        "account.html",
        site,
        opened,
        1,
        bank=_bank(contract),
        typed=shown | dict(typed or {}),
        registered=opened.session.account_id is not None,
        kinds=KINDS,
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
    return _page(
        "steps.html",
        site,
        opened,
        2,
        bank=_bank(contract),
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
    shown = _failure(site, failure, focused=not errors) if failure is not None else None
    wrong = {name: text for name, text in errors.items() if name != "pkcs12"}
    certificate = _certificate_field(contract)
    if "pkcs12" in errors and certificate is not None:
        wrong[certificate] = errors["pkcs12"]
    return _page(
        "form.html",
        site,
        opened,
        3,
        bank=_bank(contract),
        account=account,
        repairs=repairs,
        consent_alone=consents,
        pkcs12=accepts_pkcs12(contract),
        optional="em branco: fica como está" if repairs else "pode ficar em branco",
        first=[_field(each, content, repairs=repairs) for each in first],
        rest=[_field(each, content, repairs=repairs) for each in rest],
        rest_open=any(each.name in wrong for each in rest),
        labels=_labels(contract),
        anchors={name: f"c-{name}" for name in (*(each.name for each in fields), "pkcs12_password")},
        errors=wrong,
        shown=shown,
        button=_button(repairs=repairs, consents=consents, nothing=not first),
    )


def progress_page(site: Site, opened: Opened, ticket: str) -> Page:
    """What is under way; without scripts the page renews itself by the ticket's address."""
    at = 2 if opened.session.stage is Stage.READING else 1
    works = [(name, "past" if n < at else "now" if n == at else "next") for n, name in enumerate(WORKS)]
    bank = _bank(contracts.load(opened.content.typed.bank))
    return _page(
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
    return _page(
        "consent.html",
        site,
        opened,
        3,
        bank=_bank(contract),
        page=content.page,
        stage=opened.session.stage.value,
        holder=content.typed.holder_tax_id,
        lasts=duration(seconds),
    )


def result_page(site: Site, opened: Opened, record: AccountRecord, integration: Integration, now: datetime) -> Page:
    """What was enabled, so that the person sees whether it is the right account."""
    content, catalogue = opened.content, contracts.failures().failures
    period = integration.first_import
    last = integration.last_failure if integration.state is State.BANK_FAILING else None
    return _page(
        "result.html",
        site,
        opened,
        4,
        bank=_bank(contracts.load(record.bank)),
        account=described(record),
        account_id=record.id,
        repaired=opened.session.purpose is Purpose.REPAIR,
        failing=catalogue[last.code] if last is not None else None,
        period=(day(period.first), day(period.last)) if period is not None else None,
        certificate=_ends(integration.certificate_expires_at, now, "Vence"),
        consent=_ends(integration.consent_expires_at, now, "Vale até"),
        preview=_preview(content.preview) if content.preview is not None else None,
        preview_failure=catalogue.get(content.preview_failure),
        chart=balance_chart(content.preview.first, content.preview.balances) if content.preview is not None else None,
        **_end(opened, "enabled"),
    )


def ended_page(
    site: Site, title: str, *said: str, opened: Opened | None = None, result: str = "", status: int = 200
) -> Page:
    """A page from which nothing goes on but the way back."""
    end = _end(opened, result) if opened is not None and result else {"session_id": "", "back": "", "origins": ""}
    return _page("ended.html", site, opened, None, status=status, title=title, said=said, result=result, **end)


def _end(opened: Opened, result: str) -> dict[str, Any]:
    """Where an ended session leads, and who is told: only what the tenant still allows."""
    address, origins = opened.content.return_to, opened.settings.frame_ancestors
    allowed = bool(address) and urlsplit(address)._replace(query="").geturl() in opened.settings.return_addresses
    return {
        "session_id": opened.session.id,
        "back": led_back(address, opened.session.id, result) if allowed else "",
        "origins": " ".join(origins),
    }


def _bank(contract: Contract) -> dict[str, Any]:
    kinds = [KINDS[kind] for kind in contract.enrolment.kinds]
    needed = [field.label for field in contract.enrolment.fields if field.required]
    return {
        "slug": contract.slug,
        "name": contract.name,
        "compe": contract.compe,
        "kinds": contract.enrolment.kinds,
        "serves": f"Atende: {listed(kinds)}.",
        "needs": listed(needed),
        "created_by": contract.enrolment.created_by,
        "steps": contract.enrolment.steps,
        "fields": contract.enrolment.fields,
        "available_by": contract.period.available_by,
    }


def _field(field: CredentialField, content: Content, *, repairs: bool) -> dict[str, Any]:
    is_file = field.kind in {CredentialKind.CERTIFICATE, CredentialKind.PRIVATE_KEY}
    return {
        "name": field.name,
        "label": field.label,
        "help": field.help,
        "required": field.required and not repairs,
        "secret": field.secret,
        "is_file": is_file,
        "is_certificate": field.kind is CredentialKind.CERTIFICATE,
        # A secret is never shown again, whoever typed it.
        "value": content.texts.get(field.name, "") if field.kind is CredentialKind.TEXT else "",
    }


def _labels(contract: Contract) -> dict[str, str]:
    named = {field.name: field.label for field in contract.enrolment.fields}
    return LABELS | named | {"bank": "Formulário", "pkcs12_password": "Senha do arquivo .p12 ou .pfx"}


def _certificate_field(contract: Contract) -> str | None:
    kinds = (field.name for field in contract.enrolment.fields if field.kind is CredentialKind.CERTIFICATE)
    return next(kinds, None)


def _button(*, repairs: bool, consents: bool, nothing: bool) -> str:
    if consents:
        return "Autorizar de novo"
    if repairs and nothing:
        return "Já resolvi: testar de novo"
    return "Testar e guardar" if repairs else "Habilitar integração"


def _failure(site: Site, failure: ShownFailure, *, focused: bool) -> dict[str, Any]:
    entry = contracts.failures().failures[failure.code]
    topic = topics().get(failure.code)
    at_bank = [each for each in (topic.banks if topic is not None else ()) if each.bank == failure.bank]
    again = ""
    if failure.retry_after is not None:
        again = f"Daqui a {duration(_rounded(failure.retry_after))}."
    return {
        "title": entry.title,
        "remedy": entry.remedy,
        "actor": ACTORS[entry.actor],
        "again": again,
        "steps": at_bank[0].steps if at_bank else (),
        "help": f"{site.help}/{failure.code}" if topic is not None else "",
        "focused": focused,
    }


def _rounded(seconds: int) -> int:
    """A wait in whole minutes, or hours where it is long."""
    unit = 60 if seconds < 5400 else 3600
    return max(unit, -(-seconds // unit) * unit)


def described(record: AccountRecord) -> str:
    """An account in a few words."""
    branch = f"agência {record.branch}, " if record.branch else ""
    name = f"{record.description}: " if record.description else ""
    return f"{name}{branch}conta {record.number} ({KINDS[record.kind]})"


def _ends(moment: datetime | None, now: datetime, verb: str) -> str:
    if moment is None:
        return ""
    last = moment.astimezone(BRASILIA).date()
    left = (last - now.astimezone(BRASILIA).date()).days
    return f"{verb} {day(last)}, daqui a {counted(left, 'dia', 'dias')}" if left > 0 else f"{verb} {day(last)}"


def _preview(preview: Preview) -> dict[str, Any]:
    return {
        "first": day(preview.first),
        "last": day(preview.last),
        "count": preview.count,
        "closing": money(preview.closing) if preview.closing is not None else "",
        "verdict": words.VERDICTS[preview.verdict],
        "movements": [
            {
                "day": words.short_day(each.day),
                "description": each.description or "(sem descrição)",
                "party": each.party if each.party != each.description else "",
                "amount": money(each.amount),
            }
            for each in preview.movements
        ],
    }


def _page(
    template: str, site: Site, opened: Opened | None, step: int | None, *, status: int = 200, **values: Any
) -> Page:
    secret = opened.secret if opened is not None else ""
    if opened is not None and opened.session.purpose is Purpose.REPAIR:
        # What is mended has no steps.
        step = None
    made = _environment().get_template(template)
    body = made.render(path=site.path, secret=secret, step=step, steps=words.STEPS, **values)
    return Page(body, status)


@cache
def _style() -> str:
    return base_style() + (TEMPLATES / "connect.css").read_text("utf-8")


@cache
def _script() -> str:
    return (TEMPLATES / "connect.js").read_text("utf-8")


@cache
def _environment() -> "Environment":
    from markupsafe import Markup  # noqa: PLC0415 - see `gateway.pages.shared.environment`

    made = environment(TEMPLATES)
    made.globals["style"] = Markup(_style())  # noqa: S704 - our own file
    made.globals["script"] = Markup(_script())  # noqa: S704 - our own file
    return made
