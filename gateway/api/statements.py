"""The one endpoint an ERP reads."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from gateway.api.attending import attended
from gateway.api.documented import PeriodOperation, problems
from gateway.api.requests import ARRIVAL, note_bank, period_of, readings_of, strict_query, tenant_of, wants_json
from gateway.concurrency.workers import LARGE
from gateway.limits import MANY_ENTRIES
from gateway.model import Statement
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
        rendered = await LARGE.run_if(len(statement.entries) > MANY_ENTRIES, _document, statement)
        return Response(rendered, media_type="application/json")


def _document(statement: Statement) -> bytes:
    return b"".join(render(statement))
