"""Whether the bank may be asked for an integration at all, by its stored state."""

from datetime import datetime

from gateway.accounts.states import suspension
from gateway.accounts.states.expiring import expired, unfinished
from gateway.accounts.states.refusals import one_refusal, seconds_held
from gateway.errors import BankFailure, IntegrationInactive
from gateway.model import Credentials
from gateway.storage.accounts.records import AccountRecord, Integration, State

__all__ = ["usable"]


def usable(record: AccountRecord, integration: Integration, now: datetime) -> Credentials:
    """The credentials of an integration, when the bank may be asked at all.

    Raises:
        BankFailure: the bank may not be asked; the failure is the known one, if there is one.
        IntegrationInactive: there are no credentials.
    """
    if (abandoned := unfinished(integration, now)) is not None:
        raise abandoned.revive(record.bank)
    if integration.state is State.PENDING_AUTHORIZATION:
        detail = "the authorization at the bank has not been completed"
        raise BankFailure("authorization_incomplete", bank=record.bank, at="authorization", detail=detail)
    known = integration.last_failure
    if integration.state is State.NEEDS_ACTION and known is not None:
        raise known.revive(record.bank)
    if integration.credentials is None:
        raise IntegrationInactive("the integration of this account is not enabled")
    if (ended := expired(integration, now)) is not None:
        raise ended.revive(record.bank)
    for seconds, why in (
        (seconds_held(integration.suspicion, now), one_refusal(integration.suspicion)),
        (suspension.seconds_to_probe(integration, now), suspension.suspended(integration)),
    ):
        if seconds is not None and known is not None:
            failure = known.revive(record.bank)
            failure.may_pass(seconds, why or "")
            raise failure
    return integration.credentials
