"""An integration as callers and the operator see it, which differs from what is stored of it."""

from datetime import datetime

from gateway.accounts.states import expiring, suspension
from gateway.accounts.states.pauses import PausesInForce
from gateway.storage.accounts.records import AccountRecord, Integration

__all__ = ["shown"]


def shown(record: AccountRecord, integration: Integration, pauses: PausesInForce, now: datetime) -> Integration:
    """The integration with its suspension explained, and with what its certificate's end and a pause make of its state.

    Args:
        integration: as it is stored.
        pauses: those in force that concern the account.
    """
    return pauses.shown(record, expiring.shown(suspension.shown(integration), now))
