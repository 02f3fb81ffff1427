"""An account as pages show it: what its holder types into the credential form, and the files among that."""

from typing import Any
from urllib.parse import quote

import httpx
import msgspec
from msgspec import Struct

from contracts.enrolment import CredentialKind
from simulators.console import words
from simulators.simulation import Simulation
from simulators.world import SimulatedAccount, differing

__all__ = ["Field", "consent_address", "file_name", "shown_account", "typed_fields"]

FILES = {CredentialKind.CERTIFICATE: "certificado.crt", CredentialKind.PRIVATE_KEY: "chave.key"}
"""The names under which credentials of these kinds are downloaded."""


class Field(Struct, frozen=True):
    """One field that is typed, in the order of the form."""

    name: str
    label: str
    value: str
    """Empty where the field is left empty."""
    help: str = ""
    file: str = ""
    """The name of the file that is sent; empty where text is typed."""


def typed_fields(simulation: Simulation, account: SimulatedAccount) -> list[Field]:
    """What is typed to connect an account: what names it, then the credentials in the order of the bank's form."""
    enrolment = simulation.banks[account.bank].contract.enrolment
    kind = "CNPJ do titular" if account.kind == "PJ" else "CPF do titular"
    naming = [
        Field("branch", "Agência (ou cooperativa)", account.branch),
        Field("number", "Conta, com dígito", account.number),
        Field("holder_tax_id", kind, account.holder_tax_id),
    ]
    return naming + [
        Field(each.name, each.label, account.form.get(each.name, ""), each.help, FILES.get(each.kind, ""))
        for each in enrolment.fields
        if each.required or each.name in account.form
    ]


def file_name(simulation: Simulation, account: SimulatedAccount, field: str) -> str:
    """The name of the file in which a credential is downloaded; empty where it is none, or has no value."""
    found = (each for each in typed_fields(simulation, account) if each.name == field and each.value)
    return next((each.file for each in found), "")


def shown_account(simulation: Simulation, account: SimulatedAccount) -> dict[str, Any]:
    """An account with all that its page shows."""
    bank = simulation.banks[account.bank]
    listing = simulation.listing(account)
    body = {**listing["account"], "credentials": listing["credentials"]}
    authorization = bank.contract.authorization
    return {
        "bank": account.bank,
        "bank_name": bank.contract.name,
        "kind": account.kind,
        "branch": account.branch,
        "number": account.number,
        "holder_name": account.holder_name,
        "holder_tax_id": account.holder_tax_id,
        "scenario": account.scenario,
        "scenario_title": words.scenario(account.scenario),
        "expected": listing["expected"],
        "generation": account.generation,
        "parameters": differing(account.parameters),
        "fields": typed_fields(simulation, account),
        "body": msgspec.json.format(msgspec.json.encode(body), indent=2).decode(),
        "consent_host": f"https://{bank.contract.host(authorization.host)}" if authorization is not None else "",
        "consent_path": f"/{account.bank}{authorization.path}" if authorization is not None else "",
    }


def consent_address(simulation: Simulation, address: str) -> str:
    """The path on the plain port that shows the consent page of an address, as the gateway has given it.

    Args:
        simulation: whose banks are meant.
        address: with the bank's real host, which no browser reaches here.

    Raises:
        ValueError: it is no address of a consent page of these banks.
    """
    try:
        url = httpx.URL(address)
    except httpx.InvalidURL as error:
        raise ValueError("não é um endereço") from error
    for slug, bank in simulation.banks.items():
        authorization = bank.contract.authorization
        if authorization is not None and url.host in bank.hosts and url.path == authorization.path:
            return f"/{quote(slug)}{url.raw_path.decode('ascii')}"
    raise ValueError("não é a página de consentimento de um destes bancos")
