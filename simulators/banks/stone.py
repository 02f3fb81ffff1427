"""Conta Stone, Stone Banking API: the token, the statement, the balance and the account.

Played from contracts/banks/stone/NOTES.md: the token server checks the signed assertion in full and words its errors
otherwise than the API; a wrong account is refused like a forbidden one; instants are in UTC, money is in centavos; keys
are absent, null or blank by type of entry; the newest entry stands first and cursors are opaque.

Rows stand in `simulators.banks.rows.stone`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt

from simulators.assertion import objection
from simulators.banks.rows.stone import (
    KINDS,
    NAMING,
    cursor_to,
    described,
    entry_id,
    id_in,
    opened_at,
    row_of,
    told_of_party,
    type_of,
)
from simulators.call import Answered, Call, Refusal, json_answer
from simulators.faults import Slice
from simulators.forms import centavos
from simulators.ledger import LedgerEntry
from simulators.oauth import OAuthBank, not_granted, oauth_error, signed_token
from simulators.reasons import ending, not_the_account, parameter_wrong
from simulators.rsa_keys import rsa_key_pair
from simulators.tokens import TokenState
from simulators.world import SimulatedAccount

__all__ = ["Stone"]

SECOND = timedelta(seconds=1)
LONGEST_BLOCK = timedelta(days=30)
"""How long money stays blocked at most: what is blocked is told without reading the account's whole life."""
LONGEST_ASSERTION = {"present": timedelta(minutes=15), "older": timedelta(hours=2)}
UNAUTHORIZED = {"type": "srn:error:unauthorized"}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", re.ASCII)
"""Date-times in UTC, with or without fractions of a second."""


def _invalid(name: str) -> dict[str, Any]:
    return {"type": "srn:error:bad_request", "errors": [{"error": "is invalid", "path": [name]}]}


def _forbidden(reason: str) -> Refusal:
    return Refusal("statement", 403, {"type": "srn:error:forbidden", "reason": reason})


