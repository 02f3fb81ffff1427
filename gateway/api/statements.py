"""The one endpoint an ERP reads."""

from collections.abc import AsyncIterator, Iterator
from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from gateway.api.attending import attended
from gateway.api.documented import PeriodOperation, problems
from gateway.api.requests import ARRIVAL, note_bank, period_of, readings_of, strict_query, tenant_of, wants_json
from gateway.concurrency.workers import LARGE
from gateway.limits import HELD_ENTRIES, MANY_ENTRIES
from gateway.render.to_json import StatementBody, render

__all__ = ["StatementController"]

ANSWERS = problems(bank=True, named=True, stored=True, formats=True) | {
    200: ResponseSpec(StatementBody, generate_examples=False, description="The whole statement, checked.")
}


class StatementController(Controller):
    """Statements."""

    path = "/accounts/{account_id:str}/statement"
    tags = ("Statements",)

    @get(
        before_request=strict_query("from", "to"),
        opt={ARRIVAL: True},
        responses=ANSWERS,
        operation_class=PeriodOperation,
        summary="Statement of a period",
    )
    async def read(
        self,
        request: Request[Any, Any, Any],
        account_id: FromPath[str],
        first: Annotated[
            str, QueryParameter(name="from", description="First day, YYYY-MM-DD.", schema_extra={"format": "date"})
        ] = "",
        last: Annotated[
            str, QueryParameter(name="to", description="Last day, YYYY-MM-DD.", schema_extra={"format": "date"})
        ] = "",
    ) -> Response[Any]:
        """The entries of a period, both days included, with balances and proof.

        The answer is whole or it is a problem. A period longer than the bank accepts is split and joined. When no
        caller waits any more, the bank is not asked further.
        """
        wants_json(request)
        period = period_of(first, last)
        arrival = request.scope["state"][ARRIVAL]
        reading = readings_of(request).read(tenant_of(request), account_id, period, arrival)
        statement = await attended(request, reading)
        note_bank(request, statement.account.bank)
        return await _answered(render(statement), len(statement.entries), "application/json")


async def _answered(parts: Iterator[bytes], entries: int, media_type: str) -> Response[Any]:
    """The answer of these parts: at once, or as a stream where there are so many entries that they are spooled."""
    if entries > HELD_ENTRIES:
        return Stream(_made_in_turn(parts), media_type=media_type)
    return Response(await LARGE.run_if(entries > MANY_ENTRIES, b"".join, parts), media_type=media_type)


async def _made_in_turn(parts: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The parts, each made in a thread after the caller has taken the one before it."""
    while (part := await LARGE.run(next, parts, None)) is not None:
        yield part
