"""What was managed, and by whom."""

from datetime import UTC, datetime
from typing import Annotated, Any, cast

from litestar import Controller, Request, get
from litestar.params import QueryParameter
from msgspec import Struct

from gateway.actions import Action, RecordedAction
from gateway.api.bodies import local
from gateway.api.documented import problems
from gateway.api.parameters import CursorText, next_of, one_of, place_of
from gateway.api.parts import parts_of
from gateway.api.requests import MANAGES, tenant_of
from gateway.errors import CallerError
from gateway.limits import AUDIT_LISTED
from gateway.storage.management.audit import ActionFilter
from gateway.texts.wordings import INSTANT

__all__ = ["AuditController"]


class ActionBody(Struct, frozen=True, kw_only=True):
    """One management action."""

    id: str
    at: datetime
    """By the gateway's machine, whatever time simulated banks live in."""
    actor: str
    """`key:` and the prefix of the API key; `operator`; or `gateway` for what it does by itself."""
    action: Action
    about: str
    """`account:`, `webhook:`, `key:`, `bank:` or `tenant:` with its id; empty for all there is."""
    outcome: str
    """`done`, or `refused:` and the code of a failure."""
    request_id: str | None
    """`X-Request-Id` of the request that did it; null for what no request did."""


class ActionList(Struct, frozen=True):
    """Management actions, newest first."""

    actions: list[ActionBody]
    next: str | None
    """The `cursor` of the following part; null at the end."""


class AuditController(Controller):
    """Who managed what."""

    path = "/audit"
    tags = ("Audit",)

    @get(responses=problems(), opt=MANAGES, summary="List management actions")
    async def list(
        self,
        request: Request[Any, Any, Any],
        limit: Annotated[int, QueryParameter(ge=1, le=1000, description="Most actions to answer.")] = AUDIT_LISTED,
        cursor: CursorText = "",
        account_id: Annotated[
            str | None,
            QueryParameter(max_length=64, description="Only actions about this account, which may be gone."),
        ] = None,
        action: Annotated[
            str | None,
            QueryParameter(
                max_length=64, description="Only these actions.", schema_extra={"enum": [each.value for each in Action]}
            ),
        ] = None,
        first: Annotated[
            str | None,
            QueryParameter(
                name="from",
                description="Only actions at this instant or later, RFC 3339.",
                schema_extra={"format": "date-time"},
            ),
        ] = None,
        end: Annotated[
            str | None,
            QueryParameter(
                name="to", description="Only actions before it, RFC 3339.", schema_extra={"format": "date-time"}
            ),
        ] = None,
    ) -> ActionList:
        """What was registered, changed, enabled, removed, made and revoked, by which key or by whom, newest first.

        Ids and codes only. With `next` of one part as `cursor` of the following one, each action is listed once,
        whatever is recorded meanwhile. Actions are kept for 400 days.
        """
        wanted = ActionFilter(
            account_id=account_id,
            action=one_of(Action, action, "action"),
            first=_instant("from", first),
            end=_instant("to", end),
        )
        listed, following = await parts_of(request).audit.page(
            tenant_of(request), limit, place_of(cursor, "actions"), wanted
        )
        return ActionList([_body(each) for each in listed], next_of(following, "actions"))


def _body(recorded: RecordedAction) -> ActionBody:
    return ActionBody(
        id=recorded.id,
        at=local(recorded.at),
        actor=recorded.actor,
        # As it is: a newer version that shares the database may have recorded one that is not known here.
        action=cast("Action", recorded.action),
        about=recorded.about,
        outcome=recorded.outcome,
        request_id=recorded.request_id,
    )


def _instant(name: str, given: str | None) -> datetime | None:
    """The instant of a parameter, in UTC.

    Raises:
        CallerError: it is none, or lacks its offset.
    """
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
        if moment.tzinfo is not None:
            return moment.astimezone(UTC)
    except (OverflowError, ValueError):
        pass
    said = f"`{name}` is not an instant with its offset, such as 2026-03-16T18:00:00-03:00"
    raise CallerError("invalid_request", said, field=name, portuguese=INSTANT)
