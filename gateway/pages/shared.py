"""What all pages have in common: style, template, and content security policies that allow only a page's own parts.

Styles and scripts stand in the page itself, so that it is whole without another request, and the policy names their
digests: no other style is applied and no other script runs.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["HTML", "SAFE", "TEMPLATES", "Page", "csp", "environment", "headers_of_one", "source", "style_source"]

HTML = "text/html; charset=utf-8"
SAFE = {"Referrer-Policy": "no-referrer"}
"""Header of all pages, beside their policy."""
TEMPLATES = Path(__file__).parent / "templates"


class Page(Struct, frozen=True):
    """A page for one person, ready to be sent."""

    body: bytes
    status: int = 200


def headers_of_one(policy: str) -> dict[str, str]:
    """The headers of a page for one person, which is not kept, with its Content-Security-Policy."""
    return {**SAFE, "Cache-Control": "no-store", "Content-Type": HTML, "Content-Security-Policy": policy}


@cache
def _style() -> str:
    """The style of all pages: colours for light and dark, text, forms, tables, print."""
    return (TEMPLATES / "pages.css").read_text("utf-8")


@cache
def style_source() -> str:
    """The style of all pages, as a policy names it."""
    return source(_style())


def source(text: str) -> str:
    """A style or a script as it is named in a policy: by its digest."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def csp(**directives: str) -> str:
    """A Content-Security-Policy under which nothing is allowed but what is named; `_` stands for `-`.

    Neither forms nor frames are allowed unless they are named.
    """
    closed = dict.fromkeys(("base_uri", "form_action", "frame_ancestors"), "'none'")
    allowed = {"default_src": "'none'", **directives}
    all_of_them = allowed | {name: value for name, value in closed.items() if name not in allowed}
    return "; ".join(f"{name.replace('_', '-')} {value}" for name, value in all_of_them.items())


@cache
def environment(folder: Path, script: str = "") -> "Environment":
    """The templates of a folder, which extend the one of all pages; loaded once.

    What they show is escaped, and a value that is missing is an error.

    Args:
        folder: where they are.
        script: what runs on their pages.
    """
    # Only here: no command needs it, and the server only for its first page.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415
    from markupsafe import Markup  # noqa: PLC0415

    made = Environment(
        loader=FileSystemLoader([folder, TEMPLATES]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["style"] = Markup(_style())  # noqa: S704 - our own file
    made.globals["script"] = Markup(script)  # noqa: S704 - our own file
    return made
