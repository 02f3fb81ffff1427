"""The OpenAPI document of a simulated bank, made of its contract: what a reader may call there, and how it is known.

A contract lists addresses, access, limits and refusals, each with its evidence; the shape of a bank's JSON is not in
it, so that answers are described and have no schema.
"""

from collections import defaultdict
from typing import Any

from contracts.access import ClientAuthentication, MutualTLS
from contracts.access import Grant as AccessGrant
from contracts.schema import Contract, Fact, Operation, OperationKind, Symptom

__all__ = ["bank_document"]

METHODS = {"GET": "get", "POST": "post"}
SCHEME = "access"
CERTIFICATE = "clientCertificate"
CLIENT = "client"
SUMMARIES = {
    OperationKind.TOKEN: "Ask for an access token",
    OperationKind.STATEMENT: "Read the statement",
    OperationKind.BALANCE: "Read the balance",
    OperationKind.ACCOUNTS: "List the accounts",
}


def bank_document(contract: Contract) -> dict[str, Any]:
    """The document, in OpenAPI 3.1."""
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, operation in contract.operations.items():
        if segments := _segments(operation.path):
            paths[operation.path]["parameters"] = segments
        paths[operation.path][METHODS[operation.method]] = _operation(contract, name, operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{contract.name}: {contract.product}",
            "version": str(contract.api),
            "description": _described(
                contract.authentication,
                "The calls that a reader of statements makes, as a simulated bank plays them.",
            ),
        },
        "servers": _servers(contract, next(iter(contract.operations.values())).host),
        "paths": dict(paths),
        "components": {"securitySchemes": _schemes(contract)},
        "tags": [{"name": kind.value} for kind in OperationKind if _has(contract, kind)],
    }


def _operation(contract: Contract, name: str, operation: Operation) -> dict[str, Any]:
    limits = [
        f"At most {quota.calls} calls in {quota.seconds} s by {quota.by.value}."
        for quota in contract.quotas_of(name).values()
    ]
    described: dict[str, Any] = {
        "operationId": name,
        "tags": [operation.kind.value],
        "summary": SUMMARIES[operation.kind],
        "description": _described(operation, *limits),
        "servers": _servers(contract, operation.host),
        "security": _security(contract, operation),
        "responses": {"200": {"description": "What was asked for."}, **_refusals(contract, operation)},
        "x-evidence": operation.evidence.value,
    }
    if operation.kind is OperationKind.TOKEN:
        described["requestBody"] = _token_form(contract)
    elif operation.read_body:
        example = {"schema": {"type": "object"}, "example": operation.read_body}
        described["requestBody"] = {"required": True, "content": {"application/json": example}}
    return described


def _segments(path: str) -> list[dict[str, Any]]:
    names = [part.partition("}")[0] for part in path.split("{")[1:]]
    schema = {"type": "string", "pattern": "^[A-Za-z0-9._~-]+$"}
    return [{"name": name, "in": "path", "required": True, "schema": schema} for name in names]


def _servers(contract: Contract, role: str) -> list[dict[str, str]]:
    return [
        {"url": f"https://{environment.hosts[role]}", "description": _described(environment, f"{name.capitalize()}.")}
        for name, environment in contract.environments.items()
        if role in environment.hosts
    ]


def _security(contract: Contract, operation: Operation) -> list[dict[str, list[str]]]:
    """What a call has to show, all of it at once."""
    access = contract.authentication
    needed: dict[str, list[str]] = {}
    if operation.kind is OperationKind.TOKEN:
        if access.client_authentication is ClientAuthentication.CLIENT_SECRET_BASIC:
            needed[CLIENT] = []
    else:
        needed[SCHEME] = [operation.scope] if operation.scope and _flows(contract) else []
    if access.mutual_tls is not MutualTLS.NONE and operation.host in access.mutual_tls_hosts:
        needed[CERTIFICATE] = []
    return [needed]


def _schemes(contract: Contract) -> dict[str, Any]:
    access = contract.authentication
    schemes: dict[str, Any] = {}
    if access.grant is AccessGrant.BASIC:
        schemes[SCHEME] = {"type": "http", "scheme": "basic"}
    elif access.grant is AccessGrant.API_KEY:
        schemes[SCHEME] = {"type": "apiKey", "in": "header", "name": access.api_key_header}
    elif flows := _flows(contract):
        schemes[SCHEME] = {"type": "oauth2", "flows": flows}
    else:  # OpenAPI has no flow for grants that begin with an assertion or a refresh token
        schemes[SCHEME] = {
            "type": "http",
            "scheme": "bearer",
            "description": f"Token by the grant {access.grant.value}.",
        }
    schemes[SCHEME]["description"] = _described(access, schemes[SCHEME].get("description", ""))
    if access.client_authentication is ClientAuthentication.CLIENT_SECRET_BASIC:
        schemes[CLIENT] = {"type": "http", "scheme": "basic", "description": "The application's id and secret."}
    if access.mutual_tls is not MutualTLS.NONE:
        without = "the handshake is refused" if access.mutual_tls is MutualTLS.HANDSHAKE else "the call is refused"
        schemes[CERTIFICATE] = {"type": "mutualTLS", "description": f"Without an accepted certificate {without}."}
    return schemes


def _flows(contract: Contract) -> dict[str, Any]:
    """The OAuth flow of the bank, where OpenAPI has one for it."""
    access = contract.authentication
    tokens = (each for each in contract.operations.values() if each.kind is OperationKind.TOKEN)
    token = next(tokens, None)
    if token is None:
        return {}
    scopes = (each.scope for each in contract.operations.values())
    flow: dict[str, Any] = {
        "tokenUrl": f"https://{contract.host(token.host)}{token.path}",
        "scopes": dict.fromkeys([*access.scopes, *filter(None, scopes)], "Needed to read a statement."),
    }
    if access.grant is AccessGrant.CLIENT_CREDENTIALS:
        return {"clientCredentials": flow}
    if access.grant is AccessGrant.AUTHORIZATION_CODE and contract.authorization is not None:
        page = f"https://{contract.host(contract.authorization.host)}{contract.authorization.path}"
        return {"authorizationCode": {"authorizationUrl": page, **flow}}
    return {}


def _token_form(contract: Contract) -> dict[str, Any]:
    types = list(contract.authentication.grant.grant_types)
    schema = {"type": "object", "properties": {"grant_type": {"type": "string", **({"enum": types} if types else {})}}}
    return {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}


def _refusals(contract: Contract, operation: Operation) -> dict[str, Any]:
    """By status the refusals that a reader may meet, each with the failure that it shows."""
    by_status: dict[int, list[Symptom]] = defaultdict(list)
    for symptom in contract.symptoms:
        if operation.kind.value in symptom.at:
            for status in symptom.status:
                by_status[status].append(symptom)
    return {
        str(status): {"description": "\n".join(f"- `{each.failure}`: {_words(each)}" for each in symptoms)}
        for status, symptoms in sorted(by_status.items())
    }


def _words(symptom: Symptom) -> str:
    sought = f"the body matches `{symptom.body}`" if symptom.body else "an empty body" if symptom.empty else "any body"
    return f"{sought} ({symptom.evidence.value})"


def _described(fact: Fact, *sentences: str) -> str:
    """Sentences, then how the fact is known."""
    known = f"Evidence: {fact.evidence.value}. Source: {fact.source}."
    return "\n\n".join(filter(None, (*sentences, fact.note, known)))


def _has(contract: Contract, kind: OperationKind) -> bool:
    return any(operation.kind is kind for operation in contract.operations.values())
