"""An OAuth 2.0 token server (RFC 6749) for simulated banks.

`token` is the handler of the operation of that name. It finds the client, checks its certificate, lets the scenario and
the faults of the account decide, and then hands over to the grant that is asked for. Each step is a method of its own;
a bank sets the attributes below in its words, and overrides the steps in which it differs. A bank that differs in most
of them is a plain `Bank` with a handler of its own.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta
from functools import cache
from typing import Any, ClassVar, Literal
from uuid import UUID

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from simulators.bank import Bank
from simulators.call import Answered, Call, Refusal, basic_credentials, json_answer
from simulators.reasons import ending, shown
from simulators.rsa_keys import rsa_key_pair
from simulators.tokens import AccessToken
from simulators.world import SimulatedAccount

__all__ = ["Grant", "OAuthBank", "access_denied", "not_granted", "oauth_error", "signed_token"]

UNREAD = {
    "form": "credentials in the form",
    "basic": "Basic credentials",
    "query": "credentials in the address",
}
"""What credentials are called that stand where a bank does not look."""
REFRESH_TOKEN = re.compile("[0-9a-f]{32}")

Grant = Callable[[Call, SimulatedAccount], httpx.Response]


def oauth_error(
    error: str, description: str = "", status: int = 400, headers: Mapping[str, str] | None = None
) -> Refusal:
    """A refusal of a token server (RFC 6749 section 5.2)."""
    described = {"error_description": description} if description else {}
    return Refusal("token", status, {"error": error, **described}, dict(headers or {}))


def access_denied(description: str) -> Refusal:
    """The refusal of a user who may not log in."""
    return oauth_error("access_denied", description, 401)


def not_granted(description: str) -> Refusal:
    """The refusal of what a holder has not granted, or grants no more."""
    return oauth_error("invalid_grant", description)


class OAuthBank(Bank):
    """A bank whose access tokens come from an OAuth 2.0 token server."""

    client_fields: ClassVar[tuple[str, ...]] = ("client_id", "client_secret")
    """Fields of the credentials by which the client is known, under these names in the form too."""
    secret_in: ClassVar[tuple[Literal["form", "basic"], ...]] = ("form",)
    """Where a client may name itself: in the form, in a Basic header; the later one counts where both are there."""
    scope_required: ClassVar[bool] = False
    """Whether a scope must be asked for; else a client that asks for none gets all of its own."""
    scopes_in_part: ClassVar[bool] = False
    """Whether a client gets those of the scopes asked for that it has; else one that it has not refuses them all."""
    wrong_grant: ClassVar[Refusal] = oauth_error("unsupported_grant_type")
    """The answer to a grant type that the bank does not have."""
    wrong_scope: ClassVar[Refusal] = oauth_error("invalid_scope")
    """The answer to a scope that the client does not have."""

    def token(self, call: Call) -> httpx.Response:
        """Answer a token request."""
        account = self.client(call)
        self.identify(call, account)
        asked = call.form.get("grant_type", "")
        grant = self.grants().get(asked)
        if grant is None:
            known = ", ".join(self.grants())
            return self.wrong_grant.response(f"parameter grant_type: must be one of {known}, got {shown(asked)}")
        return grant(call, account)

    def client(self, call: Call) -> SimulatedAccount:
        """The account of the client that calls.

        Raises:
            Answered: the client is unknown, or shows the certificate of another.
        """
        ways = {"form": call.form, "basic": basic_credentials(call.request), "query": call.query}
        found: dict[str, str] = {}
        for way in self.secret_in:
            found |= ways[way]
        shown_as = {name: found.get(name, "") for name in self.client_fields}
        account = self.by_credential(**shown_as)
        if account is None:
            unread = [way for way in UNREAD if way not in self.secret_in and ways[way].get("client_id")]
            why = "".join(f"; {UNREAD[way]} are not read" for way in unread)
            raise self.refused("invalid_credentials", self.unknown_client(shown_as) + why)
        self.check_certificate(call, account)
        return account

    def unknown_client(self, held: Mapping[str, str]) -> str:
        """Why credentials of a client, by the names of the account's, belong to no account."""
        return self.unknown_caller(held, " in the token request", "client secret")

    def grants(self) -> Mapping[str, Grant]:
        """What grants a token, by grant type."""
        return {"client_credentials": self.by_client_credentials}

    def by_client_credentials(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """Grant a token to the client itself."""
        return self.granted(call, account, self.scopes(call, account))

    def scopes(self, call: Call, account: SimulatedAccount) -> Sequence[str]:
        """The scopes that the token gets, in the order asked for.

        Raises:
            Answered: one of them, or each where the client gets a part of them, is not the client's; or none is asked
                for where one must be.
        """
        held, asked = self.held_scopes(account), call.form.get("scope", "").split()
        known = [scope for scope in asked if scope in held] if self.scopes_in_part else asked
        if not set(known) <= set(held) or (not known and (asked or self.scope_required)):
            raise Answered(self.wrong_scope.response(self.unheld_scopes(asked, held)))
        return known or held

    def unheld_scopes(self, asked: Sequence[str], held: Iterable[str]) -> str:
        """Why the scopes asked for are not granted."""
        if not asked:
            return "parameter scope missing: a scope must be asked for"
        held = list(held)
        more = [scope for scope in asked if scope not in held]
        return f"scope {shown(' '.join(more))} is not the client's, which has {shown(' '.join(held))}"

    def held_scopes(self, account: SimulatedAccount) -> Sequence[str]:
        """The scopes that the client has: those of the contract."""
        return self.contract.authentication.scopes

    def granted(self, call: Call, account: SimulatedAccount, scopes: Sequence[str]) -> httpx.Response:
        """Issue a token and answer with it."""
        token = self.issue(call, account, scopes, self.token_value(call, account, scopes))
        return json_answer(self.token_body(token, scopes))

    def token_value(self, call: Call, account: SimulatedAccount, scopes: Sequence[str]) -> str:
        """The token itself; empty for an opaque one."""
        return ""

    def token_body(self, token: AccessToken, scopes: Sequence[str]) -> dict[str, Any]:
        """What the token answer says."""
        body = {"access_token": token.value, "token_type": "Bearer", "expires_in": token.expires_in}
        return body | ({"scope": " ".join(scopes)} if scopes else {})

    def validity(self, call: Call, account: SimulatedAccount) -> dict[str, int]:
        """The claims `iat` and `exp` of a token that is issued now: seconds since 1970."""
        now = self.world.now()
        return {"iat": int(now.timestamp()), "exp": int((now + self.token_life(account, call.environment)).timestamp())}

    # --- refresh tokens: the last one given is always among the account's credentials

    def refresh_token(self, account: SimulatedAccount) -> str:
        """The account's present refresh token, made of its place in the series of refresh tokens."""
        return self._refresh_token(account, account.refreshes)

    def _refresh_token(self, account: SimulatedAccount, place: int) -> str:
        made = self.world.derived(account.bank, account.number, "refresh token", account.generation, place)
        return str(UUID(made[:24] + f"{int(made[:8], 16) ^ place:08x}"))

    def give_refresh_token(self, call: Call, account: SimulatedAccount, life: timedelta) -> str:
        """Give an account its next refresh token, good for `life` in the environment of the call, and return it."""
        account.refreshes += 1
        value = account.credentials["refresh_token"] = self.refresh_token(account)
        account.memory["refresh_expires_at"] = self.world.now() + life
        return self.tokens.bind(value, call.environment)

    @property
    def refresh_life(self) -> timedelta:
        """How long a refresh token is good by the contract."""
        return timedelta(seconds=self.contract.authentication.refresh_token_seconds)

    def shown_refresh_token(self, call: Call, account: SimulatedAccount) -> str:
        """The refresh token of the call.

        Raises:
            Answered: it is not the account's last one, has expired, or is of another environment.
        """
        shown, expires_at = call.form.get("refresh_token", ""), account.memory.get("refresh_expires_at")
        self._remember(account, shown)
        known = shown and shown == account.credentials.get("refresh_token")
        if not known:
            raise self.refused("consent_expired", f"refresh token {ending(shown)} is not the last one that was given")
        if expires_at is not None and self.world.now() >= expires_at:
            raise self.refused("consent_expired", f"refresh token {ending(shown)} expired at {expires_at.isoformat()}")
        if self.tokens.is_foreign(shown, call.environment):
            raise self.refused("consent_expired", f"refresh token {ending(shown)} unknown in {call.environment}")
        return shown

    def _remember(self, account: SimulatedAccount, shown: str) -> None:
        """Take a later token than any that this simulation gave for one that was given before its restart."""
        digits = shown.replace("-", "")
        if REFRESH_TOKEN.fullmatch(digits) is None:
            return
        place = int(digits[24:], 16) ^ int(digits[:8], 16)
        if place > account.refreshes and shown == self._refresh_token(account, place):
            account.refreshes = place
            account.credentials["refresh_token"] = shown
            self.world.issue(shown)


def signed_token(server: str, claims: Mapping[str, Any], headers: Mapping[str, Any] | None = None) -> str:
    """A JWT that a token server signs with RS256; each server, by its name, has one key."""
    return jwt.encode(dict(claims), _key(server), algorithm="RS256", headers=dict(headers) if headers else None)


@cache
def _key(server: str) -> RSAPrivateKey:
    """The key of a token server; loaded once, since that takes longer than signing."""
    key = load_pem_private_key(rsa_key_pair(server)[0].encode(), None)
    assert isinstance(key, RSAPrivateKey)  # noqa: S101 - the pair is one of RSA
    return key
