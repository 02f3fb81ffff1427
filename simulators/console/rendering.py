"""Templates into pages: whole without another request, under a policy that names nothing but their own parts."""

import asyncio
import base64
import hashlib
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litestar import Response

from simulators.clock import BRASILIA
from simulators.console import words
from simulators.console.place import Place, Problem
from simulators.console.sentences import in_portuguese

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

__all__ = ["fragment", "page", "problem"]

TEMPLATES = Path(__file__).parent / "templates"
HTML = "text/html"
MINUS = "\N{MINUS SIGN}"
WEEKDAYS = ("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo")


async def page(template: str, place: Place, /, *, error: Problem | None = None, **values: Any) -> Response[str]:
    """A page made of a template, in a thread of its own.

    Args:
        template: its name.
        place: where the page stands.
        error: what is wrong with the form that was sent, which comes again; its status is the page's.
        values: what the template shows; nothing that another thread may change.
    """
    shown = _whole(place, {"error": error.detail if error else "", **values})
    text = await asyncio.to_thread(_rendered, template, shown)
    return Response(text, status_code=error.status if error else 200, media_type=HTML, headers=_headers())


async def fragment(template: str, place: Place, /, **values: Any) -> Response[str]:
    """A part of a page, with which a script renews it."""
    text = await asyncio.to_thread(_rendered, template, {"site": _site(place), **values})
    return Response(text, media_type=HTML, headers=_headers())


def problem(place: Place, status: int, detail: str) -> Response[str]:
    """The page that says what is wrong; so small that it needs no thread."""
    text = _rendered("problem.html", _whole(place, {"detail": detail}))
    return Response(text, status_code=status, media_type=HTML, headers=_headers())


def _whole(place: Place, values: dict[str, Any]) -> dict[str, Any]:
    """What the template of a whole page is given."""
    return {"site": _site(place), "style": _file("style.css"), "script": _file("script.js"), **values}


def _site(place: Place) -> dict[str, Any]:
    return {
        "world": place.world_name,
        "worlds": place.worlds.names(),
        "url": place.url,
        "now": place.simulation.world.now(),
        "bank_name": place.bank_name,
        "banks": place.bank_names(),
    }


def _rendered(name: str, values: dict[str, Any]) -> str:
    return _environment().get_template(name).render(values)


@cache
def _file(name: str) -> str:
    return (TEMPLATES / name).read_text("utf-8")


@cache
def _headers() -> dict[str, str]:
    return {
        "Content-Security-Policy": "; ".join(
            (
                "default-src 'none'",
                f"style-src {_digest(_file('style.css'))}",
                f"script-src {_digest(_file('script.js'))}",
                "connect-src 'self'",
                "form-action 'self'",
                "base-uri 'none'",
                "frame-ancestors 'none'",
            )
        ),
        # With `no-referrer` browsers send `Origin: null` with a form of our own.
        "Referrer-Policy": "same-origin",
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "no-store",
    }


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> "Environment":
    # Only here: a process that plays banks needs it for its first page alone.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    shown = (money, day, moment, clock_time, weekday, with_code, rule)
    environment.filters |= {each.__name__: each for each in shown}
    environment.globals |= {"words": words}
    return environment


def money(value: Decimal) -> str:
    """Reais to the cent, as they are written in Brazil."""
    digits = f"{abs(value):,.2f}".translate(str.maketrans(",.", ".,"))
    return f"{MINUS if value < 0 else ''}R$ {digits}"


def day(value: date) -> str:
    """A day as it is written in Brazil; that of an instant is Brasília's."""
    return _local(value).strftime("%d/%m/%Y")


def moment(value: datetime) -> str:
    """An instant in Brasília, to the second."""
    return _local(value).strftime("%d/%m/%Y %H:%M:%S")


def clock_time(value: datetime) -> str:
    """The time of day in Brasília, to the millisecond."""
    local = value.astimezone(BRASILIA)
    return f"{local:%H:%M:%S}.{local.microsecond // 1000:03d}"


def weekday(value: date) -> str:
    """The day of the week."""
    return WEEKDAYS[_local(value).weekday()]


def with_code(text: str) -> "Markup":
    """A text with what stands between grave accents as code; all else is escaped."""
    from markupsafe import Markup, escape  # noqa: PLC0415 - comes with the templates

    parts = [
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part)
        for number, part in enumerate(text.split("`"))
    ]
    return Markup("").join(parts)


def rule(text: str) -> "Markup":
    """A rule that refused, in Portuguese; as it is, marked as English, where there are no words for it."""
    from markupsafe import Markup, escape  # noqa: PLC0415 - comes with the templates

    said = in_portuguese(text)
    return escape(said) if said else Markup('<span lang="en">{}</span>').format(text)


def _local(value: date) -> date:
    return value.astimezone(BRASILIA) if isinstance(value, datetime) else value
