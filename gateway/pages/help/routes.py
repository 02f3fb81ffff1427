"""Help pages, to which the `type` of each problem leads. They need no key: nothing in them belongs to a tenant.

A browser gets a page in Portuguese, and a caller that prefers JSON the same as data. All links in a page are relative
to the folder of the pages, so a request for another spelling of a page's address (with or without the last slash) is
redirected.
"""

import asyncio
from collections.abc import Callable
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, PathParameter

from gateway.api.accepting import accepted_by, media_ranges, weight_of
from gateway.api.documented import Doing, HelpOperation, problems
from gateway.api.freshness import names_tag
from gateway.api.problems import HELP, MEDIA_TYPE, answer
from gateway.errors import CallerError
from gateway.help.topics import HelpTopic
from gateway.limits import HELP_FRESH_SECONDS
from gateway.pages.help import views
from gateway.pages.help.views import HelpIndex, Page
from gateway.pages.shared import SAFE

__all__ = ["HELP_ROUTES"]

HTML = "text/html"
JSON = "application/json"
SENT = SAFE | {"Vary": "Accept"}
"""Headers of all answers, beside the policy of pages."""
NO_KEY: list[dict[str, list[str]]] = [{}]

UNCHANGED = ResponseSpec(None, description="The caller has this page: see `If-None-Match`.")
SENT_ON = ResponseSpec(None, description="A browser is sent on to the address at which the links of the page hold.")


@get(
    HELP,
    security=NO_KEY,
    tags=["Help"],
    summary="List help pages",
    operation_class=HelpOperation,
    responses=problems(keyed=False, checked=False)
    | {
        200: ResponseSpec(
            HelpIndex, generate_examples=False, description="All codes that have help; or a page of them."
        ),
        304: UNCHANGED,
        308: SENT_ON,
    },
)
async def help_index(request: Request[Any, Any, Any]) -> Response[Any]:
    """All help pages, those of failures with an official title first."""
    if _prefers_json(request):
        return _given(request, await _made(views.index_data), JSON)
    if not _ends_with_slash(request):
        return _sent_on(f"{HELP.rpartition('/')[2]}/")
    return _given(request, await _made(views.index), HTML)


@get(
    f"{HELP}/{{code:str}}",
    security=NO_KEY,
    tags=["Help"],
    summary="Read a help page",
    operation_class=HelpOperation,
    responses=problems(Doing.NAMES_PAGE, keyed=False, checked=False)
    | {
        200: ResponseSpec(HelpTopic, generate_examples=False, description="The help about a code; or its page."),
        304: UNCHANGED,
        308: SENT_ON,
    },
)
async def help_page(
    request: Request[Any, Any, Any],
    code: Annotated[FromPath[str], PathParameter(description="A code of a failure or of a warning.")],
) -> Response[Any]:
    """What happened, why banks do this, and what to do at each of them, in Portuguese."""
    prefers_json = _prefers_json(request)
    if not prefers_json and _ends_with_slash(request):
        return _sent_on(f"../{quote(code, safe='')}")
    found = await _made(views.data_of if prefers_json else views.page_of, code)
    if found is not None:
        return _given(request, found, JSON if prefers_json else HTML)
    problem = answer(request, CallerError("not_found", "there is no help page of that code"), SENT)
    if prefers_json:
        return problem
    page = await _made(views.missing, code)
    return Response(page.body, status_code=404, headers=_page_headers(HTML) | {"Cache-Control": "no-store"})


HELP_ROUTES = (help_index, help_page)


async def _made(make: Callable[..., Any], *arguments: str) -> Any:
    """A page. Each is made once; in a thread, because the first one loads the templates and all contracts."""
    return await asyncio.to_thread(make, *arguments)


def _ends_with_slash(request: Request[Any, Any, Any]) -> bool:
    """Whether the address does, as it was asked for; the framework takes the slash off its path."""
    return bool(request.scope["raw_path"].endswith(b"/"))


def _prefers_json(request: Request[Any, Any, Any]) -> bool:
    """Whether the caller is a program, by its header `Accept`; who names nothing gets pages."""
    accepted = accepted_by(media_ranges(request))
    return max(weight_of(JSON, accepted), weight_of(MEDIA_TYPE, accepted)) > weight_of(HTML, accepted)


def _given(request: Request[Any, Any, Any], page: Page, media_type: str) -> Response[Any]:
    """A page, unless the caller has it already."""
    headers = _page_headers(media_type) | {
        "Cache-Control": f"public, max-age={HELP_FRESH_SECONDS}",
        "ETag": page.entity_tag,
    }
    if names_tag(request, page.entity_tag):
        headers.pop("Content-Type")
        return Response(None, status_code=304, headers=headers)
    return Response(page.body, headers=headers)


def _page_headers(media_type: str) -> dict[str, str]:
    # The content type is among them because the framework would choose another one for bytes.
    if media_type == JSON:
        return SENT | {"Content-Type": JSON}
    return SENT | {"Content-Type": f"{HTML}; charset=utf-8", "Content-Security-Policy": views.policy()}


def _sent_on(place: str) -> Response[Any]:
    """A browser is sent on, to an address relative to the one asked for, which a proxy may have put below a path."""
    return Response(b"", status_code=308, media_type="text/plain", headers={"Location": place})
