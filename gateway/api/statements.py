"""The one endpoint an ERP reads."""

from typing import Annotated, Any

from litestar import Controller, Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter

from gateway.api.attending import attended
from gateway.api.documented import PeriodOperation, problems
from gateway.api.formats import format_of, headers_of
from gateway.api.requests import ARRIVAL, note_bank, period_of, readings_of, strict_query, tenant_of
from gateway.concurrency.workers import LARGE
from gateway.limits import MANY_ENTRIES
from gateway.model import Statement
from gateway.render.formats import FORMATS, Format
from gateway.render.to_json import StatementBody

__all__ = ["StatementController"]

ANSWERS = problems(bank=True, named=True, stored=True, formats=True) | {
    200: ResponseSpec(StatementBody, generate_examples=False, description="The whole statement, checked.")
}


class StatementController(Controller):
    """Statements."""

    path = "/accounts/{account_id:str}/statement"
    tags = ("Statements",)

    @get(
        before_request=strict_query("from", "to", "format"),
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
        named: Annotated[
            str | None,
            QueryParameter(
                name="format",
                description="Format of the answer; without it, the header `Accept` chooses.",
                schema_extra={"enum": [each.name for each in FORMATS]},
            ),
        ] = None,
    ) -> Response[Any]:
        """The entries of a period, both days included, with balances and proof.

        The answer is whole or it is a problem. A period longer than the bank accepts is split and joined. When no
        caller waits any more, the bank is not asked further.
        """
        form = format_of(request, named)
        period = period_of(first, last)
        arrival = request.scope["state"][ARRIVAL]
        reading = readings_of(request).read(tenant_of(request), account_id, period, arrival)
        statement = await attended(request, reading)
        note_bank(request, statement.account.bank)
        rendered = await LARGE.run_if(len(statement.entries) > MANY_ENTRIES, _document, form, statement)
        return Response(rendered, headers=headers_of(form, statement))


def _document(form: Format, statement: Statement) -> bytes:
    return b"".join(form.render(statement))
