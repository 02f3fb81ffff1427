"""The OpenAPI document as a whole: its title, its description, its groups of operations, and its one way to sign in."""

from typing import Any

from litestar import Request, Response, Router
from litestar.exceptions import NotFoundException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme, Tag

from gateway import __version__

__all__ = ["openapi"]

DESCRIPTION = """
One read-only statement endpoint in front of Brazilian banks.

Every answer that is not a success is an RFC 9457 problem with a stable `code`, who can mend it, and whether and when
trying again makes sense. Money is text with at least two decimals; days are days in Brasília; instants carry their
offset.
"""


TAGS = (
    "Statements",
    "Accounts",
    "Integrations",
    "Imports",
    "Webhooks",
    "Keys",
    "Audit",
    "Connect page",
    "Banks",
    "Help",
    "Operation",
)
"""Groups of operations in the OpenAPI document."""


class _MadeOnce(JsonRenderPlugin):
    """Renders the document when it is first asked for, and keeps it."""

    _made: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """The document as JSON."""
        if self._made is None:
            self._made = super().render(request, openapi_schema)
        return self._made


def openapi() -> OpenAPIConfig:
    """What the framework makes the document of."""
    scheme = SecurityScheme(
        type="http", scheme="bearer", description="An API key, as printed by `gateway keys create NAME`."
    )
    return OpenAPIConfig(
        title="extrato",
        version=__version__,
        description=DESCRIPTION.strip(),
        components=Components(security_schemes={"apiKey": scheme}),
        use_handler_docstrings=True,
        tags=[Tag(name=name) for name in TAGS],
        openapi_router=Router("/schema", route_handlers=[], include_in_schema=False, after_request=_no_html),
        render_plugins=[_MadeOnce(path="/openapi.json")],
    )


async def _no_html(response: Response[Any]) -> Response[Any]:
    """Litestar's page for unknown schema addresses is HTML; ours is a problem like any other."""
    if response.status_code == 404:
        raise NotFoundException
    return response
