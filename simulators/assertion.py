"""Signed assertions (RFC 7523) as a bank's token server checks them: signature, claims, life, single use."""

from collections.abc import Mapping, MutableMapping
from datetime import datetime, timedelta

import jwt
from jwt.types import Options

__all__ = ["ASSERTION_TYPE", "GRANT_TYPE", "objection"]

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"
"""Where the assertion is the grant itself."""


def objection(
    form: Mapping[str, str],
    *,
    public_key: str,
    audience: str,
    claims: Mapping[str, str],
    longest: timedelta,
    now: datetime,
    hurried: timedelta,
    used: MutableMapping[str, float],
    algorithm: str = "RS256",
) -> str:
    """What is wrong with the assertion of a token request; empty when it is good, which uses it up.

    Args:
        form: the request's fields.
        public_key: the key that the client registered, as PEM.
        audience: whom an assertion must be meant for.
        claims: further claims that it must have, issuer and subject included.
        longest: how far ahead it may end.
        now: the bank's present.
        hurried: how far the clock has glided since an assertion was made at the earliest; see `simulators.clock`.
        used: the `jti` values seen before, each with the end of its assertion in seconds since 1970. Those that have
            ended are dropped: they would be refused as expired anyway.
        algorithm: the one with which the client must sign.
    """
    is_grant = form.get("grant_type") == GRANT_TYPE
    if not is_grant and form.get("client_assertion_type") != ASSERTION_TYPE:
        return "unknown type of assertion"
    options: Options = {
        "require": [*claims, "aud", "jti", "iat", "nbf", "exp"],
        "verify_exp": False,
        "verify_iat": False,
        "verify_nbf": False,
    }
    try:
        shown = jwt.decode(
            form.get("assertion" if is_grant else "client_assertion", ""),
            public_key,
            algorithms=[algorithm],
            audience=audience,
            options=options,
        )
    except jwt.InvalidTokenError as error:
        return str(error)
    if not all(isinstance(shown[name], int) for name in ("iat", "nbf", "exp")):
        return "times are not whole seconds"
    present = now.timestamp()
    ended_by = present - hurried.total_seconds()
    objections = {
        **{f"wrong claim {name}": shown[name] != value for name, value in claims.items()},
        "assertion expired": shown["exp"] <= ended_by,
        "assertion ends too late": shown["exp"] > present + longest.total_seconds(),
        "assertion not yet valid": max(shown["iat"], shown["nbf"]) > present,
        "token reuse detected": shown["jti"] in used,
    }
    found = next((text for text, applies in objections.items() if applies), "")
    if not found:
        for ended in [jti for jti, end in used.items() if end <= ended_by]:
            del used[ended]
        used[shown["jti"]] = shown["exp"]
    return found
