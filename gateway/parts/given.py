"""What the parts are composed of: what somebody has opened, and what the operator has chosen."""

from msgspec import Struct

from gateway.accounts.access.tokens import Tokens
from gateway.accounts.reading.leases import Leases
from gateway.clock import Clock
from gateway.limits import IMPORT_SPREAD_SECONDS, RETENTION_DAYS, STATEMENT_DEADLINE_SECONDS
from gateway.statement import Line
from gateway.storage.encryption.vault import Vault
from gateway.storage.engine.database import Database
from gateway.webhooks.addresses import Networks

__all__ = ["UNSERVED", "Options", "Resources"]


UNSERVED = "http://127.0.0.1:8000"
"""Default address of `gateway serve`, for commands that serve nothing themselves."""


class Resources(Struct, frozen=True):
    """What all parts are built on. Whoever has opened it closes it."""

    database: Database
    vault: Vault
    """Seals credentials and tokens."""
    line: Line
    """Carries requests to banks."""
    clock: Clock
    """Gives the present instant, at the banks."""
    tokens: Tokens
    """Provides the tokens of enabled integrations."""
    leases: Leases | None = None
    """Of all processes that share the database; None where this is the only one."""


class Options(Struct, frozen=True, kw_only=True):
    """What the operator has chosen."""

    public_url: str = UNSERVED
    """The address at which browsers reach this gateway."""
    environment: str = "production"
    """Which of each bank's environments is called."""
    page_size: int = 0
    """Entries to ask for in one page; 0 for the largest each bank accepts."""
    deadline: float = STATEMENT_DEADLINE_SECONDS
    """Seconds after which a statement is given up."""
    retention_days: int = RETENTION_DAYS
    """How many days back entries and statements are kept."""
    webhook_networks: Networks = ()
    """Networks of webhooks that are allowed although they are not public."""
    import_spread_seconds: float = IMPORT_SPREAD_SECONDS
    """Time after a bank's hour over which its first imports are spread."""
