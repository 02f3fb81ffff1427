"""The one endpoint an ERP reads."""

from collections.abc import AsyncIterator, Generator, Iterator
from typing import Annotated, Any, TypeAlias, cast

from litestar import Controller, Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, QueryParameter
from litestar.response import Stream

from gateway.api.attending import attended
from gateway.api.changes import changed_since
from gateway.api.codings import Coding, coded, coding_of
from gateway.api.documented import Doing, PeriodOperation, problems
from gateway.api.formats import format_of, headers_of
from gateway.api.freshness import entity_tag, freshness_of, is_unchanged, wanted_of
from gateway.api.parameters import period_of
from gateway.api.parts import parts_of
from gateway.api.requests import ARRIVAL, READS, note_bank, tenant_of
from gateway.concurrency.workers import LARGE
from gateway.limits import HELD_ENTRIES, MANY_ENTRIES
from gateway.model import Statement
from gateway.render.changes import ChangesBody
from gateway.render.formats import FORMATS, Format
from gateway.render.to_json import StatementBody

__all__ = ["StatementController"]

Chunks: TypeAlias = Generator[bytes, None, None]
"""The parts of a document, in order."""
CHUNKS = "chunks"
"""Key of the parts of the answer in the state of a request."""

ANSWERS = problems(
    Doing.ASKS_BANK, Doing.NAMES_ACCOUNT, Doing.READS_STORED, Doing.CHOOSES_FORMAT, Doing.ANSWERS_FROM_STORE
) | {
    200: ResponseSpec(
        cast("type[StatementBody]", StatementBody | ChangesBody),
        generate_examples=False,
        description="The whole statement, checked; or, for `after`, what has changed. A statement has `Last-Modified`, "
        "and `ETag` unless it is very large; one that comes from the store has `Age`.",
    ),
    304: ResponseSpec(None, description="The caller has this statement: see `If-None-Match` and `If-Modified-Since`."),
}


async def _close_chunks(request: Request[Any, Any, Any]) -> None:
    """Close the parts of an answer that has ended: one that a caller broke off might go on to hold its entries.

    The framework calls this; no part is being made any more.
    """
    if (chunks := request.scope["state"].pop(CHUNKS, None)) is not None:
        chunks.close()


class StatementController(Controller):
    """Statements."""

    path = "/accounts/{account_id:str}/statement"
    tags = ("Statements",)

    @get(
        after_response=_close_chunks,
        opt={ARRIVAL: True, **READS},
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
        after: Annotated[
            str | None,
            QueryParameter(
                description="In place of the days: asks for what has changed since the `next` of the answer before, or "
                "with an empty value for everything that is kept. The bank is not asked."
            ),
        ] = None,
    ) -> Response[Any]:
        """The entries of a period, both days included, with balances and proof; or what has changed in them.

        A statement is whole or it is a problem. A period longer than the bank accepts is split and joined. When no
        caller waits any more, the bank is not asked further.

        A stored statement is answered without asking the bank where the daily import has read it since the bank's
        last hour, or where `Cache-Control: max-age` of the request allows its age. `no-cache` asks the bank, and
        `only-if-cached` never does.

        Changes are about the final entries of settled days, as the last statements brought them.
        """
        if after is not None:
            return await changed_since(request, account_id, after, named, days=(first, last))
        form = format_of(request, named)
        period = period_of(first, last)
        arrival = request.scope["state"][ARRIVAL]
        reading = parts_of(request).readings.answer(tenant_of(request), account_id, period, wanted_of(request), arrival)
        answer = await attended(request, reading)
        statement, count = answer.statement, len(answer.statement.entries)
        note_bank(request, statement.account.bank)
        # Of a spooled statement each tag would take as long as another reading of the spool.
        tag = None
        if count <= HELD_ENTRIES:
            tag = await LARGE.run_if(statement.is_large, entity_tag, form, statement)
        now = parts_of(request).clock.now()
        headers = headers_of(form, statement) | freshness_of(answer, tag, now)
        if is_unchanged(request, tag, answer):
            for name in ("Content-Type", "Content-Disposition"):
                headers.pop(name, None)
            return Response(None, status_code=304, headers=headers)
        # What is binary is compressed already.
        coding = None if form.is_binary else coding_of(request)
        chunks = request.scope["state"][CHUNKS] = _chunks(form, statement)
        return await _answered(chunks, form, count, headers, coding)


def _chunks(form: Format, statement: Statement) -> Chunks:
    yield from form.render(statement)


async def _answered(
    chunks: Chunks, form: Format, entries: int, headers: dict[str, str], coding: Coding | None
) -> Response[Any]:
    """The answer of these parts: at once, or as a stream where there are so many entries that they are spooled.

    Args:
        chunks: of the body.
        form: of the body.
        entries: number of entries.
        headers: of the answer.
        coding: that the caller accepts.
    """
    slow = form.is_binary or entries > MANY_ENTRIES
    if entries <= HELD_ENTRIES:
        body = await coded(await LARGE.run_if(slow, b"".join, chunks), coding, headers)
        return Response(body, headers=headers)
    made: Iterator[bytes] = chunks
    if coding is not None:
        made = coding.packed(chunks)
        headers["Content-Encoding"] = coding.name
    # The first part is made before the status is sent.
    return Stream(_made_in_turn(await LARGE.run(next, made), made), headers=headers)


async def _made_in_turn(first: bytes, others: Iterator[bytes]) -> AsyncIterator[bytes]:
    """The parts, each made in a thread after the caller has taken the one before it."""
    part: bytes | None = first
    while part is not None:
        yield part
        part = await LARGE.run(next, others, None)
