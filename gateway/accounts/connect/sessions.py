"""Sessions of the connect page: made by a tenant's program, opened once by a browser, known afterwards by their forms.

Theory of operation. The address that the tenant gets holds a token that works once: the first browser that brings it
gets a page, whose forms hold another secret. That secret is sent in the bodies of requests only, so that no address,
history or log holds anything that still works, and the page works in frames in which browsers refuse third-party
cookies. A page that is loaded again cannot go on, because only its forms held the secret: it says so, and leads back. A
page that renews itself without scripts uses tokens that work once too. Only hashes of the secrets are stored.
"""

import secrets
from collections.abc import Sequence
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct
from msgspec.structs import replace

from gateway.accounts.connect.addresses import check_ancestor, check_return_address, may_lead_to
from gateway.accounts.connect.content import Content, Typed, content_of, stored
from gateway.accounts.hashing import hash_of
from gateway.accounts.registered.accounts import RegisteredAccounts
from gateway.clock import Clock
from gateway.errors import CallerError
from gateway.limits import (
    CONNECT_ATTEMPTS,
    CONNECT_CONSENT_SECONDS,
    CONNECT_SESSION_SECONDS,
    CONNECT_SESSIONS_OPEN,
    CONNECT_STALE,
)
from gateway.storage.connect.sessions import ConnectSession, ConnectSessionsTable, Purpose, Result, Secret, Stage
from gateway.storage.connect.settings import ConnectSettings, ConnectSettingsTable

__all__ = ["PATH", "ConnectSessions", "MadeSession", "Opened"]

PATH = "/connect"
"""Path of the page, and of the addresses below which tokens are brought."""


class MadeSession(Struct, frozen=True):
    """A session that was just made. Its text does not show the address."""

    session: ConnectSession
    url: str

    def __repr__(self) -> str:
        return f"MadeSession({self.session.id})"


class Opened(Struct, frozen=True, kw_only=True):
    """A session with what its page needs. Its text does not show the secret."""

    session: ConnectSession
    secret: str
    """What the page's forms hold; empty where the session cannot go on."""
    settings: ConnectSettings

    @property
    def content(self) -> Content:
        """What was typed, and what is to be shown."""
        return content_of(self.session)

    def __repr__(self) -> str:
        return f"Opened({self.session.id})"


