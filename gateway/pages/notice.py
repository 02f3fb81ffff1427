"""A page of a title and some sentences, for the end of a consent flow that no connect page has begun."""

from functools import cache
from typing import TYPE_CHECKING

from gateway.pages.shared import SAFE, TEMPLATES, csp, environment, style_source

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["headers", "notice"]


@cache
def headers() -> dict[str, str]:
    """The headers of such a page: nothing is kept, framed, sent, run or loaded."""
    return {
        **SAFE,
        "Cache-Control": "no-store",
        "Content-Security-Policy": csp(style_src=style_source()),
    }


def notice(title: str, *said: str) -> str:
    """The page."""
    return _environment().get_template("notice.html").render(title=title, said=said)


@cache
def _environment() -> "Environment":
    return environment(TEMPLATES)
