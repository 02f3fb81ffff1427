"""What all pages have in common: the base style, templates, and policies that name nothing but their own parts.

Styles and scripts stand in the page itself, so that it is whole without another request, and the policy names their
digests: no other style is applied and no other script runs.
"""

import base64
import hashlib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jinja2 import Environment

__all__ = ["HTML", "SAFE", "base_style", "csp", "environment", "source"]

HTML = "text/html; charset=utf-8"
SAFE = {"Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
"""Headers of all pages, beside their policy."""
TEMPLATES = Path(__file__).parent / "templates"


@cache
def base_style() -> str:
    """The style of all pages: colours for light and dark, text, links, tables, print."""
    return (TEMPLATES / "base.css").read_text("utf-8")


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


def environment(folder: Path) -> "Environment":
    """The templates of a folder; what they show is escaped, and a value that is missing is an error."""
    # Only here: no command needs it, and the server only for its first page.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    return Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
