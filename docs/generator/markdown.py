"""Small parts of Markdown pages."""

import re
from collections.abc import Iterable, Sequence

__all__ = ["bullets", "code", "in_portuguese", "numbered", "plain", "table", "with_code"]

SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|$~])")
PORTUGUESE = ("index", "guia/", "search")
"""How the names of Portuguese pages begin; all others are English."""


def in_portuguese(page: str) -> bool:
    """Whether a page, by its name without suffix, is Portuguese."""
    return page.startswith(PORTUGUESE)


def plain(text: str) -> str:
    """Text in which no sign means anything to Markdown, on one line."""
    return SPECIAL.sub(r"\\\1", " ".join(text.split()))


def with_code(text: str) -> str:
    """Text as `plain` gives it, in which code in backticks stays code."""
    parts = re.split(r"(`[^`]*`)", " ".join(text.split()))
    return "".join(part.replace("|", "\\|") if part.startswith("`") else SPECIAL.sub(r"\\\1", part) for part in parts)


def code(text: str) -> str:
    """Text as code."""
    return f"`{text}`"


def bullets(items: Iterable[str]) -> list[str]:
    """A list, as lines; the items are Markdown."""
    return [*(f"- {item}" for item in items), ""]


def numbered(items: Iterable[str]) -> list[str]:
    """A list of steps, as lines; the items are Markdown."""
    return [*(f"{number}. {item}" for number, item in enumerate(items, 1)), ""]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table, as lines; the cells are Markdown without a bare `|`."""
    lines = [head, ["---"] * len(head), *rows]
    return [*(f"| {' | '.join(line)} |" for line in lines), ""]
