"""A tenant's settings of the connect page."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy import Connection, delete, insert, select

from gateway.actions import Action, about
from gateway.storage.connect.tables import CONNECT_SETTINGS
from gateway.storage.engine.stores import Store
from gateway.storage.engine.transactions import reading, transaction
from gateway.storage.management.audit import note_action
from gateway.storage.management.tenants import lock_tenant

__all__ = ["ConnectSettings", "ConnectSettingsTable"]


class ConnectSettings(Struct, frozen=True, kw_only=True):
    """Where connect pages may lead back to, and which pages may frame them: none unless they are named."""

    return_addresses: Sequence[str] = ()
    frame_ancestors: Sequence[str] = ()


class ConnectSettingsTable(Store):
    """The table of settings."""

    @reading
    def of(self, connection: Connection, tenant_id: str) -> ConnectSettings:
        """The tenant's settings."""
        row = connection.execute(select(CONNECT_SETTINGS).where(CONNECT_SETTINGS.c.tenant_id == tenant_id)).first()
        if row is None:
            return ConnectSettings()
        return ConnectSettings(return_addresses=row.return_addresses, frame_ancestors=row.frame_ancestors)

    @transaction
    def put(self, connection: Connection, tenant_id: str, settings: ConnectSettings) -> None:
        """Replace the tenant's settings."""
        lock_tenant(connection, tenant_id)
        connection.execute(delete(CONNECT_SETTINGS).where(CONNECT_SETTINGS.c.tenant_id == tenant_id))
        connection.execute(
            insert(CONNECT_SETTINGS).values(
                tenant_id=tenant_id,
                return_addresses=list(settings.return_addresses),
                frame_ancestors=list(settings.frame_ancestors),
            )
        )
        note_action(connection, tenant_id, Action.CONNECT_SETTINGS_CHANGED, about("tenant", tenant_id))