class ConnectSessions:
    """Sessions of all tenants.

    Args:
        accounts: the registered ones.
        wall: the database's time, by which people have half an hour.
        public_url: the address at which browsers reach this gateway.
    """

    def __init__(
        self,
        table: ConnectSessionsTable,
        settings: ConnectSettingsTable,
        accounts: RegisteredAccounts,
        wall: Clock,
        public_url: str,
    ) -> None:
        self._table = table
        self._settings = settings
        self._accounts = accounts
        self._wall = wall
        self._url = public_url.rstrip("/") + PATH
        self.path = urlsplit(self._url).path
        """Of the page as browsers reach it: a proxy may have put it below another path."""

    async def settings(self, tenant_id: str) -> ConnectSettings:
        """The tenant's settings."""
        return await self._settings.of(tenant_id)

    async def configure(
        self, tenant_id: str, return_addresses: Sequence[str], frame_ancestors: Sequence[str]
    ) -> ConnectSettings:
        """Replace the tenant's settings; give them as they are stored.

        Raises:
            CallerError: an address does not have the form.
        """
        settings = ConnectSettings(
            return_addresses=list(dict.fromkeys(map(check_return_address, return_addresses))),
            frame_ancestors=list(dict.fromkeys(map(check_ancestor, frame_ancestors))),
        )
        await self._settings.put(tenant_id, settings)
        return settings

    async def make(
        self,
        tenant_id: str,
        by: str,
        *,
        purpose: Purpose,
        account_id: str | None = None,
        typed: Typed | None = None,
        return_to: str | None = None,
    ) -> MadeSession:
        """A new session, with the address that opens it once.

        Args:
            tenant_id: whose account it is about.
            by: prefix of the key that makes it.
            purpose: what it is for.
            account_id: the registered account, unless it is for a new one.
            typed: what is known of a new one.
            return_to: where its page leads back to; nowhere without it.

        Raises:
            CallerError: there is no such account, the address is not one that the tenant allows, too many sessions are
                open, or the key was revoked meanwhile.
        """
        if account_id is not None:
            typed = Typed.of(await self._accounts.account(tenant_id, account_id))
        if return_to is not None:
            return_to = may_lead_to(return_to, (await self._settings.of(tenant_id)).return_addresses)
        now, token = self._wall.now(), secrets.token_urlsafe(32)
        session = ConnectSession(
            id=f"cs_{secrets.token_hex(8)}",
            tenant_id=tenant_id,
            created_by=by,
            purpose=purpose,
            account_id=account_id,
            content=stored(Content(typed=typed or Typed(), return_to=return_to or "")),
            created_at=now,
            expires_at=now + timedelta(seconds=CONNECT_SESSION_SECONDS),
        )
        if not await self._table.add(tenant_id, session, hash_of(token), CONNECT_SESSIONS_OPEN):
            raise CallerError(
                "too_many_connect_sessions", f"a tenant has at most {CONNECT_SESSIONS_OPEN} open sessions"
            )
        return MadeSession(session, f"{self._url}/{token}")

    async def one(self, tenant_id: str, session_id: str) -> ConnectSession:
        """One session of the tenant.

        Raises:
            CallerError: `not_found`.
        """
        return await self._table.one(tenant_id, session_id)

    def has_expired(self, session: ConnectSession) -> bool:
        """Whether nothing can be done in a session any more."""
        return self._wall.now() >= session.expires_at

    def is_working(self, session: ConnectSession) -> bool:
        """Whether something is under way at the bank for it."""
        return session.claimed_at is not None and self._wall.now() < session.claimed_at + CONNECT_STALE

    def is_used_up(self, session: ConnectSession) -> bool:
        """Whether nothing is under way at the bank for it, and nothing may begin any more."""
        return session.attempts >= CONNECT_ATTEMPTS and not self.is_working(session)

    async def opened(self, token: str) -> Opened | None:
        """The session of a token that an address has brought, which is used up by this; None where there is none.

        Where the token was used before, or the session has expired, what comes back has no secret.
        """
        found = await self._table.owner_of(hash_of(token))
        if found is None or found.by not in {Secret.TOKEN, Secret.USED}:
            return None
        session, secret = found.session, secrets.token_urlsafe(32)
        if found.by is Secret.USED or self.has_expired(session):
            return await self._with_settings(session, "")
        is_first = await self._table.exchange(session.tenant_id, session.id, hash_of(token), hash_of(secret))
        return await self._with_settings(session, secret if is_first else "")

    async def resumed(self, secret: str) -> Opened | None:
        """The session of a page's secret; None where there is none. An expired one comes back without the secret."""
        found = await self._table.owner_of(hash_of(secret))
        if found is None or found.by is not Secret.PAGE:
            return None
        return await self._with_settings(found.session, "" if self.has_expired(found.session) else secret)

    async def ticket(self, session: ConnectSession) -> str:
        """A token for an address that a page leads to by itself; it replaces the one before it."""
        token = secrets.token_urlsafe(32)
        await self._table.give(session.tenant_id, session.id, "token_hash", hash_of(token))
        return f"{self.path}/{token}"

    async def waiting_for(self, state: str) -> ConnectSession | None:
        """The session whose consent flow has this state, if a page has begun the flow."""
        found = await self._table.owner_of(hash_of(state))
        return found.session if found is not None and found.by is Secret.CONSENT else None

    async def come_back(self, session: ConnectSession) -> Opened:
        """The session of a browser that has come back from the bank's page, perhaps another window of the same person.

        The page that waits meanwhile keeps its own secret.
        """
        secret = secrets.token_urlsafe(32)
        await self._table.give(session.tenant_id, session.id, "back_hash", hash_of(secret))
        return await self._with_settings(await self._table.one(session.tenant_id, session.id), secret)

    async def end_consent(self, session: ConnectSession) -> None:
        """Store that the session waits for no answer of the bank's page any more."""
        await self._table.give(session.tenant_id, session.id, "consent_hash", None)

    async def closed(self, session: ConnectSession) -> Opened:
        """A session in which nothing can be done any more, without a secret."""
        return await self._with_settings(session, "")

    async def begin_reading(self, session: ConnectSession, account_id: str, content: Content) -> bool:
        """Claim a session whose integration was enabled for the reading that ends it; False where another has."""
        now = self._wall.now()
        return await self._table.begin_reading(
            session.tenant_id, session.id, account_id, stored(content), now, now - CONNECT_STALE
        )

    async def begin(self, session: ConnectSession) -> bool:
        """Claim the session for work at the bank; False where some is under way, or no attempt is left."""
        now = self._wall.now()
        return await self._table.claim(session.tenant_id, session.id, now, now - CONNECT_STALE, CONNECT_ATTEMPTS)

    async def keep(self, opened: Opened, content: Content) -> Opened:
        """Store what was typed."""
        session = replace(opened.session, content=stored(content))
        await self._table.save(session.tenant_id, session.id, session.content, {})
        return replace(opened, session=session)

    async def move(
        self, session: ConnectSession, stage: Stage, content: Content, *, account_id: str | None = None
    ) -> None:
        """Store that a session is at another stage, with its content; a failure of the content is its last one."""
        values: dict[str, object] = {"stage": stage.value, "claimed_at": None, "failure": None}
        if content.failure is not None:
            values["failure"] = content.failure.code
        if stage in {Stage.CHECKING, Stage.READING}:
            values["claimed_at"] = self._wall.now()
        if account_id is not None:
            values["account_id"] = account_id
        if stage is Stage.CONSENT:
            state = parse_qs(urlsplit(content.page).query)["state"][0]
            values["consent_hash"] = hash_of(state)
            values["expires_at"] = self._wall.now() + timedelta(seconds=CONNECT_CONSENT_SECONDS)
        await self._table.save(session.tenant_id, session.id, stored(content), values)

    async def end(self, session: ConnectSession, result: Result) -> None:
        """End a session; its last page can be shown until it expires."""
        await self._table.end(session.tenant_id, session.id, result, self._wall.now())

    async def renewed(self, opened: Opened) -> Opened:
        """The session as it is now."""
        session = opened.session
        return replace(opened, session=await self._table.one(session.tenant_id, session.id))

    async def _with_settings(self, session: ConnectSession, secret: str) -> Opened:
        return Opened(session=session, secret=secret, settings=await self._settings.of(session.tenant_id))
