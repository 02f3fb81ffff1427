"""What all connect pages have in common: their addresses, headers, template and script."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from gateway.accounts.connect.sessions import Opened
from gateway.pages.connect import words
from gateway.pages.shared import Page, csp, environment, headers_of_one, source, style_source
from gateway.storage.connect.sessions import Purpose

__all__ = ["Site", "headers_of", "made"]

TEMPLATES = Path(__file__).parent / "templates"


class Site(Struct, frozen=True, kw_only=True):
    """Where the pages are."""

    path: str
    """Of the connect page, as browsers reach it."""
    redirect_uri: str
    """Where banks' pages lead back to."""

    @property
    def help(self) -> str:
        """The folder of the help pages, beside it."""
        return f"{self.path.rpartition('/')[0]}/help"


def headers_of(origins: Sequence[str] = ()) -> dict[str, str]:
    """The headers of a page that these origins may frame."""
    framed = {"frame_ancestors": " ".join(origins)} if origins else {}
    policy = csp(
        style_src=style_source(), script_src=source(_script()), connect_src="'self'", form_action="'self'", **framed
    )
    headers = headers_of_one(policy) | {"Permissions-Policy": "camera=(), geolocation=(), microphone=()"}
    return headers if origins else headers | {"X-Frame-Options": "DENY"}


def made(
    template: str,
    site: Site,
    opened: Opened | None,
    step: int | None,
    *,
    status: int = 200,
    **values: Any,
) -> Page:
    """A page of a template.

    Args:
        opened: the session, where one is known.
        step: how far the person is in the steps, from 0; None for a page that is none of them.
        status: of the answer.
        values: what the template shows.
    """
    secret = opened.secret if opened is not None else ""
    if opened is not None and opened.session.purpose is Purpose.REPAIR:
        # What is mended has no steps.
        step = None
    shown = environment(TEMPLATES, _script()).get_template(template)
    text = shown.render(path=site.path, secret=secret, step=step, steps=words.STEPS, **values)
    return Page(text.encode(), status)


@cache
def _script() -> str:
    return (TEMPLATES / "connect.js").read_text("utf-8")
