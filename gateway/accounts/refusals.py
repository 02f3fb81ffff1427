"""When a refusal stops an integration, and when it may be a passing contradiction.

Banks refuse, for a moment, credentials that have worked for months: a token host that answers 401 once, a statement
refused right after a fresh token. Somebody would have to type everything in again for nothing. So the integration of
credentials that have worked is stopped by what cannot be otherwise:

1. what the bank says in words of its own that leave no doubt (`conclusive_in_words` in the catalogue, and a symptom
   that is found in the words): a consent that was revoked, a user that is blocked;
2. what is remembered with a refresh token that is spent: it is never sent again;
3. the same refusal met twice, at least an hour apart, without a statement between the two.

Credentials that have never worked are refused at once. What a date says, the end of a certificate, is no refusal: it
is computed each time (`gateway.accounts.expiring`).

Meanwhile few requests are spent, because a bank may block a user that insists: within the hour the bank is asked once
more, and then not before it has passed.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from gateway.errors import BankFailure
from gateway.limits import REFUSALS_APART, REFUSALS_BEFORE_REST
from gateway.storage.remembered import Suspicion

__all__ = ["conclusive", "seconds_held", "seconds_until", "suspicion_of"]


def conclusive(failure: BankFailure) -> bool:
    """Whether a refusal cannot be otherwise, so that asking again would be in vain."""
    return failure.conclusive or (failure.entry.conclusive_in_words and not failure.status_alone)


def suspicion_of(
    failure: BankFailure, before: Suspicion | None, now: datetime, *, has_worked: bool
) -> Suspicion | None:
    """What is suspected after a failure that stops integrations; None when it does stop this one.

    Args:
        failure: one whose catalogue entry says that it stops integrations.
        before: what has been suspected.
        now: the present instant.
        has_worked: whether the bank has given a statement for these credentials.
    """
    if not has_worked or conclusive(failure):
        return None
    if before is None or before.code != failure.code:
        return Suspicion(failure.code, now)
    if now - before.since >= REFUSALS_APART:
        return None
    return replace(before, meetings=before.meetings + 1)


def seconds_held(suspicion: Suspicion | None, now: datetime) -> int | None:
    """Seconds for which the bank is not asked because of what is suspected; None when it may be asked."""
    if suspicion is None or suspicion.meetings < REFUSALS_BEFORE_REST:
        return None
    return seconds_until(suspicion.since + REFUSALS_APART, now)


def seconds_until(moment: datetime, now: datetime) -> int | None:
    """Whole seconds until a moment; None when it has come."""
    left = moment - now
    return -(-left // timedelta(seconds=1)) if left > timedelta(0) else None
