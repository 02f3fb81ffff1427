"""Why an answer that is on its way refuses: by its own reason, by a fault, or in general words."""

from collections.abc import Iterable, Mapping

import httpx

from simulators.call import FORM, Refusal, media_type_of
from simulators.faults import ActiveFault
from simulators.faults.delivery import Delivery, body_of
from simulators.journal.records import Acted, Record
from simulators.reasons import shown, why_of

__all__ = ["broken_by", "fault_reason", "reason_of", "tell_faults"]

FIRST_REFUSAL = 400


def fault_reason(active: ActiveFault) -> str:
    """A fault as the reason of an answer."""
    return f"fault {active.fault} (id {active.id})"


def broken_by(faults: Iterable[ActiveFault], record: Record) -> Delivery | None:
    """How the first of these faults that breaks the connection does it, which the record tells; None if none does."""
    for active in faults:
        if (broken := active.breaks()) is not None:
            tell_faults([active], record)
            record.why = fault_reason(active)
            return broken
    return None


def tell_faults(faults: Iterable[ActiveFault], record: Record) -> None:
    """Write the faults of a call that has just been answered into its record."""
    record.faults = tuple(Acted(each.id, each.fault, each.last_struck == each.calls) for each in faults)
    telling = [each for each in record.faults if each.changed] or record.faults
    record.fault = telling[-1].name if telling else None


def reason_of(response: httpx.Response, record: Record, refusals: Mapping[str, Refusal], request: httpx.Request) -> str:
    """Why an answer refuses; empty where it does not.

    A bank that gives no reason has the name of the refusal that its answer is, or the status. A body that was not read,
    because it is no form or is compressed, is named besides: what is missing may stand in it.

    Args:
        response: the answer.
        record: of the call, whose status is known.
        refusals: those of the bank, by name.
        request: the call.
    """
    why = _reason(response, record, refusals)
    media_type = media_type_of(request)
    if not why or not record.operation or request.method != "POST":
        return why
    if request.content and media_type != FORM:
        why = f"{why}; the body is {shown(media_type)}, must be {FORM}"
    if (coding := request.headers.get("content-encoding", "identity")) != "identity":
        why = f"{why}; the body is compressed ({shown(coding)}), which is not read"
    return why


def _reason(response: httpx.Response, record: Record, refusals: Mapping[str, Refusal]) -> str:
    if why := why_of(response):
        return why
    if record.status is None:
        return "the connection is ended by a fault before anything is answered"
    if record.status < FIRST_REFUSAL:
        return ""
    for name, refusal in refusals.items():
        if refusal.status == record.status and refusal.response().content == body_of(response):
            return f"{name}: the bank refuses in these words, and gives no other reason"
    return f"status {record.status} of {record.operation or 'a call that no contract lists'}, without a reason"