class Stone(OAuthBank):
    """Plays Stone."""

    client_fields = ("client_id",)
    wrong_grant = oauth_error("unsupported_grant_type", "Only client_credentials is granted")
    untouched = frozenset({"lying_totals", "repeat_page"})
    kinds = frozenset(KINDS)
    takes_others = False
    begins_at_zero = True
    refusals = {
        "invalid_credentials": oauth_error("invalid_client", "Client authentication failed", 401),
        "consent_revoked": not_granted("The consent was revoked by the account's owner"),
        "consent_expired": not_granted("The consent ended on 2026-01-31"),
        "consent_pending_approval": not_granted("The consent is pending the approval of another representative"),
        "authorization_incomplete": not_granted("The authorization was not completed"),
        "statement_access_denied": Refusal("statement", 403, UNAUTHORIZED),
        "account_closed": _forbidden("account closed"),
        "account_blocked": _forbidden("account blocked"),
        "integration_paused": Refusal(
            "statement", 503, {"type": "srn:error:unavailable", "reason": "integration paused"}
        ),
        "period_out_of_range": Refusal("statement", 400, _invalid("start_datetime")),
        "rate_limited": Refusal("statement", 429, {"type": "srn:error:too_many_requests"}, {"retry-after": "30"}),
    }

    def answer(self, request: httpx.Request) -> httpx.Response:
        """The bank's answer, which always has a request id."""
        response = super().answer(request)
        response.headers["x-request-id"] = self.world.fresh("request")
        return response

    def names_party(self, entry: LedgerEntry) -> bool:
        """Only some types of entry name the other party."""
        return entry.counterparty is not None and type_of(entry) in NAMING

    def tells_of_party(self, entry: LedgerEntry) -> frozenset[str]:
        """What the row of its type has a field for."""
        return told_of_party(entry) if self.names_party(entry) else frozenset()

    def routes(self) -> Mapping[str, Callable[[Call], httpx.Response]]:
        """Token, statement, balance, account."""
        return {
            "token": self.token,
            "statement": self._statement,
            "balance": self._balance,
            "account": lambda call: json_answer(described(self._caller(call))),
        }

    def issue_credentials(self, account: SimulatedAccount) -> dict[str, str]:
        """A client of its own for each account; all belong to one application with one pair of keys."""
        private, account.memory["public_key"] = rsa_key_pair("stone application")
        client_id, account_id = (self.issued_uuid(account, each) for each in ("client", "account"))
        return {"client_id": client_id, "private_key": private, "account_id": account_id}

    def token_refused(self, state: TokenState) -> httpx.Response:
        """The API does not say what is wrong with a token."""
        return json_answer({"type": "srn:error:unauthenticated"}, 401)

    def not_found(self, path: str) -> httpx.Response:
        """The answer to an unknown address."""
        return json_answer({"type": "srn:error:not_found"}, 404)

    # --- token

    def client(self, call: Call) -> SimulatedAccount:
        """The account of the client, which must give its name in a header too."""
        if not _is_named(call):
            missing = oauth_error("invalid_request", "The header User-Agent is missing")
            raise Answered(missing.response("header user-agent missing"))
        return super().client(call)

    def by_client_credentials(self, call: Call, account: SimulatedAccount) -> httpx.Response:
        """A token for a caller that signs with the client's key."""
        form, edition = call.form, self.reading(account, "assertion")
        wrong = objection(
            form,
            public_key=account.memory["public_key"],
            audience=_realm(call),
            claims=dict.fromkeys(_client_claims(form, edition), form["client_id"]) | {"realm": "stone_bank"},
            longest=LONGEST_ASSERTION[edition],
            now=self.world.now(),
            hurried=self.world.clock.hurried(),
            used=account.memory.setdefault("assertions", {}),
        )
        if wrong:
            why = f"client assertion of client_id {ending(form['client_id'])}: {wrong}"
            return oauth_error("invalid_client", f"Client authentication failed: {wrong}").response(why)
        return self.granted(call, account, self.held_scopes(account))

    def granted(self, call: Call, account: SimulatedAccount, scopes: Sequence[str]) -> httpx.Response:
        """A new token, which is a JWT of the realm."""
        client_id, session, scope = call.form["client_id"], self.world.fresh_uuid("session"), " ".join(scopes)
        claims = {
            "jti": self.world.fresh_uuid("token"),
            "iss": _realm(call),
            "azp": client_id,
            "typ": "Bearer",
            "scope": scope,
        }
        claims |= {"sub": self.world.fresh_uuid("subject", account.number), "session_state": session, "acr": "1"}
        claims |= {"clientId": client_id, "stone_subject_id": f"application:{client_id}"}
        times = {**self.validity(call, account), "nbf": 0, "auth_time": 0}
        value = signed_token("stone realm", claims | times, {"kid": "stone_bank"})
        token = self.issue(call, account, scopes, value)
        return json_answer(
            {
                "access_token": value,
                "expires_in": token.expires_in,
                "refresh_expires_in": 1800,
                "refresh_token": self.world.fresh_uuid("refresh"),
                "token_type": "bearer",
                "not-before-policy": 0,
                "session_state": session,
                "scope": scope,
            }
        )

    # --- data

    def parameter_refused(self, call: Call, name: str, wrong: str) -> httpx.Response:
        """A page size that is none is refused like a cursor that is none."""
        return json_answer({"type": "srn:error:invalid_cursor", "path": name}, 400)

    def _statement(self, call: Call) -> httpx.Response:
        account = self._caller(call)
        paging = self.contract.paging
        asked = self.read_number(call, "limit", paging.default_size, least=1)
        size = self.page_size(account, min(asked, paging.max_size))
        entries = self._listed(call, account)
        start, length = self._position(call, account, entries, size)
        part = self.cut(call, entries, start, length) if length else Slice((), more=True)
        cursor = {
            "after": cursor_to(account, part.rows[-1]) if part.rows and part.more else None,
            "before": cursor_to(account, part.rows[0]) if part.rows and start else None,
            "limit": size,
        }
        data = [self._row(account, entry) for entry in part.rows]
        return json_answer({"cursor": cursor, "data": data}, int(self.reading(account, "statement_status")))

    def _balance(self, call: Call) -> httpx.Response:
        ledger, now = self._caller(call).ledger, self.world.now()
        latest = ledger.between(now - LONGEST_BLOCK, now + SECOND, now)
        blocked = -sum(centavos(entry.amount) for entry in latest if entry.type == "OUTROS")
        free = centavos(ledger.balance_at(now))
        return json_answer({"balance": free, "blocked_balance": blocked, "scheduled_balance": 0})

    def _caller(self, call: Call) -> SimulatedAccount:
        """The account of the token, which must be the one in the path; another one is refused like missing access."""
        if not _is_named(call):
            raise Answered(json_answer({"type": "srn:error:forbidden"}, 403), "header user-agent missing")
        account = self.bearer(call)
        own = account.credentials["account_id"]
        if call.segments.get("account_id", own) != own:
            why = not_the_account(call.segments["account_id"], own)
            raise Answered(json_answer(UNAUTHORIZED, 403), why)
        return account

    def _listed(self, call: Call, account: SimulatedAccount) -> Sequence[LedgerEntry]:
        """The entries of the instants asked for, newest first."""
        now, query = self.world.now(), call.request.url.params
        start = self._instant(call, "start_datetime") or opened_at(account)
        end = self._instant(call, "end_datetime") or now
        inclusive = "end_datetime" not in query or self.reading(account, "end_datetime") == "inclusive"
        entries = account.ledger.between(start, min(end, now) + SECOND if inclusive else end, now)
        return entries[::-1]

    def _position(
        self, call: Call, account: SimulatedAccount, entries: Sequence[LedgerEntry], size: int
    ) -> tuple[int, int]:
        """Where the page begins and how many entries it may have, by the cursor."""
        after, before = call.query.get("after"), call.query.get("before")
        if after is None and before is None:
            return 0, size
        try:
            named = id_in(after or before or "")
            place = next(place for place, entry in enumerate(entries) if entry_id(account, entry) == named)
        except (ValueError, StopIteration):
            name, wrong = "before" if after is None else "after", "no cursor of this list"
            why = parameter_wrong(name, wrong, call.query[name])
            raise Answered(self.parameter_refused(call, name, wrong), why) from None
        return (place + 1, size) if after is not None else (max(0, place - size), min(size, place))

    def _instant(self, call: Call, name: str) -> datetime | None:
        if name not in call.query:
            return None
        try:
            if not INSTANT.fullmatch(call.query[name]):
                raise ValueError(call.query[name])
            return max(datetime.fromisoformat(call.query[name]), datetime(2000, 1, 1, tzinfo=UTC))
        except ValueError:
            why = parameter_wrong(name, "must be an instant of UTC as YYYY-MM-DDThh:mm:ssZ", call.query[name])
            raise Answered(json_answer(_invalid(name), 400), why) from None

    def _row(self, account: SimulatedAccount, entry: LedgerEntry) -> dict[str, Any]:
        return row_of(account, entry, with_fee=self.reading(account, "amount") != "without_fee")


def _realm(call: Call) -> str:
    return f"https://{call.request.url.host}/auth/realms/stone_bank"


def _is_named(call: Call) -> bool:
    """Whether the caller gives its name in the header that Stone demands."""
    return bool(call.request.headers.get("user-agent", "").strip())


def _client_claims(form: Mapping[str, str], edition: str) -> set[str]:
    """The claims in which an assertion must name the client.

    The bank's own libraries write one of them in another way. The older edition knows no issuer; one that is there
    must be right all the same.
    """
    try:
        claims = jwt.decode(form.get("client_assertion", ""), options={"verify_signature": False})
    except jwt.InvalidTokenError:
        claims = {}
    named = "client_id" if "client_id" in claims and "clientId" not in claims else "clientId"
    return {"sub", named, *(("iss",) if edition == "present" or "iss" in claims else ())}
