"""How a contract's facts are known: the counts, the operations without evidence, and the hash of its files."""

import hashlib
from collections import Counter

import contracts
from contracts.enrolment import CERTIFICATE
from contracts.schema import Contract, CredentialKind, Evidence, Grant, MutualTLS

__all__ = ["contract_hash", "counts", "in_addresses", "unfinished", "unwitnessed"]


def counts(slug: str) -> dict[str, int]:
    """How many facts and exchanges of a contract are observed, documented, assumed."""
    facts = (*contracts.load(slug).facts().values(), *contracts.exchanges(slug).values())
    found = Counter(fact.evidence for fact in facts)
    return {evidence.value: found[evidence] for evidence in Evidence}


def unwitnessed(slug: str) -> tuple[str, ...]:
    """The operations without an observed or documented exchange."""
    shown = {
        step.request.operation
        for exchange in contracts.exchanges(slug).values()
        if exchange.evidence is not Evidence.ASSUMED
        for step in exchange.steps
    }
    return tuple(sorted(contracts.load(slug).operations.keys() - shown))


def in_addresses(slug: str) -> frozenset[str]:
    """The credentials that the bank itself wants in the query, as an observed or documented exchange shows."""
    return frozenset(
        field.name
        for exchange in contracts.exchanges(slug).values()
        if exchange.evidence is not Evidence.ASSUMED
        for field in contracts.load(slug).enrolment.fields
        for step in exchange.steps
        if exchange.given.credentials.get(field.name, f"value-of-{field.name}") in step.request.query.values()
    )


def unfinished(slug: str) -> list[str]:
    """What a contract should say beyond its access part and does not, each behind the dotted path of its key. The
    contract is not refused for it, because a gateway can read the bank without it.
    """
    contract = contracts.load(slug)
    access = contract.authentication
    found = _unfinished_tls(contract) if access.mutual_tls is not MutualTLS.NONE else []
    found += [
        f"enrolment.fields: {field.name!r} is of the kind certificate: a form has one client certificate, in the field "
        "`certificate`, whose key is `private_key`; a key under another name signs, and belongs to no certificate"
        for field in contract.enrolment.fields
        if field.kind is CredentialKind.CERTIFICATE and field.name != CERTIFICATE
    ]
    if access.grant is Grant.AUTHORIZATION_CODE:
        steps = (step for exchange in contracts.exchanges(slug).values() for step in exchange.steps)
        shown = {step.request.form.get("grant_type") for step in steps}
        found += [
            f"authentication.grant: no exchange shows a token request with the grant_type {grant}"
            for grant in ("authorization_code", "refresh_token")
            if grant not in shown
        ]
    return found


def _unfinished_tls(contract: Contract) -> list[str]:
    access = contract.authentication
    roles = {role for environment in contract.environments.values() for role in environment.hosts}
    names = {field.name for field in contract.enrolment.fields}
    found = []
    if not access.mutual_tls_hosts or not roles.issuperset(access.mutual_tls_hosts):
        among = ", ".join(sorted(roles))
        found.append(
            f"authentication.mutual_tls_hosts: has to name the hosts that ask for a certificate, among {among}"
        )
    page = contract.authorization
    if page is not None and page.host in access.mutual_tls_hosts:
        why = "a holder's browser has no certificate to show"
        found.append(f"authorization.host: is {page.host!r}, one of authentication.mutual_tls_hosts: {why}")
    if missing := {"certificate", "private_key"} - names:
        found.append(f"enrolment.fields: with mutual TLS there have to be {' and '.join(sorted(missing))}")
    if access.mutual_tls is MutualTLS.HANDSHAKE and not any("tls" in symptom.at for symptom in contract.symptoms):
        found.append("symptoms: one has to be `at: [tls]`, with the words by which the handshake refuses a certificate")
    return found


def contract_hash(slug: str) -> str:
    """SHA-256 over the facts and exchanges of a contract, each file with its name."""
    folder = contracts.folder(slug)
    digest = hashlib.sha256()
    for path in (folder / "bank.yaml", *sorted((folder / "exchanges").glob("*.yaml"))):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(folder).as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()
