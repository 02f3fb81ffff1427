"""Sessions of the account pages: a sealed cookie, and no table.

The vault seals which key has signed in, by its prefix and hash, and when. Every process that has the vault key opens
the cookie, and asks at each request whether the key still lives: a key that is revoked ends its sessions at once. The
key itself is not in it. Signing out deletes the cookie in the browser; a copy of it is worth nothing after `PANEL_IDLE`
without use, and after `PANEL_LONGEST` in any case.
"""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime

import msgspec
from msgspec import Struct

from gateway.clock import Clock
from gateway.limits import PANEL_COOKIE_CHARACTERS, PANEL_IDLE, PANEL_LONGEST, PANEL_RENEWED_EVERY
from gateway.storage.encryption.vault import Vault, VaultError
from gateway.storage.management.api_keys import LivingKey

__all__ = ["PanelSession", "PanelSessions"]

OWNER = PURPOSE = "panel-session"


class PanelSession(Struct, frozen=True, kw_only=True):
    """Who has signed in. Its text shows nothing of it."""

    prefix: str
    key_hash: str
    token: str
    """Stands in the forms of the session's pages, so that no other page can send them."""
    began_at: datetime
    seen_at: datetime
    """To `PANEL_RENEWED_EVERY`."""

    def __repr__(self) -> str:
        return "PanelSession()"

    def is_from(self, token: str) -> bool:
        """Whether a form with this token is one of the session's pages."""
        return hmac.compare_digest(self.token.encode(), token.encode("utf-8", "surrogateescape"))


@dataclass(eq=False, repr=False)
class PanelSessions:
    """Begins sessions and recognises them."""

    vault: Vault
    clock: Clock

    def begun(self, key: LivingKey) -> str:
        """The cookie of a new session of a key."""
        now = self.clock.now()
        token = secrets.token_urlsafe(16)
        return self._sealed(
            PanelSession(prefix=key.prefix, key_hash=key.key_hash, token=token, began_at=now, seen_at=now)
        )

    def read(self, cookie: str) -> PanelSession | None:
        """The session of a cookie; None where it is none of ours or has ended. Whether its key lives is not known."""
        if not 0 < len(cookie) <= PANEL_COOKIE_CHARACTERS:
            return None
        try:
            session = msgspec.convert(self.vault.decrypt(OWNER, PURPOSE, cookie), PanelSession)
        except (VaultError, msgspec.ValidationError):
            return None
        now = self.clock.now()
        has_ended = now >= session.seen_at + PANEL_IDLE or now >= session.began_at + PANEL_LONGEST
        return None if has_ended else session

    def renewed(self, session: PanelSession) -> str | None:
        """The cookie of a session that is in use; None where the one that the browser has is new enough."""
        now = self.clock.now()
        if now < session.seen_at + PANEL_RENEWED_EVERY:
            return None
        return self._sealed(msgspec.structs.replace(session, seen_at=now))

    def _sealed(self, session: PanelSession) -> str:
        return self.vault.encrypt(OWNER, PURPOSE, session)
