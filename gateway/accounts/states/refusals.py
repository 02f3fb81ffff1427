"""Decides whether a refusal stops an integration or may pass.

Banks refuse, for a moment, credentials that have worked for months: a token host that answers 401 once, a statement
refused right after a fresh token. A user would have to type all credentials in again for nothing. So the integration of
credentials that have worked is stopped only by:

1. a refusal with an unambiguous message of the bank (`conclusive_in_words` in the catalogue, and a symptom that
   matches the message): a consent that was revoked, a user that is blocked;
2. a refusal of a refresh token that is spent: it is never sent again;
3. the same refusal twice, at least an hour apart, without a statement between the two. One that the difference between
   our clock and the bank's explains (`BankFailure.clock_ahead`) does not count.

Credentials that have never worked are refused at once. The end of a certificate is no refusal: it is computed from its
date each time (`gateway.accounts.states.expiring`).

Meanwhile few requests are spent, because a bank may block a user that insists: within the hour the bank is asked once
more, and then not until the hour has passed.
"""

from datetime import datetime, timedelta

from msgspec.structs import replace

from gateway.errors import BankFailure
from gateway.limits import REFUSALS_APART, REFUSALS_BEFORE_REST
from gateway.storage.accounts.remembered import Suspicion

__all__ = ["ONE_REFUSAL", "conclusive", "one_refusal", "seconds_held", "seconds_until", "suspicion_of"]


ONE_REFUSAL = "it worked before and may pass; the integration is stopped if this is met again after an hour"


def conclusive(failure: BankFailure) -> bool:
    """Whether a refusal is certainly final, so that asking again cannot help."""
    return failure.conclusive or (failure.entry.conclusive_in_words and not failure.status_alone)


def suspicion_of(
    failure: BankFailure, before: Suspicion | None, now: datetime, *, has_worked: bool
) -> Suspicion | None:
    """The suspicion after a failure that stops integrations; None when the failure does stop this one.

    Args:
        failure: one whose catalogue entry says that it stops integrations.
        before: the suspicion so far.
        has_worked: whether the bank has given a statement for these credentials.
    """
    by_clock = failure.clock_ahead is not None
    if not has_worked or (conclusive(failure) and not by_clock):
        return None
    anew = Suspicion(failure.code, now, by_clock=by_clock)
    # One that lies ahead is from before the clock was set back.
    if before is None or before.code != failure.code or before.by_clock != by_clock or before.since > now:
        return anew
    if now - before.since >= REFUSALS_APART:
        return anew if by_clock else None
    return replace(before, meetings=before.meetings + 1)


def one_refusal(suspicion: Suspicion | None) -> str:
    """Why a refusal may pass; nothing where the failure says so itself, because our clock explains it."""
    return "" if suspicion is not None and suspicion.by_clock else ONE_REFUSAL


def seconds_held(suspicion: Suspicion | None, now: datetime) -> int | None:
    """Seconds for which the bank is not asked because of a suspicion; None when it may be asked."""
    if suspicion is None or suspicion.meetings < REFUSALS_BEFORE_REST or suspicion.since > now:
        return None
    return seconds_until(suspicion.since + REFUSALS_APART, now)


def seconds_until(moment: datetime, now: datetime) -> int | None:
    """Whole seconds until a moment; None when it has come."""
    left = moment - now
    return -(-left // timedelta(seconds=1)) if left > timedelta(0) else None
