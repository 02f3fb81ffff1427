"""The end of a consent flow that a connect page has begun: the browser comes back to the page's result."""

from typing import Any

from litestar import Request, Response
from msgspec.structs import replace

from gateway.accounts.connect.content import content_of, shown_failure
from gateway.accounts.connect.sessions import Opened
from gateway.accounts.enrolment.consent import Returned, Unfinished
from gateway.accounts.states.pauses import PausedFailure
from gateway.api.parts import parts_of
from gateway.api.requests import note_bank
from gateway.errors import GatewayError
from gateway.pages.connect.routes import acts_for, answered, safely, steps_of
from gateway.storage.connect.sessions import ConnectSession, Stage

__all__ = ["come_back"]


async def come_back(request: Request[Any, Any, Any], returned: Returned) -> Response[Any] | None:
    """The page of the session that waits for this state; None where no connect page has begun the flow.

    Raises:
        SQLAlchemyError: the database does not say whether one has.
    """
    session = await steps_of(request).sessions.waiting_for(returned.state)
    if session is None:
        return None
    found: ConnectSession = session

    async def work() -> Response[Any]:
        return await _ended(request, found, returned)

    return await safely(request, work)


async def _ended(request: Request[Any, Any, Any], session: ConnectSession, returned: Returned) -> Response[Any]:
    steps = steps_of(request)
    await acts_for(request, session)
    if session.ended_at is not None:
        # The key that made it was revoked: the bank's page has been left for nothing.
        closed = await steps.sessions.closed(session)
        return answered(await steps.shown(closed), closed)
    # Before the bank is asked: of several windows that bring the same answer the last one is the one that is looked at.
    opened = await steps.sessions.come_back(session)
    try:
        record, integration = await parts_of(request).authorising.authorise(returned)
    except PausedFailure:
        # The flow is not used up: the same address works after the pause.
        raise
    except GatewayError as failure:
        if not await _is_elsewhere(request, opened, failure):
            content = replace(content_of(session), failure=shown_failure(failure), page="")
            await steps.sessions.move(session, Stage.OPEN, content)
    else:
        note_bank(request, record.bank)
        await steps.enabling.show(session, record, integration)
    await steps.sessions.end_consent(session)
    opened = await steps.sessions.renewed(opened)
    return answered(await steps.shown(opened), opened)


async def _is_elsewhere(request: Request[Any, Any, Any], opened: Opened, failure: GatewayError) -> bool:
    """Whether the flow has ended in another window, to which the same answer was brought; waits until it has.

    The address was loaded again while the bank was asked, or something looked at it before the person did.
    """
    account_id = opened.session.account_id
    if account_id is None or not (isinstance(failure, Unfinished) and failure.reason == "unknown"):
        return False
    await parts_of(request).authorising.unchanging(account_id)
    steps = steps_of(request)
    now = await steps.settled(await steps.sessions.renewed(opened))
    return now.session.stage is not Stage.CONSENT
