"""What has changed in an account's entries, at the address of its statements."""

from typing import Any

import msgspec
from litestar import Request, Response

from gateway.accounts.recording.entry_changes import cursor_of
from gateway.api.bodies import local_or_none
from gateway.api.codings import coded, coding_of
from gateway.api.formats import format_of
from gateway.api.parts import parts_of
from gateway.api.requests import note_bank, tenant_of
from gateway.errors import CallerError
from gateway.render.changes import as_lines, changes_body
from gateway.render.to_json import account_part
from gateway.texts.wordings import choose

__all__ = ["changed_since"]


async def changed_since(
    request: Request[Any, Any, Any], account_id: str, cursor: str, named: str | None, *, days: tuple[str, str]
) -> Response[Any]:
    """The changes after a cursor, as JSON or NDJSON.

    Args:
        request: the caller's.
        cursor: the `next` of the answer before; empty for the beginning.
        named: the format, where it is named.
        days: what was given as `from` and `to`.

    Raises:
        CallerError: days are given too, the format is another one, or as `EntryChanges.since`.
        IntegrationInactive: the integration is not enabled.
    """
    for name, day in zip(("from", "to"), days, strict=True):
        if day:
            detail, portuguese = (
                f"`after` and `{name}` exclude each other",
                f"Peça com `after` ou com `{name}`, não com os dois.",
            )
            raise CallerError("invalid_request", detail, field=name, portuguese=portuguese)
    form = format_of(request, named)
    if form.name not in {"json", "ndjson"}:
        detail, portuguese = "changes are given as json and ndjson only", choose("json", "ndjson")
        raise CallerError("invalid_request", detail, field="format", portuguese=portuguese)
    known = parts_of(request).entry_changes
    record, page = await known.since(tenant_of(request), account_id, cursor)
    note_bank(request, record.bank)
    fetched_at = local_or_none(page.kept.fetched_at if page.kept is not None else None)
    body = changes_body(account_part(record), page, cursor_of(page.after), fetched_at)
    content = msgspec.json.encode(body) if form.name == "json" else b"".join(as_lines(body))
    headers = {"Content-Type": form.content_type, "Vary": "Accept, Accept-Encoding"}
    return Response(await coded(content, coding_of(request), headers), headers=headers)
