"""What connect pages show of banks, fields, failures and accounts, in words."""

from datetime import datetime
from typing import Any

import contracts
from contracts.schema import Contract, CredentialField, CredentialKind
from gateway.accounts.connect.content import Content, Preview, ShownFailure
from gateway.errors import CallerError
from gateway.help.topics import ACTORS, topics
from gateway.help.words import counted, listed
from gateway.model import BRASILIA
from gateway.pages.connect import words
from gateway.pages.connect.forms import LABELS
from gateway.pages.connect.frame import Site
from gateway.pages.words import KINDS, day, later, money, short_day
from gateway.storage.accounts.records import AccountRecord

__all__ = ["bank_of", "button", "described", "ends", "errors_by_field", "failure_of"]
__all__ += ["field_of", "labels_of", "preview_of"]


def errors_by_field(failure: ShownFailure | CallerError) -> dict[str, str]:
    """What is wrong with each field of a form, by the form's name of the field."""
    found = failure.fields if isinstance(failure, ShownFailure) else failure.errors
    return {each.field.removeprefix("credentials.").replace("?", "bank"): each.detail for each in found}


def bank_of(contract: Contract) -> dict[str, Any]:
    """What a page shows of a bank."""
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


def field_of(field: CredentialField, content: Content, *, repairs: bool) -> dict[str, Any]:
    """What a form shows of a credential."""
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


def labels_of(contract: Contract) -> dict[str, str]:
    """The labels of a bank's whole form, by the names of its fields."""
    named = {field.name: field.label for field in contract.enrolment.fields}
    return LABELS | named | {"bank": "Formulário", "pkcs12_password": "Senha do arquivo .p12 ou .pfx"}


def button(*, repairs: bool, consents: bool, nothing: bool) -> str:
    """The words on the button of the credentials' form."""
    if consents:
        return "Autorizar de novo"
    if repairs and nothing:
        return "Já resolvi: testar de novo"
    return "Testar e guardar" if repairs else "Habilitar integração"


def failure_of(site: Site, failure: ShownFailure, *, focused: bool) -> dict[str, Any]:
    """What a page shows of a failure."""
    entry = contracts.failures().failures[failure.code]
    topic = topics().get(failure.code)
    at_bank = [each for each in (topic.banks if topic is not None else ()) if each.bank == failure.bank]
    return {
        "title": entry.title,
        "remedy": entry.remedy,
        "actor": ACTORS[entry.actor],
        "again": f"{later(failure.retry_after)}." if failure.retry_after is not None else "",
        "steps": at_bank[0].steps if at_bank else (),
        "help": f"{site.help}/{failure.code}" if topic is not None else "",
        "focused": focused,
    }


def described(record: AccountRecord) -> str:
    """An account in a few words."""
    branch = f"agência {record.branch}, " if record.branch else ""
    name = f"{record.description}: " if record.description else ""
    return f"{name}{branch}conta {record.number}, {KINDS[record.kind]}"


def ends(moment: datetime | None, now: datetime, verb: str) -> str:
    """The day on which something ends, and how far away it is; empty where it has no end."""
    if moment is None:
        return ""
    last = moment.astimezone(BRASILIA).date()
    left = (last - now.astimezone(BRASILIA).date()).days
    return f"{verb} {day(last)}, daqui a {counted(left, 'dia', 'dias')}" if left > 0 else f"{verb} {day(last)}"


def preview_of(preview: Preview) -> dict[str, Any]:
    """What a page shows of an account's last days."""
    return {
        "first": day(preview.first),
        "last": day(preview.last),
        "count": preview.count,
        "closing": money(preview.closing),
        "verdict": words.VERDICTS[preview.verdict],
        "movements": [
            {
                "day": short_day(each.day),
                "description": each.description or "(sem descrição)",
                "party": "" if each.party.casefold() in each.description.casefold() else each.party,
                "amount": money(each.amount),
            }
            for each in preview.movements
        ],
    }
